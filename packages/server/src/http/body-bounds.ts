/**
 * How deep and how large a JSON body may be: as much as its route can need, by the route's own schema. Known before a byte is
 * parsed, so that the server does not build, validate and explain what no handler would accept.
 */
import type { JsonBounds } from '@keyhouse/protocol';

/** Much more than any route needs. */
const MAX_DEPTH = 32;
/** So that a client with a wrong body still gets a sentence for each member. */
const MIN_VALUES = 1_000;
/** The most that one request may cost, even if its schema would accept more. */
const MAX_VALUES = 64_000;

/** The part of JSON Schema that is read here; anything else is a single value. */
interface Schema {
  readonly type?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
  readonly items?: Schema;
  readonly maxItems?: number;
  readonly anyOf?: readonly Schema[];
}

const known = new WeakMap<object, JsonBounds>();

/** `schema`: of the body, as the route defines it. */
export function boundsOf(schema: unknown): JsonBounds {
  if (typeof schema !== 'object' || schema === null) return { maxDepth: MAX_DEPTH, maxValues: MIN_VALUES };
  const before = known.get(schema);
  if (before !== undefined) return before;
  const bounds = { maxDepth: MAX_DEPTH, maxValues: Math.min(Math.max(MIN_VALUES, valuesOf(schema)), MAX_VALUES) };
  known.set(schema, bounds);
  return bounds;
}

/**
 * The most values that a body of this schema can have. A list without `maxItems` counts as MIN_VALUES items, an open object as
 * FREE_MEMBERS members.
 */
function valuesOf(schema: Schema): number {
  const { properties = {}, items, maxItems = MIN_VALUES, anyOf } = schema;
  if (anyOf !== undefined) return Math.max(...anyOf.map(valuesOf));
  if (items !== undefined) return 1 + maxItems * valuesOf(items);
  const members = Object.values(properties).map(valuesOf);
  return 1 + (schema.additionalProperties === true ? FREE_MEMBERS : 0) + members.reduce((sum, each) => sum + each, 0);
}

/** Members of an object that another specification defines, such as a public key or a WebAuthn answer. */
const FREE_MEMBERS = 100;
