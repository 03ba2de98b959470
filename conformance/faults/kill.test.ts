/** A few kills; `npm run conformance:faults` has hundreds. */
import { describe, expect, it } from 'vitest';
import { postgresDatabase } from '../../packages/server/test/databases.ts';
import { postgresUrl } from '../../test/shared-things.ts';
import { killAgainAndAgain } from './kill.ts';
import { killOneOfSeveral } from './workers.ts';

const CYCLES = 3;
const ACTS = 60;

describe('a server that is killed while it writes', () => {
  it('loses nothing that it acknowledged, and nothing that ended is active again', async () => {
    const { faults, figures, acknowledged } = await killAgainAndAgain(CYCLES, { acts: ACTS });
    console.log(figures);
    expect(faults).toEqual([]);
    expect(acknowledged).toBeGreaterThan(CYCLES * 20);
  });

  it('loses nothing either if it has several workers, and one of its processes is killed', async () => {
    const { faults, figures, acknowledged } = await killOneOfSeveral(5, { acts: ACTS });
    console.log(figures);
    expect(faults).toEqual([]);
    expect(acknowledged).toBeGreaterThan(5 * 20);
  });

  it('does the same on PostgreSQL', async () => {
    const database = await postgresDatabase(await postgresUrl());
    try {
      const { faults, figures, acknowledged } = await killAgainAndAgain(CYCLES, { acts: ACTS, databaseUrl: database.url });
      console.log(figures);
      expect(faults).toEqual([]);
      expect(acknowledged).toBeGreaterThan(CYCLES * 20);
    } finally {
      await database.drop();
    }
  });
});
