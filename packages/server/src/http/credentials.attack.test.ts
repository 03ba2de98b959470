/** Credentials that are almost right, or right for something else. None of them gets in, and none of them gains permissions. */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { parseCredential } from '@keyhouse/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { eachDatabase } from '../../test/databases.ts';
import { ask } from '../../test/raw.ts';
import { ISSUER, OPERATOR, startTestServer, type TestServer } from '../../test/server.ts';
import { isOpaque } from '../core/caller.ts';
import { createKeyhouse } from '../core/keyhouse.ts';
import { MasterSecret } from '../core/lib/master-secret.ts';

const SECRET = 'the master secret of two servers on one database';
const DAY_MS = 86_400_000;

eachDatabase('a credential', (makeDatabase) => {
  let server: TestServer;
  let user: Awaited<ReturnType<TestServer['register']>>;
  let other: Awaited<ReturnType<TestServer['register']>>;
  let key: { text: string; id: number };
  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase(), secret: SECRET });
    [user, other] = [await server.register(), await server.register()];
    key = await server.key(user.accountId);
    return () => server.stop();
  });

  const statusOf = async (bearer: string, path = '/verify/invoices') => (await server.request(path, { bearer })).status;
  const mint = async (bearer: string, wish: object = {}) =>
    server.request('/auth', { bearer, body: { permissions: ['invoices.read'], ...wish } });

  it('is good only behind its own id, in its own shape, to the letter', async () => {
    const [id = '', secret = ''] = user.token.split('|');
    const [otherId = ''] = other.token.split('|');
    const hash = (text: string) => createHash('sha256').update(text).digest('hex');
    const wrong = [
      `${otherId}|${secret}`,
      `${key.id}|${secret}`,
      `0${id}|${secret}`,
      `+${id}|${secret}`,
      `${id}.0|${secret}`,
      `${id}e0|${secret}`,
      `-${id}|${secret}`,
      `99999999999999999999|${secret}`,
      `|${secret}`,
      `${id}||${secret}`,
      `${id}|${secret}|`,
      `${id}|${hash(secret)}`,
      `${id}|${hash(user.token)}`,
      `${id}|${key.text}`,
      hash(key.text),
      hash(secret),
      secret,
      `${key.id}|${key.text}`,
      key.text.replace('kh_live_', 'kh_test_'),
      key.text.replace('kh_live_', 'kh_'),
      key.text.replace('kh_live_', 'KH_LIVE_'),
      key.text.toUpperCase(),
      key.text.slice(0, -1),
      `${key.text}0`,
      `${key.text.slice(0, -8)}${key.text.slice(-8).toUpperCase()}A`,
      `kh_refresh_${secret.slice(3)}`,
      `kh_client_${secret.slice(3)}`,
      `"${key.text}"`,
      `${key.text}%00`,
      encodeURIComponent(user.token),
    ];
    // Unknown ones would be limited after ten; the first answer is what counts for each.
    for (const bearer of wrong) expect([401, 429], bearer).toContain(await statusOf(bearer));
    expect([await statusOf(user.token), await statusOf(key.text)]).toEqual([200, 200]);
  });

  it('is not one when it is a JWT that we did not sign, or signed for somebody else', async () => {
    const good = (await mint(key.text)).json.token as string;
    expect(await statusOf(good)).toBe(200);
    const [head = '', body = '', signature = ''] = good.split('.');
    const header = JSON.parse(Buffer.from(head, 'base64url').toString());
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const forge = (ownHeader: object, ownClaims: object) => {
      const input = `${encode(ownHeader)}.${encode(ownClaims)}`;
      return `${input}.${sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
    };
    const wider = { ...claims, permissions: ['*'], scope: '*' };
    const wrong = [
      forge(header, claims),
      forge({ ...header, jwk: publicKey.export({ format: 'jwk' }) }, claims),
      forge({ ...header, jku: 'https://evil.example/jwks.json' }, claims),
      `${encode({ ...header, alg: 'none' })}.${body}.`,
      `${encode({ ...header, alg: 'none' })}.${body}.${signature}`,
      `${encode({ ...header, alg: 'HS256' })}.${body}.${signature}`,
      `${head}.${encode(wider)}.${signature}`,
      `${head}.${body}.${signature}=`,
      `${head}.${body}.${signature.slice(0, -2)}`,
      `${head}.${body}.${'A'.repeat(signature.length)}`,
      `${head}.${body}`,
      `${head}.${body}.${signature}.${signature}`,
      `${body}.${head}.${signature}`,
    ];
    for (const bearer of wrong) expect(await statusOf(bearer), bearer).toBe(401);
  });

  it('is not one when it is a JWT of another issuer, even one that signs with the same keys', async () => {
    const store = await server.database.open();
    const twin = createKeyhouse({
      store,
      secret: new MasterSecret(SECRET),
      secretPrevious: null,
      limiter: store.limiter,
      clock: server.keyhouse.clock,
      monotonicMs: () => performance.now(),
      log: { info: () => {}, warn: () => {}, error: () => {} },
      settings: { issuer: 'https://other.example.com', maxJwtDays: 366, signup: 'open', signingAlgorithm: 'ES256' },
    });
    const stop = await twin.start({ pollEveryMs: 50 });
    try {
      const verdict = await twin.verify(parseCredential(key.text), { address: null, userAgent: null });
      if (!verdict.ok || !isOpaque(verdict.caller)) throw new Error('The key does not hold.');
      const minted = await twin.jwts.mint(verdict.caller, { permissions: ['invoices.read'] }, OPERATOR);
      if (!minted.ok) throw new Error(minted.reason);
      expect(await statusOf(minted.value.token)).toBe(401);
      const asked = await server.request('/auth/introspect', { bearer: key.text, body: { token: minted.value.token } });
      expect(asked.json).toEqual({ active: false });
    } finally {
      await stop();
    }
  });

  it('is over at once when its key is revoked or narrowed, or its owner disabled, and at its second', async () => {
    const owner = await server.register();
    const key = await server.key(owner.accountId, { permissions: ['invoices.read', 'services.read'] });
    const both = (await mint(key.text, { permissions: ['invoices.read', 'services.read'] })).json.token;
    const expiring = (await mint(key.text, { expires: new Date(server.now() + 10_000).toISOString() })).json;
    expect([await statusOf(both), await statusOf(expiring.token)]).toEqual([200, 200]);
    server.advance(Date.parse(expiring.expires) - server.now() - 300);
    expect(await statusOf(expiring.token)).toBe(200);
    server.advance(300);
    expect(await statusOf(expiring.token)).toBe(401);
    await server.keyhouse.credentials.narrow({ kind: 'key', id: key.id, permissions: ['invoices.read'] }, OPERATOR);
    expect(await statusOf(both)).toBe(401);
    const narrow = (await mint(key.text)).json.token;
    await server.keyhouse.credentials.narrow({ kind: 'key', id: key.id, addresses: ['192.0.2.1'] }, OPERATOR);
    expect([await statusOf(narrow), await statusOf(key.text)]).toEqual([401, 401]);
    await server.keyhouse.users.disable({ userId: owner.id, by: OPERATOR });
    expect([await statusOf(owner.token), (await mint(key.text)).status]).toEqual([401, 401]);
  });

  it('rotates once, by its newest secret, however many ask at once', async () => {
    const { token } = await server.register();
    const rotate = (bearer: string, overlap: number) =>
      server.request('/api/v1/auth/tokens/rotate', { bearer, body: { overlap_seconds: overlap } });
    const answers = await Promise.all(Array.from({ length: 8 }, () => rotate(token, 60)));
    const won = answers.filter(({ status }) => status === 200);
    expect([won.length, answers.filter(({ status }) => status === 403).length]).toEqual([1, 7]);
    const newest = won[0]?.json.access_token as string;
    expect([await statusOf(token), await statusOf(newest)]).toEqual([200, 200]);
    const last = (await rotate(newest, 0)).json.access_token as string;
    // Unknown by now, and this address has presented many unknown ones: 401, or 429 for the same.
    for (const dead of [token, newest]) expect([401, 429]).toContain(await statusOf(dead));
    expect(await statusOf(last)).toBe(200);
    // The superseded secret cannot revoke anything any more: finding it in a log is useless.
    for (const dead of [token, newest]) await server.request('/auth/revoke', { body: { token: dead } });
    expect(await statusOf(last)).toBe(200);
  });

  it('tells nothing about those of other accounts, to anybody but a key that names keyhouse.verify', async () => {
    const strangersKey = await server.key(other.accountId, { permissions: ['*'] });
    const operatorsKey = await server.key(1);
    const verifying = await server.key(1, { permissions: ['keyhouse.verify'] });
    const jwt = (await mint(key.text)).json.token;
    for (const token of [user.token, key.text, jwt]) {
      for (const [asker, active] of [
        [strangersKey.text, false],
        [operatorsKey.text, false],
        [verifying.text, true],
      ] as const) {
        const one = await server.request('/auth/introspect', { bearer: asker, body: { token } });
        const many = await server.request('/auth/introspect/batch', { bearer: asker, body: { tokens: [token] } });
        expect([one.json.active, many.json.results[0].active]).toEqual([active, active]);
        if (!active) expect(one.json).toEqual({ active: false });
      }
    }
  });

  it('never holds a permission of the operator outside the operator’s account', async () => {
    for (const permissions of [['keyhouse.verify'], ['keyhouse.read'], ['keyhouse.*'], ['keyhouse.verify.read']]) {
      await expect(server.key(other.accountId, { permissions })).rejects.toThrow('keyhouse.');
      const whole = await server.key(other.accountId);
      expect((await mint(whole.text, { permissions })).status).toBe(422);
      expect((await server.request(`/verify?permission=${permissions[0]}`, { bearer: whole.text })).status).toBe(403);
    }
    const verifying = await server.key(1, { permissions: ['keyhouse.verify'] });
    expect((await mint(verifying.text, { permissions: ['keyhouse.verify'] })).status).toBe(422);
    expect((await mint(verifying.text)).status).toBe(403);
    expect((await server.request('/verify/invoices', { bearer: verifying.text })).status).toBe(403);
  });

  it('cannot make an API key or lift its own rights through any route of the API [B2]', async () => {
    const narrowToken = await server.register();
    await server.keyhouse.credentials.narrow(
      { kind: 'token', id: Number(narrowToken.token.split('|')[0]), permissions: ['a.read'] },
      OPERATOR,
    );
    const narrowKey = await server.key(user.accountId, { permissions: ['a.read'] });
    const testKey = await server.key(user.accountId, {
      environment: 'test',
      addresses: ['127.0.0.1'],
      expiresAtMs: server.now() + DAY_MS,
    });
    const operators = await server.key(1, { permissions: ['keyhouse.verify', '*'] });
    const jwt = (await mint(key.text)).json.token as string;
    const bearers = ['', narrowToken.token, narrowKey.text, testKey.text, operators.text, jwt, other.token];
    const keys = async () => {
      const rows = await server.store.credentials.listCredentials({ kind: 'key', withRevoked: true, limit: 1000 });
      return rows.map(({ id, permissions, addresses, expiresAtMs, environment, accountId }) => ({
        id,
        permissions,
        addresses,
        expiresAtMs,
        environment,
        accountId,
      }));
    };
    const rightsOf = async (kind: 'token' | 'key', id: number) => {
      const found = await server.store.credentials.getCredential(kind, id);
      return { permissions: found?.permissions, addresses: found?.addresses, expiresAtMs: found?.expiresAtMs };
    };
    const wish = {
      name: 'mine',
      permissions: ['*'],
      addresses: null,
      environment: 'live',
      account_id: 1,
      account: 1,
      kind: 'key',
      administrator: true,
      expires_at: null,
    };
    const bodies = [
      wish,
      { ...wish, email: 'grown@example.com', password: 'a fine long pass phrase', device_name: 'x' },
      { permissions: ['*'] },
      { permissions: ['a.write'] },
      { overlap_seconds: 0, permissions: null },
      { token: 'x', ...wish },
    ];
    const [before, tokenBefore] = [await keys(), await rightsOf('token', Number(narrowToken.token.split('|')[0]))];
    const { paths } = (await server.request('/openapi.json')).json as { paths: Record<string, Record<string, unknown>> };
    for (const [path, methods] of Object.entries(paths)) {
      // What revokes or replaces a credential is done last: until then all of them are active.
      if (/logout|rotate|\{id\}/.test(path) || path.startsWith('/verify')) continue;
      for (const method of Object.keys(methods).map((name) => name.toUpperCase())) {
        for (const bearer of bearers) {
          for (const body of method === 'GET' ? [undefined] : bodies) {
            const { status, text } = await server.request(path, { method, body, ...(bearer === '' ? {} : { bearer }) });
            expect(status, `${method} ${path} ${text}`).toBeLessThan(500);
            expect(text, `${method} ${path}`).not.toMatch(/kh_(live|test)_[0-9A-Za-z]{40}/);
          }
        }
      }
    }
    for (const bearer of bearers)
      await server.request('/api/v1/auth/tokens/rotate', { bearer, body: { ...wish, overlap_seconds: 0 } });
    expect(await keys()).toEqual(before);
    expect(await rightsOf('token', Number(narrowToken.token.split('|')[0]))).toEqual(tokenBefore);
    // The registered user came in like anyone else: without the platform's flag.
    const grown = await server.store.accounts.findUserByEmail('grown@example.com');
    expect(grown?.isAdministrator).toBe(false);
  });
});

describe('what a client sends', () => {
  let server: TestServer;
  let key: string;
  beforeAll(async () => {
    server = await startTestServer();
    key = (await server.key((await server.register()).accountId)).text;
    return () => server.stop();
  });

  it('does not come back as something that we say', async () => {
    const lies = ['Kind', 'Account', 'User', 'Subject', 'Credential', 'Application', 'Permissions', 'Environment', 'Admin'].map(
      (name) => `X-Keyhouse-${name}: evil`,
    );
    const more = [
      'X-Request-Id: evil',
      'X-Forwarded-Host: evil',
      'X-Forwarded-Proto: evil',
      'Host: evil.example',
      'Forwarded: host=evil',
    ];
    for (const line of [
      'GET /verify/invoices',
      'GET /verify',
      'OPTIONS /verify/invoices',
      'GET /healthz',
      'GET /nowhere',
      'GET /docs',
      'GET /openapi.json',
      'GET /.well-known/jwks.json',
    ]) {
      for (const credential of [[], [`Authorization: Bearer ${key}`]]) {
        const { headers, body } = await ask(server.port, line, ...lies, ...more.slice(0, 3), ...more.slice(4), ...credential);
        expect(JSON.stringify([headers, body.slice(0, 2000)]), line).not.toContain('evil');
      }
    }
  });

  it('splits no answer, whether it stands in the path, the query or a permission', async () => {
    const splits = ['%0d%0aSet-Cookie:%20a=b', '%0D%0A%0D%0Aevil', '%E5%98%8A%E5%98%8Devil', '%00', '"evil"', "'evil"];
    for (const split of splits) {
      for (const line of [
        `GET /verify/${split}`,
        `GET /verify/invoices/${split}`,
        `GET /verify?permission=${split}`,
        `GET /docs?${split}`,
        `GET /docs/${split}`,
        `GET /${split}`,
        `DELETE /api/v1/auth/tokens/${split}`,
      ]) {
        const { status, headers } = await ask(server.port, line, `Authorization: Bearer ${key}`);
        expect(status, line).toBeLessThan(500);
        expect(JSON.stringify(headers), line).not.toMatch(/evil|set-cookie/i);
      }
    }
  });

  it('moves neither the issuer nor a link, whatever Host it names', async () => {
    const { json } = await server.request('/auth', {
      bearer: key,
      headers: { host: 'evil.example' },
      body: { permissions: ['a.read'] },
    });
    expect(JSON.parse(Buffer.from(json.token.split('.')[1], 'base64url').toString()).iss).toBe(ISSUER);
    const document = await server.request('/openapi.json', { headers: { host: 'evil.example' } });
    expect(document.json.servers).toEqual([{ url: ISSUER }]);
    for (const line of ['GET /docs', 'GET http://evil.example/docs', 'GET /docs?//evil.example']) {
      const { headers } = await ask(server.port, line);
      expect(headers.location ?? '/', line).toMatch(/^\/(?!\/)/);
    }
  });

  it('cannot put a question in front of ours: absolute and encoded targets of /verify are refused', async () => {
    const narrow = (await server.key((await server.register()).accountId, { permissions: ['invoices.read'] })).text;
    for (const target of [
      'https://invoices/verify/services',
      'http://x/verify/invoices',
      'https://invoices/verify',
      '/%76erify/invoices',
      '/verif%79/invoices',
      '/verif%79?permission=invoices.read',
    ]) {
      expect((await ask(server.port, `GET ${target}`, `Authorization: Bearer ${narrow}`)).status, target).toBe(403);
    }
    expect((await ask(server.port, 'GET /verify/invoices', `Authorization: Bearer ${narrow}`)).status).toBe(200);
  });
});
