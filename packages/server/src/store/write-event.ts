/** Writes an audit event of an act, and in another table, where it can be erased, the person who caused it. */
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

export type NewEvent = Omit<UnchainedEvent, 'id'>;

/** Who caused an event, as it is stored: the event has only the hash. */
interface NewPerson {
  readonly salt: string;
  readonly data: string;
}

export async function writeEvent(db: Db, draft: EventDraft, ids: EventIds, chain: Chain | null): Promise<void> {
  const { event, person } = toRows(draft, ids);
  const id = await insert(db, event, chain?.link(event) ?? null);
  if (person !== null) await insertPerson(db, { event_id: id, ...person });
}

/** An event as it is stored. */
export function toRows(draft: EventDraft, ids: EventIds): { readonly event: NewEvent; readonly person: NewPerson | null } {
  const data = Object.keys(draft.by.person).length > 0 ? JSON.stringify(draft.by.person) : null;
  const person = data === null ? null : { salt: Buffer.from(fewRandomBytes(16)).toString('hex'), data };
  const event = {
    event: draft.event,
    atMs: draft.atMs,
    actor: draft.by.actor,
    accountId: ids.accountId ?? draft.accountId ?? null,
    userId: ids.userId ?? draft.userId ?? null,
    credentialId: ids.credentialId ?? draft.credentialId ?? null,
    requestId: draft.by.requestId,
    reason: draft.reason ?? null,
    details: JSON.stringify(draft.details ?? {}),
    personHash: person === null ? null : hashPerson(person.salt, person.data),
  };
  return { event, person };
}

/** Returns its id. */
async function insert(db: Db, event: NewEvent, link: Link | null): Promise<number> {
  if (link !== null) {
    await insertChained(db, { ...event, ...link });
    return link.id;
  }
  const { rows } = await insertUnchained(db, event);
  const id = rows[0]?.id;
  if (id === undefined) throw new Error('An audit event was stored without an id.');
  return id;
}

const insertUnchained = prepare((db, event: NewEvent) => db.insertInto('audit_events').values(columnsOf(event)).returning('id'));

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
});

const insertPerson = prepare((db, row: { event_id: number; salt: string; data: string }) =>
  db.insertInto('audit_persons').values({ event_id: row.event_id, salt: row.salt, data: row.data }),
);
