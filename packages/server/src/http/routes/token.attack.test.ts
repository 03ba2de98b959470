/** Attacks on the token endpoint and related ones, as an application that the attacker is not, or with what is not theirs. */

import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { SignJWT, UnsecuredJWT } from 'jose';
import { beforeAll, expect, it } from 'vitest';
import { naughtyStrings } from '../../../../protocol/test/vectors.ts';
import {
  allowed,
  askTokens,
  authPath,
  CALLBACK,
  claimsOf,
  newApplication,
  newPkce,
  openSession,
  refresh,
  type TestApplication,
  visit,
  withSecret,
} from '../../../test/applications.ts';
import { type Browser, openBrowser, registered } from '../../../test/browser.ts';
import { eachDatabase } from '../../../test/databases.ts';
import { newPerson, type Person } from '../../../test/people.ts';
import { type Answer, OPERATOR, startTestServer, type TestServer } from '../../../test/server.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const FORM = 'application/x-www-form-urlencoded';
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const naughty = naughtyStrings;
const CONTROLS = ['\0', 'app_\0', '\ud800', '\r\nX: y', '\u2028', '__proto__', 'constructor', 'a'.repeat(50_000)];
const PARAMETERS = [
  ...['grant_type', 'code', 'redirect_uri', 'code_verifier', 'refresh_token', 'scope', 'resource', 'client_id', 'client_secret'],
  ...['client_assertion_type', 'client_assertion', 'x'],
];

