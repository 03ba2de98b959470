/**
 * A time limit for one request. Not `AbortSignal.any` over an `AbortSignal.timeout`: on Node 20 nothing but that signal holds the
 * time-out, so that it may be garbage-collected and then never comes; and each one leaves something behind with what exists as
 * long as the guard.
 */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Starts again, with this many milliseconds. */
  restart(ms: number): void;
  /** Must be called at the end, whatever the result: nothing of it stays behind. */
  release(): void;
}

/** `ending`: ends it sooner. */
export function createDeadline(ms: number, ending: AbortSignal): Deadline {
  const controller = new AbortController();
  const end = (): void => controller.abort(new DOMException('The guard was closed.', 'AbortError'));
  const isLate = (): void => controller.abort(new DOMException('It took too long.', 'TimeoutError'));
  let timer = setTimeout(isLate, ms);
  if (ending.aborted) end();
  else ending.addEventListener('abort', end);
  return {
    signal: controller.signal,
    restart: (anew) => {
      clearTimeout(timer);
      timer = setTimeout(isLate, anew);
    },
    release: () => {
      clearTimeout(timer);
      ending.removeEventListener('abort', end);
    },
  };
}

/** Waits, or until the signal ends it. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', go);
      resolve();
    };
    const timer = setTimeout(go, ms);
    if (signal.aborted) go();
    else signal.addEventListener('abort', go);
  });
}

/** The same promise, or the signal's reason: for promises of others, which may not react to the signal. */
export function untilEnded<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const end = (): void => reject(signal.reason);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}
