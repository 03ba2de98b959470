/**
 * Whether requests should be sent to this server, part by part. Writing is tried with a row that nothing reads, only on request
 * and at most once a second, so that strangers cannot cause more writes.
 */
import type { Keyhouse } from '../core/keyhouse.ts';
import { StoreUnavailable } from '../core/unavailable.ts';
import type { Connections } from './connections.ts';
import type { OnFailure } from './failure-log.ts';

export const PARTS = ['stopping', 'database_reads', 'database_writes', 'signing_keys'] as const;
export type Part = (typeof PARTS)[number];

/** A database that takes longer counts as failing. */
const PATIENCE_MS = 1000;
const TRY_EVERY_MS = 1000;

/** Resolves to the parts that fail now; none: ready. `onFailure` gets the reason why the database fails. */
export function createReadiness(
  { storage, signingKeys }: Pick<Keyhouse, 'storage'> & { readonly signingKeys: Pick<Keyhouse['signingKeys'], 'publicKeySet'> },
  connections: Pick<Connections, 'isStopping'>,
  onFailure: OnFailure,
): () => Promise<readonly Part[]> {
  const onError = (error: unknown): void => onFailure(error, null);
  const canRead = sparingly(() => storage.check(), 0, onError);
  const canWrite = sparingly(() => storage.tryWriting(), TRY_EVERY_MS, onError);
  return async () => {
    if (connections.isStopping) return ['stopping'];
    const [reads, writes] = await Promise.all([canRead(), canWrite()]);
    const works: Readonly<Record<Part, boolean>> = {
      stopping: true,
      database_reads: reads,
      database_writes: writes,
      signing_keys: succeeds(signingKeys.publicKeySet),
    };
    return PARTS.filter((part) => !works[part]);
  };
}

/**
 * All requests share one attempt, and its outcome for `everyMs`. An attempt that takes too long counts as failed while it lasts.
 */
function sparingly(attempt: () => Promise<void>, everyMs: number, onError: (error: unknown) => void): () => Promise<boolean> {
  let last: { readonly works: boolean; readonly atMs: number } | null = null;
  let running: { readonly outcome: Promise<boolean>; readonly sinceMs: number } | null = null;
  const start = () => {
    const outcome = attempt().then(
      () => true,
      (error: unknown) => {
        onError(error);
        return false;
      },
    );
    running = { outcome, sinceMs: performance.now() };
    void outcome.then((works) => {
      running = null;
      last = { works, atMs: performance.now() };
    });
    return running;
  };
  return async () => {
    if (last !== null && running === null && performance.now() - last.atMs < everyMs) return last.works;
    const { outcome, sinceMs } = running ?? start();
    return within(outcome, sinceMs + PATIENCE_MS - performance.now(), () =>
      onError(new StoreUnavailable('The database does not answer within a second.')),
    );
  };
}

function within(outcome: Promise<boolean>, ms: number, onLate: () => void): Promise<boolean> {
  return new Promise((resolve) => {
    const late = (): void => {
      onLate();
      resolve(false);
    };
    const timer = setTimeout(late, Math.max(0, ms));
    void outcome.then((works) => {
      clearTimeout(timer);
      resolve(works);
    });
  });
}

function succeeds(run: () => unknown): boolean {
  try {
    run();
    return true;
  } catch {
    return false;
  }
}
