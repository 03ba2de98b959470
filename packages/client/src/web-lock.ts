/** The Web Locks of a browser: one holder across all tabs and workers of an origin, released when its tab dies. */

interface LockManager {
  request<T>(name: string, options: { signal: AbortSignal }, work: () => Promise<T>): Promise<T>;
}

/** Where there are none (a page over plain HTTP) the work is done without a lock. */
export function webLock<T>(name: string, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const { locks } = (globalThis as { navigator?: { locks?: LockManager } }).navigator ?? {};
  return locks === undefined ? work() : locks.request(name, { signal }, work);
}
