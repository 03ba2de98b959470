/** Whether the server can be reached, as far as the last call and the browser itself can tell. */
import { useSyncExternalStore } from 'react';

let hasAnswered = true;
const listeners = new Set<() => void>();

/** Called by `ask` after every call: an answer of any kind, or none. */
export function noteReached(isReached: boolean): void {
  if (hasAnswered === isReached) return;
  hasAnswered = isReached;
  for (const listener of listeners) listener();
}

function listen(changed: () => void): () => void {
  // The connection counts as restored only when the server has answered.
  const left = () => noteReached(false);
  listeners.add(changed);
  window.addEventListener('offline', left);
  return () => {
    listeners.delete(changed);
    window.removeEventListener('offline', left);
  };
}

export const useIsReached = (): boolean => useSyncExternalStore(listen, () => hasAnswered);
