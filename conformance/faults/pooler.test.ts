/** Two kills; `npm run conformance:faults` has many. */
import { describe, expect, it } from 'vitest';
import { postgresDatabase } from '../../packages/server/test/databases.ts';
import { havePgBouncer, NEEDS_PGBOUNCER } from '../../packages/server/test/pgbouncer.ts';
import { postgresUrl } from '../../test/shared-things.ts';
import { killPooler } from './pooler.ts';

const name = 'a PgBouncer in transaction mode that is killed';
describe.skipIf(!havePgBouncer)(havePgBouncer ? name : `${NEEDS_PGBOUNCER} ${name}`, () => {
  it('loses nothing that was acknowledged through it, with two connections for two servers', async () => {
    const database = await postgresDatabase(await postgresUrl());
    try {
      const { faults, figures, acknowledged } = await killPooler(2, { databaseUrl: database.url, acts: 25 });
      console.log(figures);
      expect(faults).toEqual([]);
      expect(acknowledged).toBeGreaterThanOrEqual(2 * 25);
    } finally {
      await database.drop();
    }
  });
});
