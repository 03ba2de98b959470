/** Reads a list of objects from an operator's file: the valid values, and every fault with its place. */

export interface Read<Value> {
  readonly value: readonly Value[];
  readonly faults: readonly string[];
}

export type Members = Readonly<Record<string, unknown>>;

/** `readEntry` returns the value, or the faults without their place; no two entries may share an `identity`. */
export function readEntries<Value>(
  list: string,
  value: unknown,
  max: number,
  readEntry: (members: Members) => { value: Value } | { faults: readonly string[] },
  identity: (value: Value) => string,
): Read<Value> {
  if (!Array.isArray(value)) return { value: [], faults: [`${list}: must be a list.`] };
  if (value.length > max) return { value: [], faults: [`${list}: can have at most ${max} entries.`] };
  const values: Value[] = [];
  const faults: string[] = [];
  const seen = new Set<string>();
  for (const [index, entry] of value.entries()) {
    const read = isMembers(entry) ? readEntry(entry) : { faults: [': must be an object.'] };
    const found =
      'faults' in read ? read.faults : seen.has(identity(read.value)) ? [`: ${identity(read.value)} is listed twice.`] : [];
    faults.push(...found.map((fault) => `${list}[${index}]${fault}`));
    if ('faults' in read) continue;
    seen.add(identity(read.value));
    values.push(read.value);
  }
  return { value: values, faults };
}

/** A fault for each member that is not in `known`. */
export function unknownMembers(members: Members, known: readonly string[]): readonly string[] {
  return Object.keys(members)
    .filter((name) => !known.includes(name))
    .map((name) => `.${name}: unknown member.`);
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
