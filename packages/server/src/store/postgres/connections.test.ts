/** The connections that requests share: how many may wait for them, and what happens when PostgreSQL has none left. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterEach, expect, it } from 'vitest';
import { PATIENCE_MS } from '../../../../../test/patience.ts';
import { postgresUrl } from '../../../../../test/shared-things.ts';
import { startStallingProxy } from '../../../test/stalling-proxy.ts';
import { StoreUnavailable } from '../../core/unavailable.ts';
import { Connections } from './connections.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** `withinMs`: a busy machine may take longer than requests usually wait. */
function open(url: string, size: number, withinMs?: number) {
  const waits = withinMs === undefined ? {} : { withinMs };
  const connections = new Connections({ url, size, ...waits, onWarning: () => {}, onDoubt: () => {} });
  ends.push(() => connections.end());
  return connections;
}

async function administer() {
  const client = new pg.Client({ connectionString: await postgresUrl() });
  await client.connect();
  ends.push(() => client.end());
  return client;
}

/** A database user who may have this many connections. */
async function limitedUser(limit: number) {
  const client = await administer();
  const name = `limited_${randomBytes(6).toString('hex')}`;
  await client.query(`CREATE ROLE ${name} LOGIN PASSWORD 'limited' CONNECTION LIMIT ${limit}`);
  ends.push(() => client.query(`DROP ROLE ${name}`));
  const url = new URL(await postgresUrl());
  url.username = name;
  url.password = 'limited';
  return { url: url.href, raise: (to: number) => client.query(`ALTER ROLE ${name} CONNECTION LIMIT ${to}`) };
}

const ask = (connections: Connections) => connections.run<{ pid: number }>('SELECT pg_backend_pid() AS pid, pg_sleep(0.01)', []);

it('lets no more than a bounded number wait, and answers the others at once', async () => {
  const proxy = await startStallingProxy(await postgresUrl());
  ends.push(() => proxy.stop());
  const connections = open(proxy.url, 2);
  await ask(connections);
  proxy.stall();
  const asked = Array.from({ length: 3000 }, () => ask(connections).catch((error: unknown) => error));
  await expect.poll(() => connections.waiting).toBeGreaterThan(0);
  expect(connections.waiting).toBeLessThanOrEqual(1000);
  await expect(ask(connections)).rejects.toThrow('Too many requests wait');
  for (const answer of await Promise.all(asked)) expect(answer).toBeInstanceOf(StoreUnavailable);
  expect(connections.waiting).toBe(0);
});

it('shares the connections that there are when PostgreSQL has no other left, and takes more when it has', async () => {
  const user = await limitedUser(3);
  const connections = open(user.url, 20, PATIENCE_MS);
  const pids = async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, () => ask(connections)));
    return new Set(answers.map(([row]) => row?.pid)).size;
  };
  expect(await pids()).toBeLessThanOrEqual(3);
  await user.raise(50);
  await expect.poll(pids, { interval: 200 }).toBeGreaterThan(3);
});

it('waits a moment for the first connection when others have them all', async () => {
  const user = await limitedUser(1);
  const other = new pg.Client({ connectionString: user.url });
  await other.connect();
  const connections = open(user.url, 5, PATIENCE_MS);
  const asked = Promise.all(Array.from({ length: 50 }, () => ask(connections)));
  await expect.poll(() => connections.waiting).toBe(50);
  await new Promise((resolve) => setTimeout(resolve, 300));
  await other.end();
  expect(await asked).toHaveLength(50);
});

it('says that the store is unavailable when nothing comes free in time', async () => {
  const user = await limitedUser(1);
  const other = new pg.Client({ connectionString: user.url });
  await other.connect();
  ends.push(() => other.end());
  const connections = open(user.url, 5);
  const asked = await Promise.allSettled(Array.from({ length: 20 }, () => ask(connections)));
  for (const each of asked) expect(each).toMatchObject({ status: 'rejected', reason: expect.any(StoreUnavailable) });
});

it('limits how long PostgreSQL works on a statement', async () => {
  const connections = open(await postgresUrl(), 1);
  const [row] = await connections.run<{ statement: string; idle: string }>(
    "SELECT current_setting('statement_timeout') AS statement, current_setting('idle_in_transaction_session_timeout') AS idle",
    [],
  );
  expect(row).toEqual({ statement: '8s', idle: '10s' });
});
