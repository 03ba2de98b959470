/**
 * The audit log: reading it, chaining its entries by hashes, and erasing the personal data in it. `write-event.ts` adds the
 * entries.
 */
import { type RawBuilder, type Selectable, sql } from 'kysely';
import type {
  Actor,
  AuditEvent,
  AuditStore,
  AuditSubject,
  EventDraft,
  EventName,
  PersonalData,
  PersonRow,
} from '../core/audit/event.ts';
import type { Act } from './act.ts';
import { beginErasure, holdOffErasure } from './erasure.ts';
import { type Db, prepare } from './prepared.ts';
import type { Database } from './schema.ts';

type Input<Name extends keyof AuditStore> = Parameters<AuditStore[Name]>[0];

export function auditReads(
  db: Db,
): Pick<AuditStore, 'list' | 'stepBack' | 'refusedOften' | 'namesOf' | 'head' | 'unchained' | 'chained'> {
  return {
    async list(filter) {
      let query = db.selectFrom('audit_events').selectAll();
      for (const condition of conditionsOf(filter)) query = query.where(condition);
      if (filter.actor !== undefined) query = query.where('actor', '=', filter.actor);
      if (filter.event !== undefined) query = query.where('event', '=', filter.event);
      if (filter.sinceMs !== undefined) query = query.where('at_ms', '>=', filter.sinceMs);
      if (filter.untilMs !== undefined) query = query.where('at_ms', '<', filter.untilMs);
      if (filter.beforeId !== undefined) query = query.where('id', '<', filter.beforeId);
      if (filter.fromId !== undefined) query = query.where('id', '>=', filter.fromId);
      const rows = await query.orderBy('id', 'desc').limit(filter.limit).execute();
      return rows.map((row) => ({
        ...toEvent(row),
        person: row.person_data === null ? null : (JSON.parse(row.person_data) as PersonalData),
      }));
    },
    async stepBack({ beforeId, steps, ...subject }) {
      let query = db.selectFrom('audit_events').select(['id', 'at_ms as atMs']);
      const [narrowest] = conditionsOf(subject);
      if (narrowest !== undefined) query = query.where(narrowest);
      if (beforeId !== undefined) query = query.where('id', '<', beforeId);
      const row = await query.orderBy('id', 'desc').offset(steps).limit(1).executeTakeFirst();
      return row ?? null;
    },
    async refusedOften({ credentialIds, sinceMs, times }) {
      if (credentialIds.length === 0) return [];
      const rows = await db
        .selectFrom('credentials')
        .select((eb) => {
          // The name of the event is in the text, not a value: only then can the index of refusals be used.
          const refused = eb
            .selectFrom('audit_events')
            .select('at_ms')
            .where('event', '=', sql.lit('request.refused'))
            .whereRef('credential_id', '=', 'credentials.id')
            .where('at_ms', '>=', sinceMs)
            .orderBy('at_ms', 'desc')
            .limit(1);
          return ['id', refused.as('last'), refused.offset(times - 1).as('enough')];
        })
        .where('id', 'in', credentialIds)
        .execute();
      return rows.flatMap(({ id, last, enough }) =>
        last === null || enough === null ? [] : [{ credentialId: id, lastAtMs: last }],
      );
    },
    async namesOf({ users, credentials, accountId }) {
      const userRows =
        users.length === 0
          ? []
          : await db
              .selectFrom('users')
              .select(['id', 'display_name', 'email', 'is_administrator'])
              .where('id', 'in', users)
              .execute();
      let query = db.selectFrom('credentials').select(['id', 'name']).where('id', 'in', credentials);
      // The plus keeps the index of the account from being used: all its credentials would be read.
      if (accountId !== undefined) query = query.where(sql<boolean>`+account_id = ${accountId}`);
      const credentialRows = credentials.length === 0 ? [] : await query.execute();
      return {
        users: new Map(
          userRows.map((row) => [
            row.id,
            { displayName: row.display_name, email: row.email, isAdministrator: row.is_administrator === 1 },
          ]),
        ),
        credentials: new Map(credentialRows.map(({ id, name }) => [id, name])),
      };
    },
    async head() {
      const row = await db
        .selectFrom('counters')
        .innerJoin('settings', (join) => join.onTrue())
        .select(['counters.value as number', 'settings.value as hash'])
        .where('counters.name', '=', 'audit')
        .where('settings.name', '=', 'audit_head_hash')
        .executeTakeFirstOrThrow();
      return { number: row.number, hash: row.hash };
    },
    async unchained(limit) {
      const rows = await db
        .selectFrom('audit_events')
        .selectAll()
        .where('number', 'is', null)
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows.map(toEvent);
    },
    async chained(after, limit) {
      const rows = await db
        .selectFrom('audit_events')
        .selectAll()
        .where('number', '>', after)
        .orderBy('number')
        .limit(limit)
        .execute();
      return rows.map((row) => ({ ...toEvent(row), personRow: toPersonRow(row) }));
    },
  };
}

