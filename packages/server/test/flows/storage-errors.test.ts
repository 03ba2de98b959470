/**
 * The disk is full, the file must not be written, another process holds it: answers are 503 until it is over, and none is false.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SQLite from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { StoreUnavailable } from '../../src/core/unavailable.ts';
import { openKeyhouse } from '../../src/open.ts';
import { sqliteDatabase } from '../databases.ts';
import { startProgram } from '../program.ts';
import { OPERATOR, startTestServer, type TestServer } from '../server.ts';

let server: TestServer;
let account: number;
let key: { text: string; id: number };
beforeAll(async () => {
  server = await startTestServer({ database: sqliteDatabase() });
  account = (await server.register()).accountId;
  key = await server.key(account);
});
afterAll(() => server.stop());

const mint = () => server.request('/auth', { bearer: key.text, body: { permissions: ['invoices.read'] } });
const verify = async (bearer: string) => (await server.request('/verify/api/invoices', { bearer })).status;
const recorded = async () =>
  (await server.store.jwts.listJwts({ keyId: key.id, nowMs: server.now(), withEnded: true, limit: 9000 })).length;
const beside = () => new SQLite(server.database.url.slice('sqlite:'.length));

it('a full disk: no write is answered as done, verification goes on, and it heals by itself', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keyhouse-full-'));
  const settings = { KEYHOUSE_DATABASE_URL: `sqlite:${join(folder, 'keyhouse.db')}` };
  const { keyhouse } = await openKeyhouse(readConfig(settings), { info: () => {}, warn: () => {}, error: () => {} });
  await keyhouse.prepare();
  const wish = {
    accountId: 1,
    name: 'full',
    environment: 'live',
    permissions: null,
    addresses: null,
    expiresAtMs: null,
  } as const;
  const issued = await keyhouse.credentials.createKey({ ...wish, source: 'command-line' }, OPERATOR);
  if (!issued.ok) throw new Error(issued.reason);
  await keyhouse.close();
  const program = await startProgram(settings, { fileKilobytes: 1024 });
  try {
    const ask = (path: string, bearer: string, body?: string) =>
      fetch(program.origin + path, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body }),
      });
    const mintOne = () => ask('/auth', issued.value.text, '{"permissions":["invoices.read"]}');
    const answered: string[] = [];
    const refused = new Set<number>();
    for (let round = 0; round < 200 && refused.size === 0; round++) {
      for (const answer of await Promise.all(Array.from({ length: 16 }, mintOne))) {
        if (answer.status === 200) answered.push(((await answer.json()) as { token: string }).token);
        else refused.add(answer.status);
      }
    }
    expect([...refused]).toEqual([503]);
    expect(answered.length).toBeGreaterThan(0);
    for (const bearer of [issued.value.text, ...answered.slice(-30)])
      expect((await ask('/verify/api/invoices', bearer)).status).toBe(200);
    execFileSync('prlimit', ['--pid', String(program.pid), '--fsize=unlimited:unlimited']);
    await expect.poll(async () => (await mintOne()).status).toBe(200);
    expect(await program.stop()).toBe(0);
    // What was answered is in the file, and nothing else is.
    const database = new SQLite(join(folder, 'keyhouse.db'));
    const { events, jwts } = database
      .prepare("SELECT (SELECT count(*) FROM audit_events WHERE event = 'jwt.minted') AS events, count(*) AS jwts FROM jwts")
      .get() as { events: number; jwts: number };
    database.close();
    expect([events, jwts]).toEqual([answered.length + 1, answered.length + 1]);
  } finally {
    await program.kill();
    rmSync(folder, { recursive: true, force: true });
  }
});

it('a file that another process holds: writes are refused with 503 after a while, reads go on', async () => {
  const database = beside();
  database.exec('BEGIN IMMEDIATE');
  const count = await recorded();
  const [minted, verified] = await Promise.all([mint(), verify(key.text)]);
  expect([minted.status, verified]).toEqual([503, 200]);
  expect(minted.headers['retry-after']).toBeTruthy();
  database.exec('ROLLBACK');
  database.close();
  expect(await recorded()).toBe(count);
  expect((await mint()).status).toBe(200);
});

it('a store that is closed: nothing is let in, and nothing is done', async () => {
  const closed = await startTestServer({ database: sqliteDatabase() });
  const { accountId } = await closed.register();
  const { text, id } = await closed.key(accountId);
  const { store } = closed;
  await store.close();
  await expect(closed.keyhouse.revocations.follower.poll()).rejects.toThrow(StoreUnavailable);
  await expect(store.check()).rejects.toThrow(StoreUnavailable);
  await expect(store.accounts.listUsers({ afterId: 0, limit: 1 })).rejects.toThrow(StoreUnavailable);
  await expect(closed.keyhouse.credentials.revoke({ kind: 'key', id }, OPERATOR)).rejects.toThrow(StoreUnavailable);
  expect((await closed.request('/auth', { bearer: text, body: { permissions: ['a.read'] } })).status).toBe(503);
  await new Promise((resolve) => setTimeout(resolve, 1600));
  expect((await closed.request('/verify/api/invoices', { bearer: text })).status).toBe(503);
  await closed.stop().catch(() => {});
});
