/**
 * `/readyz` reports which part fails, also if only writing does, and that it works again; all the time credentials are verified.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SQLite from 'better-sqlite3';
import pg from 'pg';
import { expect, it } from 'vitest';
import { postgresUrl } from '../../../../test/shared-things.ts';
import { postgresDatabase, sqliteDatabase } from '../databases.ts';
import { startProgram } from '../program.ts';
import { startTestServer, type TestServer } from '../server.ts';

const READY = [200, { status: 'ok' }];
const READ_ONLY = [503, { message: 'The service is not available now.', failing: ['database_writes'] }];

const readiness = async (server: TestServer) => {
  const { status, json } = await server.request('/readyz');
  return [status, json];
};

async function expectNoWrites(server: TestServer, begin: () => Promise<void>, end: () => Promise<void>): Promise<void> {
  const { accountId } = await server.register();
  const key = await server.key(accountId);
  const verify = async () => (await server.request('/verify/api/invoices', { bearer: key.text })).status;
  expect([await readiness(server), await verify()]).toEqual([READY, 200]);
  await begin();
  await expect.poll(() => readiness(server)).toEqual(READ_ONLY);
  expect([await verify(), (await server.request('/healthz')).status]).toEqual([200, 200]);
  await end();
  await expect.poll(() => readiness(server)).toEqual(READY);
}

it('on SQLite: another process holds the file', async () => {
  const database = sqliteDatabase();
  const server = await startTestServer({ database });
  const holder = new SQLite(database.url.slice('sqlite:'.length));
  await expectNoWrites(
    server,
    async () => void holder.exec('BEGIN IMMEDIATE'),
    async () => void holder.exec('ROLLBACK'),
  );
  holder.close();
  await server.stop();
});

it('on PostgreSQL: it takes no writes', async () => {
  const database = await postgresDatabase(await postgresUrl());
  const server = await startTestServer({ database });
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const name = new URL(database.url).pathname.slice(1);
  const setReadOnly = async (value: 'on' | 'off'): Promise<void> => {
    await client.query('SET default_transaction_read_only = off');
    await client.query(`ALTER DATABASE ${name} SET default_transaction_read_only = ${value}`);
    await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()', [
      name,
    ]);
  };
  await expectNoWrites(
    server,
    () => setReadOnly('on'),
    () => setReadOnly('off'),
  );
  await client.end();
  await server.stop();
});

it('on SQLite: the disk is full', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keyhouse-ready-'));
  const program = await startProgram({ KEYHOUSE_DATABASE_URL: `sqlite:${join(folder, 'keyhouse.db')}` });
  const ask = async () => {
    const answer = await fetch(`${program.origin}/readyz`);
    return [answer.status, await answer.json()];
  };
  const limit = (bytes: string): void =>
    void execFileSync('prlimit', ['--pid', String(program.pid), `--fsize=${bytes}:unlimited`]);
  try {
    expect(await ask()).toEqual(READY);
    // None of its files may grow beyond this, as on a full disk.
    limit('4096');
    await expect.poll(ask).toEqual(READ_ONLY);
    limit('unlimited');
    await expect.poll(ask).toEqual(READY);
    expect(await program.stop()).toBe(0);
  } finally {
    await program.kill();
    rmSync(folder, { recursive: true, force: true });
  }
});

it('is asked by many at once, and the database is asked once', async () => {
  let writes = 0;
  const server = await startTestServer({
    listen: (store) => ({
      ...store,
      leases: {
        ...store.leases,
        tryWriting: async (input) => {
          writes += 1;
          await store.leases.tryWriting(input);
        },
      },
    }),
  });
  const answers = await Promise.all(Array.from({ length: 50 }, () => readiness(server)));
  expect(answers).toEqual(Array(50).fill(READY));
  expect(writes).toBeLessThan(10);
  await server.stop();
});
