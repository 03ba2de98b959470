/** A mint and a refresh take one round trip, write what the acts in full write, and answer what these answer. */
import { randomBytes } from 'node:crypto';
import { type AddressInfo, connect, createServer } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresUrl } from '../../../../../test/shared-things.ts';
import { newApplication, openSession, refresh } from '../../../test/applications.ts';
import { registered } from '../../../test/browser.ts';
import { postgresDatabase, type TestDatabase } from '../../../test/databases.ts';
import { OPERATOR, startTestServer, type TestServer } from '../../../test/server.ts';
import { chainAudit } from '../../core/audit/chain.ts';
import type { By } from '../../core/audit/event.ts';
import { verifyAudit } from '../../core/audit/verify.ts';
import type { Authority } from '../../core/authority.ts';
import type { Credential } from '../../core/credentials/credential.ts';
import { openStore } from '../open.ts';
import type { OpenedStore } from '../opened.ts';

const NOW = 1_800_000_000_000;
const DAY = 86_400_000;

let database: TestDatabase;
let server: TestServer;
let short: OpenedStore;
let full: OpenedStore;
let direct: pg.Client;

beforeAll(async () => {
  database = await postgresDatabase(await postgresUrl());
  server = await startTestServer({ database });
  const open = (isShort: boolean) => openStore({ url: database.url, onWarning: () => {}, isShort });
  [short, full] = [await open(true), await open(false)];
  direct = new pg.Client({ connectionString: database.url });
  await direct.connect();
});
afterAll(async () => {
  await direct.end();
  await Promise.all([short.close(), full.close()]);
  await server.stop();
});

async function newKey(): Promise<Credential> {
  const { accountId } = await server.register();
  const { id } = await server.key(accountId);
  const key = await server.store.credentials.getCredential('key', id);
  if (key === null) throw new Error('no key');
  return key;
}

interface Wish {
  readonly jti?: string;
  readonly subject?: string | null;
  readonly limit?: number;
  readonly by?: By;
}

const mint = (through: OpenedStore, key: Credential, { jti, subject = null, limit = 100, by = OPERATOR }: Wish = {}) =>
  through.jwts.recordJwt({
    jwt: {
      jti: jti ?? randomBytes(16).toString('base64url'),
      keyId: key.id,
      accountId: key.accountId,
      subject,
      permissions: ['invoices.read', 'a"\\.read'],
      signingKeyId: 'kid',
      issuedAtMs: NOW,
      expiresAtMs: NOW + DAY,
    },
    expected: key,
    limit,
    nowMs: NOW,
    event: {
      ...{ event: 'jwt.minted', atMs: NOW, by, accountId: key.accountId, credentialId: key.id },
      details: { jti: 'é "quoted" \\ and a line\nmore', subject, permissions: [] },
    },
  });

/** What a test counts: packets of the server after which PostgreSQL answered. */
async function countTrips(url: string): Promise<{ url: string; trips(): number; stop(): Promise<void> }> {
  const target = new URL(url);
  let trips = 0;
  const listener = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) socket.on('error', () => {});
    let isAnswering = true;
    near.on('data', (data) => {
      if (isAnswering) trips++;
      isAnswering = false;
      far.write(data);
    });
    far.on('data', (data) => {
      isAnswering = true;
      near.write(data);
    });
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => listener.once('listening', resolve));
  const through = new URL(url);
  through.host = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
  return {
    url: through.href,
    trips: () => trips,
    stop: () => new Promise((resolve) => listener.close(() => resolve())),
  };
}

describe('one round trip', () => {
  it.each([
    ['is enough', { isShort: true, ofMint: 1, ofRefresh: 1 }],
    ['is not, for acts in full,', { isShort: false, ofMint: 6, ofRefresh: 4 }],
  ])('%s for a mint and for a refresh', async (_, { isShort, ofMint, ofRefresh }) => {
    const counted = await countTrips(database.url);
    const store = await openStore({ url: counted.url, onWarning: () => {}, isShort, poolSize: 1 });
    const key = await newKey();
    // The first one opens the connection.
    expect(await mint(store, key)).toBe('recorded');
    const before = counted.trips();
    expect(await mint(store, key)).toBe('recorded');
    expect(counted.trips() - before).toBe(ofMint);

    const { browser } = await registered(server);
    const application = await newApplication(server, key.accountId);
    const session = await openSession(server, browser, application);
    const row = await store.sessions.findSession(session.id);
    const event = { event: 'session.late', atMs: NOW, by: OPERATOR } as const;
    const move = (counter: number) =>
      store.sessions.moveSession({
        ...{ id: session.id, applicationId: row?.applicationId ?? 0, counter, isProved: false, nowMs: server.now() },
        ...{ idleMs: null, absoluteMs: null, address: null, userAgent: null },
        events: { late: event, ahead: event, ended: event },
      });
    expect((await move(1)).outcome).toBe('moved');
    const moved = counted.trips();
    expect((await move(2)).outcome).toBe('moved');
    expect(counted.trips() - moved).toBe(ofRefresh);
    await store.close();
    await counted.stop();
  });
});