/**
 * What an entry is about, the subject with the fewest entries first. Only that one is looked up by an index (the plus keeps the
 * others from theirs): by the index of a large account, a page about one of its keys would read the whole account.
 */
function conditionsOf({ requestId, credentialId, userId, accountId }: AuditSubject): readonly RawBuilder<boolean>[] {
  const subjects = [
    { column: 'request_id', value: requestId },
    { column: 'credential_id', value: credentialId },
    { column: 'user_id', value: userId },
    { column: 'account_id', value: accountId },
  ].filter(({ value }) => value !== undefined);
  return subjects.map(({ column, value }, at) =>
    at === 0 ? sql<boolean>`${sql.ref(column)} = ${value}` : sql<boolean>`+${sql.ref(column)} = ${value}`,
  );
}

export const auditActs = {
  async record(act: Act, { events }: Input<'record'>): Promise<void> {
    await holdOffErasure(act.db);
    const isErased = await erasedSince(act.db, events);
    for (const event of events) act.event(isErased(event) ? { ...event, by: { ...event.by, person: {} } } : event);
  },

  async chain(act: Act, { from, entries }: Input<'chain'>): Promise<boolean> {
    const last = entries.at(-1);
    if (last === undefined) return true;
    const moved = await act.db
      .updateTable('counters')
      .set({ value: last.number })
      .where('name', '=', 'audit')
      .where('value', '=', from)
      .executeTakeFirst();
    if (moved.numUpdatedRows === 0n) return false;
    for (const { id, number, hash } of entries) await setNumber(act.db, { id, number, hash });
    await act.db.updateTable('settings').set({ value: last.hash }).where('name', '=', 'audit_head_hash').execute();
    return true;
  },

  async erasePerson(act: Act, { userId, event }: Input<'erasePerson'>): Promise<number> {
    await beginErasure(act.db);
    const erased = await erasePersons(act.db, userId);
    act.event(event);
    return erased;
  },
};

/**
 * Whether the user, or the user whose personal account it is, was deleted after it happened: refusals are written after the
 * answers.
 */
async function erasedSince(db: Db, events: readonly EventDraft[]): Promise<(event: EventDraft) => boolean> {
  const users = await deletedAt(db, 'users', [...new Set(events.flatMap(({ userId }) => userId ?? []))]);
  const accounts = await deletedAt(db, 'accounts', [...new Set(events.flatMap(({ accountId }) => accountId ?? []))]);
  return ({ userId, accountId, atMs }) => atMs <= Math.max(users.get(userId ?? 0) ?? 0, accounts.get(accountId ?? 0) ?? 0);
}

async function deletedAt(db: Db, table: 'users' | 'accounts', ids: readonly number[]): Promise<ReadonlyMap<number, number>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom(table)
    .select(['id', 'deleted_at_ms'])
    .where('id', 'in', ids)
    .where('deleted_at_ms', 'is not', null)
    .execute();
  return new Map(rows.flatMap(({ id, deleted_at_ms: atMs }) => (atMs === null ? [] : [[id, atMs] as const])));
}

/**
 * Erases the personal data of events about the user, of those that they caused in accounts of others, and of those in their
 * personal account: its keys, and the JWTs that were minted from them, are theirs too. Not of what others did there, such as an
 * administrator. Returns how many.
 */
export async function erasePersons(db: Db, userId: number): Promise<number> {
  const own = db.selectFrom('accounts').select('id').where('user_id', '=', userId);
  const erased = await db
    .updateTable('audit_events')
    .set(NO_PERSON)
    .where('person_data', 'is not', null)
    .where((eb) =>
      eb.or([
        eb('user_id', '=', userId),
        eb('actor', '=', `user:${userId}`),
        eb.and([eb('account_id', 'in', own), eb('actor', 'not like', 'user:%')]),
      ]),
    )
    .executeTakeFirst();
  return Number(erased.numUpdatedRows);
}

/** What erasing writes. The event keeps the hash, which says nothing without the salt. */
export const NO_PERSON = { person_salt: null, person_data: null };

const setNumber = prepare((db, { id, number, hash }: { id: number; number: number; hash: string }) =>
  db.updateTable('audit_events').set({ number, hash }).where('id', '=', id),
);

/** Null only if both are gone: data that has lost its salt was changed, not erased. */
const toPersonRow = ({ id, person_salt: salt, person_data: data }: Selectable<Database['audit_events']>): PersonRow | null =>
  salt === null && data === null ? null : { eventId: id, salt: salt ?? '', data: data ?? '' };

const toEvent = (row: Selectable<Database['audit_events']>): AuditEvent => ({
  id: row.id,
  event: row.event as EventName,
  atMs: row.at_ms,
  actor: row.actor as Actor,
  accountId: row.account_id,
  userId: row.user_id,
  credentialId: row.credential_id,
  requestId: row.request_id,
  reason: row.reason,
  details: row.details,
  personHash: row.person_hash,
  number: row.number,
  hash: row.hash,
});
