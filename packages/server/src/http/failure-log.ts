/**
 * Where every failed request is logged, whatever answered it: our own mistakes (500) each, with their stack; everything that is answered with 503 with
 * its cause, at most once a second, because a store that is away fails every request.
 */
import type { Log } from '../core/lib/log.ts';
import { rarely } from '../core/lib/rarely.ts';
import { Refusal } from '../core/refusal.ts';
import { StoreUnavailable } from '../core/unavailable.ts';

/** Told of whatever was thrown while a request was answered; what a client did wrong is not logged. Null: for more than one request. */
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

/** Messages alone: what else an error of a database holds may be somebody's. */
function causeOf(error: Error): string {
  const { message, cause } = error;
  return cause instanceof Error && !message.includes(cause.message) ? `${message} ${causeOf(cause)}` : message;
}
