import type { Account, AccountsStore, NewUser, User } from '../core/accounts/account.ts';
import type { Act } from './act.ts';
import { endTokensOfLogins } from './credentials.ts';
import type { Db } from './prepared.ts';

const IN_FLIGHT_MS = 2000;

type Input<Name extends keyof AccountsStore> = Parameters<AccountsStore[Name]>[0];
type Reads = Pick<
  AccountsStore,
  'findUser' | 'findUserByEmail' | 'listUsers' | 'findAccount' | 'countAdministrators' | 'knowsAddress'
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
    if (input.endTokensOfLogins) await endTokensOfLogins(act, input.userId, input.nowMs);
    act.event(input.event);
    return true;
  },

  async setUserDisabled(act: Act, input: Input<'setUserDisabled'>): Promise<boolean> {
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
    // A mint that was let in a moment ago may still sign within the next; a disabled user has no honest ones after that.
    const revocation = input.disabled
      ? { beforeMs: input.nowMs + IN_FLIGHT_MS, endsAtMs: input.latestJwtEndMs }
      : { beforeMs: null, endsAtMs: null };
    act.change({ kind: 'user', id: String(input.userId), ...revocation });
    act.change({ kind: 'account', id: String(account.id), ...revocation });
    act.event(input.event, { accountId: account.id });
    return true;
  },
};

/** A user and the personal account; null when the address is taken. */
export async function insertUser(db: Db, user: NewUser): Promise<User | null> {
  const row = await db
    .insertInto('users')
    .values({
      email: user.email,
      email_key: user.emailKey,
      password_hash: user.passwordHash,
      display_name: user.displayName,
      first_name: user.firstName,
      last_name: user.lastName,
      is_administrator: user.isAdministrator ? 1 : 0,
      created_at_ms: user.createdAtMs,
      updated_at_ms: user.createdAtMs,
    })
    .onConflict((conflict) => conflict.column('email_key').doNothing())
    .returning('id')
    .executeTakeFirst();
  if (row === undefined) return null;
  const account = await db
    .insertInto('accounts')
    .values({ kind: 'personal', name: user.displayName, user_id: row.id, created_at_ms: user.createdAtMs })
    .returning('id')
    .executeTakeFirstOrThrow();
  return {
    id: row.id,
    accountId: account.id,
    email: user.email,
    displayName: user.displayName,
    firstName: user.firstName,
    lastName: user.lastName,
    isAdministrator: user.isAdministrator,
    disabledAtMs: null,
    createdAtMs: user.createdAtMs,
    updatedAtMs: user.createdAtMs,
  };
}

/**
 * The enabled user with the personal account, as long as the password is still the one that was proved. The no-op update takes the row's lock (on PostgreSQL), so that a disabling
 * in flight is either seen here or sees what is written after this.
 */
export async function lockEnabledUser(db: Db, userId: number, passwordHash: string): Promise<User | null> {
  const locked = await db
    .updateTable('users')
    .set((eb) => ({ disabled_at_ms: eb.ref('disabled_at_ms') }))
    .where('id', '=', userId)
    .where('disabled_at_ms', 'is', null)
    .where('password_hash', '=', passwordHash)
    .executeTakeFirst();
  if (locked.numUpdatedRows === 0n) return null;
  return toUser(await users(db).where('users.id', '=', userId).executeTakeFirstOrThrow());
}

const users = (db: Db) =>
  db
    .selectFrom('users')
    .innerJoin('accounts', 'accounts.user_id', 'users.id')
    .select([
      'users.id',
      'accounts.id as account_id',
      'users.email',
      'users.display_name',
      'users.first_name',
      'users.last_name',
      'users.is_administrator',
      'users.disabled_at_ms',
      'users.created_at_ms',
      'users.updated_at_ms',
    ]);

type UserRow = Awaited<ReturnType<ReturnType<typeof users>['executeTakeFirstOrThrow']>>;

const toUser = (row: UserRow): User => ({
  id: row.id,
  accountId: row.account_id,
  email: row.email,
  displayName: row.display_name,
  firstName: row.first_name,
  lastName: row.last_name,
  isAdministrator: row.is_administrator === 1,
  disabledAtMs: row.disabled_at_ms,
  createdAtMs: row.created_at_ms,
  updatedAtMs: row.updated_at_ms,
});
