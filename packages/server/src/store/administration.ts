/**
 * What administrators do about users: appointing administrators, resetting second factors, and finding users and accounts. It
 * also owns the administrators' lock.
 */
import { sql } from 'kysely';
import type { AdministrationStore, ListedAccount, ListedUser, UserFactors } from '../core/administration/ports.ts';
import { MAX_COUNTED } from '../core/teams/what-ends.ts';
import { OPERATOR_ACCOUNT_ID } from '../core/users/account.ts';
import type { Act } from './act.ts';
import { endGrants } from './grants.ts';
import { endInvitationsBeyond } from './invitations.ts';
import type { Db } from './prepared.ts';
import { foldCase, idsBeginning } from './search.ts';
import { endSessions } from './sessions.ts';
import { endSignIns } from './sign-ins.ts';
import { suspendedSinceMs, toSuspension } from './suspension.ts';
import { endTickets } from './tickets.ts';
import { toUser, users } from './users.ts';

type Input<Name extends keyof AdministrationStore> = Parameters<AdministrationStore[Name]>[0];
type Reads = Pick<AdministrationStore, 'findUsers' | 'findListedUser' | 'factorsOf' | 'findAccounts' | 'findListedAccount'>;

export function administrationReads(db: Db): Reads {
  return {
    async findUsers({ query, beforeId, limit }) {
      let found = listedUsers(db);
      if (query !== '') found = found.where('users.id', 'in', userIdsBy(db, query));
      if (beforeId !== undefined) found = found.where('users.id', '<', beforeId);
      const rows = await found.orderBy('users.id', 'desc').limit(limit).execute();
      return rows.map(toListedUser);
    },
    async findListedUser(id) {
      const row = await listedUsers(db).where('users.id', '=', id).executeTakeFirst();
      return row === undefined ? null : toListedUser(row);
    },
    async factorsOf(userId): Promise<UserFactors> {
      const row = await db
        .selectFrom('users')
        .select((eb) => [
          'password_hash',
          'two_step_since_ms',
          eb
            .selectFrom('passkeys')
            .select((sub) => sub.fn.countAll<number>().as('n'))
            .whereRef('passkeys.user_id', '=', 'users.id')
            .as('passkeys'),
          eb
            .selectFrom('totp_secrets')
            .select((sub) => sub.fn.countAll<number>().as('n'))
            .whereRef('totp_secrets.user_id', '=', 'users.id')
            .where('confirmed_at_ms', 'is not', null)
            .as('totp'),
          eb
            .selectFrom('recovery_codes')
            .select((sub) => sub.fn.countAll<number>().as('n'))
            .whereRef('recovery_codes.user_id', '=', 'users.id')
            .as('codes'),
          eb
            .selectFrom('credentials')
            .select((sub) => sub.fn.countAll<number>().as('n'))
            .whereRef('credentials.user_id', '=', 'users.id')
            .where('credentials.revoked_at_ms', 'is', null)
            .as('tokens'),
        ])
        .where('id', '=', userId)
        .executeTakeFirst();
      return {
        hasPassword: (row?.password_hash ?? '') !== '',
        twoStep: row !== undefined && row.two_step_since_ms !== null,
        passkeys: Number(row?.passkeys ?? 0),
        totp: Number(row?.totp ?? 0) > 0,
        recoveryCodesLeft: Number(row?.codes ?? 0),
        tokens: Number(row?.tokens ?? 0),
      };
    },
    async findAccounts({ query, beforeId, limit }) {
      let found = listedAccounts(db);
      if (query !== '') found = found.where('accounts.id', 'in', accountIdsBy(db, query));
      if (beforeId !== undefined) found = found.where('accounts.id', '<', beforeId);
      const rows = await found.orderBy('accounts.id', 'desc').limit(limit).execute();
      return rows.map(toListedAccount);
    },
    async findListedAccount(id) {
      const row = await listedAccounts(db).where('accounts.id', '=', id).executeTakeFirst();
      return row === undefined ? null : toListedAccount(row);
    },
  };
}

export const administrationActs = {
  async setAdministrator(act: Act, input: Input<'setAdministrator'>) {
    const { userId, isAdministrator, nowMs } = input;
    if (!(await lockAdministrators(act.db, input.actorId))) return 'not_allowed';
    const user = await users(act.db).where('users.id', '=', userId).executeTakeFirst();
    if (user === undefined) return 'gone';
    if ((user.is_administrator === 1) === isAdministrator) return 'done';
    if (!isAdministrator && !(await hasAdministratorBeside(act.db, userId))) return 'last';
    await act.db
      .updateTable('users')
      .set({ is_administrator: isAdministrator ? 1 : 0, updated_at_ms: nowMs })
      .where('id', '=', userId)
      .execute();
    if (!isAdministrator) {
      await leaveOperatorAccount(act, userId, nowMs);
      await endInvitationsBeyond(act, { senderId: userId, accountId: null, role: null, event: input.event });
    }
    act.event(input.event, { accountId: user.account_id });
    return 'done';
  },

  async resetSecondFactor(act: Act, { userId, actorId, nowMs, event }: Input<'resetSecondFactor'>) {
    const { db } = act;
    if (!(await lockAdministrators(db, actorId))) return 'not_allowed';
    const user = await users(db).where('users.id', '=', userId).executeTakeFirst();
    if (user === undefined) return 'gone';
    await db.deleteFrom('passkeys').where('user_id', '=', userId).execute();
    await db.deleteFrom('totp_secrets').where('user_id', '=', userId).execute();
    await db.deleteFrom('recovery_codes').where('user_id', '=', userId).execute();
    await db.updateTable('users').set({ two_step_since_ms: null }).where('id', '=', userId).execute();
    await endTickets(db, userId, 'second-factor');
    await endTickets(db, userId, 'passkey');
    const ended = await endSignIns(db, { userId, nowMs });
    act.event({ ...event, details: { ...event.details, sign_ins: ended } }, { accountId: user.account_id });
    return 'done';
  },
};

