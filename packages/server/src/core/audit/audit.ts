/**
 * The audit log: what happened, who did it, and a chain of hashes that shows a later change.
 *
 * Owns: the log, its chain, and the record of refused requests, which is bounded. An act writes its own events; here they are
 * read, chained and explained.
 * Used by: `/dashboard/api/…/audit`, `/dashboard/api/…/explain`, `keyhouse audit`, `keyhouse explain`.
 */
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { chainAudit, createHeadLog } from './chain.ts';
import type { AuditFilter, AuditStore } from './event.ts';
import { createRefusalRecorder } from './refusals.ts';

export interface AuditPorts {
  readonly audit: AuditStore;
  readonly clock: Clock;
  readonly log: Log;
}

export type Audit = ReturnType<typeof bindAudit>;

export function bindAudit(ports: AuditPorts) {
  const { audit } = ports;
  const logHead = createHeadLog(ports.log);
  return {
    /** Where refused requests are recorded. */
    refusals: createRefusalRecorder(ports),
    /** Numbers entries that do not have a number yet, and logs the head; a job calls it each second. */
    chain: async () => logHead(await chainAudit(audit)),
    list: (filter: AuditFilter) => audit.list(filter),
    stepBack: (filter: Parameters<AuditStore['stepBack']>[0]) => audit.stepBack(filter),
    namesOf: (ids: Parameters<AuditStore['namesOf']>[0]) => audit.namesOf(ids),
    head: () => audit.head(),
    chained: (after: number, limit: number) => audit.chained(after, limit),
    unchained: (limit: number) => audit.unchained(limit),
  };
}
