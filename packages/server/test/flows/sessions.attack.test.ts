/** Attempts to get into another user's session. */
import { randomBytes } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import {
  allowed,
  askTokens,
  authPath,
  CALLBACK,
  newApplication,
  newPkce,
  openSession,
  refresh,
  requestOf,
  type TestApplication,
  type TestSession,
  visit,
  withSecret,
} from '../applications.ts';
import { type Browser, openBrowser, registered } from '../browser.ts';
import { eachWay } from '../databases.ts';
import { newPerson } from '../people.ts';
import { OPERATOR, startTestServer, type TestServer } from '../server.ts';

eachWay('who wants into a session', (makeDatabase) => {
  let server: TestServer;
  let ada: { browser: Browser; email: string; id: number };
  let eve: { browser: Browser; email: string; id: number };
  let page: TestApplication;
  let web: TestApplication;
  let evil: TestApplication;
  let session: TestSession;

  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase() });
    [ada, eve] = [await registered(server), await registered(server)];
    const owner = await newPerson(server);
    page = await newApplication(server, owner.accountId, { name: 'Page' });
    web = await newApplication(server, owner.accountId, { name: 'Web', kind: 'confidential', ownPermissions: ['a.read'] });
    evil = await newApplication(server, owner.accountId, { name: 'Evil', redirectUris: ['https://evil.example/cb'] });
    session = await openSession(server, ada.browser, page, { rest: { scope: 'invoices.read openid' } });
    return () => server.stop();
  });

  const statusOf = async (path: string, bearer: string, method = 'GET') =>
    (await server.request(path, { method, bearer })).status;
  const codeFor = async (client: TestApplication, browser = ada.browser) => {
    const { answer, pkce } = await allowed(
      server,
      browser,
      client,
      client === evil ? { rest: { redirect_uri: 'https://evil.example/cb' } } : {},
    );
    return { code: answer.get('code') ?? '', pkce };
  };
  const redeem = (client: TestApplication, code: string, verifier: string, rest: Record<string, string> = {}) =>
    askTokens(server, {
      ...{ grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: CALLBACK },
      ...withSecret(client),
      ...rest,
    });

  it('is sent to no address that was not registered, however it is spelled', async () => {
    const host = 'app.example.com';
    for (const uri of [
      ...[
        'https://evil.example/callback',
        `https://${host}.evil.example/callback`,
        `https://evil.example/https://${host}/callback`,
      ],
      ...[`https://${host}/callback/`, `https://${host}/callback?x=1`, `https://${host}/callback#x`, `https://${host}/Callback`],
      ...[
        `https://${host}:443/callback`,
        `https://${host}./callback`,
        `https://${host.toUpperCase()}/callback`,
        `http://${host}/callback`,
      ],
      ...[
        `https://${host}@evil.example/callback`,
        `https://evil.example\\@${host}/callback`,
        `https://${host}\\.evil.example/callback`,
      ],
      ...[
        `https://${host}/callback/../evil`,
        `https://${host}/%63allback`,
        `https://${host}/callback%0d%0aX: y`,
        ` https://${host}/callback`,
      ],
      ...[
        'javascript:alert(1)',
        'data:text/html,x',
        `//${host}/callback`,
        '/callback',
        '',
        'null',
        `https:${host}/callback`,
        '\u0000',
        '*',
      ],
    ]) {
      const answer = await visit(server, ada.browser, authPath(page, newPkce(), { redirect_uri: uri }));
      // Left out: the registered one is used.
      if (uri === '') continue;
      expect([answer.status, answer.headers.location, answer.headers['set-cookie']], uri).toEqual([400, undefined, undefined]);
      expect(answer.text).not.toContain('evil');
    }
  });

  it('gets nothing with somebody’s code: by another client, without the verifier, with another, from another address', async () => {
    const { code, pkce } = await codeFor(page);
    for (const [client, verifier, rest] of [
      [page, newPkce().verifier, {}],
      [page, pkce.challenge, {}],
      [page, '', {}],
      [evil, pkce.verifier, {}],
      [web, pkce.verifier, {}],
      [page, pkce.verifier, { redirect_uri: 'https://evil.example/cb' }],
      [page, pkce.verifier, { redirect_uri: '' }],
    ] as const)
      expect((await redeem(client, code, verifier, rest)).status).toBe(400);
    // None of it has used the code up.
    expect((await redeem(page, code, pkce.verifier)).status).toBe(200);
  });

  it('cannot do without PKCE, or with the plain kind, also as a confidential client', async () => {
    for (const client of [page, web])
      for (const rest of [
        { code_challenge: '' },
        { code_challenge_method: '' },
        { code_challenge_method: 'plain' },
        { code_challenge: 'short' },
      ]) {
        const answer = await visit(server, ada.browser, authPath(client, newPkce(), rest));
        expect(answer.headers.location).toMatch(/^https:\/\/app\.example\.com\/callback\?error=invalid_request&/);
        expect(answer.headers.location).toContain(`iss=${encodeURIComponent(server.url)}`);
      }
  });

  it('gets nothing with somebody’s refresh token as another client, and ends nothing', async () => {
    for (const client of [evil, web]) {
      expect((await refresh(server, client, session.refreshToken)).json.error).toBe('invalid_grant');
      const revoked = await server.request('/auth/revoke', { body: { token: session.refreshToken, ...withSecret(client) } });
      expect(revoked.status).toBe(200);
    }
    expect((await server.request('/auth/revoke', { body: { token: session.refreshToken } })).status).toBe(401);
    const asked = await server.request('/auth/introspect', { body: { token: session.refreshToken, ...withSecret(web) } });
    expect(asked.json).toEqual({ active: false });
    const next = await refresh(server, page, session.refreshToken);
    expect(next.status).toBe(200);
    session = { ...session, jwt: next.json.access_token, refreshToken: next.json.refresh_token };
  });

  it('makes no refresh token by changing one, nor by guessing', async () => {
    const body = Buffer.from(session.refreshToken.slice('kh_refresh_'.length), 'base64url');
    for (let at = 0; at < body.length; at++) {
      const changed = Buffer.from(body);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const answer = await refresh(server, page, `kh_refresh_${changed.toString('base64url')}`);
      expect([answer.status, answer.json.error], String(at)).toEqual([400, 'invalid_grant']);
    }
    for (const text of [
      '',
      'kh_refresh_',
      `kh_refresh_${randomBytes(60).toString('base64url')}`,
      `${session.refreshToken}A`,
      session.jwt,
    ])
      expect((await refresh(server, page, text)).status).toBe(400);
    expect((await refresh(server, page, session.refreshToken)).status).toBe(200);
  });

  it('takes no token for another: ID token, session JWT, refresh token, code and client secret each at every other door', async () => {
    session = await openSession(server, ada.browser, page, { rest: { scope: 'invoices.read openid' } });
    const application = (await askTokens(server, { grant_type: 'client_credentials', ...withSecret(web) })).json.access_token;
    const { code } = await codeFor(page);
    for (const bearer of [session.idToken ?? '', session.refreshToken, code, web.secret ?? ''])
      for (const path of ['/verify/invoices', '/auth/userinfo', '/api/v1/cli/loggedUser'])
        expect(await statusOf(path, bearer), path).toBe(401);
    for (const bearer of [session.jwt, application]) {
      expect(await statusOf('/api/v1/cli/loggedUser', bearer)).toBe(403);
      expect((await server.request('/auth', { bearer, body: { permissions: ['invoices.read'] } })).status).toBe(403);
      expect((await server.request('/auth/introspect', { bearer, body: { token: session.jwt } })).status).toBe(403);
      expect((await openBrowser(server).ask('/me', { headers: { authorization: `Bearer ${bearer}` } })).status).toBe(401);
    }
    expect(await statusOf('/auth/userinfo', application)).toBe(403);
  });

  it('allows nothing in somebody’s name: from another site, without a sign-in, more than was asked, for another account', async () => {
    const first = await visit(server, eve.browser, authPath(evil, newPkce(), { redirect_uri: 'https://evil.example/cb' }));
    const request = requestOf(first.headers.location ?? '');
    const allow = { request, decision: 'allow' };
    for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }] as Record<string, string>[])
      expect((await ada.browser.ask('/consent', { body: allow, headers })).status).toBe(403);
    expect((await openBrowser(server).ask('/consent', { body: allow })).status).toBe(401);
    expect((await ada.browser.ask('/consent', { body: { ...allow, user: eve.id } })).status).toBe(401);
    for (const more of [
      { permissions: ['invoices.read', 'invoices.write'] },
      { permissions: [] },
      { permissions: ['*'] },
      { account: 1 },
      { account: 999_999 },
      { request: `${request.slice(0, -2)}AA` },
      { request: 'v1.x' },
    ])
      expect((await ada.browser.ask('/consent', { body: { ...allow, ...more } })).status, JSON.stringify(more)).toBe(422);
    server.advance(61 * 60_000);
    expect((await ada.browser.ask('/consent', { body: allow })).status).toBe(422);
    expect(await server.store.grants.grantsOf({ userId: ada.id, applicationId: evil.id })).toEqual([]);
  });

  it('gets past no log-in that was asked for by going to the page behind it', async () => {
    for (const rest of [{ prompt: 'login' }, { max_age: '0' }]) {
      server.advance(5000);
      const sent = await visit(server, ada.browser, authPath(page, newPkce(), rest));
      expect(sent.headers.location).toMatch(/^\/login\?/);
      const request = requestOf(sent.headers.location ?? '');
      expect((await visit(server, ada.browser, `/auth/continue?request=${request}`)).headers.location).toMatch(/^\/login\?/);
      expect((await ada.browser.ask('/consent/check', { body: { request } })).status).toBe(401);
      expect((await ada.browser.ask('/consent', { body: { request, decision: 'allow' } })).status).toBe(401);
    }
  });

  it('asks for nothing that no application may have', async () => {
    for (const scope of [
      '*',
      '*.read',
      'keyhouse.verify',
      'Keyhouse.Verify',
      'keyhouse.x.read',
      'invoices.read *',
      Array.from({ length: 101 }, (_, i) => `a${i}.read`).join(' '),
    ]) {
      const answer = await visit(server, ada.browser, authPath(page, newPkce(), { scope }));
      expect(answer.headers.location, scope).toContain('error=invalid_scope');
    }
  });

  it('gets one session for one code, of a hundred who come at once, and then it ends', async () => {
    const { code, pkce } = await codeFor(page);
    const answers = await Promise.all(Array.from({ length: 40 }, () => redeem(page, code, pkce.verifier)));
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    expect(await statusOf('/verify/invoices', won[0]?.json.access_token)).toBe(401);
  });

  it('keeps no session alive against its end, however fast it is refreshed', async () => {
    for (const end of ['revoke', 'disconnect', 'disable'] as const) {
      const person = await registered(server);
      const own = await openSession(server, person.browser, page);
      const [grant] = await server.store.grants.grantsOf({ userId: person.id, applicationId: page.id });
      const ends = {
        revoke: () => server.keyhouse.sessions.end({ id: own.id, userId: person.id, reason: 'revoked' }, OPERATOR),
        disconnect: () => server.keyhouse.oauth.endGrant({ id: grant?.id ?? 0, userId: person.id }, OPERATOR),
        disable: () => server.keyhouse.users.disable({ userId: person.id, by: OPERATOR }),
      };
      const racing = Array.from({ length: 20 }, () => refresh(server, page, own.refreshToken));
      const [answers] = await Promise.all([Promise.all(racing), ends[end]()]);
      for (const { status, json } of answers)
        if (status === 200) expect(await statusOf('/verify/invoices', json.access_token), end).toBe(401);
      for (const { status, json } of answers)
        if (status === 200) expect((await refresh(server, page, json.refresh_token)).status, end).toBe(400);
    }
  });

  it('finds no secret of it in the log, and none in an error', async () => {
    const own = await openSession(server, ada.browser, web);
    await refresh(server, page, own.refreshToken);
    const written = server.logged.join('\n');
    for (const secret of [own.refreshToken, own.jwt, web.secret ?? '', session.refreshToken])
      expect(written).not.toContain(secret);
  });
});
