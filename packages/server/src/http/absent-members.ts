/**
 * `null` for an optional member of a JSON body means that it is absent: many serializers write every member that they know. Where
 * null has its own meaning (the schema allows it), and for members that are required, it is kept and the schema decides.
 */

/** The part of JSON Schema that is read here. */
interface Schema {
  readonly type?: unknown;
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

/** Removes such members from `body`, at every depth of the schema. Unknown members are kept, and the schema refuses them. */
export function dropAbsent(body: unknown, schema: Schema): void {
  if (Array.isArray(body)) {
    const items = variantsOf(schema).flatMap(({ items: each }) => (each === undefined ? [] : [each]));
    if (items.length > 0) for (const item of body) dropAbsent(item, { anyOf: items });
    return;
  }
  if (typeof body !== 'object' || body === null) return;
  const members = body as Record<string, unknown>;
  for (const [name, value] of Object.entries(members)) {
    const knowing = variantsOf(schema).filter(({ properties = {} }) => Object.hasOwn(properties, name));
    const schemas = knowing.flatMap(({ properties = {} }) => properties[name] ?? []);
    if (schemas.length === 0) continue;
    if (value !== null) dropAbsent(value, { anyOf: schemas });
    else if (!knowing.some(({ required = [] }) => required.includes(name)) && !schemas.some(takesNull)) delete members[name];
  }
}

const variantsOf = (schema: Schema): readonly Schema[] => schema.anyOf?.flatMap(variantsOf) ?? [schema];

const takesNull = (schema: Schema): boolean =>
  variantsOf(schema).some(
    ({ type, const: only }) => type === 'null' || only === null || (Array.isArray(type) && type.includes('null')),
  );