describe('a mint in one round trip', () => {
  it('writes the rows that a mint in full writes', async () => {
    const key = await newKey();
    const by = { actor: `key:${key.id}`, requestId: 'request', person: { address: '192.0.2.1', userAgent: 'ö"\\' } } as const;
    const rows = async (through: OpenedStore, wish: Wish) => {
      expect(await mint(through, key, wish)).toBe('recorded');
      const [jwt] = (await direct.query('SELECT * FROM jwts ORDER BY issued_at_ms DESC, ctid DESC LIMIT 1')).rows;
      const [event] = (
        await direct.query(
          'SELECT *, length(person_salt) AS person_salt, length(person_hash) AS person_hash FROM audit_events ORDER BY id DESC LIMIT 1',
        )
      ).rows;
      return [
        { ...jwt, jti: '' },
        { ...event, id: 0 },
      ];
    };
    for (const subject of [null, 'customer', 'a "quote", a \\, a \u2028, an 𝄞', '\ud800 alone'])
      for (const one of [by, OPERATOR])
        expect(await rows(short, { subject, by: { ...one, authority: { kind: 'in-the-act' } } }), String(subject)).toEqual(
          await rows(full, { subject, by: { ...one, authority: { kind: 'in-the-act' } } }),
        );
    // The chain holds over both, and the persons fit their hashes.
    await chainAudit(short.audit);
    const head = await short.audit.head();
    expect(head.number).toBeGreaterThan(8);
    expect(await verifyAudit(short.audit)).toMatchObject({ ok: true });
  });

  it('answers what a mint in full answers, also where it cannot be done in one', async () => {
    for (const through of [short, full]) {
      const key = await newKey();
      const jti = randomBytes(16).toString('base64url');
      expect(await mint(through, key, { jti })).toBe('recorded');
      await expect(mint(through, key, { jti })).rejects.toMatchObject({ code: '23505' });
      await expect(mint(through, key, { subject: 'a\0b' })).rejects.toMatchObject({ code: '22021' });
      expect(await mint(through, key, { limit: 2 })).toBe('recorded');
      expect(await mint(through, key, { limit: 2 })).toBe('too_many');
      expect(await mint(through, { ...key, permissions: ['other.read'] })).toBe('key_changed');
      expect(await mint(through, { ...key, addresses: ['10.0.0.0/8'] })).toBe('key_changed');
      expect(await mint(through, { ...key, hash: '00'.repeat(32) })).toBe('key_changed');
      expect(await mint(through, { ...key, id: 999_999 })).toBe('key_gone');
      // Whose right must be judged is judged.
      const authority: Authority = {
        ...{ kind: 'credential', credentialKind: 'key', id: key.id, hash: '00'.repeat(32) },
        ...{ address: null, isWhole: false, atMs: NOW },
      };
      const by: By = { actor: `key:${key.id}`, requestId: null, person: {}, authority };
      await expect(mint(through, key, { by })).rejects.toMatchObject({ name: 'Refusal' });
      expect(await mint(through, key)).toBe('recorded');
      expect(await through.jwts.listJwts({ keyId: key.id, nowMs: NOW, withEnded: true, limit: 10 })).toHaveLength(3);
    }
  });

  it('leaves those that come with a bad one to the acts in full', async () => {
    const key = await newKey();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, i) => mint(short, key, { subject: i === 5 ? 'a\0b' : 'good' })),
    );
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect(await short.jwts.listJwts({ keyId: key.id, nowMs: NOW, withEnded: true, limit: 10 })).toHaveLength(9);
  });
});

it('a refresh in one round trip is refused as one in full', async () => {
  const { browser } = await registered(server);
  const application = await newApplication(server, (await server.register()).accountId);
  const session = await openSession(server, browser, application);
  const first = await refresh(server, application, session.refreshToken);
  const again = await refresh(server, application, session.refreshToken);
  expect([first.status, again.status]).toEqual([200, 200]);
  expect(again.json.refresh_token).toBe(first.json.refresh_token);
  const second = await refresh(server, application, first.json.refresh_token);
  expect(second.status).toBe(200);
  // Two before the newest: a copy.
  expect((await refresh(server, application, session.refreshToken)).status).toBe(400);
  expect((await refresh(server, application, second.json.refresh_token)).status).toBe(400);
});
