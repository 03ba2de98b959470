import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newApplication, openSession } from '../../../test/applications.ts';
import { eachDatabase } from '../../../test/databases.ts';
import { newPerson } from '../../../test/people.ts';
import { OPERATOR, startTestServer, type TestServer } from '../../../test/server.ts';

const digestOf = (text: string): string => createHash('sha256').update(text).digest('base64url');

eachDatabase('what guards report', (makeDatabase) => {
  let server: TestServer;
  let guard: { text: string; id: number };
  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase() });
    guard = await server.key(1, { permissions: ['keyhouse.verify'] });
  });
  afterAll(() => server.stop());

  const newKey = async (permissions = ['invoices.read', 'crm.read']) => {
    const { accountId } = await server.register();
    return { ...(await server.key(accountId, { permissions })), accountId };
  };
  const at = (ms = 0): string => new Date(server.now() + ms).toISOString();
  const use = (subject: object, change: object = {}) => ({
    ...{ subject, permissions: ['invoices.read'], status: 200, count: 3, last_used_at: at(-1000) },
    ...{ address: '203.0.113.7', user_agent: 'erp/2' },
    ...change,
  });
  const refusal = (subject: object | null, change: object = {}) => ({
    ...{ request_id: randomUUID(), at: at(), status: 403, reason: 'forbidden', subject, method: 'GET', path: '/api/invoices' },
    ...{
      wanted: ['invoices.write'],
      held: ['invoices.read', 'made.up.read', 'no\u0000permission'],
      expires_at: null,
      address: '203.0.113.7',
      user_agent: 'erp/2',
    },
    ...change,
  });
  const report = (body: object) =>
    server.request('/auth/usage', { bearer: guard.text, body: { batch: randomUUID(), uses: [], refusals: [], ...body } });
  const settle = async (): Promise<void> => {
    await server.keyhouse.audit.refusals.flush();
  };
  const useOf = async (id: number) => {
    let found = await server.store.credentials.getCredential('key', id);
    await expect
      .poll(async () => {
        found = await server.store.credentials.getCredential('key', id);
        return found?.use.requests;
      })
      .toBeGreaterThan(0);
    return found?.use;
  };
  const recorded = async (requestId: string) => {
    await settle();
    return (await server.store.audit.list({ requestId, limit: 5 })).map((event) => ({
      ...event,
      details: JSON.parse(event.details),
    }));
  };

  it('counts on the credential, with the last use, where from, and the permission, as if the server had seen it', async () => {
    const key = await newKey();
    const jwt = { kind: 'jwt', credential: key.id, jti: 'x'.repeat(22) };
    expect((await report({ uses: [use({ kind: 'key', credential: key.id }), use(jwt, { count: 4 })] })).status).toBe(204);
    expect(await useOf(key.id)).toMatchObject({ requests: 7, lastAddress: '203.0.113.7', lastUserAgent: 'erp/2' });
    const credential = await server.store.credentials.getCredential('key', key.id);
    if (credential === null) throw new Error('The key has gone.');
    const least = (await server.keyhouse.use.leastPrivilegeOf([credential])).get(key.id);
    expect(least?.permissions.map(({ name, requests30Days }) => [name, requests30Days])).toEqual([
      ['crm.read', 0],
      ['invoices.read', 7],
    ]);
    // A narrowing is suggested after a month of watching.
    expect([least?.narrowTo, least?.suggestsFromMs !== null]).toEqual([null, true]);
  });

  it('counts a request that needed two permissions once, and both of them as used', async () => {
    const key = await newKey();
    await report({ uses: [use({ kind: 'key', credential: key.id }, { permissions: ['invoices.read', 'crm.read'], count: 5 })] });
    expect(await useOf(key.id)).toMatchObject({ requests: 5 });
    const credential = await server.store.credentials.getCredential('key', key.id);
    const least = credential === null ? undefined : (await server.keyhouse.use.leastPrivilegeOf([credential])).get(key.id);
    expect(least?.permissions.map(({ name, requests30Days }) => [name, requests30Days])).toEqual([
      ['crm.read', 5],
      ['invoices.read', 5],
    ]);
  });

  it('finds by digests why something does not hold, and whose it is, when the guard was not told', async () => {
    const [key, person] = [await newKey(), await server.register()];
    const [id, secret] = [Number(person.token.split('|')[0]), person.token.slice(person.token.indexOf('|') + 1)];
    const ofKey = refusal(null, { status: 401, reason: 'inactive', presented: { kind: 'key', sha256: digestOf(key.text) } });
    const ofToken = refusal(null, {
      ...{ status: 401, reason: 'inactive', presented: { kind: 'token', id, sha256: digestOf(secret) } },
    });
    for (const text of [key.text, person.token]) await server.request('/auth/revoke', { body: { token: text } });
    expect((await report({ refusals: [ofKey, ofToken] })).status).toBe(204);
    expect(await recorded(ofKey.request_id)).toMatchObject([
      {
        ...{ reason: 'revoked', actor: `key:${key.id}`, accountId: key.accountId, credentialId: key.id },
        details: { kind: 'key', held: ['invoices.read', 'crm.read'], judgedBy: 'guard' },
      },
    ]);
    expect(await recorded(ofToken.request_id)).toMatchObject([
      { reason: 'revoked', actor: `token:${id}`, accountId: person.accountId, userId: person.id, details: { kind: 'token' } },
    ]);
    expect(JSON.stringify(await recorded(ofKey.request_id))).not.toContain(digestOf(key.text));
  });

  it('finds by digests what has ended by itself, and what fell with its owner', async () => {
    const [person, other] = [await server.register(), await newKey()];
    const ending = await server.key(other.accountId, { expiresAtMs: server.now() + 30_000 });
    const orphan = await server.key(person.accountId);
    await server.keyhouse.users.disable({ userId: person.id, by: OPERATOR });
    server.advance(60_000);
    for (const [key, reason] of [
      [ending, 'expired'],
      [orphan, 'owner_disabled'],
    ] as const) {
      const told = refusal(null, { status: 401, reason: 'inactive', presented: { kind: 'key', sha256: digestOf(key.text) } });
      expect((await report({ refusals: [told] })).status).toBe(204);
      expect(await recorded(told.request_id)).toMatchObject([{ reason, credentialId: key.id, actor: `key:${key.id}` }]);
    }
  });

  it('says of a stranger what was presented, and of nobody that there was nothing', async () => {
    const blank = refusal(null, { status: 401, reason: 'missing', address: '192.0.2.77' });
    const unknown = refusal(null, {
      ...{ status: 401, reason: 'inactive', address: '192.0.2.78', presented: { kind: 'key', sha256: digestOf('nobody’s') } },
    });
    server.advance(60_000);
    expect((await report({ refusals: [blank, unknown] })).status).toBe(204);
    expect(await recorded(blank.request_id)).toMatchObject([
      { reason: 'missing', actor: 'anonymous', details: { shape: 'none' } },
    ]);
    expect(await recorded(unknown.request_id)).toMatchObject([{ reason: 'unknown', accountId: null, details: { shape: 'key' } }]);
  });

  it('tells when a session was seen last, by a guard and by the server itself, and gives its refusals to its user', async () => {
    const [owner, ada] = [await newPerson(server), await newPerson(server)];
    const application = await newApplication(server, owner.accountId);
    const session = await openSession(server, ada, application);
    const lastUsed = async (): Promise<number> => {
      const [connected] = (await ada.ask('/me/applications')).json.applications;
      return Date.parse(connected.last_used_at);
    };
    const openedAtMs = await lastUsed();
    server.advance(120_000);
    const subject = { kind: 'session', client_id: application.clientId, sid: session.id };
    const told = refusal(subject);
    await report({ uses: [use(subject, { last_used_at: at(-60_000) })], refusals: [told] });
    await expect.poll(lastUsed).toBeGreaterThan(openedAtMs + 30_000);
    const byGuardMs = await lastUsed();
    await server.request('/verify?permission=crm.read', { bearer: session.jwt });
    await expect.poll(lastUsed).toBeGreaterThan(byGuardMs + 30_000);
    expect(await recorded(told.request_id)).toMatchObject([
      { actor: `application:${application.clientId}`, userId: ada.id, credentialId: null, details: { kind: 'session' } },
    ]);
    // Another application's name does not match the session.
    const other = refusal({ ...subject, client_id: (await newApplication(server, owner.accountId)).clientId });
    await report({ refusals: [other] });
    for (const event of await recorded(other.request_id)) expect([event.userId, event.accountId]).toEqual([null, null]);
  });

  it('counts a batch once, however often it comes', async () => {
    const key = await newKey();
    const batch = randomUUID();
    const body = { batch, uses: [use({ kind: 'key', credential: key.id })] };
    for (let times = 0; times < 3; times++) expect((await report(body)).status).toBe(204);
    expect(await useOf(key.id)).toMatchObject({ requests: 3 });
  });

  it('puts a refusal on record under its id, with what the server itself knows of the credential', async () => {
    const key = await newKey();
    const told = refusal({ kind: 'jwt', credential: key.id, jti: 'y', account: 1, user: 1 });
    expect((await report({ refusals: [told] })).status).toBe(204);
    expect(await recorded(told.request_id)).toMatchObject([
      {
        ...{ event: 'request.refused', actor: `key:${key.id}`, accountId: key.accountId, credentialId: key.id, userId: null },
        reason: 'forbidden',
        person: { address: '203.0.113.7', userAgent: 'erp/2', path: '/api/invoices' },
        details: {
          ...{ kind: 'jwt', lacking: 'invoices.write', wanted: ['invoices.write'], held: ['invoices.read'] },
          ...{ method: 'GET', judgedBy: 'guard', guardKey: guard.id, environment: 'live', expiresAtMs: null, allowed: null },
        },
      },
    ]);
  });

  it('counts by reason what is beyond the rate, and what came without a subject', async () => {
    const key = await newKey();
    const refusals = Array.from({ length: 30 }, () => refusal({ kind: 'key', credential: key.id }));
    expect((await report({ refusals, counts: [{ reason: 'expired', count: 41 }] })).status).toBe(204);
    await server.keyhouse.audit.refusals.flush({ end: true });
    const events = await server.store.audit.list({ limit: 500 });
    expect(events.filter(({ credentialId, event }) => credentialId === key.id && event === 'request.refused')).toHaveLength(10);
    const counted = events.filter(({ event }) => event === 'request.refusals_counted');
    const countOf = (reason: string): number =>
      counted.filter((event) => event.reason === reason).reduce((sum, { details }) => sum + JSON.parse(details).count, 0);
    expect(countOf('request.refused: forbidden')).toBeGreaterThanOrEqual(20);
    expect(countOf('request.refused: expired')).toBe(41);
  });

  it('never puts a use into the future, nor more than a day back, nor before a later one', async () => {
    const [future, past] = [await newKey(), await newKey()];
    const subject = (key: { id: number }) => ({ kind: 'key', credential: key.id });
    await report({ uses: [use(subject(future), { last_used_at: '2999-01-01T00:00:00Z' })] });
    await report({ uses: [use(subject(past), { last_used_at: '1970-01-01T00:00:00Z', address: null })] });
    expect((await useOf(future.id))?.lastUsedAtMs).toBeLessThanOrEqual(server.now());
    expect((await useOf(past.id))?.lastUsedAtMs).toBeGreaterThan(server.now() - 2 * 86_400_000);
    const before = await useOf(future.id);
    await report({ uses: [use(subject(future), { last_used_at: at(-3_600_000), address: '192.0.2.1' })] });
    await expect.poll(async () => (await useOf(future.id))?.requests).toBe(6);
    expect(await useOf(future.id)).toMatchObject({ lastUsedAtMs: before?.lastUsedAtMs, lastAddress: '203.0.113.7' });
  });

  it('says in the audit log of the server what was found of a stranger, and never what was sent', async () => {
    const secret = 'kh_live_notacredentialofours';
    const told = await server.request(`/verify/api/invoices/${secret}?x=${secret}`, { bearer: secret });
    expect(told.status).toBe(401);
    const [event] = await recorded(String(told.headers['x-request-id']));
    expect(event).toMatchObject({
      ...{ reason: 'malformed', accountId: null, actor: 'anonymous' },
      details: { shape: 'malformed', method: 'GET', judgedBy: 'server', wanted: ['invoices.read'] },
      person: { path: '/api/invoices/[secret]' },
    });
    expect(JSON.stringify(event)).not.toContain('notacredential');
  });

  it('records the whole decision of the server itself', async () => {
    const key = await newKey(['crm.read']);
    const told = await server.request('/verify/api/invoices?secret=1', { bearer: key.text, method: 'POST' });
    expect(told.status).toBe(403);
    expect(await recorded(String(told.headers['x-request-id']))).toMatchObject([
      {
        reason: 'forbidden',
        details: { kind: 'key', lacking: 'invoices.write', wanted: ['invoices.write'], held: ['crm.read'], method: 'POST' },
        person: { path: '/api/invoices' },
      },
    ]);
  });
});