eachDatabase('the token endpoint', (makeDatabase) => {
  let server: TestServer;
  let ada: { browser: Browser; email: string; id: number };
  let owner: Person;
  let page: TestApplication;
  let web: TestApplication;
  let other: TestApplication;
  let network = 0;

  beforeAll(async () => {
    // Each client comes from its own network, except where the limits themselves are tested.
    server = await startTestServer({ database: await makeDatabase(), trustedProxies: ['127.0.0.1'] });
    ada = await registered(server);
    owner = await newPerson(server);
    page = await newApplication(server, owner.accountId, { name: 'Page' });
    web = await newApplication(server, owner.accountId, { name: 'Web', kind: 'confidential', ownPermissions: ['a.read'] });
    other = await newApplication(server, owner.accountId, { name: 'Other', kind: 'confidential', ownPermissions: ['a.read'] });
    return () => server.stop();
  });

  const anywhere = (): Record<string, string> => {
    network += 1;
    return { 'x-forwarded-for': `10.${network >> 16}.${(network >> 8) & 255}.${network & 255}` };
  };
  const ask = (form: Record<string, string>, headers: Record<string, string> = {}) =>
    askTokens(server, form, { ...anywhere(), ...headers });
  const errorOf = ({ status, json }: Answer) => [status, json?.error];
  const ownTokens = (proof: Record<string, string>, headers: Record<string, string> = {}) =>
    ask({ grant_type: 'client_credentials', ...proof }, headers);
  const basic = (id: string, secret: string) => ({
    authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
  });
  const codeFor = async (client: TestApplication, browser = ada.browser) => {
    const { answer, pkce } = await allowed(server, browser, client);
    return { code: answer.get('code') ?? '', verifier: pkce.verifier };
  };
  const redeem = (
    client: TestApplication,
    { code, verifier }: { code: string; verifier: string },
    rest: Record<string, string> = {},
  ) =>
    ask({
      ...{ grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: CALLBACK },
      ...withSecret(client),
      ...rest,
    });
  const statusOf = async (bearer: string, path = '/verify/invoices') =>
    (await server.request(path, { bearer, headers: anywhere() })).status;

  it('fails at nothing that stands in a parameter, in a form or in JSON, and shows none of it', async () => {
    for (const name of PARAMETERS) {
      const texts = ['client_id', 'code', 'refresh_token'].includes(name)
        ? [...naughty, ...CONTROLS]
        : [...naughty.slice(0, 25), ...CONTROLS];
      for (const [at, text] of texts.entries()) {
        const isAssertion = name === 'client_assertion';
        const whole = {
          ...{
            grant_type: at % 2 === 0 ? 'refresh_token' : 'authorization_code',
            refresh_token: 'x',
            code: 'x',
            code_verifier: 'x',
          },
          ...(isAssertion ? { client_assertion_type: ASSERTION_TYPE } : { client_id: page.clientId }),
          [name]: text,
        };
        const isForm = at % 3 === 0 && text !== '\ud800';
        const answer = await server.request('/auth/token', {
          body: isForm ? new URLSearchParams(whole).toString() : whole,
          headers: { ...anywhere(), ...(isForm ? { 'content-type': FORM } : {}) },
        });
        expect([400, 401], `${name} ${text.slice(0, 50)}`).toContain(answer.status);
        expect(answer.json.error).toMatch(/^[a-z_]+$/);
        if (text.length > 12) expect(answer.text).not.toContain(text);
      }
    }
    for (const iss of ['\0', 'app_\0', '\ud800', ...naughty.slice(0, 30)]) {
      const claims = Buffer.from(JSON.stringify({ iss })).toString('base64url');
      const assertion = { client_assertion_type: ASSERTION_TYPE, client_assertion: `e30.${claims}.x` };
      expect(errorOf(await ownTokens(assertion))).toEqual([401, 'invalid_client']);
    }
    expect(server.logged.filter((line) => line.includes('A request failed'))).toEqual([]);
  });

  it('reads nothing but text, each parameter once, in a body of two kinds', async () => {
    const post = (body: string, type: string, path = '/auth/token') =>
      server.request(path, { method: 'POST', body, headers: { 'content-type': type, ...anywhere() } });
    const json = 'application/json';
    for (const path of ['/auth/token', '/auth/revoke', '/auth/introspect']) {
      for (const text of [
        ...['[]', 'null', '1', '"x"', 'true', '{', '{"token":["x"]}', '{"token":{}}', '{"token":1}', '{"token":true}'],
        ...[
          '{"client_id":["app_x"],"token":"x"}',
          '{"token":"x","token":"y"}',
          '{"client_secret":{"a":1},"token":"x"}',
          '\ufeff{}',
        ],
        ...['{"__proto__":{"token":"x"}}', `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`],
      ]) {
        const answer = await post(text, json, path);
        expect([400, 401], `${path} ${text.slice(0, 40)}`).toContain(answer.status);
        expect(answer.status === 401 || answer.json.error === 'invalid_request', `${path} ${text.slice(0, 40)}`).toBe(true);
      }
      for (const text of ['token=a&token=b', 'client_id=a&client_id=b&token=x', 'token=%', 'token=%zz', '']) {
        const answer = await post(text, FORM, path);
        expect([400, 401], `${path} ${text}`).toContain(answer.status);
      }
      for (const type of ['text/plain', 'multipart/form-data; boundary=x', 'application/xml', 'application/json; charset=utf-7'])
        expect((await post('token=x', type, path)).status, type).toBe(415);
      expect((await post(`token=${'a'.repeat(1_100_000)}`, FORM, path)).status).toBe(413);
    }
    const repeated = `grant_type=client_credentials&client_id=${web.clientId}&client_id=${other.clientId}&client_secret=${web.secret}`;
    expect(errorOf(await post(repeated, FORM))).toEqual([400, 'invalid_request']);
  });

  it('answers a POST alone, and no cache and no query has a part in it', async () => {
    const query = new URLSearchParams({ grant_type: 'client_credentials', ...withSecret(web) });
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
      const answer = await server.request(`/auth/token?${query}`, { method, headers: anywhere() });
      expect([answer.status, answer.headers.allow]).toEqual([405, 'POST']);
    }
    const inQuery = await server.request(`/auth/token?${query}`, {
      method: 'POST',
      body: 'grant_type=client_credentials',
      headers: { 'content-type': FORM, ...anywhere() },
    });
    expect(errorOf(inQuery)).toEqual([401, 'invalid_client']);
    for (const answer of [
      await ownTokens(withSecret(web)),
      await ownTokens({ client_id: web.clientId }),
      await refresh(server, page, 'x'),
    ]) {
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.headers['set-cookie']).toBeUndefined();
      expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
    }
  });

  it('knows a confidential application by its own secret alone', async () => {
    expect((await ownTokens(withSecret(web))).status).toBe(200);
    const secret = web.secret ?? '';
    const flipped = `${secret.slice(0, -9)}${secret.at(-9) === 'a' ? 'b' : 'a'}${secret.slice(-8)}`;
    for (const wrong of [
      '',
      'x',
      flipped,
      other.secret ?? '',
      secret.slice(0, -1),
      `${secret} `,
      secret.toUpperCase(),
      `${secret}\0`,
    ])
      expect(errorOf(await ownTokens({ client_id: web.clientId, client_secret: wrong })), wrong).toEqual([401, 'invalid_client']);
    expect(errorOf(await ownTokens({ client_secret: secret }))).toEqual([401, 'invalid_client']);
    expect(errorOf(await ownTokens({ client_id: web.clientId }))).toEqual([401, 'invalid_client']);
    for (const id of [
      `user:${ada.id}`,
      'key:1',
      'account:1',
      String(web.id),
      web.clientId.toLowerCase(),
      `${web.clientId} `,
      page.clientId,
    ])
      expect(errorOf(await ownTokens({ client_id: id, client_secret: secret })), id).toEqual([401, 'invalid_client']);
    const refused = await ownTokens({}, basic(web.clientId, 'x'));
    expect([...errorOf(refused), refused.headers['www-authenticate']]).toEqual([401, 'invalid_client', 'Basic realm="Keyhouse"']);
  });

  it('takes one proof at a time, and reads Basic as the RFC writes it', async () => {
    const secret = web.secret ?? '';
    expect((await ownTokens({}, basic(web.clientId, secret))).status).toBe(200);
    expect((await ownTokens({ client_id: web.clientId }, basic(web.clientId, secret))).status).toBe(200);
    for (const both of [{ client_secret: secret }, { client_assertion: 'x', client_assertion_type: ASSERTION_TYPE }])
      expect(errorOf(await ownTokens(both as Record<string, string>, basic(web.clientId, secret)))).toEqual([
        400,
        'invalid_request',
      ]);
    const twice = { ...withSecret(web), client_assertion: 'x', client_assertion_type: ASSERTION_TYPE };
    expect(errorOf(await ownTokens(twice))).toEqual([400, 'invalid_request']);
    expect(errorOf(await ownTokens({ client_id: other.clientId }, basic(web.clientId, secret)))).toEqual([401, 'invalid_client']);
    for (const authorization of [
      basic(`${web.clientId}:${secret}`, '').authorization,
      basic(`${web.clientId}%3A${secret}`, '').authorization,
      basic(web.clientId, `%${secret}`).authorization,
      basic('', secret).authorization,
      `Basic ${Buffer.from(web.clientId).toString('base64')}`,
      'Basic',
      'Basic =',
      `Basic ${web.clientId}:${secret}`,
      `Bearer ${secret}`,
    ])
      expect((await ownTokens({}, { authorization })).status, authorization).toBeGreaterThanOrEqual(400);
  });

  it('lets an old secret go when its overlap is over, or ended', async () => {
    const client = await newApplication(server, owner.accountId, { kind: 'confidential', ownPermissions: ['a.read'] });
    const rotate = async (overlapSeconds: number) => {
      const rotated = await server.keyhouse.applications.rotateSecret({ application: client, overlapSeconds }, OPERATOR);
      if (!rotated.ok) throw new Error(rotated.reason);
      return rotated.value.secret ?? '';
    };
    const isGood = async (secret: string) =>
      (await ownTokens({ client_id: client.clientId, client_secret: secret })).status === 200;
    const first = client.secret ?? '';
    const second = await rotate(3600);
    expect([await isGood(first), await isGood(second)]).toEqual([true, true]);
    server.advance(61 * MINUTE_MS);
    expect([await isGood(first), await isGood(second)]).toEqual([false, true]);
    const third = await rotate(3600);
    const fourth = await rotate(3600);
    expect([await isGood(second), await isGood(third), await isGood(fourth)]).toEqual([false, true, true]);
    expect(await server.keyhouse.applications.endSecretOverlap(client, OPERATOR)).toBe(true);
    expect([await isGood(third), await isGood(fourth)]).toEqual([false, true]);
    const fifth = await rotate(0);
    expect([await isGood(fourth), await isGood(fifth)]).toEqual([false, true]);
  });

  it('counts what fails from one network, and lets what is good pass all the same', async () => {
    const from = { 'x-forwarded-for': '192.0.2.77' };
    const guess = () =>
      askTokens(server, { grant_type: 'client_credentials', client_id: web.clientId, client_secret: 'x' }, from);
    for (let time = 0; time < 10; time++) expect((await guess()).status).toBe(401);
    const eleventh = await guess();
    expect(eleventh.status).toBe(429);
    expect(Number(eleventh.headers['retry-after'])).toBeGreaterThan(0);
    expect((await askTokens(server, { grant_type: 'client_credentials', ...withSecret(web) }, from)).status).toBe(200);
    expect(
      (await askTokens(server, { grant_type: 'client_credentials', client_id: 'x' }, { 'x-forwarded-for': '192.0.2.78' })).status,
    ).toBe(401);
  });

  it('makes no public application pass for a confidential one, nor the other way round', async () => {
    const mine = await codeFor(page);
    const session = await openSession(server, ada.browser, web);
    // A public one has no secret; any that is presented is not its own.
    expect(errorOf(await redeem(page, mine, { client_secret: web.secret ?? '' }))).toEqual([401, 'invalid_client']);
    expect(errorOf(await ownTokens({ client_id: page.clientId }))).toEqual([400, 'unauthorized_client']);
    expect(errorOf(await redeem(web, mine))).toEqual([400, 'invalid_grant']);
    // A confidential one is not trusted without authentication, whatever else it has.
    const { code, verifier } = await codeFor(web);
    const bare = {
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      redirect_uri: CALLBACK,
      client_id: web.clientId,
    };
    expect(errorOf(await ask(bare))).toEqual([401, 'invalid_client']);
    const refreshing = { grant_type: 'refresh_token', refresh_token: session.refreshToken };
    expect(errorOf(await ask({ ...refreshing, client_id: web.clientId }))).toEqual([401, 'invalid_client']);
    expect(errorOf(await ask({ ...refreshing, client_id: page.clientId }))).toEqual([400, 'invalid_grant']);
    expect(errorOf(await ask({ ...refreshing, ...withSecret(other) }))).toEqual([400, 'invalid_grant']);
    // None of it has used anything up.
    expect((await redeem(web, { code, verifier })).status).toBe(200);
    expect((await redeem(page, mine)).status).toBe(200);
    expect((await refresh(server, web, session.refreshToken)).status).toBe(200);
  });

  it('takes a code from nobody but the one who asked for it, with the verifier of that very request', async () => {
    const eve = await registered(server);
    const [adas, eves] = [await codeFor(web), await codeFor(web, eve.browser)];
    // Eve slips her own code, or Ada’s, into a request that is not of the same browser.
    for (const mixed of [
      { code: adas.code, verifier: eves.verifier },
      { code: eves.code, verifier: adas.verifier },
    ])
      expect(errorOf(await redeem(web, mixed))).toEqual([400, 'invalid_grant']);
    for (const verifier of [
      'x',
      'a'.repeat(42),
      'a'.repeat(129),
      `${adas.verifier} `,
      `${adas.verifier}=`,
      adas.verifier.toLowerCase(),
    ])
      expect(errorOf(await redeem(web, { code: adas.code, verifier })), verifier).toEqual([400, 'invalid_grant']);
    expect(errorOf(await redeem(web, { ...adas, verifier: '' }))).toEqual([400, 'invalid_request']);
    for (const redirect_uri of ['', `${CALLBACK}/`, `${CALLBACK}?x`, CALLBACK.toUpperCase(), 'https://evil.example/callback'])
      expect(errorOf(await redeem(web, adas, { redirect_uri })), redirect_uri).toEqual([400, 'invalid_grant']);
    for (const code of [adas.code.slice(0, -1), `${adas.code}A`, adas.code.toLowerCase(), adas.code.replace('kh_code_', '')])
      expect(errorOf(await redeem(web, { ...adas, code }))).toEqual([400, 'invalid_grant']);
    const redeemed = await redeem(web, adas);
    expect(claimsOf(redeemed.json.access_token).sub).toBe(`user:${ada.id}`);
    const late = await codeFor(web);
    server.advance(MINUTE_MS + 1);
    expect(errorOf(await redeem(web, late))).toEqual([400, 'invalid_grant']);
  });

  it('wants PKCE of everybody, and no weaker kind of it', async () => {
    for (const client of [page, web])
      for (const rest of [
        ...[
          { code_challenge: '' },
          { code_challenge_method: '' },
          { code_challenge_method: 'plain' },
          { code_challenge_method: 'none' },
        ],
        ...[{ code_challenge: 'a'.repeat(42) }, { code_challenge: 'a'.repeat(44) }, { code_challenge: `${'a'.repeat(42)}=` }],
      ] as Record<string, string>[]) {
        const { headers } = await visit(server, ada.browser, authPath(client, newPkce(), rest));
        expect(headers.location, JSON.stringify(rest)).toMatch(/^https:\/\/app\.example\.com\/callback\?error=invalid_request&/);
      }
  });

  it('is shown and told of what belongs to an application by that application alone', async () => {
    const session = await openSession(server, ada.browser, web, { rest: { scope: 'invoices.read openid' } });
    const at = (path: string, token: string, proof: Record<string, string>) =>
      server.request(`/auth/${path}`, { body: { token, ...proof }, headers: anywhere() });
    const own = (await ownTokens(withSecret(web))).json.access_token;
    for (const token of [session.jwt, session.refreshToken, own]) {
      expect((await at('introspect', token, withSecret(web))).json.active).toBe(true);
      expect((await at('introspect', token, withSecret(other))).json).toEqual({ active: false });
      expect((await at('introspect', token, { client_id: page.clientId })).status).toBe(401);
      expect((await at('introspect', token, { client_id: web.clientId })).status).toBe(401);
      expect((await at('introspect', token, {})).status).toBe(401);
      for (const proof of [withSecret(other), { client_id: page.clientId }])
        expect((await at('revoke', token, proof)).status).toBe(200);
      for (const proof of [{}, { client_id: web.clientId }, { ...withSecret(web), client_secret: other.secret ?? '' }])
        expect((await at('revoke', token, proof as Record<string, string>)).status).toBe(401);
    }
    expect([await statusOf(session.jwt), await statusOf(own, '/verify/a')]).toEqual([200, 200]);
    expect((await refresh(server, web, session.refreshToken)).status).toBe(200);
    // A code and an ID token cannot be introspected.
    for (const token of [session.idToken ?? '', (await codeFor(web)).code, web.secret ?? ''])
      expect((await at('introspect', token, withSecret(web))).json).toEqual({ active: false });
  });

  it('takes no JWT for one of another kind, nor one whose claims were changed', async () => {
    const session = await openSession(server, ada.browser, web, { rest: { scope: 'invoices.read openid' } });
    const own = (await ownTokens(withSecret(web))).json.access_token as string;
    const key = await server.key(owner.accountId);
    const minted = (await server.request('/auth', { bearer: key.text, body: { permissions: ['invoices.read'] } })).json
      .token as string;
    for (const bearer of [own, minted]) expect(await statusOf(bearer, '/auth/userinfo')).toBe(403);
    expect(await statusOf(session.idToken ?? '', '/auth/userinfo')).toBe(401);
    for (const bearer of [session.jwt, own, minted]) {
      expect(await statusOf(bearer, '/api/v1/cli/loggedUser')).toBe(403);
      expect((await server.request('/auth', { bearer, body: { permissions: ['invoices.read'] } })).status).toBe(403);
      for (const path of ['/me', '/me/applications', '/consent/check'])
        expect(
          (await openBrowser(server).ask(path, { headers: { authorization: `Bearer ${bearer}` } })).status,
        ).toBeGreaterThanOrEqual(401);
      expect(errorOf(await ask({ grant_type: 'refresh_token', refresh_token: bearer, ...withSecret(web) }))).toEqual([
        400,
        'invalid_grant',
      ]);
      expect(
        errorOf(await ask({ grant_type: 'authorization_code', code: bearer, code_verifier: 'x', ...withSecret(web) })),
      ).toEqual([400, 'invalid_grant']);
    }
    const without = await openSession(server, ada.browser, web);
    expect(await statusOf(without.jwt, '/auth/userinfo')).toBe(403);
    // Our header and signature around other claims; and claims with another's signature.
    const [head = '', , signature = ''] = session.jwt.split('.');
    const claims = claimsOf(session.jwt);
    for (const change of [
      { sid: without.id },
      { sub: 'user:999' },
      { client_id: other.clientId },
      { permissions: ['*'], scope: '*' },
      { account: 999 },
    ]) {
      const body = Buffer.from(JSON.stringify({ ...claims, ...change })).toString('base64url');
      expect(await statusOf(`${head}.${body}.${signature}`)).toBe(401);
      expect(await statusOf(new UnsecuredJWT({ ...claims, ...change }).encode())).toBe(401);
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const header = JSON.parse(Buffer.from(head, 'base64url').toString('utf8'));
      expect(await statusOf(await new SignJWT({ ...claims, ...change }).setProtectedHeader(header).sign(privateKey))).toBe(401);
    }
  });

  it('refuses a scope beyond the session before anything moves, and leaves out what was taken back since', async () => {
    const client = await newApplication(server, owner.accountId, { permissions: ['a.read', 'b.read'] });
    const session = await openSession(server, ada.browser, client, { rest: { scope: 'a.read b.read openid' } });
    const stands = async () => (await server.store.sessions.findSession(session.id))?.refreshes;
    for (const scope of ['c.read', 'a.read c.read', '*', 'keyhouse.verify', 'a.read profile', 'a.read\n', 'A.read'])
      expect(errorOf(await refresh(server, client, session.refreshToken, { scope })), scope).toEqual([400, 'invalid_scope']);
    expect(await stands()).toBe(0);
    const narrow = await refresh(server, client, session.refreshToken, { scope: 'a.read' });
    expect([narrow.json.scope, claimsOf(narrow.json.access_token).permissions]).toEqual(['a.read', ['a.read']]);
    const whole = await refresh(server, client, narrow.json.refresh_token);
    expect(whole.json.scope).toBe('a.read b.read openid');
    await server.keyhouse.applications.update({ application: client, settings: { permissions: ['a.read'] } }, OPERATOR);
    const after = await refresh(server, client, whole.json.refresh_token, { scope: 'a.read b.read openid' });
    expect([after.status, after.json.scope]).toEqual([200, 'a.read openid']);
  });

  it('lets nobody keep what left the catalogue, or is sensitive and no longer vouched for', async () => {
    const others = await startTestServer();
    const entry = { sentence: 'Something', isSensitive: false, isGrantable: true };
    const [a, b, secret] = [
      { ...entry, name: 'a.read' },
      { ...entry, name: 'b.read' },
      { ...entry, name: 'secret.read', isSensitive: true },
    ];
    const person = await registered(others);
    const maker = await newPerson(others);
    await others.keyhouse.permissions.setCatalogue({ catalogue: [a, b, secret], by: OPERATOR });
    const client = await newApplication(others, maker.accountId, {
      kind: 'confidential',
      isVerified: true,
      ownPermissions: ['a.read', 'b.read'],
    });
    const session = await openSession(others, person.browser, client, { rest: { scope: 'a.read b.read secret.read' } });
    expect(session.scope).toBe('a.read b.read secret.read');
    await others.keyhouse.applications.verify(client, false, OPERATOR);
    const second = await refresh(others, client, session.refreshToken);
    expect(second.json.scope).toBe('a.read b.read');
    await others.keyhouse.permissions.setCatalogue({ catalogue: [a, { ...b, isGrantable: false }, secret], by: OPERATOR });
    const third = await refresh(others, client, second.json.refresh_token);
    expect(third.json.scope).toBe('a.read');
    await others.keyhouse.permissions.setCatalogue({ catalogue: [b, secret], by: OPERATOR });
    const fourth = await refresh(others, client, third.json.refresh_token);
    // It was granted once, and may be asked for again.
    expect([fourth.status, fourth.json.scope]).toEqual([200, 'b.read']);
    const own = await askTokens(others, { grant_type: 'client_credentials', ...withSecret(client) });
    expect(own.json.scope).toBe('b.read');
    await others.stop();
  });

  it('ends what an application holds with the user who owns it, also what another server issued by a clock that is ahead', async () => {
    const maker = await newPerson(server);
    const client = await newApplication(server, maker.accountId, { kind: 'confidential', ownPermissions: ['a.read'] });
    const there = await startTestServer({ database: server.database });
    there.advance(server.now() - there.now() + 30_000);
    const [here, ahead] = [
      await ownTokens(withSecret(client)),
      await askTokens(there, { grant_type: 'client_credentials', ...withSecret(client) }),
    ];
    const statuses = async () => [
      await statusOf(here.json.access_token, '/verify/a'),
      await statusOf(ahead.json.access_token, '/verify/a'),
    ];
    expect(await statuses()).toEqual([200, 200]);
    await server.keyhouse.users.disable({ userId: maker.id, by: OPERATOR });
    expect(await statuses()).toEqual([401, 401]);
    expect(errorOf(await ownTokens(withSecret(client)))).toEqual([401, 'invalid_client']);
    await server.keyhouse.users.enable({ userId: maker.id, by: OPERATOR });
    expect(await statuses()).toEqual([401, 401]);
    await there.keyhouse.close();
  });

  it('says nothing good while the store is away', async () => {
    const database = await makeDatabase();
    const others = await startTestServer({ database });
    const person = await registered(others);
    const maker = await newPerson(others);
    const client = await newApplication(others, maker.accountId, { kind: 'confidential', ownPermissions: ['a.read'] });
    const session = await openSession(others, person.browser, client);
    const { answer, pkce } = await allowed(others, person.browser, client);
    await others.store.close();
    const form = {
      grant_type: 'authorization_code',
      code: answer.get('code') ?? '',
      code_verifier: pkce.verifier,
      redirect_uri: CALLBACK,
    };
    for (const refused of [
      await askTokens(others, { ...form, ...withSecret(client) }),
      await refresh(others, client, session.refreshToken),
      await others.request('/auth/revoke', { body: { token: session.refreshToken, ...withSecret(client) } }),
    ]) {
      expect(refused.status).toBe(503);
      expect(refused.text).not.toContain('invalid');
    }
    expect((await visit(others, person.browser, authPath(client, newPkce()))).status).toBe(503);
    await others.stop().catch(() => {});
  });
});

