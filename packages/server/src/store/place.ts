/** The place that somebody has in an account, under the locks that taking it away needs too. */
import type { Role } from '../core/accounts/member.ts';
import type { Db } from './prepared.ts';
import { lockTeam, roleInTeam } from './teams.ts';
import { lockEnabledUser } from './users.ts';

/**
 * The role of an enabled user in a living account; null where they have none. A user owns the personal account, administrators the
 * operator's, of teams one is a member. Locks the user, then the team: whoever needs more locks takes them after these.
 */
export async function lockPlace(db: Db, userId: number, accountId: number): Promise<Role | null> {
  const user = await lockEnabledUser(db, userId, null);
  if (user === null) return null;
  if (user.accountId === accountId) return 'owner';
  if (await lockTeam(db, accountId)) return await roleInTeam(db, accountId, userId);
  const operator = await db
    .selectFrom('accounts')
    .select('id')
    .where('id', '=', accountId)
    .where('kind', '=', 'operator')
    .executeTakeFirst();
  return operator !== undefined && user.isAdministrator ? 'owner' : null;
}
