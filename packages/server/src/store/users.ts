/** Rows of users with their personal accounts, as several acts need them. */
import type { NewUser, User } from '../core/users/account.ts';
import type { Db } from './prepared.ts';

/** A user and the personal account; null if the address is taken. */
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
    emailVerifiedAtMs: null,
    passwordChangedAtMs: null,
    twoStepSinceMs: null,
    createdAtMs: user.createdAtMs,
    updatedAtMs: user.createdAtMs,
  };
}

/**
 * The enabled user with the personal account, while the password is still the one that was verified (null: it was another proof).
 * The no-op update takes the row's lock (on PostgreSQL), so that a disabling in flight is either seen here or sees what is
 * written after this.
 */
export async function lockEnabledUser(db: Db, userId: number, passwordHash: string | null): Promise<User | null> {
  let query = db
    .updateTable('users')
    .set((eb) => ({ disabled_at_ms: eb.ref('disabled_at_ms') }))
    .where('id', '=', userId)
    .where('disabled_at_ms', 'is', null)
    .where('deleted_at_ms', 'is', null);
  if (passwordHash !== null) query = query.where('password_hash', '=', passwordHash);
  const locked = await query.executeTakeFirst();
  if (locked.numUpdatedRows === 0n) return null;
  return toUser(await users(db).where('users.id', '=', userId).executeTakeFirstOrThrow());
}

export const users = (db: Db) =>
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
      'users.email_verified_at_ms',
      'users.password_changed_at_ms',
      'users.two_step_since_ms',
    ])
    .where('users.deleted_at_ms', 'is', null);

type UserRow = Awaited<ReturnType<ReturnType<typeof users>['executeTakeFirstOrThrow']>>;

export const toUser = (row: UserRow): User => ({
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
  emailVerifiedAtMs: row.email_verified_at_ms,
  passwordChangedAtMs: row.password_changed_at_ms,
  twoStepSinceMs: row.two_step_since_ms,
});
