/**
 * What members and invitations share: a team's lock, the role that a user has in it, and every write of `members` and of an
 * account's name. Nothing else writes them, so that every change of owners or name updates the badges of its applications.
 */

import type { EventDraft } from '../core/audit/event.ts';
import { CEILINGS } from '../core/lib/ceilings.ts';
import type { Role } from '../core/teams/member.ts';
import type { Act } from './act.ts';
import { takeBadgesOfAccount } from './badges.ts';
import type { Db } from './prepared.ts';
import { suspendedSinceMs } from './suspension.ts';

type Cause = Pick<EventDraft, 'atMs' | 'by'>;
interface Membership {
  readonly accountId: number;
  readonly userId: number;
}

/**
 * The lock of an active team: acts that change its members or invitations take turns by it. The no-op update takes the row's lock
 * on PostgreSQL; on SQLite there is one writer. False if the team does not exist, or is suspended: then nobody can change it.
 */
export async function lockTeam(db: Db, accountId: number): Promise<boolean> {
  if (!(await lockExistingTeam(db, accountId))) return false;
  const active = await db
    .selectFrom('accounts')
    .select('id')
    .where('id', '=', accountId)
    .where(suspendedSinceMs, 'is', null)
    .executeTakeFirst();
  return active !== undefined;
}

/** The same lock, of a team that may be suspended. */
export async function lockExistingTeam(db: Db, accountId: number): Promise<boolean> {
  const locked = await db
    .updateTable('accounts')
    .set((eb) => ({ name: eb.ref('name') }))
    .where('id', '=', accountId)
    .where('kind', '=', 'team')
    .where('deleted_at_ms', 'is', null)
    .executeTakeFirst();
  return locked.numUpdatedRows > 0n;
}

/** Under the team's lock this cannot change before the commit. A disabled owner does not count: they cannot act. */
export async function hasEnabledOwner(db: Db, accountId: number, { besides }: { besides: number }): Promise<boolean> {
  const row = await db
    .selectFrom('members')
    .innerJoin('users', 'users.id', 'members.user_id')
    .select('members.user_id')
    .where('members.account_id', '=', accountId)
    .where('members.role', '=', 'owner')
    .where('members.user_id', '!=', besides)
    .where('users.disabled_at_ms', 'is', null)
    .where('users.deleted_at_ms', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * The teams that a user owns, alone or with others, each under its lock. Every team of theirs is locked before the role is read:
 * an act in flight may be making them its owner.
 */
export async function lockTeamsOwnedBy(db: Db, userId: number): Promise<readonly number[]> {
  const memberships = await db
    .selectFrom('members')
    .select('account_id')
    .where('user_id', '=', userId)
    // The order in which locks of several are taken.
    .orderBy('account_id')
    .execute();
  const owned: number[] = [];
  for (const { account_id: accountId } of memberships)
    if ((await lockExistingTeam(db, accountId)) && (await roleInTeam(db, accountId, userId)) === 'owner') owned.push(accountId);
  return owned;
}

/**
 * Under the lock of the user (the no-op update takes it on PostgreSQL), so that two at once do not both count to one below the
 * limit.
 */
export async function mayOwnAnother(db: Db, userId: number, limit: number = CEILINGS.teamsOfOwner): Promise<boolean> {
  await db
    .updateTable('users')
    .set((eb) => ({ disabled_at_ms: eb.ref('disabled_at_ms') }))
    .where('id', '=', userId)
    .execute();
  const { count } = await db
    .selectFrom('members')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('user_id', '=', userId)
    .where('role', '=', 'owner')
    .executeTakeFirstOrThrow();
  return Number(count) < limit;
}

/** Null if they are not a member, or deleted. */
export async function roleInTeam(db: Db, accountId: number, userId: number): Promise<Role | null> {
  const row = await db
    .selectFrom('members')
    .innerJoin('users', 'users.id', 'members.user_id')
    .select('members.role')
    .where('members.account_id', '=', accountId)
    .where('members.user_id', '=', userId)
    .where('users.deleted_at_ms', 'is', null)
    .executeTakeFirst();
  return row?.role ?? null;
}

/** A user who is a member already keeps the role. */
export async function addMember(
  act: Act,
  { accountId, userId, role, cause }: Membership & { role: Role; cause: Cause },
): Promise<void> {
  const added = await act.db
    .insertInto('members')
    .values({ account_id: accountId, user_id: userId, role, since_ms: cause.atMs })
    .onConflict((conflict) => conflict.columns(['account_id', 'user_id']).doNothing())
    .executeTakeFirst();
  if (role === 'owner' && (added.numInsertedOrUpdatedRows ?? 0n) > 0n) await takeBadgesOfAccount(act, accountId, cause);
}

export async function setRole(
  act: Act,
  { accountId, userId, held, role, cause }: Membership & { held: Role; role: Role; cause: Cause },
): Promise<void> {
  await act.db.updateTable('members').set({ role }).where('account_id', '=', accountId).where('user_id', '=', userId).execute();
  if (held === 'owner' || role === 'owner') await takeBadgesOfAccount(act, accountId, cause);
}

export async function removeMember(act: Act, { accountId, userId, cause }: Membership & { cause: Cause }): Promise<void> {
  const removed = await act.db
    .deleteFrom('members')
    .where('account_id', '=', accountId)
    .where('user_id', '=', userId)
    .returning('role')
    .executeTakeFirst();
  if (removed?.role === 'owner') await takeBadgesOfAccount(act, accountId, cause);
}

/** For a team that is deleted. No badges are taken away: its applications have ended. */
export const removeEveryMember = (db: Db, accountId: number) =>
  db.deleteFrom('members').where('account_id', '=', accountId).execute();

/** Badges are taken away, and caches forget the account's applications: the consent page names the account that registered them. */
export async function renameAccount(
  act: Act,
  { accountId, name, cause }: { accountId: number; name: string; cause: Cause },
): Promise<void> {
  const renamed = await act.db
    .updateTable('accounts')
    .set({ name })
    .where('id', '=', accountId)
    .where('name', '!=', name)
    .executeTakeFirst();
  if (renamed.numUpdatedRows === 0n) return;
  await takeBadgesOfAccount(act, accountId, cause);
  // Every server remembers an application together with its owner's name.
  const owned = await act.db
    .selectFrom('applications')
    .select('client_id')
    .where('account_id', '=', accountId)
    .where('deleted_at_ms', 'is', null)
    .execute();
  for (const { client_id: id } of owned) act.change({ kind: 'application', id, beforeMs: null, endsAtMs: null });
}
