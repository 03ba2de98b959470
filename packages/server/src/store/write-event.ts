/** Writes an audit event of an act, and in another table, where it can be erased, the person who caused it. */
import { randomBytes } from 'node:crypto';
import type { Selectable } from 'kysely';
import { hashPerson } from '../core/audit/chain.ts';
import type { EventDraft } from '../core/audit/event.ts';
import { type Db, prepare } from './prepared.ts';
import type { Database } from './schema.ts';

/** Ids that the act itself created; they have priority over those of the draft. */
export interface EventIds {
  readonly accountId?: number;
  readonly userId?: number;
  readonly credentialId?: number;
}

export async function writeEvent(db: Db, draft: EventDraft, ids: EventIds): Promise<void> {
  const person = Object.keys(draft.by.person).length > 0 ? JSON.stringify(draft.by.person) : null;
  const salt = person === null ? null : randomBytes(16).toString('hex');
  const { rows } = await insertEvent(db, {
    event: draft.event,
    at_ms: draft.atMs,
    actor: draft.by.actor,
    account_id: ids.accountId ?? draft.accountId ?? null,
    user_id: ids.userId ?? draft.userId ?? null,
    credential_id: ids.credentialId ?? draft.credentialId ?? null,
    request_id: draft.by.requestId,
    reason: draft.reason ?? null,
    details: JSON.stringify(draft.details ?? {}),
    person_hash: person === null || salt === null ? null : hashPerson(salt, person),
  });
  const eventId = rows[0]?.id;
  if (eventId === undefined) throw new Error('An audit event was stored without an id.');
  if (person !== null && salt !== null) await insertPerson(db, { event_id: eventId, salt, data: person });
}

/** The database creates its id; number and hash are added by the chain. */
type NewRow = Omit<Selectable<Database['audit_events']>, 'id' | 'number' | 'hash'>;

const insertEvent = prepare((db, row: NewRow) =>
  db
    .insertInto('audit_events')
    .values({
      event: row.event,
      at_ms: row.at_ms,
      actor: row.actor,
      account_id: row.account_id,
      user_id: row.user_id,
      credential_id: row.credential_id,
      request_id: row.request_id,
      reason: row.reason,
      details: row.details,
      person_hash: row.person_hash,
    })
    .returning('id'),
);

const insertPerson = prepare((db, row: { event_id: number; salt: string; data: string }) =>
  db.insertInto('audit_persons').values({ event_id: row.event_id, salt: row.salt, data: row.data }),
);
