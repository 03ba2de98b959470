/**
 * The sign-in limits where several servers share them. Each verb is one statement without a name and without a transaction, so it
 * needs no connection for longer than that statement: it works behind a pooler, and nothing can come between reading and writing.
 *
 * Time is the database's clock, the same for all servers. If that clock is set back, what was counted stays, and nobody waits for
 * longer than one window: the next attempt shortens an end that is further away than that.
 */

import { MINUTE_MS } from '../../core/lib/clock.ts';
import type { Limiter } from '../../core/sign-ins/sign-in-limits.ts';
import { limitRuleOf, retryAfterSeconds } from '../limiter.ts';

/** Runs one statement; throws `StoreUnavailable` if the database cannot be used. */
export type RunStatement = <Row>(text: string, values: readonly unknown[]) => Promise<readonly Row[]>;

const NOW_MS = '(extract(epoch FROM statement_timestamp()) * 1000)::bigint';
const SWEEP_EVERY_MS = 5 * MINUTE_MS;
const SWEPT_AT_ONCE = 1000;

/**
 * `excluded.expire` is when a window that begins now ends, so now is that less the window. A bucket with more points than it may
 * have was refused: the point above the maximum marks that, and is never counted as taken.
 */
const TAKE = `
  INSERT INTO limits AS held (key, points, expire) VALUES ($1, 1, ${NOW_MS} + $2::bigint)
  ON CONFLICT (key) DO UPDATE SET
    points = CASE WHEN held.expire <= excluded.expire - $2::bigint THEN 1 ELSE least(held.points, $3::integer) + 1 END,
    expire = CASE WHEN held.expire <= excluded.expire - $2::bigint THEN excluded.expire ELSE least(held.expire, excluded.expire) END
  RETURNING points <= $3::integer AS taken, expire - ${NOW_MS} AS left_ms`;
const GIVE_BACK = `UPDATE limits SET points = least(points, $2::integer) - 1 WHERE key = $1 AND points > 0 AND expire > ${NOW_MS}`;
const SWEEP = `
  DELETE FROM limits WHERE key IN (SELECT key FROM limits WHERE expire <= ${NOW_MS} LIMIT ${SWEPT_AT_ONCE} FOR UPDATE SKIP LOCKED)`;

/** Over the table `limits (key, points, expire)`. `monotonicMs`: when this server sweeps what has expired. */
export function openPostgresLimiter(run: RunStatement, monotonicMs: () => number = () => performance.now()): Limiter {
  let sweptAtMs = monotonicMs();

  /** Not awaited: no sign-in must wait for it, and what stays is deleted the next time. */
  function sweepNowAndThen(): void {
    if (monotonicMs() - sweptAtMs < SWEEP_EVERY_MS) return;
    sweptAtMs = monotonicMs();
    run(SWEEP, []).catch(() => {});
  }

  return {
    async take(bucket) {
      const { maxPoints, windowMs } = limitRuleOf(bucket);
      const [row] = await run<{ taken: boolean; left_ms: number }>(TAKE, [keyOf(bucket), windowMs, maxPoints]);
      if (row === undefined) throw new Error('PostgreSQL did not answer when a limit was counted.');
      sweepNowAndThen();
      return row.taken ? { ok: true } : { ok: false, retryAfterSeconds: retryAfterSeconds(row.left_ms) };
    },
    async giveBack(bucket) {
      await run(GIVE_BACK, [keyOf(bucket), limitRuleOf(bucket).maxPoints]);
    },
    async clear(bucket) {
      await run('DELETE FROM limits WHERE key = $1', [keyOf(bucket)]);
    },
  };
}

const keyOf = (bucket: string): string => `${limitRuleOf(bucket).name}:${bucket}`;
