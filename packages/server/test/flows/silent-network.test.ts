/**
 * The network between Keyhouse and PostgreSQL drops everything silently: nothing is refused, nothing is closed, nothing comes
 * back. Answers are 503 and come at once, no request waits for what hangs, and what was answered with success is in the database.
 */
import pg from 'pg';
import { expect, it } from 'vitest';
import { postgresUrl } from '../../../../test/shared-things.ts';
import { openStore } from '../../src/store/open.ts';
import { postgresDatabase, type TestDatabase } from '../databases.ts';
import { PASSWORD, startTestServer, type TestServer } from '../server.ts';
import { startStallingProxy } from '../stalling-proxy.ts';

/** Less than one statement may take: a request that waits for a statement that hangs takes longer. */
const AT_ONCE_MS = 9000;

async function open() {
  const database = await postgresDatabase(await postgresUrl());
  const proxy = await startStallingProxy(database.url);
  const warnings: string[] = [];
  const through: TestDatabase = {
    ...database,
    url: proxy.url,
    open: () => openStore({ url: proxy.url, onWarning: (message) => void warnings.push(message), poolSize: 5 }),
  };
  const server = await startTestServer({ database: through });
  const direct = new pg.Client({ connectionString: database.url });
  await direct.connect();
  return {
    server,
    proxy,
    direct,
    warnings,
    close: async () => {
      proxy.resume();
      await direct.end();
      await server.stop().catch(() => {});
      await proxy.stop();
    },
  };
}

/** Every kind of caller, and what it gets. */
async function askers(server: TestServer) {
  const user = await server.register();
  const [key, seldom] = [await server.key(user.accountId), await server.key(user.accountId)];
  const mint = () => server.request('/auth', { bearer: key.text, body: { permissions: ['invoices.read'] } });
  const jwt = (await mint()).json.token as string;
  const verify = (bearer: string) => server.request('/verify/api/invoices', { bearer });
  const logIn = () =>
    server.request('/api/v1/auth/login', { body: { email: user.email, password: PASSWORD, device_name: 'test' } });
  for (const bearer of [jwt, key.text, user.token]) expect((await verify(bearer)).status).toBe(200);
  return {
    mint,
    logIn,
    verifyJwt: () => verify(jwt),
    verifyCached: () => verify(key.text),
    verifyToken: () => verify(user.token),
    verifyUncached: () => verify(seldom.text),
    introspect: () =>
      server.request('/auth/introspect', {
        bearer: key.text,
        body: `token=${encodeURIComponent(user.token)}`,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      }),
  };
}

const isSilent = (warnings: readonly string[]): boolean => warnings.some((line) => line.includes('has not answered'));

it.each(['both', 'to-database', 'to-server'] as const)(
  'answers 503 at once while nothing comes through (%s), and goes on by itself afterwards',
  async (direction) => {
    const { server, proxy, direct, warnings, close } = await open();
    let isOver = false;
    try {
      const ask = await askers(server);
      const acknowledged: string[] = [];
      const statuses = new Set<number>();
      let longestMs = 0;
      const timed = async <Value>(answer: Promise<Value>): Promise<Value> => {
        const askedAtMs = performance.now();
        const given = await answer;
        longestMs = Math.max(longestMs, performance.now() - askedAtMs);
        return given;
      };
      const load = Array.from({ length: 8 }, async () => {
        while (!isOver) {
          const { status, json } = await timed(ask.mint());
          statuses.add(status);
          if (status === 200) acknowledged.push(json.token);
          statuses.add((await timed(ask.verifyJwt())).status);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      });
      await expect.poll(() => acknowledged.length).toBeGreaterThan(20);
      proxy.stall(direction);
      await expect.poll(() => isSilent(warnings)).toBe(true);

      const startedAtMs = performance.now();
      const answers = await Promise.all(Array.from({ length: 10 }, () => Object.values(ask).map((each) => each())).flat());
      const tookMs = performance.now() - startedAtMs;
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
      for (const { headers } of answers) expect(headers['retry-after']).toBeTruthy();
      expect(tookMs).toBeLessThan(AT_ONCE_MS);

      proxy.resume();
      await expect.poll(async () => (await ask.mint()).status, { interval: 20 }).toBe(200);
      for (const each of [ask.verifyJwt, ask.verifyCached, ask.verifyUncached, ask.verifyToken, ask.introspect])
        await expect.poll(async () => (await each()).status, { interval: 20 }).toBe(200);
      expect((await ask.logIn()).status).toBe(200);
      isOver = true;
      await Promise.all(load);

      expect([...statuses].sort()).toEqual([200, 503]);
      expect(longestMs).toBeLessThan(AT_ONCE_MS);
      const { rows } = await direct.query<{ jti: string }>('SELECT jti FROM jwts');
      const stored = new Set(rows.map(({ jti }) => jti));
      expect(acknowledged.map(jtiOf).filter((jti) => !stored.has(jti))).toEqual([]);
    } finally {
      isOver = true;
      await close();
    }
  },
);

it('goes on with new connections when the network has forgotten the old ones', async () => {
  const { server, proxy, warnings, close } = await open();
  try {
    const ask = await askers(server);
    // Connections that are in use when it happens, and one that is idle.
    proxy.stall();
    const waiting = Array.from({ length: 12 }, () => ask.mint());
    await expect.poll(() => isSilent(warnings)).toBe(true);
    for (const answer of await Promise.all(waiting)) expect(answer.status).toBe(503);
    proxy.resumeForNewOnes();
    const resumedAtMs = performance.now();
    await expect.poll(async () => (await ask.verifyUncached()).status, { interval: 20 }).toBe(200);
    expect((await ask.mint()).status).toBe(200);
    expect((await ask.verifyJwt()).status).toBe(200);
    expect(performance.now() - resumedAtMs).toBeLessThan(AT_ONCE_MS);
  } finally {
    await close();
  }
});

it('finds idle connections that were forgotten while the network was fine for all others', async () => {
  const { server, proxy, close } = await open();
  try {
    const ask = await askers(server);
    // Acts that each need a connection.
    const { accountId } = await server.register();
    await Promise.all(Array.from({ length: 20 }, () => server.key(accountId)));
    proxy.resumeForNewOnes();
    expect(proxy.forgotten).toBeGreaterThan(5);
    // No request uses them.
    await expect.poll(() => proxy.forgotten).toBe(0);
    await expect.poll(async () => (await ask.mint()).status, { interval: 20 }).toBe(200);
    await expect.poll(async () => (await ask.verifyJwt()).status, { interval: 20 }).toBe(200);
  } finally {
    await close();
  }
});

it('lets requests in that were cut off, and never waits where connections are refused', async () => {
  const { server, proxy, close } = await open();
  try {
    const ask = await askers(server);
    proxy.cut();
    await expect.poll(async () => (await ask.mint()).status, { interval: 20 }).toBe(200);
    expect((await ask.verifyJwt()).status).toBe(200);
  } finally {
    await close();
  }
});

const jtiOf = (jwt: string): string => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()).jti;
