/** What members and invitations share: a team's lock, and the role that somebody has in it now. */
import type { Role } from '../core/accounts/member.ts';
import type { Db } from './prepared.ts';

/**
 * The lock of a living team: whoever changes its members or invitations takes turns by it. The no-op update takes the row's
 * lock on PostgreSQL; on SQLite there is one writer. False when there is no such team.
 */
export async function lockTeam(db: Db, accountId: number): Promise<boolean> {
  const locked = await db
    .updateTable('accounts')
    .set((eb) => ({ name: eb.ref('name') }))
    .where('id', '=', accountId)
    .where('kind', '=', 'team')
    .where('deleted_at_ms', 'is', null)
    .executeTakeFirst();
  return locked.numUpdatedRows > 0n;
}

/** Null when they are no member, or deleted. */
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
