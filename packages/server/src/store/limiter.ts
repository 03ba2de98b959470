/** Counts failures for the sign-in limits: in memory on one machine, in PostgreSQL where several servers share them. */
import type { Pool } from 'pg';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { A_DAY, FAILURE_WINDOW_SECONDS, type Limiter, MAX_A_DAY, MAX_FAILURES } from '../core/accounts/sign-in-limits.ts';
import { StoreUnavailable } from '../core/store.ts';

export const LIMITS_TABLE = 'limits';

const DAILY = { points: MAX_A_DAY, duration: 86_400, keyPrefix: 'daily' };
const RULE = { points: MAX_FAILURES, duration: FAILURE_WINDOW_SECONDS, keyPrefix: 'sign-in' };

/** Forgets everything with the process. */
export function openMemoryLimiter(): Limiter {
  return limiterOver(new RateLimiterMemory(RULE), new RateLimiterMemory(DAILY));
}

/** Over the table `limits (key varchar(255) primary key, points integer not null, expire bigint)`, which a migration has made. */
export function openPostgresLimiter(pool: Pool): Limiter {
  const open = (rule: typeof RULE): RateLimiterAbstract =>
    new RateLimiterPostgres({
      ...rule,
      storeClient: pool,
      storeType: 'pool',
      tableName: LIMITS_TABLE,
      tableCreated: true,
      clearExpiredByTimeout: true,
    });
  return limiterOver(open(RULE), open(DAILY));
}

function limiterOver(short: RateLimiterAbstract, daily: RateLimiterAbstract): Limiter {
  const ruleOf = (bucket: string): RateLimiterAbstract => (bucket.startsWith(A_DAY) ? daily : short);
  return {
    async take(bucket) {
      const rule = ruleOf(bucket);
      try {
        await rule.consume(bucket);
        return { ok: true };
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw new StoreUnavailable('The limits cannot be reached.', { cause: refusal });
        // The library counts a refused point too; we do not, so that giving points back ends the refusing.
        await reward(rule, bucket);
        return { ok: false, retryAfterSeconds: Math.max(1, Math.ceil(refusal.msBeforeNext / 1000)) };
      }
    },
    giveBack: (bucket) => reward(ruleOf(bucket), bucket),
    async clear(bucket) {
      try {
        await ruleOf(bucket).delete(bucket);
      } catch (error) {
        throw new StoreUnavailable('The limits cannot be reached.', { cause: error });
      }
    },
  };
}

async function reward(rule: RateLimiterAbstract, bucket: string): Promise<void> {
  try {
    await rule.reward(bucket);
  } catch (error) {
    throw new StoreUnavailable('The limits cannot be reached.', { cause: error });
  }
}
