/**
 * A table for names that come from outside. An object would also have `constructor` and `__proto__`; a map has its own names
 * only.
 */
export const mapOf = <Value>(table: { readonly [name: string]: Value }): ReadonlyMap<string, Value> =>
  new Map(Object.entries(table));
