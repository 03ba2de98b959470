/** Where a session is kept: a small interface that can be implemented for any place. */

type Awaitable<T> = T | Promise<T>;

export interface TokenStorage {
  get(key: string): Awaitable<string | null>;
  set(key: string, value: string): Awaitable<void>;
  remove(key: string): Awaitable<void>;
  /**
   * Runs `work` while no other client of this storage runs theirs under the same name; rejects without having run it if the
   * signal is aborted before. Without it clients of one storage refresh at the same time, which costs requests and never the
   * session.
   */
  lock?<T>(name: string, work: () => Promise<T>, signal: AbortSignal): Promise<T>;
  /** How long it may take until what one has written is read by another that took the lock after it. Default: nothing. */
  readonly lagMs?: number;
  /** Reports keys that another client (another tab) has changed. Returns a function that stops it. */
  watch?(listener: (key: string) => void): () => void;
}

/** Kept as long as the page or process runs, and never on a disk. */
export function inMemory(): TokenStorage {
  const kept = new Map<string, string>();
  return {
    get: (key) => kept.get(key) ?? null,
    set: (key, value) => void kept.set(key, value),
    remove: (key) => void kept.delete(key),
  };
}
