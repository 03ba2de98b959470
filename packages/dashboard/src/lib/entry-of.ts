/**
 * The entry of a table of words for a name that came from outside; undefined if the table does not have it. Used directly, an
 * object would also answer to `constructor` or `__proto__`, with what every object has.
 */
export const entryOf = <Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;
