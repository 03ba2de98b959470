/**
 * Keyhouse behind PgBouncer in transaction mode: no part of it needs one connection to PostgreSQL for longer than a transaction.
 */
import { CompiledQuery } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresUrl } from '../../../../test/shared-things.ts';
import { MAX_FAILURES } from '../../src/core/sign-ins/sign-in-limits.ts';
import { findConnectionFigures, openStore } from '../../src/store/open.ts';
import { Connections } from '../../src/store/postgres/connections.ts';
import { newApplication, openSession, refresh } from '../applications.ts';
import { registered } from '../browser.ts';
import { postgresDatabase, type TestDatabase } from '../databases.ts';
import { havePgBouncer, NEEDS_PGBOUNCER, type RunningPgBouncer, startPgBouncer } from '../pgbouncer.ts';
import { OPERATOR, PASSWORD, startTestServer, type TestServer } from '../server.ts';

describe.skipIf(!havePgBouncer)(`${NEEDS_PGBOUNCER} behind a pooler in transaction mode`, () => {
  let bouncer: RunningPgBouncer;
  let direct: pg.Client;
  let here: TestServer;
  let there: TestServer;
  const warnings: string[] = [];

  beforeAll(async () => {
    const database = await postgresDatabase(await postgresUrl());
    bouncer = await startPgBouncer(await postgresUrl());
    const url = bouncer.through(database.url);
    const open = () => openStore({ url, onWarning: (message) => void warnings.push(message) });
    const through: TestDatabase = { ...database, url, open };
    // Both apply the migrations at once.
    [here, there] = await Promise.all([startTestServer({ database: through }), startTestServer({ database: through })]);
    direct = new pg.Client({ connectionString: database.url });
    await direct.connect();
  });
  afterAll(async () => {
    await direct.end();
    await there.stop().catch(() => {});
    await here.stop().catch(() => {});
    await bouncer.stop();
  });

  const logIn = (server: TestServer, email: string, password: string) =>
    server.request('/api/v1/auth/login', { body: { email, password, device_name: 'test' } });
  const verify = async (server: TestServer, bearer: string) => (await server.request('/verify/api/invoices', { bearer })).status;

  it('lets right passwords in, again and again, at both servers', async () => {
    const user = await here.register();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => logIn(index % 2 === 0 ? here : there, user.email, PASSWORD)),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    for (let index = 0; index < 20; index++) expect((await logIn(here, user.email, PASSWORD)).status).toBe(200);
  });

  it('limits wrong ones, at both servers together', async () => {
    const user = await here.register();
    const statuses: number[] = [];
    for (let index = 0; index < MAX_FAILURES + 4; index++)
      statuses.push((await logIn(index % 2 === 0 ? here : there, user.email, 'a wrong password')).status);
    expect(statuses.filter((status) => status !== 429)).toHaveLength(MAX_FAILURES);
    expect(statuses.slice(MAX_FAILURES)).toEqual([429, 429, 429, 429]);
  });

  it('mints, refreshes, revokes, and what one revokes the other hears of', async () => {
    const user = await there.register();
    const key = await there.key(user.accountId);
    const minted = await Promise.all(
      Array.from({ length: 30 }, () => here.request('/auth', { bearer: key.text, body: { permissions: ['invoices.read'] } })),
    );
    expect(new Set(minted.map(({ status }) => status))).toEqual(new Set([200]));
    const jwt: string = minted[0]?.json.token;
    for (const bearer of [key.text, jwt, user.token]) expect(await verify(there, bearer)).toBe(200);

    const { browser } = await registered(here);
    const client = await newApplication(here, user.accountId);
    const session = await openSession(here, browser, client);
    let token = session.refreshToken;
    for (let index = 0; index < 5; index++) {
      const next = await refresh(index % 2 === 0 ? there : here, client, token);
      expect(next.status).toBe(200);
      token = next.json.refresh_token;
    }

    await here.keyhouse.credentials.revoke({ kind: 'key', id: key.id }, OPERATOR);
    expect(await verify(here, key.text)).toBe(401);
    for (const bearer of [key.text, jwt]) await expect.poll(() => verify(there, bearer), { interval: 20 }).toBe(401);
    await Promise.all([here.keyhouse.sweep(), there.keyhouse.sweep()]);
    expect((await here.request('/readyz')).status).toBe(200);
  });

  it('records no JWT after its key is revoked, however the two meet', async () => {
    const user = await there.register();
    for (let round = 0; round < 5; round++) {
      const key = await there.key(user.accountId);
      const mint = (server: TestServer) =>
        server.request('/auth', { method: 'POST', bearer: key.text, body: { permissions: ['invoices.read'] } });
      const mints = Array.from({ length: 12 }, (_, index) => mint(index % 2 === 0 ? here : there));
      const revoked = here.keyhouse.credentials.revoke({ kind: 'key', id: key.id }, OPERATOR);
      const answers = await Promise.all(mints);
      await revoked;
      for (const { status, json } of answers)
        if (status === 200) await expect.poll(() => verify(there, json.token), { interval: 20 }).toBe(401);
        else expect(status).toBe(401);
      const { rows } = await direct.query('SELECT 1 FROM jwts WHERE key_id = $1 AND revoked_at_ms IS NULL', [key.id]);
      expect(rows).toEqual([]);
    }
  });

  it('leaves nothing on the connections that others use next, and says once that nobody listens', async () => {
    // An act under way may hold one; none is left when it has ended.
    const locks = async () =>
      (
        await direct.query(
          `SELECT pid FROM pg_locks WHERE locktype = 'advisory'
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        )
      ).rows;
    await expect.poll(locks).toEqual([]);
    expect(warnings.filter((line) => line.includes('pooler'))).toHaveLength(2);
    expect(warnings.filter((line) => line.includes('hints'))).toEqual([]);
    const connections = new Connections({ url: here.database.url, size: 8, onWarning: () => {}, onDoubt: () => {} });
    const state = `SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
      (SELECT count(*) FROM pg_prepared_statements) AS named, (SELECT count(*) FROM pg_listening_channels()) AS listening`;
    // Statements that are sent together have their limits too.
    const [together] = await connections.runTogether([CompiledQuery.raw(state)]);
    expect(together.rows[0]).toMatchObject({ statement: '8s' });
    const left = await Promise.all(Array.from({ length: 40 }, () => connections.run(state, [])));
    for (const [row] of left) expect(row).toEqual({ statement: '0', lock: '0', named: 0, listening: 0 });
    // Within an act they apply.
    const act = await connections.connect();
    await act.query('begin', []);
    const { rows } = await act.query(state, []);
    expect(rows[0]).toMatchObject({ statement: '8s' });
    await act.query('commit', []);
    act.release();
    await connections.end();
    expect((await findConnectionFigures(here.database.url))?.isDirect).toBe(false);
    expect(bouncer.log()).not.toMatch(/ERROR|FATAL|not linked/);
  });
});

describe.skipIf(!havePgBouncer)(`${NEEDS_PGBOUNCER} a pooler that takes few clients`, () => {
  it('lets requests share the connections that it takes', async () => {
    const bouncer = await startPgBouncer(await postgresUrl(), { maxClients: 3 });
    const url = bouncer.through(await postgresUrl());
    const connections = new Connections({ url, size: 20, onWarning: () => {}, onDoubt: () => {} });
    try {
      const answers = await Promise.all(Array.from({ length: 100 }, () => connections.run('SELECT pg_sleep(0.01)', [])));
      expect(answers).toHaveLength(100);
      expect(bouncer.log()).toContain('no more connections allowed');
    } finally {
      await connections.end();
      await bouncer.stop();
    }
  });
});
