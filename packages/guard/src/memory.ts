/** A map that forgets what was put in first when it is full. Bounded, because strangers decide what is put in. */
export interface Memory<Value> {
  get(name: string): Value | undefined;
  set(name: string, value: Value, size?: number): void;
  delete(name: string): void;
  clear(): void;
  readonly size: number;
}

/** `max`: of all sizes together; each is 1 unless given. What was used lately is kept longer than what was not: two halves. */
export function createMemory<Value>(max: number): Memory<Value> {
  // When the young half is full it becomes the old one, and the old one is dropped: no list to update at each look-up.
  let young = new Map<string, { readonly value: Value; readonly cost: number }>();
  let old = new Map(young);
  let size = 0;
  const put = (name: string, value: Value, cost: number): void => {
    young.set(name, { value, cost });
    size += cost;
    if (size * 2 < max) return;
    old = young;
    young = new Map();
    size = 0;
  };
  return {
    get: (name) => {
      const kept = young.get(name);
      if (kept !== undefined) return kept.value;
      const older = old.get(name);
      if (older === undefined) return undefined;
      old.delete(name);
      put(name, older.value, older.cost);
      return older.value;
    },
    set: (name, value, cost = 1) => {
      old.delete(name);
      put(name, value, cost);
    },
    delete: (name) => {
      young.delete(name);
      old.delete(name);
    },
    clear: () => {
      young.clear();
      old.clear();
      size = 0;
    },
    get size() {
      return young.size + old.size;
    },
  };
}
