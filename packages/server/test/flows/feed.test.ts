/** The revocation feed across servers, across outages, and across a restored backup. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RevocationList } from '@keyhouse/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { backupSqlite } from '../../src/store/sqlite/backup.ts';
import { eachDatabase, postgresDatabase, sqliteDatabaseAt } from '../databases.ts';
import { askFeed, followFeed, getFeed, tells } from '../feed.ts';
import { startOwnPostgres } from '../postgres.ts';
import { programPath, startProgram } from '../program.ts';
import { OPERATOR, startTestServer, type TestServer } from '../server.ts';

const newGuard = (server: TestServer) => server.key(1, { permissions: ['keyhouse.verify'] });
const newKey = async (server: TestServer) => await server.key((await server.register()).accountId);

eachDatabase('with two servers on one database', (makeDatabase) => {
  let here: TestServer;
  let there: TestServer;
  beforeAll(async () => {
    const database = await makeDatabase();
    [here, there] = await Promise.all([startTestServer({ database }), startTestServer({ database })]);
  });
  afterAll(async () => {
    await there.stop().catch(() => {});
    await here.stop().catch(() => {});
  });

  it('a stream of the one hears what was revoked at the other, however much goes on', async () => {
    const guard = await newGuard(there);
    const stream = await followFeed(there, guard.text, await askFeed(there, guard.text));
    for (let round = 0; round < 10; round++) {
      const [key, own] = [await newKey(here), await newKey(there)];
      await Promise.all([
        here.keyhouse.credentials.revoke({ kind: 'key', id: key.id }, OPERATOR),
        there.keyhouse.credentials.revoke({ kind: 'key', id: own.id }, OPERATOR),
      ]);
      await stream.next(tells('credential', key.id));
      await stream.next(tells('credential', own.id));
    }
    let position = stream.messages[0]?.after ?? 0;
    for (const message of stream.messages) {
      expect(message.after).toBe(position);
      position = message.position;
    }
    stream.close();
  });

  it('one who goes from the one to the other goes on where it was, and misses nothing', async () => {
    const guard = await newGuard(here);
    const list = new RevocationList();
    let at = await askFeed(here, guard.text);
    list.addWhole(at);
    const keys: number[] = [];
    for (const server of [here, there, here, there]) {
      const key = await newKey(server);
      await server.keyhouse.credentials.revoke({ kind: 'key', id: key.id }, OPERATOR);
      keys.push(key.id);
      // Asked of the other server, which may not have read so far yet: it reads before it answers.
      const other = server === here ? there : here;
      const { position } = server.keyhouse.revocations.feed.position();
      at = await askFeed(other, guard.text, `?after=${Math.max(at.position, position)}&epoch=${at.epoch}`);
      expect(at.whole).toBe(false);
    }
    const whole = await askFeed(there, guard.text);
    list.addWhole(whole);
    for (const keyId of keys) expect(list.isRevoked({ jti: 'x', accountId: 0, keyId, issuedAtMs: 0 })).toBe(true);
  });

  it('tells one who was away for long everything since, in messages of bounded size', async () => {
    const guard = await newGuard(here);
    const before = await askFeed(here, guard.text);
    const [key, last] = [await newKey(here), await newKey(here)];
    const minted = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const body = { permissions: ['invoices.read'] };
        return (await here.request('/auth', { bearer: key.text, body })).json.token as string;
      }),
    );
    for (const jwt of minted) await here.keyhouse.oauth.revokePresented(jwt, null, OPERATOR);
    await here.keyhouse.credentials.revoke({ kind: 'key', id: last.id }, OPERATOR);
    // A server that started after all this has none of it in memory as changes: it reads them.
    const late = await startTestServer({ database: { ...here.database, drop: async () => {} } });
    const step = await askFeed(late, guard.text, `?after=${before.position}&epoch=${before.epoch}`);
    expect(step.whole).toBe(false);
    expect(step.revocations.filter(({ kind }) => kind === 'jti')).toHaveLength(60);
    expect(step.revocations.at(-1)).toMatchObject({ kind: 'credential', id: String(last.id) });
    const stream = await followFeed(late, guard.text, before);
    expect((await stream.next(() => true)).revocations).toEqual(step.revocations);
    stream.close();
    await late.stop();
  });
});

it('a restored backup has another epoch, so that its whole list is asked for and the old one kept', async () => {
  const before = await startTestServer();
  const guard = await newGuard(before);
  const [old, lost] = [await newKey(before), await newKey(before)];
  await before.keyhouse.credentials.revoke({ kind: 'key', id: old.id }, OPERATOR);
  const folder = mkdtempSync(join(tmpdir(), 'keyhouse-restored-'));
  backupSqlite(before.database.url.slice('sqlite:'.length), join(folder, 'keyhouse.db'));
  // Revoked after the backup was created: the copy does not know it.
  await before.keyhouse.credentials.revoke({ kind: 'key', id: lost.id }, OPERATOR);
  const list = new RevocationList();
  const known = await askFeed(before, guard.text);
  list.addWhole(known);
  await before.stop();

  const after = await startTestServer({ database: sqliteDatabaseAt(join(folder, 'keyhouse.db')) });
  try {
    const query = `?after=${known.position}&epoch=${known.epoch}`;
    const restored = await askFeed(after, guard.text, query);
    expect(restored.whole).toBe(true);
    expect(restored.epoch).not.toBe(known.epoch);
    const ids = restored.revocations.filter(({ kind }) => kind === 'credential').map(({ id }) => id);
    expect(ids).toContain(String(old.id));
    expect(ids).not.toContain(String(lost.id));
    const stream = await followFeed(after, guard.text, known);
    expect(await stream.next(() => true)).toMatchObject({ whole: true, epoch: restored.epoch });
    stream.close();
    list.addWhole(restored);
    for (const keyId of [old.id, lost.id]) expect(list.isRevoked({ jti: 'x', accountId: 0, keyId, issuedAtMs: 0 })).toBe(true);
  } finally {
    await after.stop();
  }
});

it('is silent while PostgreSQL is away, refuses new askers, and goes on by itself when it is back', async () => {
  const postgres = await startOwnPostgres();
  const server = await startTestServer({ database: await postgresDatabase(postgres.url) });
  try {
    const guard = await newGuard(server);
    const key = await newKey(server);
    const stream = await followFeed(server, guard.text, await askFeed(server, guard.text));
    await stream.next(({ revocations }) => revocations.length === 0);
    await postgres.pause();
    // Two beats later, what was received last cannot be trusted any more.
    await expect.poll(() => server.keyhouse.revocations.feed.isFresh()).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const said = stream.messages.length;
    for (const headers of [{}, { accept: 'text/event-stream' }]) {
      const refused = await getFeed(server, '', { authorization: `Bearer ${guard.text}`, ...headers });
      expect([refused.status, refused.headers['content-type']]).toEqual([503, 'application/json; charset=utf-8']);
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    }
    await new Promise((resolve) => setTimeout(resolve, 2100));
    expect([stream.messages.length, stream.isOver()]).toEqual([said, false]);
    await postgres.resume();
    await stream.next(({ atMs }) => atMs > (stream.messages[said - 1]?.atMs ?? 0), 20_000);
    await expect
      .poll(() =>
        server.keyhouse.credentials.revoke({ kind: 'key', id: key.id }, OPERATOR).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    await stream.next(tells('credential', key.id));
    stream.close();
  } finally {
    await server.stop().catch(() => {});
    await postgres.stop();
  }
});

it('is silent when the SQLite file can be read no more, and refuses new askers', async () => {
  const server = await startTestServer();
  const guard = await newGuard(server);
  const stream = await followFeed(server, guard.text, await askFeed(server, guard.text));
  await stream.next(({ revocations }) => revocations.length === 0);
  await server.store.close();
  await expect.poll(() => server.keyhouse.revocations.feed.isFresh()).toBe(false);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const said = stream.messages.length;
  expect((await getFeed(server, '', { authorization: `Bearer ${guard.text}` })).status).toBe(503);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(stream.messages.length).toBe(said);
  await server.stop().catch(() => {});
});

it('ends its streams when the server is told to stop, and does not wait for them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keyhouse-drain-'));
  const settings = { KEYHOUSE_DATABASE_URL: `sqlite:${join(folder, 'keyhouse.db')}`, KEYHOUSE_URL: 'http://localhost:4141' };
  const program = await startProgram(settings);
  try {
    const args = ['key', 'create', '--account', '1', '--name', 'guard', '--permissions', 'keyhouse.verify', '--json'];
    const made = spawnSync(process.execPath, [await programPath(), ...args], {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...settings },
      encoding: 'utf8',
    });
    const headers = { authorization: `Bearer ${JSON.parse(made.stdout).key}`, accept: 'text/event-stream' };
    const answers = await Promise.all([1, 2, 3].map(() => fetch(`${program.origin}/auth/revocations`, { headers })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const ends = Promise.all(answers.map((answer) => answer.text()));
    expect(await program.stop()).toBe(0);
    for (const text of await ends) expect(text).toMatch(/^event: revocations\n/);
  } finally {
    await program.kill();
    rmSync(folder, { recursive: true, force: true });
  }
});
