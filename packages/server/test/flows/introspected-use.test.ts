/**
 * Verifying by introspection (RFC 7662) is counted like verifying by `/verify`, and the answer says when the credential expires.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { newApplication, openSession, type TestApplication } from '../applications.ts';
import { registered } from '../browser.ts';
import { eachDatabase } from '../databases.ts';
import { newPerson } from '../people.ts';
import { OPERATOR, startTestServer, type TestServer } from '../server.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const REPORTED = { 'x-keyhouse-use': 'reported' };

eachDatabase('a question of introspection', (makeDatabase) => {
  let server: TestServer;
  let resourceServer: string;
  let page: TestApplication;

  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase() });
    resourceServer = (await server.key(1, { permissions: ['keyhouse.verify'] })).text;
    page = await newApplication(server, (await newPerson(server)).accountId, { kind: 'confidential' });
    return () => server.stop();
  });

  const ask = async (token: string, { bearer = resourceServer, headers = {}, permission = '' } = {}) =>
    (
      await server.request('/auth/introspect', {
        ...{ bearer, headers },
        body: { token, ...(permission === '' ? {} : { permission }) },
      })
    ).json;
  const written = () => server.keyhouse.flush();
  const requestsOf = async (kind: 'token' | 'key', id: number): Promise<number> => {
    await written();
    return (await server.store.credentials.getCredential(kind, id))?.use.requests ?? -1;
  };
  const idOf = (token: string): number => Number(token.split('|')[0]);
  const leastOf = async (id: number) => {
    await written();
    const key = await server.store.credentials.getCredential('key', id);
    if (key === null) throw new Error('There is no such key.');
    return (await server.keyhouse.use.leastPrivilegeOf([key])).get(id);
  };

  it('keeps a log-in token alive that nobody uses in any other way, however long', async () => {
    const { token } = await server.register();
    const unasked = await server.register();
    for (let weeks = 0; weeks < 30; weeks++) {
      server.advance(7 * DAY_MS);
      expect(await ask(token), `week ${weeks}`).toMatchObject({ active: true });
    }
    expect(await ask(unasked.token)).toEqual({ active: false });
    expect((await server.request('/api/v1/cli/loggedUser', { bearer: token })).status).toBe(200);
  });

  it('counts once each, alone and in a batch, on tokens, keys and the keys of JWTs', async () => {
    const { token, accountId } = await server.register();
    const key = await server.key(accountId);
    const { token: jwt } = (await server.request('/auth', { bearer: key.text, body: { permissions: ['invoices.read'] } })).json;
    const [ofToken, ofKey] = [await requestsOf('token', idOf(token)), await requestsOf('key', key.id)];
    for (const text of [token, key.text, jwt]) await ask(text);
    await server.request('/auth/introspect/batch', { bearer: resourceServer, body: { tokens: [token, key.text, jwt] } });
    expect([await requestsOf('token', idOf(token)), await requestsOf('key', key.id)]).toEqual([ofToken + 2, ofKey + 4]);
  });

  it('counts for the old secret when it came with the old secret', async () => {
    const { accountId } = await server.register();
    const key = await server.key(accountId);
    await rotated('key', key.id);
    await ask(key.text);
    await written();
    const kept = await server.store.credentials.getCredential('key', key.id);
    expect(kept?.use).toMatchObject({ previousRequests: 1 });
  });

  it('shows when a session was seen', async () => {
    const { jwt, id } = await openSession(server, (await registered(server)).browser, page);
    server.advance(HOUR_MS / 10);
    const askedAtMs = server.now();
    await ask(jwt);
    await written();
    expect((await server.store.sessions.findSession(id))?.lastUsedAtMs).toBeGreaterThanOrEqual(askedAtMs);
  });

  it('is no use when a guard reports its own, when a key asks about itself, nor when an application asks about its own', async () => {
    const { accountId } = await server.register();
    const key = await server.key(accountId);
    const { token: jwt } = (await server.request('/auth', { bearer: key.text, body: { permissions: ['invoices.read'] } })).json;
    const before = await requestsOf('key', key.id);
    for (const text of [key.text, jwt]) await ask(text, { headers: REPORTED });
    await server.request('/auth/introspect/batch', { bearer: resourceServer, headers: REPORTED, body: { tokens: [key.text] } });
    expect(await requestsOf('key', key.id)).toBe(before);
    for (const text of [key.text, jwt]) await ask(text, { bearer: key.text });
    expect(await requestsOf('key', key.id), 'only as the one that asked').toBe(before + 2);

    const { jwt: ofSession, id } = await openSession(server, (await registered(server)).browser, page);
    const openedAtMs = (await server.store.sessions.findSession(id))?.lastUsedAtMs;
    server.advance(HOUR_MS / 10);
    const basic = `Basic ${Buffer.from(`${page.clientId}:${page.secret}`).toString('base64')}`;
    const asked = await server.request('/auth/introspect', { headers: { authorization: basic }, body: { token: ofSession } });
    expect(asked.json).toMatchObject({ active: true });
    await written();
    expect((await server.store.sessions.findSession(id))?.lastUsedAtMs).toBe(openedAtMs);
  });

  it('is nothing to what does not belong to the asker, and nothing to what is not valid', async () => {
    const { token } = await server.register();
    const before = await requestsOf('token', idOf(token));
    const foreign = await server.key((await server.register()).accountId);
    expect(await ask(token, { bearer: foreign.text })).toEqual({ active: false });
    expect(await requestsOf('token', idOf(token))).toBe(before);
  });

  it('counts for the permission that the asker names; where nobody named one, nothing is suggested to be taken away', async () => {
    const { accountId } = await server.register();
    const named = await server.key(accountId, { permissions: ['invoices.read', 'crm.read'] });
    // Nothing is suggested before it was watched for a month.
    server.advance(31 * DAY_MS);
    for (let times = 0; times < 3; times++) await ask(named.text, { permission: 'invoices.read' });
    expect(await leastOf(named.id)).toMatchObject({
      narrowTo: ['invoices.read'],
      untoldRequests: 0,
      permissions: [
        { name: 'crm.read', requests90Days: 0 },
        { name: 'invoices.read', requests90Days: 3 },
      ],
    });
    // A permission that it does not hold was not used.
    await ask(named.text, { permission: 'services.write' });
    await ask(named.text);
    expect(await leastOf(named.id)).toMatchObject({ narrowTo: null, untoldRequests: 2, permissions: [{}, {}] });
  });

  describe('tells when it expires:', () => {
    it('an old secret, at the end of its overlap or with the credential, whichever is first', async () => {
      const { accountId } = await server.register();
      const key = await server.key(accountId);
      const atMs = await rotated('key', key.id);
      const { exp } = await ask(key.text);
      expect([exp * 1000 > atMs + HOUR_MS - 10_000, exp * 1000 <= atMs + HOUR_MS]).toEqual([true, true]);
      const ending = await server.key(accountId, { expiresAtMs: server.now() + HOUR_MS / 2 });
      await rotated('key', ending.id);
      expect((await ask(ending.text)).exp * 1000).toBeLessThanOrEqual(server.now() + HOUR_MS / 2);
      server.advance(HOUR_MS);
      expect(await ask(key.text)).toEqual({ active: false });
    });

    it('a token that expires unused, 90 days after its last use; what never expires has no end', async () => {
      const { token, accountId } = await server.register();
      const key = await server.key(accountId);
      const usedAtMs = server.now();
      await ask(token);
      server.advance(30 * DAY_MS);
      const { exp } = await ask(token, { headers: REPORTED });
      expect([exp * 1000 > usedAtMs + 90 * DAY_MS - 10_000, exp * 1000 < usedAtMs + 91 * DAY_MS]).toEqual([true, true]);
      expect(await ask(key.text)).not.toHaveProperty('exp');
    });
  });

  /** With an overlap of an hour; returns when it was rotated. */
  async function rotated(kind: 'token' | 'key', id: number): Promise<number> {
    const credential = await server.store.credentials.getCredential(kind, id);
    if (credential === null) throw new Error('There is no such credential.');
    const done = await server.keyhouse.credentials.rotate(
      { credential, currentHash: credential.hash, overlapSeconds: 3600, revokeJwts: false },
      OPERATOR,
    );
    if (!done.ok) throw new Error(done.reason);
    return done.value.credential.rotatedAtMs ?? 0;
  }
});
