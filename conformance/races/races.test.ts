/** A few rounds of each race; `npm run conformance:races` runs a thousand. */
import { beforeAll, describe, expect, it } from 'vitest';
import { postgresUrl } from '../../test/shared-things.ts';
import { type Arena, postgresArena, sqliteArena } from './arena.ts';
import { raceRedemptions, raceRefreshes, raceReplays } from './race.ts';

const RACERS = 100;
const ROUNDS = 20;

describe.each([
  { where: 'one server on SQLite', open: sqliteArena },
  { where: 'two servers on one PostgreSQL', open: async () => postgresArena(await postgresUrl()) },
])('at $where', ({ open }) => {
  let arena: Arena;
  beforeAll(async () => {
    arena = await open();
    return () => arena.stop();
  });

  it('gives a hundred refreshes with one token the same successor, and loses no honest session', async () => {
    expect((await raceRefreshes(arena, ROUNDS, RACERS)).faults).toEqual([]);
  });

  it('catches every replay, also in the middle of an honest refresh', async () => {
    expect((await raceReplays(arena, ROUNDS)).faults).toEqual([]);
  });

  it('lets one of a hundred redemptions of a code succeed, and ends what it bought', async () => {
    expect((await raceRedemptions(arena, ROUNDS, RACERS)).faults).toEqual([]);
  });
});
