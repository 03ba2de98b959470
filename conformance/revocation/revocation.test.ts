/** A few rounds of the trial; `npm run conformance:revocation` runs hundreds, and tells the figures. */
import { afterAll, describe, expect, it } from 'vitest';
import { postgresDatabase, sqliteDatabase } from '../../packages/server/test/databases.ts';
import { postgresUrl } from '../../test/shared-things.ts';
import { startFleet } from '../fleet.ts';
import { closeDoors, startGuard } from './doors.ts';
import { runTrial } from './trial.ts';

const ROUNDS = 12;

afterAll(closeDoors);

describe.each([
  { where: 'one server on SQLite', servers: 1, open: async () => sqliteDatabase() },
  { where: 'four servers on one PostgreSQL', servers: 4, open: async () => postgresDatabase(await postgresUrl()) },
])('guards beside $where', ({ servers, open }) => {
  it('refuse what was revoked at any of the servers', async () => {
    const fleet = await startFleet(await open(), servers);
    const { key } = await fleet.run('key', 'create', '--account', '1', '--name', 'guards', '--permissions', 'keyhouse.verify');
    const known = { issuer: fleet.issuer, key: String(key) };
    const doors = await Promise.all(
      [0, 1].map((number) => startGuard(`guard ${number}`, { ...known, at: fleet.origins.at(-1 - number) ?? fleet.issuer })),
    );
    try {
      const found = await runTrial(fleet, doors, ROUNDS);
      expect(found).toHaveLength(ROUNDS * doors.length);
    } finally {
      for (const door of doors) await door.stop();
      await fleet.stop();
    }
  });
});
