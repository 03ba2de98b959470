/** The contract over HTTP, sentence by sentence, on both databases. */
import { beforeAll, describe, expect, it } from 'vitest';
import { eachDatabase } from '../databases.ts';
import { ISSUER, OPERATOR, PASSWORD, startTestServer, type TestServer } from '../server.ts';

const UNAUTHENTICATED = { message: 'Unauthenticated.' };
const UNAUTHORIZED = { message: 'This action is unauthorized.' };
const DAY = 86_400_000;

eachDatabase('the server', (makeDatabase) => {
  let server: TestServer;
  let user: Awaited<ReturnType<TestServer['register']>>;
  beforeAll(async () => {
    const database = await makeDatabase();
    // The suite drops the database; the server only closes what it opened.
    server = await startTestServer({ database });
    user = await server.register();
    return () => server.stop();
  });
  const verify = (bearer: string, path = '/verify/api/invoices', method = 'GET') => server.request(path, { bearer, method });
  const mint = (bearer: string, body: unknown) => server.request('/auth', { bearer, body });

  describe('document A', () => {
    it('registers and logs in with the same shape, and names the user of a token [A4–A7, A11]', async () => {
      const login = await server.request('/api/v1/auth/login', {
        body: { email: user.email, password: PASSWORD, device_name: 'My Application' },
      });
      expect(login.status).toBe(200);
      expect(login.headers['cache-control']).toBe('no-store');
      expect(login.json).toEqual({
        status: 'success',
        user: {
          id: user.id,
          email: user.email,
          display_name: user.email.split('@')[0],
          first_name: '',
          last_name: '',
          access_token: expect.stringMatching(/^\d+\|kh_[0-9A-Za-z]{40}[0-9a-f]{8}$/),
          created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
          updated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
        },
      });
      const { access_token: token, ...rest } = login.json.user;
      const who = await server.request('/api/v1/cli/loggedUser', { bearer: token });
      expect([who.status, who.json]).toEqual([200, { user: rest }]);
    });

    it('answers a missing, a wrong and an ended token alike, exactly [A8]', async () => {
      const missing = await server.request('/api/v1/cli/loggedUser');
      expect([missing.status, missing.json, missing.headers['www-authenticate']]).toEqual([401, UNAUTHENTICATED, 'Bearer']);
      const ended = await server.register();
      const logout = await server.request('/api/v1/auth/logout', { method: 'POST', bearer: ended.token });
      expect([logout.status, logout.json]).toEqual([200, { status: 'success' }]);
      for (const bearer of ['123|abcdef1234567890abcdef1234567890', 'x', ended.token, `9${user.token}`, 'eyJ.a.b', 'kh_live_x']) {
        const wrong = await server.request('/api/v1/cli/loggedUser', { bearer });
        expect([wrong.status, wrong.json, wrong.headers['www-authenticate']]).toEqual([
          401,
          UNAUTHENTICATED,
          'Bearer error="invalid_token"',
        ]);
      }
    });

    it('tells per field what is wrong, and nothing about who exists [A12]', async () => {
      const none = await server.request('/api/v1/auth/login', { body: {} });
      expect([none.status, none.json]).toEqual([
        422,
        {
          status: 'error',
          message: 'The given data was invalid.',
          errors: {
            email: ['The email field is required.'],
            password: ['The password field is required.'],
            device_name: ['The device_name field is required.'],
          },
        },
      ]);
      const attempts = [
        { email: user.email, password: 'wrong password' },
        { email: 'nobody@example.com', password: 'wrong password' },
        { email: 'no address', password: 'x' },
      ];
      for (const attempt of attempts) {
        const { status, json } = await server.request('/api/v1/auth/login', {
          body: { ...attempt, device_name: 'x', unknown: 1 },
        });
        expect([status, json.errors]).toEqual([422, { email: ['These credentials do not match our records.'] }]);
      }
      const weak = await server.request('/api/v1/auth/register', {
        body: { email: 'bad', password: 'password', device_name: 'x' },
      });
      expect([weak.status, Object.keys(weak.json.errors)]).toEqual([422, ['email', 'password']]);
      const taken = await server.request('/api/v1/auth/register', {
        body: { email: user.email.toUpperCase(), password: PASSWORD, device_name: 'x' },
      });
      expect([taken.status, Object.keys(taken.json.errors)]).toEqual([422, ['email']]);
    });

    it('lists and ends only the own tokens', async () => {
      const [own, stranger] = [await server.register(), await server.register()];
      const list = await server.request('/api/v1/auth/tokens', { bearer: own.token });
      expect(list.json.tokens).toEqual([
        {
          id: Number(own.token.split('|')[0]),
          name: 'test',
          permissions: null,
          created_at: expect.any(String),
          last_used_at: null,
          expires_at: null,
        },
      ]);
      const strangersId = stranger.token.split('|')[0];
      for (const id of [strangersId, '0', 'x', '99999999999999999999', '1e3']) {
        const { status, json } = await server.request(`/api/v1/auth/tokens/${id}`, { method: 'DELETE', bearer: own.token });
        expect([status, json]).toEqual([404, { message: 'Not found.' }]);
      }
      expect((await verify(stranger.token)).status).toBe(200);
      expect(
        (await server.request(`/api/v1/auth/tokens/${own.token.split('|')[0]}`, { method: 'DELETE', bearer: own.token })).status,
      ).toBe(204);
      expect((await verify(own.token)).status).toBe(401);
    });

    it('rotates with an overlap: both secrets live, only the newest rotates, and rotating again ends the older', async () => {
      const { token: first } = await server.register();
      const rotate = (bearer: string, body?: unknown) =>
        server.request('/api/v1/auth/tokens/rotate', { method: 'POST', bearer, body });
      const second = (await rotate(first)).json.access_token as string;
      expect(second.split('|')[0]).toBe(first.split('|')[0]);
      expect([(await verify(first)).status, (await verify(second)).status]).toEqual([200, 200]);
      const old = await rotate(first);
      expect([old.status, old.json]).toEqual([403, UNAUTHORIZED]);
      const third = (await rotate(second, { overlap_seconds: 60 })).json.access_token as string;
      expect([(await verify(first)).status, (await verify(second)).status, (await verify(third)).status]).toEqual([
        401, 200, 200,
      ]);
      server.advance(61_000);
      expect([(await verify(second)).status, (await verify(third)).status]).toEqual([401, 200]);
      const fourth = (await rotate(third, { overlap_seconds: 0 })).json.access_token as string;
      expect([(await verify(third)).status, (await verify(fourth)).status]).toEqual([401, 200]);
      for (const body of [
        { overlap_seconds: -1 },
        { overlap_seconds: 604_801 },
        { overlap_seconds: '1' },
        { overlap_seconds: 1.5 },
      ]) {
        expect((await rotate(fourth, body)).status).toBe(422);
      }
    });

    it('takes personal access tokens only, and lists only for one that was not narrowed [A9]', async () => {
      const key = await server.key(user.accountId);
      const { json } = await mint(key.text, { permissions: ['invoices.read'] });
      for (const bearer of [key.text, json.token]) {
        const { status, json: body } = await server.request('/api/v1/cli/loggedUser', { bearer });
        expect([status, body]).toEqual([403, UNAUTHORIZED]);
      }
      const narrowed = await server.register();
      const id = Number(narrowed.token.split('|')[0]);
      expect(
        await server.keyhouse.credentials.narrow({ kind: 'token', id, permissions: ['invoices.read'] }, OPERATOR),
      ).toMatchObject({
        ok: true,
      });
      expect((await server.request('/api/v1/cli/loggedUser', { bearer: narrowed.token })).status).toBe(200);
      expect((await server.request('/api/v1/auth/tokens', { bearer: narrowed.token })).status).toBe(403);
      expect((await server.request(`/api/v1/auth/tokens/${id}`, { method: 'DELETE', bearer: narrowed.token })).status).toBe(403);
      const lacking = await verify(narrowed.token, '/verify/api/services');
      expect([lacking.status, lacking.headers['www-authenticate']]).toEqual([
        403,
        'Bearer error="insufficient_scope", scope="services.read"',
      ]);
    });

    it('ends tokens of log-ins after 90 days without use, and no others', async () => {
      const { token, accountId } = await server.register();
      const key = await server.key(accountId);
      server.advance(89 * DAY);
      expect((await verify(token)).status).toBe(200);
      server.advance(89 * DAY);
      expect((await verify(token)).status).toBe(200);
      server.advance(91 * DAY);
      expect([(await verify(token)).status, (await verify(key.text)).status]).toEqual([401, 200]);
      server.advance(-269 * DAY);
    });
  });

  describe('document B', () => {
    it('mints a JWT from a key, for a year unless asked otherwise [B4–B6]', async () => {
      const key = await server.key(user.accountId);
      for (const path of ['/auth', '/api/auth']) {
        const { status, json, headers } = await server.request(path, {
          bearer: key.text,
          body: { permissions: ['invoices.read', 'services.read'] },
        });
        expect([status, headers['cache-control']]).toEqual([200, 'no-store']);
        expect(json).toEqual({
          token: expect.stringMatching(/^eyJ/),
          expires: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        });
        expect((Date.parse(json.expires) - server.now()) / DAY).toBeGreaterThan(364.9);
        const claims = JSON.parse(Buffer.from(json.token.split('.')[1], 'base64url').toString());
        expect(claims).toMatchObject({
          iss: ISSUER,
          aud: ISSUER,
          sub: `account:${user.accountId}`,
          client_id: `key:${key.id}`,
          permissions: ['invoices.read', 'services.read'],
          scope: 'invoices.read services.read',
          account: user.accountId,
          environment: 'live',
        });
      }
      const soon = new Date(server.now() + 3_600_000).toISOString();
      const { json } = await mint(key.text, {
        permissions: ['a.write'],
        expires: soon,
        subject: 'customer-77',
        resource: ISSUER,
      });
      expect(json.expires).toBe(`${soon.slice(0, 19)}Z`);
      expect((await verify(json.token, '/verify/a', 'POST')).headers).toMatchObject({
        'x-keyhouse-subject': `account:${user.accountId}:customer-77`,
        'x-keyhouse-kind': 'jwt',
      });
    });

    it('reads .read as GET and .write as the rest, and neither as the other [B5]', async () => {
      const key = await server.key(user.accountId);
      const [read, write] = await Promise.all([
        mint(key.text, { permissions: ['invoices.read'] }),
        mint(key.text, { permissions: ['invoices.write'] }),
      ]);
      const statuses = async (token: string) =>
        Promise.all(
          ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map(
            async (method) => (await verify(token, '/verify/api/invoices/7', method)).status,
          ),
        );
      expect(await statuses(read.json.token)).toEqual([200, 200, 403, 403, 403, 403, 403]);
      expect(await statuses(write.json.token)).toEqual([403, 403, 200, 200, 200, 200, 403]);
      expect((await verify(read.json.token, '/verify/api/services')).status).toBe(403);
    });

    it('refuses what the key lacks, what does not exist and what nobody may ask for', async () => {
      const key = await server.key(user.accountId, { permissions: ['invoices.read'] });
      const lacking = await mint(key.text, { permissions: ['invoices.read', 'invoices.write'] });
      expect([lacking.status, lacking.json, lacking.headers['www-authenticate']]).toEqual([
        403,
        UNAUTHORIZED,
        'Bearer error="insufficient_scope", scope="invoices.write"',
      ]);
      const wrong: [unknown, string[]][] = [
        [{}, ['permissions']],
        [{ permissions: [] }, ['permissions']],
        [{ permissions: 'invoices.read' }, ['permissions']],
        [{ permissions: ['invoices'] }, ['permissions']],
        [{ permissions: ['keyhouse.verify'] }, ['permissions']],
        [{ permissions: ['keyhouse.read'] }, ['permissions']],
        [{ permissions: ['invoices.read'], expires: 'tomorrow' }, ['expires']],
        [{ permissions: ['invoices.read'], expires: '2027-02-31' }, ['expires']],
        [{ permissions: ['invoices.read'], expires: '2020-01-01T00:00:00Z' }, ['expires']],
        [{ permissions: ['invoices.read'], expires: '2099-01-01T00:00:00Z' }, ['expires']],
        [{ permissions: ['invoices.read'], subject: 'a b' }, ['subject']],
        [{ permissions: ['invoices.read'], subject: '' }, ['subject']],
        [{ permissions: ['invoices.read'], resource: 'https://other.example' }, ['resource']],
        [{ permissions: ['invoices.read'], admin: true }, ['admin']],
        [[], ['body']],
        [null, ['body']],
      ];
      for (const [body, fields] of wrong) {
        const { status, json } = await server.request('/auth', {
          bearer: key.text,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        expect([status, Object.keys(json.errors ?? {})], JSON.stringify(body)).toEqual([422, fields]);
      }
      const wildcard = await mint((await server.key(user.accountId)).text, { permissions: ['*'] });
      expect(wildcard.status).toBe(403);
    });

    it('mints from nothing but an API key [B2]', async () => {
      const key = await server.key(user.accountId);
      const { json } = await mint(key.text, { permissions: ['a.read'] });
      for (const bearer of [user.token, json.token]) expect((await mint(bearer, { permissions: ['a.read'] })).status).toBe(403);
      expect((await server.request('/auth', { body: { permissions: ['a.read'] } })).status).toBe(401);
    });

    it('ends the JWTs of a key with the key, and the wider ones when it is narrowed', async () => {
      const key = await server.key(user.accountId, { permissions: ['a.read', 'b.read'] });
      const [a, both] = [
        (await mint(key.text, { permissions: ['a.read'] })).json.token,
        (await mint(key.text, { permissions: ['a.read', 'b.read'] })).json.token,
      ];
      const status = async (token: string) => (await verify(token, '/verify/a')).status;
      expect([await status(a), await status(both)]).toEqual([200, 200]);
      await server.keyhouse.credentials.narrow({ kind: 'key', id: key.id, permissions: ['a.read'] }, OPERATOR);
      expect([await status(a), await status(both)]).toEqual([200, 401]);
      expect((await mint(key.text, { permissions: ['b.read'] })).status).toBe(403);
      await server.keyhouse.credentials.revoke({ kind: 'key', id: key.id }, OPERATOR);
      expect([await status(a), await status(key.text)]).toEqual([401, 401]);
    });

    it('ends everything of a disabled user at once; JWTs of before stay over afterwards', async () => {
      const owner = await server.register();
      const key = await server.key(owner.accountId);
      const jwt = (await mint(key.text, { permissions: ['a.read'] })).json.token;
      const statuses = async () =>
        Promise.all([owner.token, key.text, jwt].map(async (bearer) => (await verify(bearer, '/verify/a')).status));
      expect(await statuses()).toEqual([200, 200, 200]);
      await server.keyhouse.users.disable({ userId: owner.id, by: OPERATOR });
      expect(await statuses()).toEqual([401, 401, 401]);
      await server.keyhouse.users.enable({ userId: owner.id, by: OPERATOR });
      expect(await statuses()).toEqual([200, 200, 401]);
    });

    it('ends keys and JWTs to the second', async () => {
      const key = await server.key(user.accountId, { expiresAtMs: server.now() + 3_600_000 });
      const { json } = await mint(key.text, { permissions: ['a.read'], expires: new Date(server.now() + 60_000).toISOString() });
      expect((await verify(json.token, '/verify/a')).status).toBe(200);
      server.advance(61_000);
      expect([(await verify(json.token, '/verify/a')).status, (await verify(key.text)).status]).toEqual([401, 200]);
      server.advance(3_600_000);
      expect((await verify(key.text)).status).toBe(401);
    });

    it('introspects everything for a key with keyhouse.verify, the own account for others, and nothing for strangers', async () => {
      const [operator, own, stranger] = [
        await server.key(1, { permissions: ['keyhouse.verify'] }),
        await server.key(user.accountId),
        await server.key((await server.register()).accountId),
      ];
      const jwt = (await mint(own.text, { permissions: ['a.read'] })).json.token;
      const ask = (asker: string, token: string) =>
        server.request('/auth/introspect', {
          bearer: asker,
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: `token=${encodeURIComponent(token)}&token_type_hint=x`,
        });
      for (const asker of [operator.text, own.text]) {
        expect((await ask(asker, jwt)).json).toMatchObject({
          active: true,
          kind: 'jwt',
          sub: `account:${user.accountId}`,
          client_id: `key:${own.id}`,
          permissions: ['a.read'],
          scope: 'a.read',
          token_type: 'Bearer',
          iss: ISSUER,
        });
        expect((await ask(asker, user.token)).json).toMatchObject({
          active: true,
          kind: 'token',
          sub: `user:${user.id}`,
          permissions: null,
        });
      }
      expect((await ask(stranger.text, jwt)).json).toEqual({ active: false });
      for (const token of ['x', 'kh_refresh_x', `${user.token}0`])
        expect((await ask(operator.text, token)).json).toEqual({ active: false });
      const batch = await server.request('/auth/introspect/batch', {
        bearer: operator.text,
        body: { tokens: [jwt, 'x', own.text] },
      });
      expect(batch.json.results.map(({ active }: { active: boolean }) => active)).toEqual([true, false, true]);
      expect(
        (await server.request('/auth/introspect/batch', { bearer: operator.text, body: { tokens: Array(101).fill('x') } }))
          .status,
      ).toBe(422);
      expect((await ask(user.token, jwt)).status).toBe(403);
      expect((await server.request('/auth/introspect', { body: { token: jwt } })).status).toBe(401);
      const empty = await server.request('/auth/introspect', { bearer: operator.text, body: {} });
      expect([empty.status, empty.json.error]).toEqual([400, 'invalid_request']);
    });

    it('revokes whatever is possessed, and answers the same for what is not', async () => {
      const owner = await server.register();
      const key = await server.key(owner.accountId);
      const jwts = [
        (await mint(key.text, { permissions: ['a.read'] })).json.token,
        (await mint(key.text, { permissions: ['a.read'] })).json.token,
      ];
      const revoke = (token: string) => server.request('/auth/revoke', { body: { token, token_type_hint: 'access_token' } });
      for (const token of ['x', 'kh_live_x', `${owner.token}x`]) expect((await revoke(token)).status).toBe(200);
      expect((await revoke(jwts[0])).json).toEqual({});
      expect([(await verify(jwts[0], '/verify/a')).status, (await verify(jwts[1], '/verify/a')).status]).toEqual([401, 200]);
      await revoke(key.text);
      await revoke(owner.token);
      for (const bearer of [jwts[1], key.text, owner.token]) expect((await verify(bearer, '/verify/a')).status).toBe(401);
      expect((await server.request('/auth/revoke', { body: {} })).json.error).toBe('invalid_request');
      const basic = await server.request('/auth/revoke', { body: { token: 'x' }, headers: { authorization: 'Basic eDp5' } });
      expect([basic.status, basic.json.error]).toEqual([401, 'invalid_client']);
    });

    it('publishes both signing keys of both algorithms, without a private member', async () => {
      const { json, headers } = await server.request('/.well-known/jwks.json', { headers: { origin: 'https://any.example' } });
      const { EC = [], RSA = [], ...rest } = Object.groupBy(json.keys as { kty: string }[], ({ kty }) => kty);
      expect([EC.length, RSA.length, rest]).toEqual([2, 2, {}]);
      for (const key of EC) expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
      for (const key of RSA) expect(Object.keys(key).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
      expect(headers['access-control-allow-origin']).toBe('*');
    });
  });

  describe('/verify', () => {
    it('tells who it is, with every header, empty when unset', async () => {
      const key = await server.key(user.accountId, { environment: 'test', permissions: ['invoices.read'] });
      const { headers } = await server.request('/verify/api/invoices', {
        bearer: key.text,
        headers: { 'x-keyhouse-user': '1', 'x-keyhouse-application': 'evil' },
      });
      const own = Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-keyhouse-')));
      expect(own).toEqual({
        'x-keyhouse-kind': 'key',
        'x-keyhouse-account': String(user.accountId),
        'x-keyhouse-user': '',
        'x-keyhouse-subject': `account:${user.accountId}`,
        'x-keyhouse-credential': String(key.id),
        'x-keyhouse-application': '',
        'x-keyhouse-permissions': 'invoices.read',
        'x-keyhouse-environment': 'test',
      });
    });

    it('takes the question from one complete family of headers and from nothing else', async () => {
      const key = await server.key(user.accountId, { permissions: ['invoices.read'] });
      const ask = async (headers: Record<string, string | string[]>, path = '/verify') =>
        (await server.request(path, { bearer: key.text, headers })).status;
      const forwarded = { 'x-forwarded-method': 'GET', 'x-forwarded-uri': '/api/v1/invoices/7?x=/api/services' };
      const original = { 'x-original-method': 'GET', 'x-original-uri': '/api/v1/invoices/7?x=/api/services' };
      expect([await ask(forwarded), await ask(original), await ask({ ...forwarded, ...original })]).toEqual([200, 200, 200]);
      const refused: Record<string, string | string[]>[] = [
        {},
        { 'x-forwarded-method': 'GET' },
        { 'x-forwarded-uri': '/invoices' },
        { 'x-forwarded-method': 'GET', 'x-original-uri': '/invoices' },
        { ...forwarded, 'x-original-method': 'GET' },
        { ...forwarded, ...original, 'x-original-method': 'POST' },
        { ...forwarded, 'x-forwarded-method': 'POST' },
        { ...forwarded, 'x-forwarded-method': 'get' },
        { ...forwarded, 'x-forwarded-uri': ['/api/v1/invoices', '/api/v1/invoices'] },
        { ...forwarded, 'x-http-method-override': 'DELETE' },
        { ...forwarded, 'x-method-override': 'SPY' },
        { 'x-forwarded-method': 'OPTIONS', 'x-forwarded-uri': '/invoices' },
        { 'x-forwarded-method': 'TRACE', 'x-forwarded-uri': '/invoices' },
      ];
      for (const headers of refused) expect(await ask(headers), JSON.stringify(headers)).toBe(403);
      expect(await ask({}, '/verify?permission=invoices.read')).toBe(200);
      expect(await ask({}, '/verify?permission=invoices.write')).toBe(403);
      expect(await ask({}, '/verify?permission=invoices.read&permission=invoices.read')).toBe(403);
      expect(await ask({}, '/verify?permission=*')).toBe(403);
      expect(await ask({ ...forwarded, 'x-forwarded-uri': '/services' }, '/verify?permission=invoices.read')).toBe(403);
      expect(await ask({}, '/verify/api/services?permission=invoices.read')).toBe(403);
      expect(await ask({ 'x-forwarded-method': 'GET', 'x-forwarded-uri': '/services' }, '/verify/invoices')).toBe(200);
    });

    it('reads no path in two ways', async () => {
      const key = await server.key(user.accountId);
      const paths = [
        '//invoices',
        '/a/../invoices',
        '/a/%2e%2e/invoices',
        '/a%2fb',
        '/a%5cb',
        '/a;b',
        '/a%00',
        '/%',
        '/a/./b',
        '/',
        '/api',
        '/api/v1',
        '/crm.leads',
        '/%252e%252e/x',
      ];
      for (const path of paths) expect((await verify(key.text, `/verify${path}`)).status, path).toBe(403);
      for (const path of ['/invoices', '/invoices/', '/api/v12/invoices/7', '/api/invoices/a%20b'])
        expect((await verify(key.text, `/verify${path}`)).status, path).toBe(200);
    });

    it('lets preflights pass, and answers nothing but 200, 401 and 403', async () => {
      const preflight = { origin: 'https://app.example', 'access-control-request-method': 'DELETE' };
      expect((await server.request('/verify/invoices', { method: 'OPTIONS', headers: preflight })).status).toBe(200);
      expect(
        (
          await server.request('/verify/invoices', {
            method: 'OPTIONS',
            headers: { ...preflight, 'x-http-method-override': 'DELETE' },
          })
        ).status,
      ).toBe(401);
      expect(
        (
          await server.request('/verify/invoices', {
            headers: { authorization: [`Bearer ${user.token}`, `Bearer ${user.token}`] },
          })
        ).status,
      ).toBe(401);
      expect((await server.request('/verify/invoices', { headers: { authorization: 'Basic eDp5' } })).status).toBe(401);
      expect((await server.request('/verify/invoices')).headers['www-authenticate']).toBe('Bearer');
    });

    it('asks the operator’s routes first, and lets public ones pass unless the credential is bad', async () => {
      const fresh = await startTestServer();
      try {
        await fresh.store.permissions.setRoutes({
          routes: [
            { pattern: '/api/crm/:resource/**', resource: 'crm.:resource' },
            { pattern: '/status', public: true },
            { pattern: '/pay/**', resource: 'billing' },
            { methods: ['POST'], pattern: '/reports/search', permission: 'crm.leads.read' },
            { methods: ['GET'], pattern: '/reports/:id', public: true },
            { pattern: '/reports/**', public: true },
          ],
          event: { event: 'permission.routes_set', atMs: 0, by: OPERATOR },
        });
        const owner = await fresh.register();
        const key = await fresh.key(owner.accountId, { permissions: ['crm.leads.read', 'billing.write'] });
        const ask = async (path: string, method: string, bearer?: string) =>
          (await fresh.request(`/verify${path}`, { method, ...(bearer === undefined ? {} : { bearer }) })).status;
        // Written without the server: it is notified of the routes as of those that another server set.
        await expect.poll(() => ask('/api/crm/leads/7', 'GET', key.text)).toBe(200);
        expect(await ask('/api/crm/deals', 'GET', key.text)).toBe(403);
        expect(await ask('/pay', 'POST', key.text)).toBe(200);
        expect([
          await ask('/status', 'GET'),
          await ask('/status', 'GET', key.text),
          await ask('/status', 'GET', 'kh_live_x'),
        ]).toEqual([200, 200, 401]);
        expect(await ask('/reports/search', 'POST', key.text)).toBe(200);
        expect(await ask('/reports/search', 'POST')).toBe(401);
        expect([await ask('/reports/search', 'GET'), await ask('/reports/7', 'HEAD')]).toEqual([200, 200]);
        // The path is named by other methods, so nothing opens it: neither the built-in pattern nor the public one after it.
        expect([await ask('/reports/search', 'DELETE', key.text), await ask('/reports/7', 'PUT', key.text)]).toEqual([403, 403]);
        const override = { method: 'GET', headers: { 'x-http-method-override': 'POST' } };
        expect((await fresh.request('/verify/reports/search', override)).status).toBe(401);
        expect((await fresh.request('/verify/reports/7', { ...override, bearer: key.text })).status).toBe(403);
      } finally {
        await fresh.stop();
      }
    });
  });
});

describe('the order of refusals', () => {
  it('is route, method, length, type, credential, kind, body, permission', async () => {
    const server = await startTestServer();
    try {
      const user = await server.register();
      const key = await server.key(user.accountId, { permissions: ['a.read'] });
      const json = { 'content-type': 'application/json' };
      const status = async (path: string, options: Parameters<TestServer['request']>[1]) =>
        (await server.request(path, options)).status;
      expect(await status('/nowhere', { method: 'POST', body: 'x', bearer: 'bad' })).toBe(404);
      expect(
        await status('/auth', { method: 'PUT', body: 'x', headers: { 'content-length': '99999999' }, bearer: 'bad' }).catch(
          () => 405,
        ),
      ).toBe(405);
      expect(await status('/auth', { body: 'x'.repeat(2_000_000), headers: { 'content-type': 'text/plain' } })).toBe(413);
      expect(await status('/auth', { body: 'x', headers: { 'content-type': 'text/plain' } })).toBe(415);
      expect(await status('/auth', { body: 'x', headers: { ...json, authorization: ['Bearer a', 'Bearer b'] } })).toBe(400);
      expect(await status('/auth', { body: 'not json', headers: json })).toBe(401);
      expect(await status('/auth', { body: 'not json', headers: json, bearer: user.token })).toBe(403);
      expect(await status('/auth', { body: 'not json', headers: json, bearer: key.text })).toBe(400);
      expect(
        await status('/auth', { body: '{"permissions":["a.read"],"permissions":["a.read"]}', headers: json, bearer: key.text }),
      ).toBe(400);
      expect(await status('/auth', { body: { permissions: ['b'] }, bearer: key.text })).toBe(422);
      expect(await status('/auth', { body: { permissions: ['b.read'] }, bearer: key.text })).toBe(403);
    } finally {
      await server.stop();
    }
  });
});
