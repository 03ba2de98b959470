/**
 * Keeps in memory what was read of the store, when several reads may run at the same time. A slow read that began before a change
 * must not replace what a later one has found: otherwise the old state would be back until the next change.
 */
export function keepNewest<Value>(read: () => Promise<Value>, keep: (value: Value) => void): () => Promise<void> {
  let begun = 0;
  let kept = 0;
  return async () => {
    begun += 1;
    const mine = begun;
    const value = await read();
    if (mine < kept) return;
    kept = mine;
    keep(value);
  };
}
