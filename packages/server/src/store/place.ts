/** The place that somebody has in an account, under the locks that taking it away needs too. */
import type { Role } from '../core/accounts/member.ts';
import type { Db } from './prepared.ts';
import { lockAccount } from './suspension.ts';
import { lockExistingTeam, roleInTeam } from './teams.ts';
import { lockEnabledUser } from './users.ts';

/** The same where the account is active: nothing is granted in one that is suspended. */
export const lockActivePlace = async (db: Db, userId: number, accountId: number): Promise<Role | null> => {
  const role = await lockPlace(db, userId, accountId);
  return role !== null && (await lockAccount(db, accountId)) === 'active' ? role : null;
};

/**
 * The role of an enabled user in a living account, which may be suspended; null where they have none. A user owns the personal account, administrators the
 * operator's, of teams one is a member. Locks the user, then the team: whoever needs more locks takes them after these.
 */
export async function lockPlace(db: Db, userId: number, accountId: number): Promise<Role | null> {
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
