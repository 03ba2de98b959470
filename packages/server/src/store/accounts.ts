import type { Account, AccountsStore, User } from '../core/accounts/account.ts';
import type { Act } from './act.ts';
import { lockAdministrators } from './administration.ts';
import { stopApplications } from './applications.ts';
import { endTokensOfLogins } from './credentials.ts';
import { endInvitationsBeyond } from './invitations.ts';
import { lockMintingOfAccount } from './jwts.ts';
import type { Db } from './prepared.ts';
import { endSessions } from './sessions.ts';
import { endSignIns } from './sign-ins.ts';
import { endTickets } from './tickets.ts';
import { insertUser, toUser, users } from './users.ts';

type Input<Name extends keyof AccountsStore> = Parameters<AccountsStore[Name]>[0];
type Reads = Pick<
  AccountsStore,
  'findUser' | 'findUserByEmail' | 'listUsers' | 'findAccount' | 'countAdministrators' | 'knowsAddress' | 'knownAddresses'
>;

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
      } satisfies Account;
    },
    async countAdministrators() {
      const row = await db
        .selectFrom('users')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('is_administrator', '=', 1)
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
      const rows = await db.selectFrom('known_addresses').select('address_hash').where('user_id', '=', userId).execute();
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

  async setUserDisabled(act: Act, input: Input<'setUserDisabled'>): Promise<boolean> {
    if (input.administratorId !== undefined && !(await lockAdministrators(act.db, input.administratorId))) return false;
    const updated = await act.db
      .updateTable('users')
      .set({ disabled_at_ms: input.disabled ? input.nowMs : null, updated_at_ms: input.nowMs })
      .where('id', '=', input.userId)
      .where('disabled_at_ms', input.disabled ? 'is' : 'is not', null)
      .executeTakeFirst();
    if (updated.numUpdatedRows === 0n) return false;
    const account = await act.db
      .selectFrom('accounts')
      .select('id')
      .where('user_id', '=', input.userId)
      .executeTakeFirstOrThrow();
    if (input.disabled) {
      const beforeMs = await latestIssueMs(act.db, account.id, input.nowMs);
      await endSignIns(act.db, { userId: input.userId, nowMs: input.nowMs });
      await endInvitationsBeyond(act, { senderId: input.userId, role: null, event: input.event });
      await endSessions(act, { userId: input.userId }, { reason: 'user-ended', nowMs: input.nowMs });
      await stopApplications(act, account.id, input.nowMs);
      act.revoke({ kind: 'user', id: input.userId, beforeMs });
      act.revoke({ kind: 'account', id: account.id, beforeMs });
    } else {
      act.change({ kind: 'user', id: String(input.userId), beforeMs: null, endsAtMs: null });
      act.change({ kind: 'account', id: String(account.id), beforeMs: null, endsAtMs: null });
    }
    act.event(input.event, { accountId: account.id });
    return true;
  },
};

/**
 * The moment of the account's newest JWT, or now: a server whose clock is ahead may have issued one "later" than now. Mints in
 * flight are on record when the lock is ours; those that come after see that the owner is disabled.
 */
export async function latestIssueMs(db: Db, accountId: number, nowMs: number): Promise<number> {
  await lockMintingOfAccount(db, accountId);
  const newest = await db
    .selectFrom('jwts')
    .select((eb) => eb.fn.max('issued_at_ms').as('issued_at_ms'))
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return Math.max(nowMs, newest?.issued_at_ms ?? 0);
}
