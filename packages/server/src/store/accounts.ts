/**
 * Users and their accounts: finding, creating and disabling them, and setting a password hash. What users change in their own
 * profile is in `profile.ts`.
 */
import type { Account, AccountsStore, User } from '../core/users/account.ts';
import type { Act } from './act.ts';
import { hasAdministratorBeside, isAdministrator, lockAdministrators } from './administration.ts';
import { stopApplications } from './applications.ts';
import { endTokensOfLogins } from './credentials.ts';
import { endInvitationsBeyond } from './invitations.ts';
import { lockMintingOfAccount } from './jwts.ts';
import type { Db } from './prepared.ts';
import { endSessions } from './sessions.ts';
import { endSignIns } from './sign-ins.ts';
import { resume, stateOf, suspend, toSuspension } from './suspension.ts';
import { hasEnabledOwner, lockTeamsOwnedBy } from './teams.ts';
import { endTickets } from './tickets.ts';
import { insertUser, toUser, users } from './users.ts';

type Input<Name extends keyof AccountsStore> = Parameters<AccountsStore[Name]>[0];
type Reads = Pick<
  AccountsStore,
  | 'findUser'
  | 'findUserByEmail'
  | 'listUsers'
  | 'findAccount'
  | 'accountState'
  | 'countAdministrators'
  | 'knowsAddress'
  | 'knownAddresses'
>;

/** Networks from which one user is known. */
const MAX_ADDRESSES = 1000;

export function accountsReads(db: Db): Reads {
  return {
    async findUser(id) {
      const row = await users(db).where('users.id', '=', id).executeTakeFirst();
      return row === undefined ? null : toUser(row);
    },
    async findUserByEmail(emailKey) {
      const row = await users(db).select('users.password_hash').where('users.email_key', '=', emailKey).executeTakeFirst();
      return row === undefined ? null : { ...toUser(row), passwordHash: row.password_hash };
    },
    async listUsers({ afterId, limit }) {
      const rows = await users(db).where('users.id', '>', afterId).orderBy('users.id').limit(limit).execute();
      return rows.map(toUser);
    },
    async findAccount(id) {
      const row = await db.selectFrom('accounts').selectAll().where('id', '=', id).executeTakeFirst();
      if (row === undefined) return null;
      return {
        id: row.id,
        kind: row.kind,
        name: row.name,
        userId: row.user_id,
        createdAtMs: row.created_at_ms,
        suspension: toSuspension({ ...row, suspended_since_ms: row.suspended_at_ms ?? row.ownerless_since_ms }),
      } satisfies Account;
    },
    accountState: (id) => stateOf(db, id),
    async countAdministrators() {
      const row = await db
        .selectFrom('users')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where(isAdministrator)
        .where('disabled_at_ms', 'is', null)
        .executeTakeFirstOrThrow();
      return Number(row.count);
    },
    async knowsAddress(userId, addressHash, sinceMs) {
      const row = await db
        .selectFrom('known_addresses')
        .select('user_id')
        .where('user_id', '=', userId)
        .where('address_hash', '=', addressHash)
        .where('last_signed_in_at_ms', '>=', sinceMs)
        .executeTakeFirst();
      return row !== undefined;
    },
    async knownAddresses(userId) {
      const rows = await db
        .selectFrom('known_addresses')
        .select('address_hash')
        .where('user_id', '=', userId)
        .limit(MAX_ADDRESSES)
        .execute();
      return rows.map((row) => row.address_hash);
    },
  };
}

