/** A few kills; `npm run conformance:faults` has hundreds. */
import { describe, expect, inject, it } from 'vitest';
import { postgresDatabase } from '../../packages/server/test/databases.ts';
import { killAgainAndAgain } from './kill.ts';

const CYCLES = 3;

describe('a server that is killed while it writes', () => {
  it('loses nothing that it acknowledged, and nothing that ended is active again', async () => {
    const { faults, figures, acknowledged } = await killAgainAndAgain(CYCLES);
    console.log(figures);
    expect(faults).toEqual([]);
    expect(acknowledged).toBeGreaterThan(CYCLES * 20);
  });

  it('does the same on PostgreSQL', async () => {
    const database = await postgresDatabase(inject('postgresUrl'));
    try {
      const { faults, figures, acknowledged } = await killAgainAndAgain(CYCLES, { databaseUrl: database.url });
      console.log(figures);
      expect(faults).toEqual([]);
      expect(acknowledged).toBeGreaterThan(CYCLES * 20);
    } finally {
      await database.drop();
    }
  });
});
