/**
 * A table that is asked by a name from outside. An object would also answer to `constructor` and `__proto__`, with what every object has, and not with
 * nothing; a map knows its own names alone.
 */
export const mapOf = <Value>(table: { readonly [name: string]: Value }): ReadonlyMap<string, Value> =>
  new Map(Object.entries(table));
