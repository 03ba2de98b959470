/**
 * Logs failed requests: each of our own mistakes (500) with its stack; each 503 with its cause, but at most once a second,
 * because a store that cannot be reached fails every request.
 */
import type { Log } from '../core/lib/log.ts';
import { rarely } from '../core/lib/rarely.ts';
import { Refusal } from '../core/refusal.ts';
import { StoreUnavailable } from '../core/unavailable.ts';

/**
 * Called with what was thrown while a request was answered; mistakes of clients are not logged. `requestId` null: it concerns
 * more than one request.
 */
export type OnFailure = (error: unknown, requestId: string | null) => void;

const EVERY_MS = 1000;

export function createFailureLog(log: Log, monotonicMs: () => number = () => performance.now()): OnFailure {
  const unavailable = rarely(EVERY_MS, monotonicMs, (omitted, cause: string, requestId: string | null) =>
    log.warn({ cause, requestId, omitted }, 'A request was answered with 503.'),
  );
  return (error, requestId) => {
    if (error instanceof StoreUnavailable) unavailable(causeOf(error), requestId);
    else if (error instanceof Refusal) {
      if (error.refused.code === 'busy' || error.refused.code === 'unavailable') unavailable(error.refused.code, requestId);
    } else log.error({ err: error, requestId }, 'A request failed.');
  };
}

/** Messages only: other properties of a database error may hold personal data. */
function causeOf(error: Error): string {
  const { message, cause } = error;
  return cause instanceof Error && !message.includes(cause.message) ? `${message} ${causeOf(cause)}` : message;
}
