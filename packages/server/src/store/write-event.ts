/** Writes an audit event of an act. The personal data of the person who caused it is in columns that can be erased. */
import { hashPerson, type UnchainedEvent } from '../core/audit/chain.ts';
import type { EventDraft } from '../core/audit/event.ts';
import { fewRandomBytes } from '../core/lib/random-pool.ts';
import { type Db, prepare } from './prepared.ts';

/** Ids that the act itself created; they have priority over those of the draft. */
export interface EventIds {
  readonly accountId?: number;
  readonly userId?: number;
  readonly credentialId?: number;
}

/** Where an event is in the log and in its chain. */
export interface Link {
  readonly id: number;
  readonly number: number;
  readonly hash: string;
}

/** Chains events when they are written. Null: the event is stored without a number, and the job of core adds it. */
export interface Chain {
  link(event: NewEvent): Link | null;
}

export interface NewEvent extends Omit<UnchainedEvent, 'id'> {
  /** The chain covers neither of these two, only their hash. */
  readonly personSalt: string | null;
  readonly personData: string | null;
}

export async function writeEvent(db: Db, draft: EventDraft, ids: EventIds, chain: Chain | null): Promise<void> {
  const event = toNewEvent(draft, ids);
  const link = chain?.link(event) ?? null;
  if (link === null) await insertUnchained(db, event);
  else await insertChained(db, { ...event, ...link });
}

/** An event as it is stored. */
export function toNewEvent(draft: EventDraft, ids: EventIds): NewEvent {
  const data = Object.keys(draft.by.person).length > 0 ? JSON.stringify(draft.by.person) : null;
  const salt = data === null ? null : Buffer.from(fewRandomBytes(16)).toString('hex');
  return {
    event: draft.event,
    atMs: draft.atMs,
    actor: draft.by.actor,
    accountId: ids.accountId ?? draft.accountId ?? null,
    userId: ids.userId ?? draft.userId ?? null,
    credentialId: ids.credentialId ?? draft.credentialId ?? null,
    requestId: draft.by.requestId,
    reason: draft.reason ?? null,
    details: JSON.stringify(draft.details ?? {}),
    personHash: salt === null || data === null ? null : hashPerson(salt, data),
    personSalt: salt,
    personData: data,
  };
}

const insertUnchained = prepare((db, event: NewEvent) => db.insertInto('audit_events').values(columnsOf(event)));

const insertChained = prepare((db, event: NewEvent & { [Name in keyof Link]: Link[Name] }) =>
  db.insertInto('audit_events').values({ ...columnsOf(event), id: event.id, number: event.number, hash: event.hash }),
);

/** The columns of `audit_events`, without those of the chain. */
export const columnsOf = (event: NewEvent) => ({
  event: event.event,
  at_ms: event.atMs,
  actor: event.actor,
  account_id: event.accountId,
  user_id: event.userId,
  credential_id: event.credentialId,
  request_id: event.requestId,
  reason: event.reason,
  details: event.details,
  person_hash: event.personHash,
  person_salt: event.personSalt,
  person_data: event.personData,
});
