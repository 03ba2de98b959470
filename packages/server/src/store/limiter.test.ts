/**
 * The limits in memory and in PostgreSQL: the same points, the same waits, and a clock that is set back never makes anyone wait
 * longer.
 */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresUrl } from '../../../../test/shared-things.ts';
import { postgresDatabase, type TestDatabase } from '../../test/databases.ts';
import { A_DAY, FAILURE_WINDOW_SECONDS, type Limiter, MAX_A_DAY, MAX_FAILURES } from '../core/sign-ins/sign-in-limits.ts';
import { openMemoryLimiter } from './limiter.ts';

interface Scene {
  readonly limiter: Limiter;
  /** Another server's limiter, over the same buckets. */
  readonly other: Limiter;
  /** Lets this much time pass. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

async function inMemory(): Promise<Scene> {
  let nowMs = 0;
  const limiter = openMemoryLimiter(() => nowMs);
  const pass = async (ms: number): Promise<void> => {
    nowMs += ms;
  };
  return { limiter, other: limiter, pass, close: async () => {} };
}

let database: TestDatabase;
beforeAll(async () => {
  database = await postgresDatabase(await postgresUrl());
});
afterAll(() => database.drop());

async function inPostgres(): Promise<Scene> {
  const [{ limiter }, { limiter: other }] = [await database.open(), await database.open()];
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query('DELETE FROM limits');
  return {
    limiter,
    other,
    // The database's clock cannot be moved; the stored moments that it is compared with can.
    pass: async (ms) => void (await client.query('UPDATE limits SET expire = expire - $1::bigint', [ms])),
    close: () => client.end(),
  };
}

const takeMany = async (limiter: Limiter, bucket: string, count: number) => {
  const taken = await Promise.all(Array.from({ length: count }, () => limiter.take(bucket)));
  return taken.filter(({ ok }) => ok).length;
};

describe.each([
  ['in memory', inMemory],
  ['in PostgreSQL', inPostgres],
] as const)('the limits %s', (_, open) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await open();
  });
  afterAll(() => scene.close());

  it('give each bucket its points and no more, however many ask at once', async () => {
    expect(await takeMany(scene.limiter, 'a', MAX_FAILURES * 3)).toBe(MAX_FAILURES);
    expect(await takeMany(scene.other, 'b', MAX_FAILURES - 1)).toBe(MAX_FAILURES - 1);
    expect(await takeMany(scene.limiter, `${A_DAY}a`, MAX_A_DAY + 5)).toBe(MAX_A_DAY);
  });

  it('give back what was taken, and do not count what was refused', async () => {
    for (let refused = 0; refused < 5; refused++) expect((await scene.limiter.take('a')).ok).toBe(false);
    await scene.other.giveBack('a');
    expect(await takeMany(scene.limiter, 'a', 3)).toBe(1);
    for (let given = 0; given < MAX_FAILURES + 5; given++) await scene.limiter.giveBack('a');
    expect(await takeMany(scene.limiter, 'a', MAX_FAILURES + 5)).toBe(MAX_FAILURES);
    await scene.limiter.clear('a');
    expect(await takeMany(scene.limiter, 'a', MAX_FAILURES + 5)).toBe(MAX_FAILURES);
  });

  it('say how long it takes, which grows shorter, and begin again after it', async () => {
    const wait = async () => {
      const answer = await scene.limiter.take('a');
      return answer.ok ? 0 : answer.retryAfterSeconds;
    };
    expect(await wait()).toBeGreaterThan(0);
    expect(await wait()).toBeLessThanOrEqual(FAILURE_WINDOW_SECONDS);
    await scene.pass((FAILURE_WINDOW_SECONDS * 1000) / 2);
    expect(await wait()).toBeLessThanOrEqual(FAILURE_WINDOW_SECONDS / 2);
    await scene.pass((FAILURE_WINDOW_SECONDS * 1000) / 2);
    expect(await takeMany(scene.limiter, 'a', MAX_FAILURES + 5)).toBe(MAX_FAILURES);
    // Given back after the window: this does not affect the next one.
    await scene.pass(FAILURE_WINDOW_SECONDS * 1000);
    await scene.limiter.giveBack('a');
    expect(await takeMany(scene.limiter, 'a', MAX_FAILURES + 5)).toBe(MAX_FAILURES);
  });
});

it('in PostgreSQL nobody waits for longer than a window when its clock is set back by an hour, and what was counted stays', async () => {
  const scene = await inPostgres();
  expect(await takeMany(scene.limiter, 'a', MAX_FAILURES)).toBe(MAX_FAILURES);
  await scene.pass(-3_600_000);
  const refused = await scene.limiter.take('a');
  expect(refused).toEqual({ ok: false, retryAfterSeconds: expect.any(Number) });
  expect(refused).toHaveProperty('retryAfterSeconds', FAILURE_WINDOW_SECONDS);
  await scene.pass(FAILURE_WINDOW_SECONDS * 1000);
  expect((await scene.limiter.take('a')).ok).toBe(true);
  await scene.close();
});

it('in memory the wall clock may go wherever it likes', async () => {
  const limiter = openMemoryLimiter();
  const { now } = Date;
  try {
    Date.now = () => now() + 3_600_000;
    expect(await takeMany(limiter, 'a', MAX_FAILURES + 1)).toBe(MAX_FAILURES);
    Date.now = now;
    const refused = await limiter.take('a');
    expect(refused.ok ? 0 : refused.retryAfterSeconds).toBeLessThanOrEqual(FAILURE_WINDOW_SECONDS);
  } finally {
    Date.now = now;
  }
});
