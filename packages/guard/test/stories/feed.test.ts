/**
 * The feed of a guard during outages: cut, silent, polled, started again. What was received stays true; what could not be
 * received is decided as each route says.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../../../conformance/free-port.ts';
import { backupSqlite } from '../../../server/src/store/sqlite/backup.ts';
import { sqliteDatabase, sqliteDatabaseAt, type TestDatabase } from '../../../server/test/databases.ts';
import { OPERATOR, startTestServer, type TestServer } from '../../../server/test/server.ts';
import { createGuard, type Demand, type Guard } from '../../src/index.ts';
import { FEED, type Issuer, ONE, startIssuer, until, type Victim } from '../attacks/issuer.ts';

const askedWith = (bearer: string, target = '/api/invoices') => ({
  ...{ method: 'GET', target, headers: ['Authorization', `Bearer ${bearer}`] },
  peer: { address: '127.0.0.1', isEncrypted: false },
});
const statusOf = async (guard: Guard, bearer: string, target?: string, demand?: Demand): Promise<number> => {
  const decision = await guard.judge(askedWith(bearer, target), demand);
  return decision.ok ? 200 : decision.status;
};

const mint = async (server: TestServer, key: { text: string }): Promise<string> =>
  (await server.request('/auth', { bearer: key.text, body: { permissions: ['invoices.read'] } })).json.token;
const newKey = async (server: TestServer) => await server.key((await server.register()).accountId);
const revoke = (server: TestServer, token: string) => server.request('/auth/revoke', { body: { token } });

describe('a guard whose feed', () => {
  let issuer: Issuer;
  let key: { text: string; id: number };
  beforeAll(async () => {
    issuer = await startIssuer();
    key = await newKey(issuer.keyhouse);
  });
  afterAll(() => issuer.stop());

  /** Connections stay open, and nothing is sent over them. */
  async function silenced(victim: Victim): Promise<void> {
    victim.spoil(FEED, () => {});
    victim.cut();
    await until(
      () => victim.keyhouse.guard.lagMs,
      (lagMs) => lagMs > 1000,
    );
  }

  it('was cut hears on the next connection what it missed, and has forgotten nothing', async () => {
    const victim = await issuer.victim();
    const { guard } = victim.keyhouse;
    await guard.ready();
    const [before, meanwhile, good] = [
      await mint(issuer.keyhouse, key),
      await mint(issuer.keyhouse, key),
      await mint(issuer.keyhouse, key),
    ];
    await revoke(issuer.keyhouse, before);
    await until(
      () => statusOf(guard, before),
      (status) => status === 401,
    );
    for (let round = 0; round < 3; round++) {
      victim.spoil(FEED, (response) => void response.destroy());
      victim.cut();
      const missed = round === 0 ? meanwhile : await mint(issuer.keyhouse, key);
      expect(await statusOf(guard, missed)).toBe(200);
      await revoke(issuer.keyhouse, missed);
      victim.heal();
      await until(
        () => statusOf(guard, missed),
        (status) => status === 401,
      );
    }
    expect([await statusOf(guard, before), await statusOf(guard, meanwhile), await statusOf(guard, good)]).toEqual([
      401, 401, 200,
    ]);
    await victim.stop();
  });

  it('is silent asks, refuses or goes on: for all routes, for one, and by hand', async () => {
    const victim = await issuer.victim({
      ...{ staleAfterMs: 1000, rememberSeconds: 0 },
      routes: [
        { pattern: '/api/payments', resource: 'invoices', whenStale: 'refuse' },
        { pattern: '/api/prices', resource: 'invoices', whenStale: 'allow' },
      ],
    });
    const { guard } = victim.keyhouse;
    await guard.ready();
    const [good, gone, known] = [
      await mint(issuer.keyhouse, key),
      await mint(issuer.keyhouse, key),
      await mint(issuer.keyhouse, key),
    ];
    await revoke(issuer.keyhouse, known);
    await until(
      () => statusOf(guard, known),
      (status) => status === 401,
    );
    await silenced(victim);
    await revoke(issuer.keyhouse, gone);
    const asked = (): number => victim.asked.filter((path) => path === ONE).length;

    // To ask is the default: what was revoked in the meantime is noticed.
    expect([await statusOf(guard, good), await statusOf(guard, gone)]).toEqual([200, 401]);
    expect(asked()).toBe(2);
    // What was received before the silence is still refused, and costs no request.
    expect(await statusOf(guard, known)).toBe(401);
    expect(asked()).toBe(2);
    for (const target of ['/api/payments', '/api/prices']) {
      const statuses = await Promise.all([good, gone, known].map((jwt) => statusOf(guard, jwt, target)));
      expect(statuses, target).toEqual(target === '/api/payments' ? [503, 503, 503] : [200, 200, 401]);
    }
    expect(await statusOf(guard, good, '/x', { permission: 'invoices.read', whenStale: 'refuse' })).toBe(503);
    expect(await statusOf(guard, gone, '/x', { permission: 'invoices.read', whenStale: 'allow' })).toBe(200);
    expect(await statusOf(guard, good, '/x', { permission: 'invoices.read', whenStale: 'refuse', staleAfterMs: 60_000 })).toBe(
      200,
    );
    expect(asked()).toBe(2);

    victim.heal();
    await until(
      () => statusOf(guard, gone, '/api/prices'),
      (status) => status === 401,
    );
    expect(await statusOf(guard, good, '/api/payments')).toBe(200);
    await victim.stop();
  });

  it('is silent while nobody answers refuses, or honours for as long as the route says', async () => {
    const victim = await issuer.victim({
      ...{ staleAfterMs: 1000, rememberSeconds: 0 },
      routes: [{ pattern: '/api/prices', resource: 'invoices', whenAway: { honourSeconds: 600 } }],
    });
    const { guard } = victim.keyhouse;
    await guard.ready();
    const { token } = await issuer.keyhouse.register();
    const unseen = (await issuer.keyhouse.register()).token;
    expect(await statusOf(guard, token)).toBe(200);
    await silenced(victim);
    victim.spoil(ONE, (response) => void response.destroy());
    expect(await statusOf(guard, token)).toBe(503);
    expect(await statusOf(guard, token, '/api/prices')).toBe(200);
    expect(await statusOf(guard, unseen, '/api/prices')).toBe(503);
    expect(await statusOf(guard, token, '/x', { permission: 'invoices.read', whenAway: { honourSeconds: 600 } })).toBe(200);
    await victim.stop();
  });

  it('is polled hears on the way of a request', async () => {
    const victim = await issuer.victim({ feed: 'poll', staleAfterMs: 1000 });
    const { guard } = victim.keyhouse;
    await guard.ready();
    const jwt = await mint(issuer.keyhouse, key);
    expect(await statusOf(guard, jwt)).toBe(200);
    await revoke(issuer.keyhouse, jwt);
    await until(
      () => statusOf(guard, jwt),
      (status) => status === 401,
    );
    await victim.stop();
  });

  it('falls silent says so by its lag, each second, and by metrics that Prometheus reads', async () => {
    const lags: number[] = [];
    const victim = await issuer.victim({ staleAfterMs: 1000, onLag: (lagMs) => void lags.push(lagMs) });
    const { guard } = victim.keyhouse;
    await guard.ready();
    expect(guard.lagMs).toBeLessThan(1500);
    await silenced(victim);
    await until(
      () => Math.max(0, ...lags),
      (most) => most > 1000,
    );
    const families = new Set<string>();
    for (const line of guard.metricsText().trimEnd().split('\n'))
      expect(line).toMatch(/^(# (HELP|TYPE) keyhouse_guard_\w+ .+|keyhouse_guard_\w+(\{\w+="[\w-]+"\})? (-?\d[\d.e+-]*|\+Inf))$/);
    // Each family has its type once, before its figures, and all figures of it are together.
    for (const line of guard.metricsText().trimEnd().split('\n')) {
      const [, typed] = /^# TYPE (\w+) (?:counter|gauge)$/.exec(line) ?? [];
      if (typed === undefined) expect([...families].at(-1)).toBe(line.split(/[ {]/, 1)[0]);
      else expect(families.has(typed) || !families.add(typed)).toBe(false);
    }
    expect(Number(/^keyhouse_guard_feed_lag_seconds (\S+)/m.exec(guard.metricsText())?.[1])).toBeGreaterThan(1);
    victim.heal();
    await until(
      () => guard.lagMs,
      (lagMs) => lagMs < 1000,
    );
    await victim.stop();
  });
});

describe('a guard of a Keyhouse that', () => {
  /** One address, behind which servers come and go. */
  async function housesAt() {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    return { url, start: (database: TestDatabase) => startTestServer({ port, url, database }) };
  }
  const kept = (database: TestDatabase): TestDatabase => ({ ...database, drop: async () => {} });

  it('is started again goes on where it was: the same epoch, and nothing is forgotten', async () => {
    const { url, start } = await housesAt();
    const database = sqliteDatabase();
    let server = await start(kept(database));
    const own = await server.key(1, { permissions: ['keyhouse.verify'] });
    const [key, other] = [await newKey(server), await newKey(server)];
    const [gone, jwt] = [await mint(server, key), await mint(server, other)];
    const guard = createGuard({ issuer: url, key: own.text, log: () => {} });
    await guard.ready();
    expect([await statusOf(guard, gone), await statusOf(guard, jwt)]).toEqual([200, 200]);
    await server.keyhouse.credentials.revoke({ kind: 'key', id: key.id }, OPERATOR);
    await until(
      () => statusOf(guard, gone),
      (status) => status === 401,
    );
    await server.stop();
    expect(await statusOf(guard, gone)).toBe(401);
    server = await start(kept(database));
    expect([await statusOf(guard, gone), await statusOf(guard, jwt)]).toEqual([401, 200]);
    await server.keyhouse.credentials.revoke({ kind: 'key', id: other.id }, OPERATOR);
    await until(
      () => statusOf(guard, jwt),
      (status) => status === 401,
    );
    await guard.close();
    await server.stop();
    await database.drop();
  });

  it('was restored from a backup takes in its whole list, and keeps what it knew', async () => {
    const { url, start } = await housesAt();
    let server = await start(sqliteDatabase());
    const own = await server.key(1, { permissions: ['keyhouse.verify'] });
    const [old, lost] = [await newKey(server), await newKey(server)];
    const [ofOld, ofLost] = [await mint(server, old), await mint(server, lost)];
    const guard = createGuard({ issuer: url, key: own.text, log: () => {} });
    await guard.ready();
    expect([await statusOf(guard, ofOld), await statusOf(guard, ofLost)]).toEqual([200, 200]);

    const folder = mkdtempSync(join(tmpdir(), 'keyhouse-restored-'));
    backupSqlite(server.database.url.slice('sqlite:'.length), join(folder, 'keyhouse.db'));
    // After the backup: the copy knows nothing of it, and considers the key valid.
    await server.keyhouse.credentials.revoke({ kind: 'key', id: lost.id }, OPERATOR);
    await until(
      () => statusOf(guard, ofLost),
      (status) => status === 401,
    );
    await server.stop();

    server = await start(sqliteDatabaseAt(join(folder, 'keyhouse.db')));
    const heardBefore = Number(guard.metrics().feed_messages_total);
    await until(
      () => Number(guard.metrics().feed_messages_total),
      (heard) => heard > heardBefore + 1,
    );
    expect([await statusOf(guard, ofOld), await statusOf(guard, ofLost)]).toEqual([200, 401]);
    await server.keyhouse.credentials.revoke({ kind: 'key', id: old.id }, OPERATOR);
    await until(
      () => statusOf(guard, ofOld),
      (status) => status === 401,
    );
    await guard.close();
    await server.stop();
  });
});
