/** Counts failures for the sign-in limits: in memory on one machine, in PostgreSQL where several servers share them. */
import type { Pool } from 'pg';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { FAILURE_WINDOW_SECONDS, type Limiter, MAX_FAILURES } from '../core/accounts/sign-in-limits.ts';
import { StoreUnavailable } from '../core/store.ts';

export const LIMITS_TABLE = 'limits';

const RULE = { points: MAX_FAILURES, duration: FAILURE_WINDOW_SECONDS, keyPrefix: 'sign-in' };

/** Forgets everything with the process. */
export function openMemoryLimiter(): Limiter {
  return limiterOver(new RateLimiterMemory(RULE));
}

/** Over the table `limits (key varchar(255) primary key, points integer not null, expire bigint)`, which a migration has made. */
export function openPostgresLimiter(pool: Pool): Limiter {
  return limiterOver(
    new RateLimiterPostgres({
      ...RULE,
      storeClient: pool,
      storeType: 'pool',
      tableName: LIMITS_TABLE,
      tableCreated: true,
      clearExpiredByTimeout: true,
    }),
  );
}

function limiterOver(rule: RateLimiterAbstract): Limiter {
  return {
    async take(bucket) {
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
    giveBack: (bucket) => reward(rule, bucket),
    async clear(bucket) {
      try {
        await rule.delete(bucket);
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
