/** Waiting, and how long a server asks clients to wait. */

/** Rejects with the signal's reason when it is aborted first. */
export async function wait(ms: number, signal?: AbortSignal | null): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  // A timer that nothing awaits would keep a program running.
  await orAborted(over, signal).finally(() => clearTimeout(timer));
}

/** The promise, or the signal's reason; the promise's work continues: others may be waiting for it too. */
export function orAborted<T>(promise: Promise<T>, signal?: AbortSignal | null): Promise<T> {
  if (signal === undefined || signal === null) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** `Retry-After` in milliseconds (RFC 9110 §10.2.3), seconds or a date by the server's own clock; null if there is none. */
export function retryAfterMs(headers: Headers): number | null {
  const text = headers.get('retry-after');
  if (text === null) return null;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const [at, now] = [Date.parse(text), Date.parse(headers.get('date') ?? '')];
  // Dates begin with the day's name; Date.parse accepts much else.
  return Number.isNaN(at) || !/^[A-Z]/i.test(text) ? null : Math.max(0, at - (Number.isNaN(now) ? Date.now() : now));
}

/** Up to a quarter more, so that clients that were sent away together do not come back together. */
export const spread = (ms: number): number => ms * (1 + Math.random() / 4);
