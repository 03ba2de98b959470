/** Hot statements are planned once on each connection, and a migration under a running server fails no request. */
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { postgresUrl } from '../../../../../test/shared-things.ts';
import { postgresDatabase, type TestDatabase } from '../../../test/databases.ts';
import { startTestServer, type TestServer } from '../../../test/server.ts';

let database: TestDatabase;
let server: TestServer;
let direct: pg.Client;
beforeAll(async () => {
  database = await postgresDatabase(await postgresUrl());
  server = await startTestServer({ database });
  direct = new pg.Client({ connectionString: database.url });
  await direct.connect();
});
afterAll(async () => {
  await direct.end();
  await server.stop();
});

async function mint(): Promise<{ readonly key: string; readonly statuses: readonly number[] }> {
  const { accountId } = await server.register();
  const { text } = await server.key(accountId);
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      server.request('/auth', { method: 'POST', bearer: text, body: { permissions: ['invoices.read'] } }),
    ),
  );
  return { key: text, statuses: answers.map(({ status }) => status) };
}

const GOOD = Array.from({ length: 20 }, () => 200);

it('mints, and reads what was minted, while columns are added to every table', async () => {
  expect((await mint()).statuses).toEqual(GOOD);
  const { rows: tables } = await direct.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
  );
  expect(tables.length).toBeGreaterThan(20);
  for (const { name } of tables) {
    await direct.query(`ALTER TABLE "${name}" ADD COLUMN added_later bigint`);
    if (!['credentials', 'jwts', 'audit_events', 'accounts', 'users', 'sessions', 'settings'].includes(name)) continue;
    const { key, statuses } = await mint();
    expect(statuses).toEqual(GOOD);
    expect((await server.request('/verify/api/invoices', { bearer: key })).status).toBe(200);
  }
  expect(server.logged.filter((line) => line.includes('A request failed'))).toEqual([]);
});
