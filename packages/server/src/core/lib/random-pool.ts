/**
 * Random bytes in small portions. Each call of the generator takes microseconds, whatever it is asked for, so one call fills a pool
 * for many. For IDs and salts, which are stored or sent in the clear; secrets are made by `randomBytes` itself.
 */
import { randomFillSync } from 'node:crypto';

const POOL_BYTES = 4096;
const pool = new Uint8Array(POOL_BYTES);
let next = POOL_BYTES;

/** `count`: at most 4,096. No byte is given twice. */
export function fewRandomBytes(count: number): Uint8Array {
  if (count > POOL_BYTES) throw new RangeError(`At most ${POOL_BYTES} random bytes at once, not ${count}.`);
  if (next + count > POOL_BYTES) {
    randomFillSync(pool);
    next = 0;
  }
  const bytes = pool.slice(next, next + count);
  next += count;
  return bytes;
}
