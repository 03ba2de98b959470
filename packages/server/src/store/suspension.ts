/**
 * Suspended accounts in the store. An account is suspended by the operator, or (a team) because no enabled owner is left; while
 * either is the case, everything in it is refused. The data of the account is not changed, so that all of it works again once
 * neither is the case.
 */
import type { SuspensionKind } from '@keyhouse/protocol';
import { sql } from 'kysely';
import type { AccountState, Suspension } from '../core/users/account.ts';
import type { Act } from './act.ts';
import type { Db } from './prepared.ts';

/** Since when the account of a row is suspended; null: it is not. For queries that have the table `accounts`. */
export const suspendedSinceMs = sql<number | null>`coalesce(accounts.suspended_at_ms, accounts.ownerless_since_ms)`;

export const toSuspension = (row: { suspended_since_ms: number | null; suspension_reason: string | null }): Suspension | null =>
  row.suspended_since_ms === null ? null : { sinceMs: row.suspended_since_ms, reason: row.suspension_reason };

/**
 * Decides what may be added to an account, in the act that adds it. The no-op update takes the row's lock on PostgreSQL: a
 * suspension or a deletion in flight is either seen here, or sees what is written after this.
 */
export async function lockAccount(db: Db, id: number): Promise<AccountState> {
  await db
    .updateTable('accounts')
    .set((eb) => ({ name: eb.ref('name') }))
    .where('id', '=', id)
    .execute();
  return (await stateOf(db, id)) ?? 'deleted';
}

/** Null: there never was such an account. */
export async function stateOf(db: Db, id: number): Promise<AccountState | null> {
  const row = await db
    .selectFrom('accounts')
    .leftJoin('users', 'users.id', 'accounts.user_id')
    .select(['accounts.deleted_at_ms', 'users.disabled_at_ms', suspendedSinceMs.as('suspended_at_ms')])
    .where('accounts.id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return null;
  if (row.deleted_at_ms !== null) return 'deleted';
  if (row.disabled_at_ms !== null) return 'disabled';
  return row.suspended_at_ms === null ? 'active' : 'suspended';
}

/** Those of these accounts that are active. */
export async function activeAccounts(db: Db, ids: readonly number[]): Promise<readonly number[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('accounts')
    .leftJoin('users', 'users.id', 'accounts.user_id')
    .select('accounts.id')
    .where('accounts.id', 'in', ids)
    .where('accounts.deleted_at_ms', 'is', null)
    .where('users.disabled_at_ms', 'is', null)
    .where(suspendedSinceMs, 'is', null)
    .execute();
  return rows.map(({ id }) => id);
}

/**
 * Suspends an account within an act that holds its lock: `column` says why. Servers and guards are notified, unless it is already
 * suspended for the other reason. False if it is already suspended for this one.
 */
export async function suspend(
  act: Act,
  accountId: number,
  { column, nowMs }: { column: 'suspended_at_ms' | 'ownerless_since_ms'; nowMs: number },
): Promise<boolean> {
  const wasSuspended = await isSuspended(act.db, accountId);
  const updated = await act.db
    .updateTable('accounts')
    .set({ [column]: nowMs })
    .where('id', '=', accountId)
    .where(column, 'is', null)
    .where('deleted_at_ms', 'is', null)
    .executeTakeFirst();
  if (updated.numUpdatedRows === 0n) return false;
  if (!wasSuspended) await announce(act, accountId, nowMs);
  return true;
}

/**
 * Takes one reason, or both, away. If none is left, servers and guards are notified. False if it was not suspended for any of
 * these.
 */
export async function resume(
  act: Act,
  accountId: number,
  columns: readonly ('suspended_at_ms' | 'ownerless_since_ms')[],
): Promise<boolean> {
  const updated = await act.db
    .updateTable('accounts')
    .set(Object.fromEntries(columns.map((column) => [column, null])))
    .where('id', '=', accountId)
    .where((eb) => eb.or(columns.map((column) => eb(column, 'is not', null))))
    .executeTakeFirst();
  if (updated.numUpdatedRows === 0n) return false;
  if (!(await isSuspended(act.db, accountId))) await announce(act, accountId, null);
  return true;
}

/** For something that ends: it is revoked then, and not suspended any more. */
export async function forgetSuspension(act: Act, kind: SuspensionKind, id: string): Promise<void> {
  const lifted = await lift(act.db, kind, id);
  if (lifted) act.suspend({ kind, id, sinceMs: null });
}

/**
 * For an account that is not suspended here: servers and guards that were running when the database was set back may still refuse
 * what was issued before a suspension that was lost with it, until they are notified.
 */
export const forgetLostSuspension = (act: Act, accountId: number): Promise<void> => announce(act, accountId, null);

/**
 * Notifies servers and guards of the account and its applications, and makes caches forget them. `sinceMs` null: not suspended
 * any more.
 */
async function announce(act: Act, accountId: number, sinceMs: number | null): Promise<void> {
  const applications = await act.db
    .selectFrom('applications')
    .select('client_id')
    .where('account_id', '=', accountId)
    .where('deleted_at_ms', 'is', null)
    .execute();
  await announceOne('suspended-account', 'account', String(accountId));
  for (const { client_id: clientId } of applications) await announceOne('suspended-application', 'application', clientId);

  async function announceOne(kind: SuspensionKind, subject: 'account' | 'application', id: string): Promise<void> {
    if (sinceMs === null) await lift(act.db, kind, id);
    act.suspend({ kind, id, sinceMs });
    act.change({ kind: subject, id, beforeMs: null, endsAtMs: null });
  }
}

/**
 * A server that starts reads what is suspended from the list of changes, so the old entry must not count any more. False if it
 * does not exist.
 */
async function lift(db: Db, kind: SuspensionKind, id: string): Promise<boolean> {
  const updated = await db
    .updateTable('changes')
    .set({ before_ms: null })
    // As a literal, so that the partial index serves it on PostgreSQL too.
    .where('kind', '=', sql.lit(kind))
    .where('subject_id', '=', id)
    .where('before_ms', 'is not', null)
    .executeTakeFirst();
  return updated.numUpdatedRows > 0n;
}

export async function isSuspended(db: Db, accountId: number): Promise<boolean> {
  const row = await db
    .selectFrom('accounts')
    .select(suspendedSinceMs.as('since_ms'))
    .where('id', '=', accountId)
    .executeTakeFirst();
  return row !== undefined && row.since_ms !== null;
}
