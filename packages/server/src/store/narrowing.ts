/**
 * Taking rights away from running sessions takes effect at once, as ending them does: in the same act the JWTs issued so far are
 * revoked, and the next refresh gives a narrower one. The sessions continue. `jwts_after_ms` keeps the moment, so that no server
 * issues a JWT that is already revoked, whatever its clock shows.
 */
import { sql } from 'kysely';
import { SECOND_MS } from '../core/lib/clock.ts';
import { UNRECORDED_JWT_SECONDS } from '../core/sessions/session.ts';
import type { Act } from './act.ts';
import { CLOCK_SLACK_MS } from './horizon.ts';
import type { Db } from './prepared.ts';

/**
 * Milliseconds in which another server may still issue a JWT by what it knew before, or by a clock that is a little ahead: these
 * are revoked too. It covers the second and a half that a server may be behind.
 */
const SLACK_MS = 2000;
/** Above this many sessions of one user, all of the user's JWTs are revoked by one change. */
const MAX_CHANGES = 50;

interface Narrowed {
  readonly userId: number;
  /** Which of the sessions; all conditions that are given must match. */
  readonly accountId?: number;
  readonly grantId?: number;
  /** Whether a session that holds these permissions has lost one of them. */
  readonly isLess: (permissions: readonly string[]) => boolean;
}

/**
 * Of one user. Because of the rows' locks a running refresh is either before, and its JWT is revoked, or after, and it finds what
 * is left.
 */
export async function narrowSessions(act: Act, narrowed: Narrowed, nowMs: number): Promise<void> {
  const { userId, accountId, grantId, isLess } = narrowed;
  let query = withoutJwts(act.db, nowMs).where('user_id', '=', userId).where('ended_at_ms', 'is', null);
  if (accountId !== undefined) query = query.where('account_id', '=', accountId);
  if (grantId !== undefined) query = query.where('grant_id', '=', grantId);
  const rows = await query.returning(['id', 'permissions', 'last_used_at_ms', 'jwts_after_ms']).execute();
  const lost = rows.filter((row) => isIssuing(row, nowMs) && isLess(JSON.parse(row.permissions) as string[]));
  if (lost.length > MAX_CHANGES) return await narrowUser(act, userId, nowMs);
  for (const { id, jwts_after_ms: beforeMs } of lost) act.revoke({ kind: 'session', id, beforeMs });
}

async function narrowUser(act: Act, userId: number, nowMs: number): Promise<void> {
  const rows = await withoutJwts(act.db, nowMs)
    .where('user_id', '=', userId)
    .where('ended_at_ms', 'is', null)
    .returning('jwts_after_ms')
    .execute();
  const beforeMs = rows.reduce((latest, row) => Math.max(latest, row.jwts_after_ms), nowMs);
  await act.db
    .updateTable('sessions')
    .set({ jwts_after_ms: beforeMs })
    .where('user_id', '=', userId)
    .where('ended_at_ms', 'is', null)
    .execute();
  act.revoke({ kind: 'user', id: userId, beforeMs });
}

/** Whether a JWT of the session may still be valid. */
const isIssuing = ({ last_used_at_ms: atMs }: { readonly last_used_at_ms: number }, nowMs: number): boolean =>
  atMs + UNRECORDED_JWT_SECONDS * SECOND_MS + CLOCK_SLACK_MS > nowMs;

const withoutJwts = (db: Db, nowMs: number) =>
  db.updateTable('sessions').set({
    jwts_after_ms: sql<number>`CASE WHEN last_used_at_ms > ${nowMs} THEN last_used_at_ms ELSE ${nowMs} END + ${sql.lit(SLACK_MS)}`,
  });

/** The JWTs of an application's sessions, and its own. One change, however many sessions there are. */
export async function narrowApplication(
  act: Act,
  { id, client_id: clientId }: { readonly id: number; readonly client_id: string },
  nowMs: number,
): Promise<void> {
  const beforeMs = nowMs + SLACK_MS;
  await act.db
    .updateTable('applications')
    .set({ jwts_after_ms: sql<number>`CASE WHEN jwts_after_ms > ${beforeMs} THEN jwts_after_ms ELSE ${beforeMs} END` })
    .where('id', '=', id)
    .execute();
  act.revoke({ kind: 'application', id: clientId, beforeMs });
}
