/**
 * The lifetime limit of an application's sessions is respected by everything that is issued or reported for them, however short
 * it is.
 */
import { beforeAll, expect, it } from 'vitest';
import { claimsOf, newApplication, openSession, refresh, type TestApplication } from '../applications.ts';
import { loggedIn, registered } from '../browser.ts';
import { eachDatabase } from '../databases.ts';
import { newMember, newPerson, newTeam } from '../people.ts';
import { OPERATOR, startTestServer, type TestServer } from '../server.ts';

const MINUTE_MS = 60_000;

eachDatabase('the limit of a session', (makeDatabase) => {
  let server: TestServer;
  let verifyingKey: string;
  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase() });
    verifyingKey = (await server.key(1, { permissions: ['keyhouse.verify'] })).text;
    return () => server.stop();
  });

  const newClient = async (limits: object): Promise<TestApplication> =>
    await newApplication(server, (await newPerson(server)).accountId, { kind: 'confidential', ...limits });
  const open = async (client: TestApplication, scope = 'invoices.read') =>
    await openSession(server, (await registered(server)).browser, client, { rest: { scope } });
  const statusOf = async (jwt: string): Promise<number> => (await server.request('/verify/api/invoices', { bearer: jwt })).status;
  const introspected = async (token: string) =>
    (await server.request('/auth/introspect', { bearer: verifyingKey, body: { token } })).json;
  const askedBy = async ({ clientId, secret }: TestApplication, token: string) => {
    const authorization = `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`;
    return (await server.request('/auth/introspect', { headers: { authorization }, body: { token } })).json;
  };
  /** Whole seconds, so that a test can calculate with them. */
  const toWholeSecond = (): void => server.advance(1000 - (server.now() % 1000));

  it.each(['idleSeconds', 'absoluteSeconds'] as const)('below ten minutes ends its JWTs (%s)', async (limit) => {
    const client = await newClient({ [limit]: 60 });
    const { jwt, refreshToken } = await open(client);
    const { iat, exp } = claimsOf(jwt);
    expect(exp - iat).toBeLessThanOrEqual(60);
    expect((await introspected(jwt)).exp).toBe(exp);
    server.advance(30_000);
    const next = (await refresh(server, client, refreshToken)).json;
    const claims = claimsOf(next.access_token);
    const mostSeconds = limit === 'idleSeconds' ? 60 : 31;
    expect(next.expires_in).toBe(claims.exp - claims.iat);
    expect([next.expires_in <= mostSeconds, next.expires_in > mostSeconds - 10]).toEqual([true, true]);
    expect(await statusOf(next.access_token)).toBe(200);
    server.advance(61_000);
    expect([await statusOf(next.access_token), await introspected(next.access_token)]).toEqual([401, { active: false }]);
    expect((await refresh(server, client, next.refresh_token)).json.error).toBe('invalid_grant');
  });

  it('cuts only the last JWT short, however long the session was', async () => {
    const client = await newClient({ absoluteSeconds: 3600 });
    toWholeSecond();
    const { refreshToken } = await open(client);
    server.advance(10 * MINUTE_MS);
    const middle = (await refresh(server, client, refreshToken)).json;
    expect(middle.expires_in).toBe(600);
    server.advance(45 * MINUTE_MS);
    const last = (await refresh(server, client, middle.refresh_token)).json;
    expect([last.expires_in <= 300, last.expires_in > 240]).toEqual([true, true]);
  });

  it('is told of a refresh token, and one of a session that lapsed is not active', async () => {
    const client = await newClient({ idleSeconds: 3600, absoluteSeconds: 7200 });
    const { refreshToken } = await open(client);
    const openedAtMs = server.now();
    const first = await askedBy(client, refreshToken);
    expect([first.active, Math.abs(first.exp * 1000 - openedAtMs - 60 * MINUTE_MS) < 20_000]).toEqual([true, true]);
    server.advance(50 * MINUTE_MS);
    const second = (await refresh(server, client, refreshToken)).json.refresh_token;
    server.advance(40 * MINUTE_MS);
    const third = (await refresh(server, client, second)).json.refresh_token;
    const { exp } = await askedBy(client, third);
    expect(Math.abs(exp * 1000 - openedAtMs - 120 * MINUTE_MS), 'the sooner of the two').toBeLessThan(20_000);
    server.advance(31 * MINUTE_MS);
    expect(await askedBy(client, third)).toEqual({ active: false });

    const endless = await newClient({});
    const { refreshToken: lasting } = await open(endless);
    server.advance(400 * 24 * 60 * MINUTE_MS);
    const active = await askedBy(endless, lasting);
    expect([active.active, 'exp' in active]).toEqual([true, false]);
  });

  it('aside, a refresh token is told of with what a refresh would give now', async () => {
    const client = await newClient({});
    const owner = await newPerson(server);
    const team = await newTeam(owner);
    const member = await newMember(server, owner, team, 'developer');
    const browser = await loggedIn(server, member.email);
    const { refreshToken } = await openSession(server, browser, client, {
      rest: { scope: 'invoices.read invoices.write' },
      consent: { account: team },
    });
    const held = async () => (await askedBy(client, refreshToken)).permissions;
    expect(await held()).toEqual(['invoices.read', 'invoices.write']);
    await owner.ask(`/accounts/${team}/members/${member.id}`, { method: 'PATCH', body: { role: 'viewer' } });
    expect(await held()).toEqual(['invoices.read']);
    await server.keyhouse.applications.update({ application: client, settings: { permissions: ['crm.read'] } }, OPERATOR);
    expect(await held()).toEqual([]);
    await owner.ask(`/accounts/${team}/members/${member.id}`, { method: 'DELETE' });
    expect(await askedBy(client, refreshToken)).toEqual({ active: false });
  });
});
