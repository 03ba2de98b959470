/** Where a session is kept: a few words that any place can be taught. */

type Awaitable<T> = T | Promise<T>;

export interface TokenStorage {
  get(key: string): Awaitable<string | null>;
  set(key: string, value: string): Awaitable<void>;
  remove(key: string): Awaitable<void>;
  /**
   * Runs `work` while nobody else who shares this storage runs theirs under the same name; rejects without having run it when the signal is
   * aborted before. Without it whoever shares the storage refreshes beside one another, which costs requests and never the session.
   */
  lock?<T>(name: string, work: () => Promise<T>, signal: AbortSignal): Promise<T>;
  /** How long it may take until what one has written is read by another, who took the lock after it. Default: nothing. */
  readonly lagMs?: number;
  /** Tells of keys that somebody else (another tab) has changed. Returns what ends the telling. */
  watch?(listener: (key: string) => void): () => void;
}

/** Kept as long as the page or process lives, and out of reach of whatever reads a disk. */
export function inMemory(): TokenStorage {
  const kept = new Map<string, string>();
  return {
    get: (key) => kept.get(key) ?? null,
    set: (key, value) => void kept.set(key, value),
    remove: (key) => void kept.delete(key),
  };
}
