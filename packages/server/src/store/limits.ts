/** Counts failed proofs. In memory on SQLite, where one server runs; in PostgreSQL for all servers together. */
import type pg from 'pg';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { Limiter } from '../core/accounts/sign-in-limits.ts';
import { StoreUnavailable } from '../core/store.ts';

/** Nothing is refused before 10 failures in 5 minutes (contract, *Limits*). */
export const FAILURES = 10;
export const WINDOW_SECONDS = 300;

export function memoryLimiter(): Limiter {
  return limiterOver(new RateLimiterMemory({ points: FAILURES, duration: WINDOW_SECONDS }));
}

export function postgresLimiter(pool: pg.Pool): Limiter {
  return limiterOver(
    new RateLimiterPostgres({
      storeClient: pool,
      tableName: 'limits',
      tableCreated: true,
      points: FAILURES,
      duration: WINDOW_SECONDS,
    }),
  );
}

function limiterOver(limiter: RateLimiterAbstract): Limiter {
  return {
    async take(bucket) {
      try {
        await limiter.consume(bucket);
        return { ok: true };
      } catch (error) {
        if (error instanceof RateLimiterRes)
          return { ok: false, retryAfterSeconds: Math.max(1, Math.ceil(error.msBeforeNext / 1000)) };
        throw new StoreUnavailable('The limits cannot be read.', { cause: error });
      }
    },
    async giveBack(bucket) {
      await limiter.reward(bucket);
    },
  };
}
