/**
 * Sessions that have lapsed: their application's limit has passed, and they were not refreshed in that time. The row says so only
 * after the next refresh, or after the job that sweeps; lists and counts of active sessions compare with the clock.
 */
import { type RawBuilder, sql } from 'kysely';
import { happened } from '../core/audit/event.ts';
import type { SessionsStore } from '../core/sessions/session.ts';
import type { Act } from './act.ts';

const SESSIONS = sql.table('sessions');

/** Why a session has lapsed; for queries that have `sessions` and its `applications`. A refresh judges by the same comparison. */
const idleSince = (nowMs: number, rows: RawBuilder<unknown> = SESSIONS) =>
  sql<boolean>`${rows}.last_used_at_ms + applications.idle_seconds * 1000 <= ${nowMs}`;
const oldSince = (nowMs: number, rows: RawBuilder<unknown> = SESSIONS) =>
  sql<boolean>`${rows}.created_at_ms + applications.absolute_seconds * 1000 <= ${nowMs}`;

/**
 * For queries that have the table `sessions`, or rows of it under another name: it has neither ended nor lapsed. One look-up of
 * the application for each row.
 */
export const isActive = (nowMs: number, rows: RawBuilder<unknown> = SESSIONS): RawBuilder<boolean> =>
  sql<boolean>`(${rows}.ended_at_ms IS NULL AND NOT EXISTS (
  SELECT 1 FROM applications
  WHERE applications.id = ${rows}.application_id AND (${idleSince(nowMs, rows)} OR ${oldSince(nowMs, rows)})
))`;

type Input = Parameters<SessionsStore['endLapsed']>[0];

/**
 * Ends them, as a refresh would. Guards are not notified: the JWTs have expired no later than the sessions did. One application
 * at a time, and of its sessions those that are old enough by the index. True when more may be left.
 */
export async function endLapsed(act: Act, { nowMs, limit }: Input): Promise<boolean> {
  const applications = await act.db
    .selectFrom('applications')
    .select(['id', 'idle_seconds', 'absolute_seconds'])
    .where((eb) => eb.or([eb('idle_seconds', 'is not', null), eb('absolute_seconds', 'is not', null)]))
    .orderBy('id')
    .execute();
  let left = limit;
  for (const { id, idle_seconds: idle, absolute_seconds: absolute } of applications) {
    if (left <= 0) return true;
    const shortest = Math.min(idle ?? Number.MAX_SAFE_INTEGER, absolute ?? Number.MAX_SAFE_INTEGER);
    const lapsed = act.db
      .selectFrom('sessions')
      .innerJoin('applications', 'applications.id', 'sessions.application_id')
      .select('sessions.id')
      .where('sessions.application_id', '=', id)
      // No younger one can have lapsed.
      .where('sessions.created_at_ms', '<=', nowMs - shortest * 1000)
      .where('sessions.ended_at_ms', 'is', null)
      .where(sql<boolean>`(${idleSince(nowMs)} OR ${oldSince(nowMs)})`)
      .limit(left);
    const isIdle = idle === null ? sql<boolean>`1 = 0` : sql<boolean>`last_used_at_ms <= ${nowMs - idle * 1000}`;
    const ended = await act.db
      .updateTable('sessions')
      .set({ ended_at_ms: nowMs, end_reason: sql<string>`CASE WHEN ${isIdle} THEN 'idle' ELSE 'too-old' END` })
      .where('id', 'in', lapsed)
      .where('ended_at_ms', 'is', null)
      .returning(['id', 'account_id', 'user_id', 'end_reason'])
      .execute();
    for (const row of ended)
      act.event(
        happened({ actor: 'server', requestId: null, person: {} }, nowMs, 'session.ended', {
          reason: row.end_reason,
          details: { session: row.id },
        }),
        { accountId: row.account_id, userId: row.user_id },
      );
    left -= ended.length;
  }
  return left <= 0;
}
