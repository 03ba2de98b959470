/**
 * An attacker who is always in time: something is taken away while a mint or a refresh waits for the lock, in one round trip. The
 * transaction that takes it away is held open here, so each race is won on purpose and not by chance.
 */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresUrl } from '../../../../../test/shared-things.ts';
import {
  claimsOf,
  newApplication,
  openSession,
  refresh,
  type TestApplication,
  type TestSession,
} from '../../../test/applications.ts';
import { type Browser, registered } from '../../../test/browser.ts';
import { postgresDatabase, type TestDatabase } from '../../../test/databases.ts';
import { OPERATOR, startTestServer, type TestServer } from '../../../test/server.ts';
import type { Credential } from '../../core/credentials/credential.ts';
import type { OpenedStore } from '../opened.ts';

const NOW = 1_800_000_000_000;
const DAY = 86_400_000;
const WRITE = ['invoices.read', 'invoices.write'];

let database: TestDatabase;
let server: TestServer;
/** With three connections: two that wait, and all others would wait for them. */
let small: OpenedStore;
let direct: pg.Client;

beforeAll(async () => {
  database = await postgresDatabase(await postgresUrl(), { poolSize: 3 });
  [server, small] = [await startTestServer({ database }), await database.open()];
  direct = new pg.Client({ connectionString: database.url });
  await direct.connect();
});
afterAll(async () => {
  await direct.end();
  await server.stop();
});

const WAITS = `datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()`;

/** How many connections wait for a lock. */
async function waiting(): Promise<number> {
  // Within a transaction the answer would stay the same otherwise.
  await direct.query('SELECT pg_stat_clear_snapshot()');
  const { rows } = await direct.query<{ n: number }>(`SELECT count(*)::int4 AS n FROM pg_stat_activity WHERE ${WAITS}`);
  return rows[0]?.n ?? 0;
}

/** Does `take` in a transaction, begins `act`, and commits when `act` waits for a lock. */
async function meanwhile<Result>(take: readonly string[], act: () => Promise<Result>): Promise<Result> {
  await direct.query('BEGIN');
  for (const statement of take) await direct.query(statement);
  const done = act();
  await expect.poll(waiting, { interval: 10 }).toBeGreaterThan(0);
  await direct.query('COMMIT');
  return await done;
}