export const accountsActs = {
  async createUser(act: Act, { user, event }: Input<'createUser'>): Promise<User | null> {
    const created = await insertUser(act.db, user);
    if (created !== null) act.event(event, { userId: created.id, accountId: created.accountId });
    return created;
  },

  async createMissingAdministrator(act: Act, { user, event }: Input<'createMissingAdministrator'>) {
    await lockAdministrators(act.db, null);
    if (await hasAdministratorBeside(act.db, null)) return 'exists' as const;
    const created = await insertUser(act.db, user);
    if (created === null) return 'taken' as const;
    await endTickets(act.db, null, 'setup');
    act.event(event, { userId: created.id, accountId: created.accountId });
    return created;
  },

  async setPasswordHash(act: Act, input: Input<'setPasswordHash'>): Promise<boolean> {
    let query = act.db
      .updateTable('users')
      .set({ password_hash: input.passwordHash, updated_at_ms: input.nowMs })
      .where('id', '=', input.userId);
    if (input.onlyIfHash !== undefined) query = query.where('password_hash', '=', input.onlyIfHash);
    const updated = await query.executeTakeFirst();
    if (updated.numUpdatedRows === 0n) return false;
    if (input.endTokensOfLogins) {
      await act.db.updateTable('users').set({ password_changed_at_ms: input.nowMs }).where('id', '=', input.userId).execute();
      await endTokensOfLogins(act, input.userId, input.nowMs);
      await endSignIns(act.db, { userId: input.userId, nowMs: input.nowMs });
      await endSessions(act, { userId: input.userId }, { reason: 'password-changed', nowMs: input.nowMs });
      await endTickets(act.db, input.userId);
    }
    act.event(input.event);
    return true;
  },

  async setUserDisabled(act: Act, input: Input<'setUserDisabled'>) {
    const { userId, disabled, nowMs, event } = input;
    if (!(await lockAdministrators(act.db, input.administratorId ?? null))) return 'not_allowed';
    const user = await users(act.db).where('users.id', '=', userId).executeTakeFirst();
    if (user === undefined) return 'unknown_user';
    if (disabled && user.is_administrator === 1 && !(await hasAdministratorBeside(act.db, userId))) return 'last_administrator';
    const updated = await act.db
      .updateTable('users')
      .set({ disabled_at_ms: disabled ? nowMs : null, updated_at_ms: nowMs })
      .where('id', '=', userId)
      .where('disabled_at_ms', disabled ? 'is' : 'is not', null)
      .executeTakeFirst();
    if (updated.numUpdatedRows === 0n) return 'already_so';
    const accountId = user.account_id;
    act.event(event, { accountId });
    if (disabled) await endSignIns(act.db, { userId, nowMs });
    await followTeams(act, input);
    if (disabled) await endInvitationsBeyond(act, { senderId: userId, role: null, event });
    if (disabled) {
      const beforeMs = await latestIssueMs(act.db, accountId, nowMs);
      await endSessions(act, { userId }, { reason: 'user-ended', nowMs });
      await stopApplications(act, accountId, nowMs);
      act.revoke({ kind: 'user', id: userId, beforeMs });
      act.revoke({ kind: 'account', id: accountId, beforeMs });
    } else {
      act.change({ kind: 'user', id: String(userId), beforeMs: null, endsAtMs: null });
      act.change({ kind: 'account', id: String(accountId), beforeMs: null, endsAtMs: null });
    }
    return 'done';
  },
};

/**
 * Suspends the teams whose only enabled owner is this user, or resumes those that were suspended because they had none. Under
 * each team's lock: another act that makes this or another user its owner is either before this one and seen, or after it and
 * finds the team suspended. After the sign-ins and before the sessions, the order in which other acts take these locks.
 */
async function followTeams(act: Act, { userId, disabled, nowMs, event }: Input<'setUserDisabled'>): Promise<void> {
  const name = disabled ? ('account.suspended' as const) : ('account.resumed' as const);
  for (const teamId of await lockTeamsOwnedBy(act.db, userId)) {
    const isChanged = disabled
      ? !(await hasEnabledOwner(act.db, teamId, { besides: userId })) &&
        (await suspend(act, teamId, { column: 'ownerless_since_ms', nowMs }))
      : await resume(act, teamId, ['ownerless_since_ms']);
    if (isChanged) act.event({ ...event, event: name, details: { why: 'no_enabled_owner' } }, { accountId: teamId });
  }
}

/**
 * The moment of the account's newest JWT, or now: a server whose clock is ahead may have issued one "later" than now. Mints in
 * flight are recorded when we have the lock; those that come after see that the owner is disabled. One look-up for each key.
 */
export async function latestIssueMs(db: Db, accountId: number, nowMs: number): Promise<number> {
  await lockMintingOfAccount(db, accountId);
  const newest = await db
    .selectFrom('credentials')
    .innerJoin('jwts', 'jwts.key_id', 'credentials.id')
    .select((eb) => eb.fn.max('jwts.issued_at_ms').as('issued_at_ms'))
    .where('credentials.account_id', '=', accountId)
    .where('credentials.kind', '=', 'key')
    .where('jwts.issued_at_ms', '>', nowMs)
    .executeTakeFirst();
  return newest?.issued_at_ms ?? nowMs;
}
