/** Each direction once; `npm run conformance:faults` has many. */
import { describe, expect, it } from 'vitest';
import { postgresDatabase } from '../../packages/server/test/databases.ts';
import { postgresUrl } from '../../test/shared-things.ts';
import { stallDatabase } from './stall.ts';

describe('a network to PostgreSQL that falls silent', () => {
  it('loses nothing that was acknowledged, and the server goes on when it is back', async () => {
    const database = await postgresDatabase(await postgresUrl());
    try {
      const { faults, figures, acknowledged } = await stallDatabase(3, { databaseUrl: database.url, acts: 30 });
      console.log(figures);
      expect(faults).toEqual([]);
      expect(acknowledged).toBeGreaterThan(3 * 30);
    } finally {
      await database.drop();
    }
  });
});
