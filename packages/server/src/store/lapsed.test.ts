/** A session whose application's limit has passed is not active, whether or not it was refreshed since; on both databases. */
import { randomBytes } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { newApplication } from '../../test/applications.ts';
import { browserFor } from '../../test/dashboard-browser.ts';
import { eachDatabase, runStatements, type TestDatabase } from '../../test/databases.ts';
import { startTestServer, type TestServer } from '../../test/server.ts';
import { MAX_LISTED_SIGN_INS } from '../core/sign-ins/open-sign-in.ts';

type Row = Readonly<Record<string, string | number>>;

async function insert(database: TestDatabase, table: string, rows: readonly Row[]): Promise<void> {
  // Texts of the tests have no quotes; bytes are given as hex.
  const literal = (value: string | number) => {
    if (typeof value === 'number') return String(value);
    if (value.startsWith('hex:')) return database.kind === 'sqlite' ? `X'${value.slice(4)}'` : `'\\x${value.slice(4)}'`;
    return `'${value}'`;
  };
  const statements = rows.map(
    (row) => `INSERT INTO ${table} (${Object.keys(row).join(', ')}) VALUES (${Object.values(row).map(literal).join(', ')})`,
  );
  await runStatements(database, statements);
}
const bytes = () => `hex:${randomBytes(32).toString('hex')}`;

eachDatabase('what is listed as active', (makeDatabase) => {
  let database: TestDatabase;
  let server: TestServer;
  beforeAll(async () => {
    database = await makeDatabase();
    server = await startTestServer({ database });
    return () => server.stop();
  });

  it('holds no session whose limit has passed: in lists, in counts, and in the log once it is swept', async () => {
    const { store } = server;
    const { id: userId, accountId } = await server.register();
    const client = await newApplication(server, accountId, { idleSeconds: 3600, absoluteSeconds: 7200 });
    const free = await newApplication(server, accountId, {});
    const nowMs = server.now();
    await insert(database, 'refresh_keys', [{ id: 77, sealed_key: 'x', created_at_ms: nowMs }]);
    const grant = (id: number, application: number) => ({
      ...{ id, user_id: userId, application_id: application, account_id: accountId, permissions: '[]', declined: '[]' },
      ...{ scopes: '[]', created_at_ms: nowMs, updated_at_ms: nowMs },
    });
    await insert(database, 'grants', [grant(501, client.id), grant(502, free.id)]);
    const session = (id: string, application: number, agoSeconds: { created: number; used: number }) => ({
      ...{ id, grant_id: application === client.id ? 501 : 502, application_id: application, user_id: userId },
      ...{ account_id: accountId, permissions: '[]', scopes: '[]', signed_in_at_ms: nowMs, refresh_key_id: 77, salt: bytes() },
      ...{ counter: 1, moved_at_ms: nowMs, repeats: 0, late_at_ms: '[]' },
      ...{ created_at_ms: nowMs - agoSeconds.created * 1000, last_used_at_ms: nowMs - agoSeconds.used * 1000 },
    });
    await insert(database, 'sessions', [
      session('active', client.id, { created: 7199, used: 3599 }),
      session('idle', client.id, { created: 7000, used: 3600 }),
      session('old', client.id, { created: 7200, used: 10 }),
      session('without limit', free.id, { created: 10_000_000, used: 10_000_000 }),
    ]);
    const look = async () => {
      const page = { limit: 100, nowMs };
      const ofUser = await store.sessions.listSessionsOfUser(userId, page);
      const ofApplication = await store.sessions.listSessionsOfApplication(client.id, page);
      const [application] = await store.applications.listApplications({ clientId: client.clientId, limit: 1, nowMs });
      const connected = await store.grants.listConnected(userId, nowMs);
      return {
        ofUser: ofUser.map(({ id }) => id).sort(),
        ofApplication: ofApplication.map(({ id }) => id),
        bySignIn: (await store.sessions.countSessionsBySignIn(userId, nowMs)).map(({ sessions }) => sessions),
        application: application?.liveSessions,
        connected: connected.map(({ clientId, liveSessions }) => [clientId === client.clientId, liveSessions]).sort(),
        deletion: (await store.ends.whatEnds({ what: 'application', applicationId: client.id }, nowMs)).applicationSessions,
        reset: (await store.profile.readEnding({ userId, all: false, nowMs })).sessions,
      };
    };
    const active = {
      ...{ ofUser: ['active', 'without limit'], ofApplication: ['active'], bySignIn: [2], application: 1 },
      ...{
        connected: [
          [false, 1],
          [true, 1],
        ],
        deletion: 1,
        reset: 2,
      },
    };
    expect(await look()).toEqual(active);
    while (await store.sessions.endLapsed({ nowMs, limit: 1 }));
    expect(await look()).toEqual(active);
    const reasons = await Promise.all(
      ['active', 'idle', 'old', 'without limit'].map(async (id) => (await store.sessions.findSession(id))?.endReason ?? null),
    );
    expect(reasons).toEqual([null, 'idle', 'too-old', null]);
    const told = await store.audit.list({ event: 'session.ended', accountId, limit: 10 });
    expect(told.map(({ actor, reason, userId: whose }) => [actor, reason, whose]).sort()).toEqual([
      ['server', 'idle', userId],
      ['server', 'too-old', userId],
    ]);
  });

  it('holds the newest 100 sign-ins of a user and says that there are more, and ending all others ends all', async () => {
    const { id: userId } = await server.register();
    const nowMs = server.now();
    // From before there was a ceiling.
    const rows = Array.from({ length: MAX_LISTED_SIGN_INS + 20 }, (_, at) => ({
      ...{ user_id: userId, hash: bytes(), created_at_ms: nowMs - 1000, last_seen_at_ms: nowMs - 1000 - at },
      ...{ proved_at_ms: nowMs - 1000, methods: '["password"]' },
    }));
    const { cookie, ask } = await browserFor(server, userId);
    expect((await ask('/me/security')).json).toMatchObject({ more_sign_ins: false });
    await insert(database, 'sign_ins', rows);
    const { json } = await ask('/me/security');
    expect([json.sign_ins.length, json.more_sign_ins]).toEqual([MAX_LISTED_SIGN_INS, true]);
    expect(json.sign_ins.some(({ current }: { current: boolean }) => current)).toBe(true);
    expect((await server.keyhouse.administration.describeUser(userId))?.hasMoreSignIns).toBe(true);
    expect((await ask('/me/sign-ins', { method: 'DELETE' })).status).toBeLessThan(300);
    const left = (await ask('/me/security')).json;
    expect([left.sign_ins.length, left.more_sign_ins, cookie === '']).toEqual([1, false, false]);
  });
});
