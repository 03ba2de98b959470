/**
 * How deep and how large a JSON body may be: what its route can need, told by the route's own schema. It is known before a byte is parsed,
 * so that nobody pays for building, validating and explaining what no handler would ever take.
 */
import type { JsonBounds } from '@keyhouse/protocol';

/** No body of ours comes near it. */
const MAX_DEPTH = 32;
/** So that a client that sends something foreign is still told, member by member, what is wrong. */
const MIN_VALUES = 1_000;
/** What one request may cost at most, whatever its schema would take in the extreme. */
const MAX_VALUES = 64_000;

/** What is read of JSON Schema here; anything else is a single value. */
interface Schema {
  readonly type?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
  readonly items?: Schema;
  readonly maxItems?: number;
  readonly anyOf?: readonly Schema[];
}

const known = new WeakMap<object, JsonBounds>();

/** `schema`: of the body, as the route has it. */
export function boundsOf(schema: unknown): JsonBounds {
  if (typeof schema !== 'object' || schema === null) return { maxDepth: MAX_DEPTH, maxValues: MIN_VALUES };
  const before = known.get(schema);
  if (before !== undefined) return before;
  const bounds = { maxDepth: MAX_DEPTH, maxValues: Math.min(Math.max(MIN_VALUES, valuesOf(schema)), MAX_VALUES) };
  known.set(schema, bounds);
  return bounds;
}

/** As many values as what fits the schema may have; open lists and open objects count as much as a body without a schema. */
function valuesOf(schema: Schema): number {
  const { properties = {}, items, maxItems = MIN_VALUES, anyOf } = schema;
  if (anyOf !== undefined) return Math.max(...anyOf.map(valuesOf));
  if (items !== undefined) return 1 + maxItems * valuesOf(items);
  const members = Object.values(properties).map(valuesOf);
  return 1 + (schema.additionalProperties === true ? FREE_MEMBERS : 0) + members.reduce((sum, each) => sum + each, 0);
}

/** Of an object that somebody else defines, such as a public key or a WebAuthn answer. */
const FREE_MEMBERS = 100;
