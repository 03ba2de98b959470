/** What was granted in sign-ins, for the act that ends them: a stranger with the browser may have connected an application. */
import type { Act } from './act.ts';
import { endSessions } from './sessions.ts';

export interface SignInsOfUser {
  readonly userId: number;
  /** This one, or all except that one. */
  readonly id?: number;
  readonly exceptId?: number;
}

/**
 * Ends the sessions that were granted in one sign-in, or in all except one (then also those of sign-ins that ended before, or
 * were not recorded). A grant given in a sign-in that ends now is ended too, unless a session from elsewhere still uses it.
 * Returns how many sessions ended.
 */
export async function endGiven(act: Act, { userId, id, exceptId }: SignInsOfUser, nowMs: number): Promise<number> {
  // Grants before sessions: who opens a session holds its grant's lock.
  await act.db
    .updateTable('grants')
    .set({ ended_at_ms: nowMs, updated_at_ms: nowMs })
    .where('user_id', '=', userId)
    .where('ended_at_ms', 'is', null)
    .where('sign_in_id', 'in', (eb) =>
      eb.selectFrom('sign_ins').select('sign_ins.id').where('user_id', '=', userId).where('ended_at_ms', '=', nowMs),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('sessions')
            .select('sessions.id')
            .whereRef('sessions.grant_id', '=', 'grants.id')
            .where('sessions.ended_at_ms', 'is', null)
            .where((eb) =>
              id === undefined
                ? eb('sessions.sign_in_id', '=', exceptId ?? 0)
                : eb.or([eb('sessions.sign_in_id', 'is', null), eb('sessions.sign_in_id', '!=', id)]),
            ),
        ),
      ),
    )
    .execute();
  const only = id === undefined ? { exceptSignInId: exceptId ?? 0 } : { signInId: id };
  return (await endSessions(act, { userId, ...only }, { reason: 'user-ended', nowMs })).length;
}
