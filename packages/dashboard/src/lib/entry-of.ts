/**
 * What a table of words says of a name that came from outside; undefined when it does not know the name. Asked by itself, an object would also answer to
 * `constructor` or `__proto__`, with what every object has.
 */
export const entryOf = <Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;
