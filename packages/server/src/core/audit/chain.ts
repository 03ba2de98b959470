/**
 * The chain over the audit log: every entry's hash covers the previous hash, so that nobody can change, drop or reorder an entry
 * without changing every hash after it, up to the head that is also in the server's log. On SQLite an entry is chained when it is
 * written. On PostgreSQL one job chains what has been written since its last run, so that acts do not wait for each other.
 *
 * Personal data is covered through a salted hash. Once salt and data are deleted the hash reveals nothing, and the chain stays
 * intact.
 */
import { sha256Hex } from '../lib/sha256.ts';
import type { AuditEvent, AuditStore } from './event.ts';

export interface Head {
  readonly number: number;
  readonly hash: string;
}

/** Where the head is written to the server's log: outside the database, so that rewriting the whole chain is detectable. */
export interface HeadLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** One act on SQLite: as many rows as a bulk write may hold the writer for. */
const BATCH = 500;
/** So that one run ends even while events keep coming. */
const MAX_BATCHES = 20;
/** Names what is hashed and how; another layout gets another name. */
const LAYOUT = 'keyhouse-audit-1';

export type UnchainedEvent = Omit<AuditEvent, 'number' | 'hash'>;

/** SHA-256 (hex) of an entry at its place: a JSON array of fixed length, so that text cannot move from one column to the next. */
export function hashEntry(previousHash: string, number: number, event: UnchainedEvent): string {
  const columns = [
    LAYOUT,
    previousHash,
    number,
    event.id,
    event.event,
    event.atMs,
    event.actor,
    event.accountId,
    event.userId,
    event.credentialId,
    event.requestId,
    event.reason,
    event.details,
    event.personHash,
  ];
  return sha256Hex(JSON.stringify(columns));
}

/** SHA-256 (hex) of the salt's bytes and the personal data's text. `salt` is 32 hex digits. */
export function hashPerson(salt: string, data: string): string {
  return sha256Hex(Buffer.concat([Buffer.from(salt, 'hex'), Buffer.from(data)]));
}

/**
 * Numbers and chains entries that have no number yet and returns the head. If another server was faster, nothing is written and
 * the next run continues from there.
 */
export async function chainAudit(audit: Pick<AuditStore, 'head' | 'unchained' | 'chain'>): Promise<Head> {
  let head = await audit.head();
  for (let batch = 0; batch < MAX_BATCHES; batch++) {
    const events = await audit.unchained(BATCH);
    const next = link(head, events);
    if (next.entries.length === 0) break;
    if (!(await audit.chain({ from: head.number, entries: next.entries }))) return await audit.head();
    head = next.head;
    if (events.length < BATCH) break;
  }
  return head;
}

/** Logs the head at the first call and each time it has changed. An empty audit log has no head. */
export function createHeadLog(log: HeadLog): (head: Head) => Head {
  let last = 0;
  return (head) => {
    if (head.number !== last) log.info({ auditNumber: head.number, auditHash: head.hash }, 'audit head');
    last = head.number;
    return head;
  };
}

function link(
  from: Head,
  events: readonly AuditEvent[],
): { head: Head; entries: { id: number; number: number; hash: string }[] } {
  let head = from;
  const entries = events.map((event) => {
    const number = head.number + 1;
    head = { number, hash: hashEntry(head.hash, number, event) };
    return { id: event.id, ...head };
  });
  return { head, entries };
}
