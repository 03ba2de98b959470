/** How far sweeps may go when the clock of a machine is wrong from the start; on both databases. */
import { RevocationList } from '@keyhouse/protocol';
import { beforeAll, expect, it } from 'vitest';
import { HOUR_MS } from '../../src/core/lib/clock.ts';
import { createSweep, SWEEP_EVERY_MS } from '../../src/core/sweep.ts';
import { eachDatabase, type TestDatabase } from '../databases.ts';

const NOW_MS = Date.UTC(2026, 0, 1);
const YEARS_MS = 10 * 366 * 24 * HOUR_MS;

eachDatabase('sweeps by a clock that is years ahead', (makeDatabase) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await makeDatabase();
  });

  /** A server whose two clocks have agreed since it was started. */
  async function startAt(wallMs: number) {
    const store = await database.open();
    let passedMs = 0;
    const sweep = createSweep({
      ...{ store, follower: { revocations: new RevocationList() }, holder: `server at ${wallMs} ${Math.random()}` },
      clock: { now: () => wallMs + passedMs },
      monotonicMs: () => passedMs,
      log: { info: () => {}, warn: () => {}, error: () => {} },
    });
    return {
      sweep,
      pass: (ms: number) => {
        passedMs += ms;
      },
    };
  }

  it('go on by six hours at a time, however many servers ask how far they have come', async () => {
    const right = await startAt(NOW_MS);
    await right.sweep.run();
    expect(await right.sweep.horizonMs()).toBe(NOW_MS);
    const ahead = await Promise.all([1, 2, 3].map(() => startAt(NOW_MS + YEARS_MS)));
    for (const { sweep } of ahead) expect(await sweep.horizonMs()).toBe(NOW_MS);
    for (const { sweep } of ahead) await sweep.run();
    for (const { sweep } of ahead) expect(await sweep.horizonMs()).toBe(NOW_MS + 6 * HOUR_MS);
    for (const { sweep, pass } of ahead) {
      pass(SWEEP_EVERY_MS);
      await sweep.run();
    }
    for (const { sweep } of ahead) expect(await sweep.horizonMs()).toBe(NOW_MS + 12 * HOUR_MS);
  });
});
