/**
 * Active sessions of a user, of an application or in an account, for lists and counts. An index has those that have not ended;
 * whether one has lapsed is judged for each. So at most a certain number of them is looked at, the newest first: an application
 * may have millions.
 */
import { type RawBuilder, sql } from 'kysely';
import { isActive } from './lapsed.ts';
import type { Db } from './prepared.ts';

/** More than any user has; of an application, those that were opened last. */
export const MAX_LOOKED_AT = 10_000;

/** All conditions that are given must match. */
export interface SessionsOf {
  readonly userId?: number;
  readonly applicationId?: number;
  readonly accountId?: number;
}

const NEWEST = sql.table('newest');

/** Rows under the name `newest`, at most `MAX_LOOKED_AT`, without those that have lapsed. */
export const activeSessions = (db: Db, of: SessionsOf, nowMs: number) =>
  db.selectFrom(notEnded(db, of).as('newest')).where(isActive(nowMs, NEWEST));

/** How many, up to `max`. `and`: a condition on the rows `newest`. */
export async function countActiveSessions(
  db: Db,
  of: SessionsOf,
  { nowMs, max, and = sql<boolean>`1 = 1` }: { nowMs: number; max: number; and?: RawBuilder<boolean> },
): Promise<number> {
  const { count } = await db
    .selectFrom(activeSessions(db, of, nowMs).select('newest.id').where(and).limit(max).as('counted'))
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

function notEnded(db: Db, { userId, applicationId, accountId }: SessionsOf) {
  const rows = db
    .selectFrom('sessions')
    .select(['id', 'application_id', 'sign_in_id', 'created_at_ms', 'last_used_at_ms', 'ended_at_ms'])
    .where('ended_at_ms', 'is', null)
    .limit(MAX_LOOKED_AT);
  // The index of an account has another order; there, whichever come first are counted.
  if (accountId !== undefined) {
    const ofAccount = rows.where('account_id', '=', accountId);
    return userId === undefined ? ofAccount : ofAccount.where('user_id', '=', userId);
  }
  const newestFirst = rows.orderBy('created_at_ms', 'desc');
  return userId === undefined
    ? newestFirst.where('application_id', '=', applicationId ?? 0)
    : newestFirst.where('user_id', '=', userId);
}