/** What they granted there ends with their membership. */
async function leaveOperatorAccount(act: Act, userId: number, nowMs: number): Promise<void> {
  await endGrants(act.db, { userId, accountId: OPERATOR_ACCOUNT_ID }, nowMs);
  await endSessions(act, { userId, accountId: OPERATOR_ACCOUNT_ID }, { reason: 'left-account', nowMs });
}

/**
 * Acts that change who the administrators are take turns by the operator account's row (the no-op update locks it on PostgreSQL).
 * False if `actorId`, who does it, is not an enabled administrator any more; null: no particular user.
 */
export async function lockAdministrators(db: Db, actorId: number | null): Promise<boolean> {
  await db
    .updateTable('accounts')
    .set((eb) => ({ name: eb.ref('name') }))
    .where('kind', '=', 'operator')
    .execute();
  if (actorId === null) return true;
  const actor = await administrators(db).where('id', '=', actorId).executeTakeFirst();
  return actor !== undefined;
}

/** Under the lock above: whether there is an enabled administrator other than this user; null: any at all. */
export async function hasAdministratorBeside(db: Db, userId: number | null): Promise<boolean> {
  return (
    (await administrators(db)
      .where('id', '!=', userId ?? 0)
      .executeTakeFirst()) !== undefined
  );
}

/** In the text, not a value: only then can the index of administrators be used. */
export const isAdministrator = sql<boolean>`users.is_administrator = 1`;

const administrators = (db: Db) =>
  db
    .selectFrom('users')
    .select('id')
    .where(isAdministrator)
    .where('disabled_at_ms', 'is', null)
    .where('deleted_at_ms', 'is', null);

const listedUsers = (db: Db) =>
  users(db).select((eb) =>
    eb
      .selectFrom('sign_ins')
      .select((sub) => sub.fn.max('sign_ins.last_seen_at_ms').as('seen'))
      .whereRef('sign_ins.user_id', '=', 'users.id')
      .as('last_seen_at_ms'),
  );

const toListedUser = (row: Awaited<ReturnType<ReturnType<typeof listedUsers>['executeTakeFirstOrThrow']>>): ListedUser => ({
  ...toUser(row),
  lastSeenAtMs: row.last_seen_at_ms,
});

/** Each of the three has its index: the columns compare by bytes on both databases, and `lower` folds only ASCII. */
const userIdsBy = (db: Db, query: string) =>
  idsBeginning(db, 'users', [
    [sql`email_key`, foldCase(query)],
    [sql`lower(display_name)`, foldCase(query)],
  ]).unionAll(db.selectFrom('users').select('id').where('id', '=', idIn(query)));

const accountIdsBy = (db: Db, query: string) =>
  idsBeginning(db, 'accounts', [[sql`lower(name)`, foldCase(query)]]).unionAll(
    db.selectFrom('accounts').select('id').where('id', '=', idIn(query)),
  );

/** Ids begin at 1. */
const idIn = (query: string): number => (/^\d{1,15}$/.test(query) ? Number(query) : 0);

const listedAccounts = (db: Db) =>
  db
    .selectFrom('accounts')
    .leftJoin('users', 'users.id', 'accounts.user_id')
    .select(['accounts.id', 'accounts.kind', 'accounts.name', 'accounts.user_id', 'accounts.created_at_ms', 'users.email'])
    .select(['accounts.suspension_reason', suspendedSinceMs.as('suspended_since_ms')])
    .select((eb) => [
      eb
        .selectFrom('members')
        .innerJoin('users as owners', 'owners.id', 'members.user_id')
        .select('owners.email')
        .whereRef('members.account_id', '=', 'accounts.id')
        .where('members.role', '=', 'owner')
        .orderBy('members.since_ms')
        .orderBy('members.user_id')
        .limit(1)
        .as('first_owner'),
      // Up to a limit, here and below: a page of large teams would otherwise count every member of each.
      eb
        .selectFrom(
          eb
            .selectFrom('members')
            .select('members.user_id')
            .whereRef('members.account_id', '=', 'accounts.id')
            .limit(MAX_COUNTED)
            .as('counted'),
        )
        .select((sub) => sub.fn.countAll<number>().as('n'))
        .as('members'),
      eb
        .selectFrom(
          eb
            .selectFrom('credentials')
            .select('credentials.id')
            .whereRef('credentials.account_id', '=', 'accounts.id')
            .where('credentials.kind', '=', 'key')
            .where('credentials.revoked_at_ms', 'is', null)
            .limit(MAX_COUNTED)
            .as('counted'),
        )
        .select((sub) => sub.fn.countAll<number>().as('n'))
        .as('keys'),
      eb
        .selectFrom('users as administrators')
        .select((sub) => sub.fn.countAll<number>().as('n'))
        .where(sql<boolean>`administrators.is_administrator = 1`)
        .where('administrators.deleted_at_ms', 'is', null)
        .as('administrators'),
    ])
    .where('accounts.deleted_at_ms', 'is', null);

function toListedAccount(row: Awaited<ReturnType<ReturnType<typeof listedAccounts>['executeTakeFirstOrThrow']>>): ListedAccount {
  const members = { personal: 1, team: Number(row.members ?? 0), operator: Number(row.administrators ?? 0) };
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    userId: row.user_id,
    createdAtMs: row.created_at_ms,
    suspension: toSuspension(row),
    owner: row.email ?? row.first_owner,
    members: members[row.kind],
    keys: Number(row.keys ?? 0),
  };
}
