/** Statements that are sent together are one transaction, and count as done only when PostgreSQL has committed them. */
import { type AddressInfo, connect, createServer } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { postgresUrl } from '../../../../../test/shared-things.ts';
import { postgresDatabase, type TestDatabase } from '../../../test/databases.ts';
import { sendTogether, type TripStatement } from './one-trip.ts';
import { connectionTo } from './session.ts';

let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await postgresDatabase(await postgresUrl());
  client = await open(database.url);
  await client.query('CREATE TABLE things (id int8 PRIMARY KEY, name text, data bytea)');
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

async function open(url: string): Promise<pg.Client> {
  const opened = new pg.Client(connectionTo(url));
  opened.on('error', () => {});
  await opened.connect();
  return opened;
}

const statement = (text: string, values: readonly unknown[] = [], name: string | null = null): TripStatement => ({
  text,
  values,
  name,
});
const add = (id: number, name: string | null = null) =>
  statement('INSERT INTO things (id, name, data) VALUES ($1, $2, $3)', [id, name, Buffer.from([0, 255])], 'add');
const count = async (): Promise<number> => (await client.query('SELECT count(*)::int8 AS n FROM things')).rows[0].n;

it('answers each statement, and each sees what those before it did', async () => {
  const answers = await sendTogether(client, [
    add(1, 'é'),
    add(2),
    statement('SELECT id, name, data FROM things ORDER BY id'),
    statement('UPDATE things SET name = $1 WHERE id > $2', ['x', 5], 'rename'),
  ]);
  expect(answers.map(({ affected }) => affected)).toEqual([1, 1, 2, 0]);
  expect(answers[2]?.rows).toEqual([
    { id: 1, name: 'é', data: Buffer.from([0, 255]) },
    { id: 2, name: null, data: Buffer.from([0, 255]) },
  ]);
  expect(answers[0]?.rows).toEqual([]);
});

it('writes nothing if one of them fails, and the connection goes on', async () => {
  const before = await count();
  const later = statement('SELECT 1 AS one', [], 'later');
  await expect(sendTogether(client, [add(10), add(1), later])).rejects.toMatchObject({ code: '23505' });
  expect(await count()).toBe(before);
  // Names that were given before the failure are there, and those behind it are not.
  const early = statement('SELECT 2 AS two', [], 'early');
  await expect(sendTogether(client, [early, add(1), later])).rejects.toMatchObject({ code: '23505' });
  const answers = await sendTogether(client, [early, later, add(11)]);
  expect(answers.map(({ rows }) => rows)).toEqual([[{ two: 2 }], [{ one: 1 }], []]);
  expect((await client.query({ name: 'later', text: 'SELECT 1 AS one' })).rows).toEqual([{ one: 1 }]);
  expect(await count()).toBe(before + 1);
});

it('sends nothing of what it cannot send', async () => {
  await expect(async () => await sendTogether(client, [add(20), statement('SELECT $1', [{}])])).rejects.toThrow(/type object/);
  expect((await client.query('SELECT 1 FROM things WHERE id = 20')).rows).toEqual([]);
});

it('fails when the connection breaks before the commit is confirmed, though every statement was answered', async () => {
  const { url, stop } = await confirmNothing(database.url);
  const through = await open(url);
  await expect(sendTogether(through, [add(30), statement('SELECT 1')])).rejects.toThrow();
  // It was committed. Nobody was told so.
  await expect
    .poll(async () => (await client.query('SELECT 1 FROM things WHERE id = 30')).rows, { interval: 20 })
    .toHaveLength(1);
  await stop();
});

/** A proxy that breaks the connection at the `ReadyForQuery` after the first one, and lets everything before it through. */
async function confirmNothing(databaseUrl: string): Promise<{ url: string; stop(): Promise<void> }> {
  const target = new URL(databaseUrl);
  const listener = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) socket.on('error', () => {});
    let isReady = false;
    near.pipe(far);
    far.on('data', (data: Buffer) => {
      const at = data.lastIndexOf(Buffer.from([0x5a, 0, 0, 0, 5]));
      if (isReady && at !== -1) near.end(data.subarray(0, at), () => far.destroy());
      else near.write(data);
      isReady ||= at !== -1;
    });
    far.on('close', () => near.destroy());
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => listener.once('listening', resolve));
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
  return {
    url: url.href,
    stop: () => new Promise((resolve) => listener.close(() => resolve())),
  };
}
