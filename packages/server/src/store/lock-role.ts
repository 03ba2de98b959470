/** The role that a user has in an account, under the locks that taking it away needs too. */
import type { Role } from '../core/teams/member.ts';
import type { Db } from './prepared.ts';
import { lockAccount } from './suspension.ts';
import { lockExistingTeam, roleInTeam } from './teams.ts';
import { lockEnabledUser } from './users.ts';

/** The same; null also if the account is suspended: nothing is granted in it then. */
export const lockActiveRole = async (db: Db, userId: number, accountId: number): Promise<Role | null> => {
  const role = await lockRole(db, userId, accountId);
  return role !== null && (await lockAccount(db, accountId)) === 'active' ? role : null;
};

/**
 * The role of an enabled user in an existing account, which may be suspended; null: none. Users own their personal account,
 * administrators the operator's, and of teams one is a member. Locks the user, then the team; further locks are taken after
 * these.
 */
export async function lockRole(db: Db, userId: number, accountId: number): Promise<Role | null> {
  const user = await lockEnabledUser(db, userId, null);
  if (user === null) return null;
  if (user.accountId === accountId) return 'owner';
  if (await lockExistingTeam(db, accountId)) return await roleInTeam(db, accountId, userId);
  const operator = await db
    .selectFrom('accounts')
    .select('id')
    .where('id', '=', accountId)
    .where('kind', '=', 'operator')
    .executeTakeFirst();
  return operator !== undefined && user.isAdministrator ? 'owner' : null;
}
