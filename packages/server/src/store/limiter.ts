/**
 * Counts failures for the sign-in limits: how many points a bucket has and for how long, and the limiter that keeps them in
 * memory. Where several servers share them, `postgres/limiter.ts` keeps them in the database.
 */

import { DAY_MS } from '../core/lib/clock.ts';
import { A_DAY, FAILURE_WINDOW_SECONDS, type Limiter, MAX_A_DAY, MAX_FAILURES } from '../core/sign-ins/sign-in-limits.ts';

export interface LimitRule {
  /** Names the rule where buckets of several rules are kept in one place. */
  readonly name: 'daily' | 'sign-in';
  readonly maxPoints: number;
  /** From the first point that is taken; then the bucket is empty again. */
  readonly windowMs: number;
}

const DAILY: LimitRule = { name: 'daily', maxPoints: MAX_A_DAY, windowMs: DAY_MS };
const SIGN_IN: LimitRule = { name: 'sign-in', maxPoints: MAX_FAILURES, windowMs: FAILURE_WINDOW_SECONDS * 1000 };

export const limitRuleOf = (bucket: string): LimitRule => (bucket.startsWith(A_DAY) ? DAILY : SIGN_IN);

/** The whole seconds until a bucket is empty again; at least one, so that nobody asks again at once. */
export const retryAfterSeconds = (leftMs: number): number => Math.max(1, Math.ceil(leftMs / 1000));

interface Bucket {
  points: number;
  readonly endsAtMs: number;
}

/**
 * In memory, lost with the process. `monotonicMs`: milliseconds that only go forward; the wall clock may be set back by an hour,
 * and nobody must wait for that hour.
 */
export function openMemoryLimiter(monotonicMs: () => number = () => performance.now()): Limiter {
  // Those of one rule are in the order in which they end.
  const bucketsOf = new Map<LimitRule, Map<string, Bucket>>([DAILY, SIGN_IN].map((rule) => [rule, new Map()]));

  function openedBuckets(rule: LimitRule): Map<string, Bucket> {
    const buckets = bucketsOf.get(rule) ?? new Map<string, Bucket>();
    for (const [name, { endsAtMs }] of buckets) {
      if (endsAtMs > monotonicMs()) break;
      buckets.delete(name);
    }
    return buckets;
  }

  return {
    async take(name) {
      const rule = limitRuleOf(name);
      const buckets = openedBuckets(rule);
      const bucket = buckets.get(name) ?? { points: 0, endsAtMs: monotonicMs() + rule.windowMs };
      if (bucket.points >= rule.maxPoints)
        return { ok: false, retryAfterSeconds: retryAfterSeconds(bucket.endsAtMs - monotonicMs()) };
      bucket.points++;
      buckets.set(name, bucket);
      return { ok: true };
    },
    async giveBack(name) {
      const bucket = openedBuckets(limitRuleOf(name)).get(name);
      if (bucket !== undefined && bucket.points > 0) bucket.points--;
    },
    async clear(name) {
      openedBuckets(limitRuleOf(name)).delete(name);
    },
  };
}
