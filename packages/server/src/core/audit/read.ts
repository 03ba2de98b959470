/**
 * Searches the log, newest first. What an index answers is one query; a search by anything else goes back in steps of bounded
 * size, so that one reader of a log of millions delays nobody. A page may therefore be short without being the last.
 */
import { MINUTE_MS } from '../lib/clock.ts';
import type { AuditFilter, AuditStore, ListedEvent } from './event.ts';

/** Entries that one query reads: a few milliseconds. */
const STEP = 10_000;
/** Steps for one page; then the reader is asked whether to continue. */
const MAX_STEPS = 50;
/** Refusals are written some seconds after they happened, so the order of ids is not exactly that of times. */
const ORDER_SLACK_MS = 10 * MINUTE_MS;
const EXPORT_PAGE = 500;

export interface AuditPage {
  readonly events: readonly ListedEvent[];
  /** Where the next page begins (below this id); null: there is nothing more. */
  readonly nextId: number | null;
}

interface Ports {
  readonly audit: Pick<AuditStore, 'list' | 'stepBack'>;
  /** Lets others have their turn between two steps. */
  readonly breathe: () => Promise<void>;
}

/** One page. It may hold fewer than `limit` events, or none, and still have a next one. */
export async function readAudit({ audit, breathe }: Ports, filter: AuditFilter): Promise<AuditPage> {
  const { limit } = filter;
  if (isIndexed(filter)) return cut(await audit.list({ ...filter, limit: limit + 1 }), limit);
  const found: ListedEvent[] = [];
  let beforeId = filter.beforeId;
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    const position = beforeId === undefined ? {} : { beforeId };
    const edge = await audit.stepBack({ ...subjectOf(filter), ...position, steps: STEP });
    const from = edge === null ? {} : { fromId: edge.id };
    found.push(...(await audit.list({ ...filter, ...position, ...from, limit: limit + 1 - found.length })));
    if (found.length > limit) return cut(found, limit);
    if (edge === null || edge.atMs < (filter.sinceMs ?? 0) - ORDER_SLACK_MS) return { events: found, nextId: null };
    beforeId = edge.id;
    await breathe();
  }
  return { events: found, nextId: beforeId ?? null };
}

/** Every event that matches, page by page: never the whole log in memory. */
export async function* readWholeAudit(ports: Ports, filter: Omit<AuditFilter, 'limit'>): AsyncGenerator<readonly ListedEvent[]> {
  let beforeId = filter.beforeId;
  do {
    const page: AuditPage = await readAudit(ports, {
      ...filter,
      ...(beforeId === undefined ? {} : { beforeId }),
      limit: EXPORT_PAGE,
    });
    yield page.events;
    await ports.breathe();
    beforeId = page.nextId ?? undefined;
  } while (beforeId !== undefined);
}

/** The list of one subject, or the log itself, is in the order of its index; everything else is searched for. */
const isIndexed = (filter: AuditFilter): boolean => {
  const { event, actor, sinceMs, untilMs } = filter;
  const isFiltered = [event, actor, sinceMs, untilMs].some((value) => value !== undefined);
  return !isFiltered && Object.keys(subjectOf(filter)).length <= 1;
};

const subjectOf = ({ accountId, userId, credentialId, requestId }: AuditFilter) => ({
  ...(accountId === undefined ? {} : { accountId }),
  ...(userId === undefined ? {} : { userId }),
  ...(credentialId === undefined ? {} : { credentialId }),
  ...(requestId === undefined ? {} : { requestId }),
});

function cut(found: readonly ListedEvent[], limit: number): AuditPage {
  const events = found.slice(0, limit);
  return { events, nextId: found.length > limit ? (events.at(-1)?.id ?? null) : null };
}
