/** What other OAuth libraries send by default, and what they expect. */
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { beforeAll, expect, it } from 'vitest';
import { MAX_STATE } from '../../src/core/oauth/checks.ts';
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
import { type Browser, registered } from '../browser.ts';
import { eachDatabase } from '../databases.ts';
import { newAdministrator, newPerson, type Person } from '../people.ts';
import { ISSUER, OPERATOR, startTestServer, type TestServer } from '../server.ts';

const ORIGIN = 'https://app.example.com';

eachDatabase('an application of somebody else', (makeDatabase) => {
  let server: TestServer;
  let ada: Browser;
  let owner: Person;
  let page: TestApplication;
  let web: TestApplication;

  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase() });
    ada = (await registered(server)).browser;
    owner = await newPerson(server);
    page = await newApplication(server, owner.accountId, { name: 'Page' });
    web = await newApplication(server, owner.accountId, { kind: 'confidential', ownPermissions: ['a.read', 'b.read'] });
    return () => server.stop();
  });

  const keySet = async () => createLocalJWKSet((await server.request('/.well-known/jwks.json')).json);
  const verified = async (idToken: string | undefined, client: TestApplication, algorithm: string) =>
    await jwtVerify(idToken ?? '', await keySet(), { issuer: ISSUER, audience: client.clientId, algorithms: [algorithm] });

  it('that expects RS256 gets its ID tokens so, at the code and at each refresh, while its JWTs stay as they are', async () => {
    const client = await newApplication(server, owner.accountId, { idTokenAlgorithm: 'RS256' });
    const session = await openSession(server, ada, client, { rest: { scope: 'openid invoices.read', nonce: 'n' } });
    expect((await verified(session.idToken, client, 'RS256')).payload).toMatchObject({ nonce: 'n' });
    expect(decodeProtectedHeader(session.jwt)).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
    const refreshed = await refresh(server, client, session.refreshToken);
    expect((await verified(refreshed.json.id_token, client, 'RS256')).protectedHeader.alg).toBe('RS256');
    const asked = await openSession(server, ada, page, { rest: { scope: 'openid' } });
    expect((await verified(asked.idToken, page, 'ES256')).protectedHeader.alg).toBe('ES256');
  });

  it('that never asks userinfo finds the same in its ID tokens, at the code and at each refresh', async () => {
    const { browser, email } = await registered(server);
    const claimsBeside = (idToken: string | undefined) => {
      const { iss, aud, iat, exp, auth_time, sid, ...claims } = claimsOf(idToken ?? '');
      expect({ iss, aud, sid }).toEqual({ iss: ISSUER, aud: page.clientId, sid: expect.any(String) });
      return claims;
    };
    const userInfo = async (jwt: string) => (await server.request('/auth/userinfo', { bearer: jwt })).json;
    for (const scope of ['openid', 'openid email', 'openid profile', 'openid profile email']) {
      const session = await openSession(server, browser, page, { rest: { scope } });
      const told = await userInfo(session.jwt);
      expect([Object.hasOwn(told, 'email'), Object.hasOwn(told, 'name')], scope).toEqual([
        scope.includes('email'),
        scope.includes('profile'),
      ]);
      expect(claimsBeside(session.idToken), scope).toEqual(told);
      const refreshed = (await refresh(server, page, session.refreshToken)).json;
      expect(claimsBeside(refreshed.id_token), scope).toEqual(told);
    }
    // What has changed since is in the next one; a narrower refresh contains less.
    const session = await openSession(server, browser, page, { rest: { scope: 'openid email profile invoices.read' } });
    expect(claimsBeside(session.idToken)).toMatchObject({ email, email_verified: false });
    await browser.ask('/me', { method: 'PATCH', body: { display_name: 'Countess of Lovelace' } });
    const next = (await refresh(server, page, session.refreshToken)).json;
    expect(claimsBeside(next.id_token)).toMatchObject({ name: 'Countess of Lovelace' });
    const narrow = (await refresh(server, page, next.refresh_token, { scope: 'openid invoices.read' })).json;
    expect(claimsBeside(narrow.id_token)).toEqual({ sub: claimsOf(session.jwt).sub });
  });

  it('finds keys of both algorithms published, and both in discovery', async () => {
    const { keys } = (await server.request('/.well-known/jwks.json')).json;
    expect(keys.map(({ alg }: { alg: string }) => alg)).toEqual(['ES256', 'RS256', 'ES256', 'RS256']);
    expect(keys[1].n).toHaveLength(342);
    expect(JSON.stringify(keys)).not.toMatch(/"(?:d|p|q|dp|dq|qi)"/);
    const { json } = await server.request('/.well-known/openid-configuration');
    expect(json.id_token_signing_alg_values_supported).toEqual(['ES256', 'RS256']);
  });

  it('is signed for with keys that rotate: ID tokens of before still verify, and still name who is to sign out', async () => {
    const client = await newApplication(server, owner.accountId, { idTokenAlgorithm: 'RS256' });
    const session = await openSession(server, ada, client, { rest: { scope: 'openid' } });
    const rotated = await server.keyhouse.signingKeys.rotate({ emergency: true, by: OPERATOR });
    expect(rotated.ok && rotated.value.map(({ algorithm }) => algorithm)).toEqual(['ES256', 'RS256']);
    await expect.poll(async () => (await server.request('/.well-known/jwks.json')).json.keys.length).toBe(6);
    await verified(session.idToken, client, 'RS256');
    const after = (await refresh(server, client, session.refreshToken)).json.id_token;
    expect(decodeProtectedHeader(after).kid).not.toBe(decodeProtectedHeader(session.idToken ?? '').kid);
    await verified(after, client, 'RS256');
    const hint = { id_token_hint: session.idToken ?? '', prompt: 'none', scope: 'openid' };
    expect(answerOf((await visit(server, ada, authPath(client, newPkce(), hint))).headers.location ?? '').get('error')).not.toBe(
      'invalid_request',
    );
  });

  it('takes a change of the algorithm with the next ID token, also for a code that is under way', async () => {
    const client = await newApplication(server, owner.accountId, { kind: 'confidential' });
    const { answer, pkce } = await allowed(server, ada, client, { rest: { scope: 'openid' } });
    const changed = await server.keyhouse.applications.update(
      { application: client, settings: { idTokenAlgorithm: 'RS256' } },
      OPERATOR,
    );
    expect(changed.ok).toBe(true);
    const code = { grant_type: 'authorization_code', code: answer.get('code') ?? '', code_verifier: pkce.verifier };
    const { json } = await askTokens(server, { ...code, redirect_uri: CALLBACK, ...withSecret(client) });
    await verified(json.id_token, client, 'RS256');
  });

  it('may name its origin with the slash that URL libraries add, at the request, at the code and after signing out', async () => {
    for (const [registeredUri, asked, redeemed] of [
      [ORIGIN, `${ORIGIN}/`, `${ORIGIN}/`],
      [`${ORIGIN}/`, ORIGIN, `${ORIGIN}/`],
      [ORIGIN, ORIGIN, `${ORIGIN}/`],
    ] as const) {
      const client = await newApplication(server, owner.accountId, {
        redirectUris: [registeredUri],
        postLogoutRedirectUris: [registeredUri],
      });
      const { answer, pkce } = await allowed(server, ada, client, { rest: { redirect_uri: asked } });
      const form = { grant_type: 'authorization_code', code: answer.get('code') ?? '', code_verifier: pkce.verifier };
      const proof = withSecret(client);
      expect((await askTokens(server, { ...form, ...proof, redirect_uri: `${ORIGIN}/x` })).json.error).toBe('invalid_grant');
      expect((await askTokens(server, { ...form, ...proof, redirect_uri: redeemed })).status).toBe(200);
      const out = new URLSearchParams({ client_id: client.clientId, post_logout_redirect_uri: asked });
      expect((await visit(server, null, `/auth/logout?${out}`)).headers.location).toBe(asked);
    }
  });

  it('may name the API with that slash wherever it names it', async () => {
    const key = await server.key(owner.accountId);
    const answers = async (resource: string) => {
      const minted = await server.request('/auth', { bearer: key.text, body: { permissions: ['a.read'], resource } });
      const { location = '' } = (await visit(server, ada, authPath(page, newPkce(), { resource }))).headers;
      const form = { grant_type: 'client_credentials', resource, ...withSecret(web) };
      return [minted.status, location.includes('invalid_target'), (await askTokens(server, form)).status];
    };
    for (const resource of [ISSUER, `${ISSUER}/`]) expect(await answers(resource), resource).toEqual([200, false, 200]);
    for (const resource of [
      `${ISSUER}//`,
      `${ISSUER}/api`,
      `${ISSUER}/?`,
      `${ISSUER.toUpperCase()}`,
      'https://keys.example.com.',
    ])
      expect(await answers(resource), resource).toEqual([422, true, 400]);
  });

  it('that is public may always send Basic: an empty secret is none. A confidential one may not', async () => {
    const basic = (id: string) => ({ authorization: `Basic ${Buffer.from(`${id}:`).toString('base64')}` });
    const { answer, pkce } = await allowed(server, ada, page);
    const form = { grant_type: 'authorization_code', code: answer.get('code') ?? '', code_verifier: pkce.verifier };
    const redeemed = await askTokens(server, { ...form, redirect_uri: CALLBACK }, basic(page.clientId));
    expect(redeemed.status).toBe(200);
    const next = { grant_type: 'refresh_token', refresh_token: redeemed.json.refresh_token };
    expect((await askTokens(server, next, basic(page.clientId))).status).toBe(200);
    expect((await askTokens(server, { grant_type: 'client_credentials' }, basic(web.clientId))).json.error).toBe(
      'invalid_client',
    );
    expect((await askTokens(server, { ...next, client_id: web.clientId }, basic(page.clientId))).json.error).toBe(
      'invalid_client',
    );
    expect((await askTokens(server, { ...next, client_secret: 'x' }, basic(page.clientId))).status).toBe(400);
    expect((await askTokens(server, next, basic(''))).json.error).toBe('invalid_client');
  });

  it('gets a state of thousands of characters back as it is, over the pages of a person', async () => {
    const state = Array.from({ length: MAX_STATE }, (_, at) => 'ab9_-Z.~'[(at * 7) % 8]).join('');
    const { answer, asked } = await allowed(server, ada, page, { rest: { state, scope: 'state.read' } });
    expect([asked, answer.get('state')]).toEqual([true, state]);
    const random = Buffer.from(crypto.getRandomValues(new Uint8Array((MAX_STATE / 4) * 3))).toString('base64url');
    const { location = '' } = (await visit(server, null, authPath(page, newPkce(), { state: random }))).headers;
    // What proxies accept in one line.
    expect(`GET ${location} HTTP/1.1`.length).toBeLessThan(8192);
    const tooLong = authPath(page, newPkce(), { state: `${state}x` });
    expect((await visit(server, ada, tooLong)).headers.location).toContain('error=invalid_request');
    expect(requestOf(location)).not.toBe('');
  });

  it('may have spaces too many in its scope, everywhere', async () => {
    const session = await openSession(server, ada, page, { rest: { scope: '  openid  invoices.read ' } });
    expect(session.scope).toBe('invoices.read openid');
    const narrowed = await refresh(server, page, session.refreshToken, { scope: ' invoices.read  ' });
    expect(narrowed.json.scope).toBe('invoices.read');
    const own = (scope: string) => askTokens(server, { grant_type: 'client_credentials', scope, ...withSecret(web) });
    expect((await own(' a.read  b.read ')).json.scope).toBe('a.read b.read');
    expect((await own('  ')).json.error).toBe('invalid_scope');
    const refusedScope = async (scope: string) =>
      answerOf((await visit(server, ada, authPath(page, newPkce(), { scope }))).headers.location ?? '').get('error');
    for (const scope of ['   ', 'a.read\tb.read', 'a.read\nb.read', 'a.read\u00a0b.read', '"a.read"'])
      expect(await refusedScope(scope), JSON.stringify(scope)).toBe('invalid_scope');
  });

  it('may come back to a scheme without a dot where its registrant chose that, and people are asked each time', async () => {
    const uri = 'cursor://anysphere.cursor-mcp/oauth/callback';
    const settings = { redirectUris: [uri] };
    await expect(newApplication(server, owner.accountId, settings)).rejects.toThrow('without a dot');
    const client = await newApplication(server, owner.accountId, { ...settings, allowsSchemesWithoutDot: true });
    for (const _ of [1, 2]) {
      const { answer, asked } = await allowed(server, ada, client, { rest: { redirect_uri: uri } });
      expect([asked, answer.get('code')]).toEqual([true, expect.stringMatching(/^kh_code_/)]);
    }
    const withdrawn = await server.keyhouse.applications.update(
      { application: client, settings: { allowsSchemesWithoutDot: false } },
      OPERATOR,
    );
    expect(withdrawn).toMatchObject({ ok: false, reason: 'invalid', faults: [{ field: 'redirectUris' }] });
  });

  it('loses its badges when its schemes are loosened, and keeps them when its ID tokens are signed otherwise', async () => {
    const administrator = await newAdministrator(server);
    const client = await newApplication(server, 1, { isFirstParty: true, isVerified: true });
    const change = (body: object) => administrator.ask(`/accounts/1/applications/${client.id}`, { method: 'PATCH', body });
    const signed = await change({ id_token_signed_response_alg: 'RS256' });
    expect(signed.json).toMatchObject({ id_token_signed_response_alg: 'RS256', first_party: true, lost_badges: null });
    expect((await change({ id_token_signed_response_alg: 'HS256' })).status).toBe(422);
    expect((await change({ id_token_signed_response_alg: 'none' })).status).toBe(422);
    const loosened = await change({ allows_schemes_without_dot: true });
    expect(loosened.json).toMatchObject({
      allows_schemes_without_dot: true,
      first_party: false,
      verified_at: null,
      lost_badges: { badges: ['verified', 'first_party'], changed: ['allows_schemes_without_dot'] },
    });
  });
});
