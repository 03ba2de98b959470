/** Document B's third part, once from beginning to end on each database: an application asks, a user allows, a session runs. */
import { beforeAll, expect, it } from 'vitest';
import {
  allowed,
  answerOf,
  askTokens,
  authPath,
  CALLBACK,
  claimsOf,
  newApplication,
  newPkce,
  openSession,
  refresh,
  requestOf,
  type TestApplication,
  visit,
  withSecret,
} from '../applications.ts';
import { type Browser, loggedIn, openBrowser, registered, verified } from '../browser.ts';
import { eachWay } from '../databases.ts';
import { mailsOf } from '../mails.ts';
import { invite, newPerson, newTeam } from '../people.ts';
import { OPERATOR, startTestServer, type TestServer } from '../server.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

eachWay('user sessions', (makeDatabase) => {
  let server: TestServer;
  let ada: { browser: Browser; email: string; id: number };
  let spa: TestApplication;
  let web: TestApplication;
  let verifyingKey: string;

  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase() });
    ada = await verified(server);
    const owner = await newPerson(server);
    spa = await newApplication(server, owner.accountId, { name: 'Page' });
    web = await newApplication(server, owner.accountId, { name: 'Web', kind: 'confidential', ownPermissions: ['reports.read'] });
    verifyingKey = (await server.key(1, { permissions: ['keyhouse.verify'] })).text;
    return () => server.stop();
  });

  const statusOf = async (jwt: string, path = '/verify/api/invoices'): Promise<number> =>
    (await server.request(path, { bearer: jwt })).status;
  const introspected = async (token: string) =>
    (await server.request('/auth/introspect', { bearer: verifyingKey, body: { token } })).json;

  it('begin with a person who logs in, allows, and is back within one redirect from then on', async () => {
    const pkce = newPkce();
    const stranger = await visit(server, openBrowser(server), authPath(spa, pkce));
    expect(stranger.status).toBe(303);
    expect(stranger.headers.location).toMatch(/^\/login\?request=[\w.-]+$/);
    const request = requestOf(stranger.headers.location ?? '');

    const person = await registered(server);
    const continued = await visit(server, person.browser, `/auth/continue?request=${request}`);
    expect(continued.headers.location).toMatch(/^\/consent\?request=[\w.-]+$/);
    const asked = await person.browser.ask('/consent/check', { body: { request: requestOf(continued.headers.location ?? '') } });
    expect(asked.json).toMatchObject({
      application: { name: 'Page', verified: false },
      destination: 'app.example.com',
      permissions: [{ name: 'invoices.read', optional: false }],
      user: { email: person.email },
    });
    const decided = await person.browser.ask('/consent', { body: { request, decision: 'allow' } });
    const answer = answerOf(decided.json.location);
    expect(decided.json.location).toMatch(/^https:\/\/app\.example\.com\/callback\?/);
    expect([answer.get('state'), answer.get('iss')]).toEqual(['of the application', server.url]);

    const redeemed = await askTokens(server, {
      ...{ grant_type: 'authorization_code', client_id: spa.clientId, redirect_uri: CALLBACK },
      ...{ code: answer.get('code') ?? '', code_verifier: pkce.verifier },
    });
    expect(redeemed.status).toBe(200);
    expect(redeemed.headers['cache-control']).toBe('no-store');
    expect(redeemed.json).toMatchObject({ token_type: 'Bearer', expires_in: 600, scope: 'invoices.read' });
    const claims = claimsOf(redeemed.json.access_token);
    expect(claims).toMatchObject({
      ...{ iss: server.url, aud: server.url, sub: `user:${person.id}`, client_id: spa.clientId },
      ...{ permissions: ['invoices.read'], scope: 'invoices.read', environment: 'live' },
    });
    expect(claims.exp - claims.iat).toBe(600);
    expect(await statusOf(redeemed.json.access_token)).toBe(200);
    expect(await statusOf(redeemed.json.access_token, '/verify/api/services')).toBe(403);
    expect(await introspected(redeemed.json.access_token)).toMatchObject({ active: true, kind: 'session', sid: claims.sid });

    const again = await allowed(server, person.browser, spa);
    expect([again.asked, again.answer.get('code')]).toEqual([false, expect.stringMatching(/^kh_code_/)]);
  });

  it('are refreshed with the newest token, and the one before it gets the very same answer for a minute', async () => {
    const session = await openSession(server, ada.browser, spa);
    const first = await refresh(server, spa, session.refreshToken);
    expect(first.status).toBe(200);
    expect(await statusOf(first.json.access_token)).toBe(200);
    expect(claimsOf(first.json.access_token).sid).toBe(session.id);
    const lost = await refresh(server, spa, session.refreshToken);
    expect(lost.json.refresh_token).toBe(first.json.refresh_token);
    expect(lost.json.access_token).not.toBe(first.json.access_token);
    const second = await refresh(server, spa, first.json.refresh_token);
    expect(second.json.refresh_token).not.toBe(first.json.refresh_token);
    // Months later: a session never ends by itself.
    server.advance(200 * DAY_MS);
    expect((await refresh(server, spa, second.json.refresh_token)).status).toBe(200);
    ada = { ...ada, browser: await loggedIn(server, ada.email) };
  });

  it('honour a late token of a public client three times a day, and then refuse it while the session lives', async () => {
    const session = await openSession(server, ada.browser, spa);
    const next = (await refresh(server, spa, session.refreshToken)).json.refresh_token;
    server.advance(2 * MINUTE_MS);
    for (let time = 0; time < 3; time++) expect((await refresh(server, spa, session.refreshToken)).json.refresh_token).toBe(next);
    const fourth = await refresh(server, spa, session.refreshToken);
    expect([fourth.status, fourth.json.error]).toEqual([400, 'invalid_grant']);
    expect((await refresh(server, spa, next)).status).toBe(200);
    const late = await server.store.audit.list({ userId: ada.id, event: 'session.late', limit: 10 });
    expect(late).toHaveLength(3);
  });

  it('honour a late token without limit where the client proves itself', async () => {
    const session = await openSession(server, ada.browser, web);
    const next = (await refresh(server, web, session.refreshToken)).json.refresh_token;
    server.advance(2 * HOUR_MS);
    for (let time = 0; time < 6; time++) expect((await refresh(server, web, session.refreshToken)).json.refresh_token).toBe(next);
    ada = { ...ada, browser: await loggedIn(server, ada.email) };
  });

  it('end when an old token comes again, with their JWTs, and the user is told by mail', async () => {
    const session = await openSession(server, ada.browser, spa);
    const second = (await refresh(server, spa, session.refreshToken)).json;
    const third = (await refresh(server, spa, second.refresh_token)).json;
    expect((await refresh(server, spa, session.refreshToken)).json.error).toBe('invalid_grant');
    expect((await refresh(server, spa, third.refresh_token)).json.error).toBe('invalid_grant');
    expect(await statusOf(third.access_token)).toBe(401);
    expect(await introspected(third.access_token)).toEqual({ active: false });
    const mails = await mailsOf(server, ada.email);
    expect(mails.filter(({ kind }) => kind === 'session-reuse')).toHaveLength(1);
  });

  it('end with a code that comes twice', async () => {
    const { answer, pkce } = await allowed(server, ada.browser, spa);
    const form = {
      ...{ grant_type: 'authorization_code', client_id: spa.clientId, redirect_uri: CALLBACK },
      ...{ code: answer.get('code') ?? '', code_verifier: pkce.verifier },
    };
    const first = await askTokens(server, form);
    expect(first.status).toBe(200);
    expect((await askTokens(server, form)).json.error).toBe('invalid_grant');
    expect(await statusOf(first.json.access_token)).toBe(401);
    expect((await refresh(server, spa, first.json.refresh_token)).json.error).toBe('invalid_grant');
  });

  it('end wherever they should: disconnected, signed out, password changed, user disabled, application deleted', async () => {
    const ends: Record<
      string,
      (person: Awaited<ReturnType<typeof registered>>, client: TestApplication, token: string, sid: string) => Promise<unknown>
    > = {
      disconnected: async (person, client) => {
        const connected = await server.store.grants.listConnected(person.id, server.now());
        const grant = connected.find(({ clientId }) => clientId === client.clientId);
        expect(await server.keyhouse.oauth.endGrant({ id: grant?.id ?? 0, userId: person.id }, OPERATOR)).toBe(true);
      },
      revoked: async (_person, client, token) =>
        expect((await server.request('/auth/revoke', { body: { token, ...withSecret(client) } })).status).toBe(200),
      'ended one': async (person, _client, _token, id) =>
        expect(await server.keyhouse.sessions.end({ id, userId: person.id, reason: 'revoked' }, OPERATOR)).toBe(true),
      'password changed': async (person) =>
        expect(
          (await person.browser.ask('/me/password', { method: 'PUT', body: { password: 'four other unrelated words' } })).status,
        ).toBe(204),
      disabled: async (person) => {
        expect((await server.keyhouse.users.disable({ userId: person.id, by: OPERATOR })).ok).toBe(true);
      },
      'application deleted': async (_person, client) =>
        expect(await server.keyhouse.applications.delete(client, OPERATOR)).toBeTruthy(),
    };
    for (const [how, end] of Object.entries(ends)) {
      const person = await registered(server);
      const owner = await newPerson(server);
      const client = await newApplication(server, owner.accountId);
      const session = await openSession(server, person.browser, client);
      expect(await statusOf(session.jwt), how).toBe(200);
      await end(person, client, session.refreshToken, session.id);
      expect(await statusOf(session.jwt), how).toBe(401);
      const { status } = await refresh(server, client, session.refreshToken);
      expect([400, 401], how).toContain(status);
    }
  });

  it('are for one account, capped by the role held there, and end with leaving it', async () => {
    const owner = await newPerson(server);
    const team = await newTeam(owner);
    const email = `u${crypto.randomUUID()}@example.com`;
    const viewer = await registered(server, email);
    const ticket = await invite(server, owner, team, email, 'viewer');
    expect((await viewer.browser.ask('/invitation/accept', { body: { ticket } })).status).toBe(200);
    const session = await openSession(server, viewer.browser, spa, {
      rest: { scope: 'invoices.read invoices.write' },
      consent: { account: team },
    });
    expect(claimsOf(session.jwt)).toMatchObject({ account: team, permissions: ['invoices.read'] });
    const raised = await owner.ask(`/accounts/${team}/members/${viewer.id}`, { method: 'PATCH', body: { role: 'developer' } });
    expect(raised.status).toBeLessThan(300);
    const wider = await refresh(server, spa, session.refreshToken);
    expect(claimsOf(wider.json.access_token).permissions).toEqual(['invoices.read', 'invoices.write']);
    expect((await owner.ask(`/accounts/${team}/members/${viewer.id}`, { method: 'DELETE' })).status).toBeLessThan(300);
    expect(await statusOf(wider.json.access_token)).toBe(401);
    expect((await refresh(server, spa, wider.json.refresh_token)).json.error).toBe('invalid_grant');
  });

  it('tell an OpenID client who logged in', async () => {
    const session = await openSession(server, ada.browser, spa, { rest: { scope: 'openid email profile', nonce: 'n-1' } });
    const id = claimsOf(session.idToken ?? '');
    expect(id).toMatchObject({ iss: server.url, aud: spa.clientId, sub: `user:${ada.id}`, nonce: 'n-1', sid: session.id });
    expect(id.auth_time).toBeTypeOf('number');
    const info = await server.request('/auth/userinfo', { bearer: session.jwt });
    expect(info.json).toMatchObject({ sub: `user:${ada.id}`, email: ada.email, email_verified: true });
    expect((await server.request('/auth/userinfo', { bearer: session.idToken ?? '' })).status).toBe(401);
  });

  it('let a confidential application act by itself, within its own list', async () => {
    const granted = await askTokens(server, { grant_type: 'client_credentials', ...withSecret(web) });
    expect(granted.json).toMatchObject({ token_type: 'Bearer', expires_in: 600, scope: 'reports.read' });
    expect(granted.json.refresh_token).toBeUndefined();
    expect(claimsOf(granted.json.access_token)).toMatchObject({
      sub: web.clientId,
      client_id: web.clientId,
      account: web.accountId,
    });
    expect(await statusOf(granted.json.access_token, '/verify/api/reports')).toBe(200);
    expect(await introspected(granted.json.access_token)).toMatchObject({ kind: 'application', sub: web.clientId });
    const revoked = await server.request('/auth/revoke', { body: { token: granted.json.access_token, ...withSecret(web) } });
    expect(revoked.status).toBe(200);
    expect(await statusOf(granted.json.access_token, '/verify/api/reports')).toBe(401);
    const beyond = await askTokens(server, { grant_type: 'client_credentials', scope: 'reports.write', ...withSecret(web) });
    expect(beyond.json.error).toBe('invalid_scope');
    expect((await askTokens(server, { grant_type: 'client_credentials', client_id: spa.clientId })).json.error).toBe(
      'unauthorized_client',
    );
  });

  it('keep to the policy of their application: idle, and too old', async () => {
    const owner = await newPerson(server);
    const idle = await newApplication(server, owner.accountId, { idleSeconds: 3600 });
    const old = await newApplication(server, owner.accountId, { absoluteSeconds: 7200 });
    const [a, b] = [await openSession(server, ada.browser, idle), await openSession(server, ada.browser, old)];
    server.advance(50 * MINUTE_MS);
    const [a2, b2] = [await refresh(server, idle, a.refreshToken), await refresh(server, old, b.refreshToken)];
    expect([a2.status, b2.status]).toEqual([200, 200]);
    server.advance(80 * MINUTE_MS);
    expect((await refresh(server, idle, a2.json.refresh_token)).json.error).toBe('invalid_grant');
    expect((await refresh(server, old, b2.json.refresh_token)).json.error).toBe('invalid_grant');
    ada = { ...ada, browser: await loggedIn(server, ada.email) };
  });
});