describe('a mint that waits for the lock of its key', () => {
  async function newKey(): Promise<Credential & { accountId: number; userId: number }> {
    const { id: userId, accountId } = await server.register();
    const { id } = await server.key(accountId, { permissions: WRITE });
    const key = await server.store.credentials.getCredential('key', id);
    if (key === null) throw new Error('no key');
    return { ...key, userId };
  }
  const mint = (key: Credential, { through = small, subject = null as string | null, nowMs = NOW } = {}) =>
    through.jwts.recordJwt({
      jwt: {
        jti: randomBytes(16).toString('base64url'),
        keyId: key.id,
        accountId: key.accountId,
        subject,
        permissions: ['invoices.write'],
        signingKeyId: 'kid',
        issuedAtMs: nowMs,
        expiresAtMs: nowMs + DAY,
      },
      expected: key,
      limit: 100,
      nowMs,
      event: { event: 'jwt.minted', atMs: nowMs, by: { ...OPERATOR, person: { address: '192.0.2.1' } }, credentialId: key.id },
    });
  const recorded = async (key: Credential) =>
    (await direct.query('SELECT jti FROM jwts WHERE key_id = $1', [key.id])).rows.length;
  const events = async (key: Credential) =>
    (
      await direct.query(
        `SELECT id FROM audit_events WHERE credential_id = $1 AND event = 'jwt.minted' AND person_data IS NOT NULL`,
        [key.id],
      )
    ).rows.length;

  /** What each act that takes something away locks first. */
  const lock = (key: Credential): string =>
    `INSERT INTO jwt_counts (key_id, upper_bound) VALUES (${key.id}, 0)
     ON CONFLICT (key_id) DO UPDATE SET upper_bound = jwt_counts.upper_bound`;
  const OF_THE_KEY = (key: Credential, set: string): string => `UPDATE credentials SET ${set} WHERE id = ${key.id}`;

  const TAKEN: Readonly<Record<string, (key: Credential & { userId: number }) => string>> = {
    'the key is revoked': (key) => OF_THE_KEY(key, `revoked_at_ms = ${NOW}`),
    'the key is narrowed': (key) => OF_THE_KEY(key, `permissions = '["invoices.read"]'`),
    'the key gets addresses': (key) => OF_THE_KEY(key, `addresses = '["10.0.0.0/8"]'`),
    'the key is rotated': (key) => OF_THE_KEY(key, `hash = sha256('${key.id}')`),
    'the key is rotated, and the overlap is over': (key) =>
      OF_THE_KEY(key, `hash = sha256('${key.id}'), previous_hash = hash, previous_ends_at_ms = ${NOW}`),
    'its JWTs until now are revoked': (key) => `UPDATE jwt_counts SET revoked_before_ms = ${NOW} WHERE key_id = ${key.id}`,
    'its owner is disabled': (key) => `UPDATE users SET disabled_at_ms = ${NOW} WHERE id = ${key.userId}`,
    'its owner is deleted': (key) => `UPDATE users SET deleted_at_ms = ${NOW} WHERE id = ${key.userId}`,
    'its account is deleted': (key) => `UPDATE accounts SET deleted_at_ms = ${NOW} WHERE id = ${key.accountId}`,
    'its account is suspended': (key) => `UPDATE accounts SET suspended_at_ms = ${NOW} WHERE id = ${key.accountId}`,
    'its team has no owner left': (key) => `UPDATE accounts SET ownerless_since_ms = ${NOW} WHERE id = ${key.accountId}`,
  };

  it.each(Object.keys(TAKEN))('is not recorded when meanwhile %s', async (what) => {
    const key = await newKey();
    // Once with a row in `jwt_counts`, which the lock then changes, and once without.
    expect(await mint(key, { nowMs: NOW - DAY })).toBe('recorded');
    const before = [await recorded(key), await events(key)];
    expect(await meanwhile([lock(key), TAKEN[what]?.(key) ?? ''], () => mint(key))).toBe('key_changed');
    expect([await recorded(key), await events(key)]).toEqual(before);
    const fresh = await newKey();
    expect(await meanwhile([lock(fresh), TAKEN[what]?.(fresh) ?? ''], () => mint(fresh))).toBe('key_changed');
    expect(await recorded(fresh)).toBe(0);
  });

  it('is recorded when nothing was taken away, and so is one with the previous secret within its overlap', async () => {
    const key = await newKey();
    expect(await meanwhile([lock(key)], () => mint(key))).toBe('recorded');
    const rotated = OF_THE_KEY(key, `hash = sha256('${key.id}'), previous_hash = hash, previous_ends_at_ms = ${NOW + 1}`);
    expect(await meanwhile([lock(key), rotated], () => mint(key))).toBe('recorded');
    expect([await recorded(key), await events(key)]).toEqual([2, 2]);
  });

  it('is recorded with all that came meanwhile, each with its own event and person, or none of them is', async () => {
    const key = await newKey();
    const thirty = (of: Credential) => Promise.all(Array.from({ length: 30 }, (_, i) => mint(of, { subject: String(i) })));
    expect(new Set(await meanwhile([lock(key)], () => thirty(key)))).toEqual(new Set(['recorded']));
    expect([await recorded(key), await events(key)]).toEqual([30, 30]);
    const other = await newKey();
    const revoked = await meanwhile([lock(other), OF_THE_KEY(other, `revoked_at_ms = ${NOW}`)], () => thirty(other));
    expect(new Set(revoked)).toEqual(new Set(['key_changed']));
    expect([await recorded(other), await events(other)]).toEqual([0, 0]);
  });

  it('takes one connection, however many wait with it', async () => {
    const key = await newKey();
    await direct.query('BEGIN');
    await direct.query(lock(key));
    const mints = Array.from({ length: 60 }, () => mint(key));
    await expect.poll(waiting, { interval: 10 }).toBe(1);
    // Others need a connection too, of the same three.
    for (let i = 0; i < 5; i++) expect(await small.accounts.findAccount(1)).not.toBeNull();
    expect(await waiting()).toBe(1);
    await direct.query('COMMIT');
    expect(new Set(await Promise.all(mints))).toEqual(new Set(['recorded']));
  });

  it('fails when its connection is lost, and is not done again', async () => {
    const key = await newKey();
    await direct.query('BEGIN');
    await direct.query(lock(key));
    const lost = expect(mint(key)).rejects.toMatchObject({ name: 'StoreUnavailable' });
    await expect.poll(waiting, { interval: 10 }).toBe(1);
    await direct.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${WAITS}`);
    await lost;
    await direct.query('COMMIT');
    expect(await recorded(key)).toBe(0);
  });
});

describe('a refresh that waits for its session', () => {
  let browser: Browser;
  let ada: { id: number };
  let client: TestApplication;

  beforeAll(async () => {
    const user = await registered(server);
    [browser, ada] = [user.browser, user];
    client = await newApplication(server, (await server.register()).accountId);
  });
  const open = (): Promise<TestSession> =>
    openSession(server, browser, client, { rest: { scope: 'invoices.read invoices.write' } });
  const lock = ({ id }: TestSession): string => `UPDATE sessions SET counter = counter WHERE id = '${id}'`;

  it('gets no more than what is left when something is taken away meanwhile', async () => {
    const session = await open();
    const narrowed = `UPDATE grants SET permissions = '["invoices.read"]'
      WHERE id = (SELECT grant_id FROM sessions WHERE id = '${session.id}')`;
    const answer = await meanwhile([lock(session), narrowed], () => refresh(server, client, session.refreshToken));
    expect(answer.status).toBe(200);
    expect(claimsOf(answer.json.access_token).permissions).toEqual(['invoices.read']);
    await direct.query(`UPDATE grants SET permissions = '["invoices.read","invoices.write"]'`);
  });

  it('gets no JWT that was already revoked when it waited', async () => {
    const session = await open();
    const afterMs = server.now() + 1500;
    const revoked = `UPDATE sessions SET jwts_after_ms = ${afterMs} WHERE id = '${session.id}'`;
    const answer = await meanwhile([lock(session), revoked], () => refresh(server, client, session.refreshToken));
    expect(answer.status).toBe(200);
    const state = await server.store.sessions.findSessionState(session.id);
    expect(state?.jwtsAfterMs).toBe(afterMs);
    expect(claimsOf(answer.json.access_token).iat * 1000).toBeGreaterThanOrEqual(afterMs - 1000);
  });

  it.each([
    ['the session ends', (id: string) => `UPDATE sessions SET ended_at_ms = ${NOW}, end_reason = 'revoked' WHERE id = '${id}'`],
    [
      'its grant ends',
      (id: string) => `UPDATE grants SET ended_at_ms = ${NOW} WHERE id = (SELECT grant_id FROM sessions WHERE id = '${id}')`,
    ],
    ['its user is disabled', () => `UPDATE users SET disabled_at_ms = ${NOW} WHERE id = ${ada.id}`],
  ])('is refused when meanwhile %s', async (_, take) => {
    const user = await registered(server);
    [browser, ada] = [user.browser, user];
    const session = await open();
    const answer = await meanwhile([lock(session), take(session.id)], () => refresh(server, client, session.refreshToken));
    expect(answer.status).toBe(400);
    expect((await refresh(server, client, session.refreshToken)).status).toBe(400);
    const { rows } = await direct.query('SELECT ended_at_ms FROM sessions WHERE id = $1', [session.id]);
    expect(rows[0].ended_at_ms).not.toBeNull();
  });

  it('is refused when its account is suspended meanwhile, and goes on when that is over', async () => {
    const user = await registered(server);
    browser = user.browser;
    const session = await open();
    const suspend = (sinceMs: number | null) => `UPDATE accounts SET suspended_at_ms = ${sinceMs} WHERE user_id = ${user.id}`;
    const answer = await meanwhile([lock(session), suspend(NOW)], () => refresh(server, client, session.refreshToken));
    expect(answer.status).toBe(400);
    await direct.query(suspend(null));
    expect((await refresh(server, client, session.refreshToken)).status).toBe(200);
  });

  it('moves once, of twenty with one token', async () => {
    const user = await registered(server);
    browser = user.browser;
    const session = await open();
    const answers = await meanwhile([lock(session)], () =>
      Promise.all(Array.from({ length: 20 }, () => refresh(server, client, session.refreshToken))),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(new Set(answers.map(({ json }) => json.refresh_token)).size).toBe(1);
    expect((await server.store.sessions.findSession(session.id))?.refreshes).toBe(1);
  });
});