eachDatabase('an assertion that an application signs', (makeDatabase) => {
  let server: TestServer;
  let client: TestApplication;
  let other: TestApplication;
  let key: KeyObject;
  let publicKey: KeyObject;
  let otherKey: KeyObject;
  let rsaKey: KeyObject;
  let network = 0;

  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase(), trustedProxies: ['127.0.0.1'] });
    const owner = await newPerson(server);
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const second = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    [key, publicKey, otherKey, rsaKey] = [pair.privateKey, pair.publicKey, second.privateKey, rsa.privateKey];
    const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256' };
    const rsaJwk = { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'rsa', alg: 'PS256' };
    const wish = { kind: 'confidential', ownPermissions: ['a.read'] } as const;
    client = await newApplication(server, owner.accountId, { ...wish, jwks: { keys: [jwk, rsaJwk] } });
    const otherJwk = { ...second.publicKey.export({ format: 'jwk' }), kid: 'other', alg: 'ES256' };
    other = await newApplication(server, owner.accountId, { ...wish, jwks: { keys: [otherJwk] } });
    return () => server.stop();
  });

  const seconds = () => Math.floor(server.now() / 1000);
  const good = () => ({ iss: client.clientId, sub: client.clientId, aud: server.url, jti: randomUUID(), exp: seconds() + 60 });
  const sign = (
    claims: object,
    by: KeyObject | Uint8Array = key,
    header: { alg: string; kid?: string } = { alg: 'ES256', kid: 'one' },
  ) => new SignJWT({ ...claims }).setProtectedHeader(header).sign(by);
  const present = (assertion: string, rest: Record<string, string> = {}) => {
    network += 1;
    return askTokens(
      server,
      { grant_type: 'client_credentials', client_assertion_type: ASSERTION_TYPE, client_assertion: assertion, ...rest },
      { 'x-forwarded-for': `10.0.${network >> 8}.${network & 255}` },
    );
  };

  it('is good once, for a while, for us', async () => {
    for (const claims of [
      good(),
      { ...good(), aud: `${server.url}/auth/token` },
      { ...good(), exp: seconds() + 59.0005 },
      { ...good(), exp: seconds() + 600 },
    ]) {
      const assertion = await sign(claims);
      expect((await present(assertion)).status).toBe(200);
      for (let time = 0; time < 3; time++) expect((await present(assertion)).status).toBe(401);
    }
    expect((await present(await sign(good(), rsaKey, { alg: 'PS256', kid: 'rsa' }), { client_id: client.clientId })).status).toBe(
      200,
    );
  });

  it('is used by one of a hundred who present it at once, on two servers', async () => {
    const there = await startTestServer({ database: server.database });
    there.advance(server.now() - there.now());
    const assertion = await sign(good());
    const form = { grant_type: 'client_credentials', client_assertion_type: ASSERTION_TYPE, client_assertion: assertion };
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, at) =>
        askTokens(at % 2 === 0 ? server : there, form, { 'x-forwarded-for': `10.9.0.${at}` }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    await there.keyhouse.close();
  });

  it('opens nothing when it is unsigned, signed by somebody else, by another kind of key, or for somebody else', async () => {
    const pem = new TextEncoder().encode(publicKey.export({ type: 'spki', format: 'pem' }).toString());
    const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
    const bad: Record<string, string> = {
      unsigned: new UnsecuredJWT(good()).encode(),
      'unsigned, with a kid': `${Buffer.from('{"alg":"none","kid":"one"}').toString('base64url')}.${(await sign(good())).split('.')[1]}.`,
      'signed with the public key': await sign(good(), pem, { alg: 'HS256', kid: 'one' }),
      'signed with a part of it': await sign(good(), raw, { alg: 'HS256', kid: 'one' }),
      'another key': await sign(good(), otherKey),
      'the key of another application': await sign(good(), otherKey, { alg: 'ES256', kid: 'other' }),
      'another algorithm of the same key': await sign(good(), rsaKey, { alg: 'RS256', kid: 'rsa' }),
      'no kid': await sign(good(), key, { alg: 'ES256' }),
      'a kid of nobody': await sign(good(), key, { alg: 'ES256', kid: '../one' }),
      'its public key in the header': await new SignJWT(good())
        .setProtectedHeader({ alg: 'ES256', kid: 'x', jwk: otherKey.export({ format: 'jwk' }) as never })
        .sign(otherKey),
      'another issuer': await sign({ ...good(), iss: other.clientId }),
      'another subject': await sign({ ...good(), sub: other.clientId }),
      'a user as its subject': await sign({ ...good(), sub: 'user:1' }),
      'another audience': await sign({ ...good(), aud: 'https://evil.example' }),
      'an audience that begins like ours': await sign({ ...good(), aud: `${server.url}.evil.example` }),
      'no audience': await sign({ ...good(), aud: undefined }),
      'no issuer': await sign({ ...good(), iss: undefined }),
      'no subject': await sign({ ...good(), sub: undefined }),
      'no jti': await sign({ ...good(), jti: undefined }),
      'an empty jti': await sign({ ...good(), jti: '' }),
      'a jti that is no text': await sign({ ...good(), jti: 1 as never }),
      'no end': await sign({ ...good(), exp: undefined }),
      'an end that has been': await sign({ ...good(), exp: seconds() - 31 }),
      'an end that is far away': await sign({ ...good(), exp: seconds() + 3600 }),
      'an end beyond numbers': await sign({ ...good(), exp: 1e300 }),
      'an end that is text': await sign({ ...good(), exp: String(seconds() + 60) as never }),
      'a beginning that is to come': await sign({ ...good(), nbf: seconds() + 300 }),
      'something that must be understood': await new SignJWT(good())
        .setProtectedHeader({ alg: 'ES256', kid: 'one', crit: ['exp'], exp: 1 })
        .sign(key, { crit: { exp: true } }),
      garbage: 'a.b.c',
      'one part': 'abc',
      'a refresh token': 'kh_refresh_x',
    };
    for (const [why, assertion] of Object.entries(bad)) {
      const answer = await present(assertion);
      expect([answer.status, answer.json.error], why).toEqual([401, 'invalid_client']);
    }
    expect((await present(await sign(good()), { client_id: other.clientId })).status).toBe(401);
    expect((await present(await sign(good()), { client_assertion_type: 'x' })).json.error).toBe('invalid_request');
    const [head, body, signature = ''] = (await sign(good())).split('.');
    expect((await present(`${head}.${body}.${signature.slice(0, -2)}AA`)).status).toBe(401);
    expect(server.logged.filter((line) => line.includes('A request failed'))).toEqual([]);
  });

  it('is over when its key is taken off the list', async () => {
    const owner = await newPerson(server);
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'ES256' };
    const wish = { kind: 'confidential', ownPermissions: ['a.read'], jwks: { keys: [jwk] } } as const;
    const own = await newApplication(server, owner.accountId, wish);
    const claims = () => ({ ...good(), iss: own.clientId, sub: own.clientId });
    const header = { alg: 'ES256', kid: 'k' };
    expect((await present(await sign(claims(), pair.privateKey, header))).status).toBe(200);
    await server.keyhouse.applications.update({ application: own, settings: { jwks: null } }, OPERATOR);
    expect((await present(await sign(claims(), pair.privateKey, header))).status).toBe(401);
    server.advance(DAY_MS);
  });
});
