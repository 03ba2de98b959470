/** What every route checks before it reads a body, over real sockets. */
import { networkInterfaces } from 'node:os';
import { beforeAll, describe, expect, it } from 'vitest';
import { exchange, head } from '../../test/raw.ts';
import { startTestServer, type TestServer } from '../../test/server.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const beyondLoopback = Object.values(networkInterfaces())
  .flat()
  .find((address) => address?.family === 'IPv4' && !address.internal)?.address;

let server: TestServer;
let token: string;
let key: string;
beforeAll(async () => {
  server = await startTestServer();
  const user = await server.register();
  token = user.token;
  key = (await server.key(user.accountId)).text;
  return () => server.stop();
});

describe('the route and the method', () => {
  it('come before everything else: what is not there is not there, whatever is sent to it', async () => {
    const worst = ['Content-Type: application/json', 'Authorization: Basic x', 'Authorization: Bearer y'];
    for (const [line, status, allow] of [
      ['POST /nowhere', 404],
      ['POST /api/v1/auth/login/', 404],
      ['POST /API/v1/auth/login', 404],
      ['GET /auth/introspect', 405, 'POST'],
      ['PUT /auth', 405, 'POST, GET, HEAD'],
      ['OPTIONS /auth', 405, 'POST, GET, HEAD'],
      ['TRACE /auth', 405, 'POST, GET, HEAD'],
      ['PROPFIND /auth', 405, 'POST, GET, HEAD'],
      ['QUERY /auth', 405, 'POST, GET, HEAD'],
      ['GET /auth/token', 405, 'POST'],
      ['POST /healthz', 405, 'GET, HEAD'],
      ['PATCH /api/v1/auth/tokens/7', 405, 'DELETE'],
      ['GET /api/v1/auth/tokens/rotate', 405, 'DELETE, POST'],
    ] as const) {
      for (const body of ['x', '{"a":1,"a":2}']) {
        const { answers } = await exchange(server.port, [
          head(line, ...worst, `Content-Length: ${body.length}`, 'Connection: close'),
          body,
        ]);
        expect([answers[0]?.status, answers[0]?.headers.allow], line).toEqual([status, allow]);
      }
      const huge = await exchange(server.port, head(line, ...worst, 'Content-Length: 10000000', 'Connection: close'));
      expect(huge.answers[0]?.status, `${line}, 10 MB`).toBe(status);
    }
  });
});

describe('a content coding', () => {
  const ask = (path: string, coding: string, more: { body: string; bearer?: string; type?: string; method?: string }) =>
    server.request(path, {
      method: more.method ?? 'POST',
      ...(more.bearer === undefined ? {} : { bearer: more.bearer }),
      headers: { 'content-type': more.type ?? 'application/json', 'content-encoding': coding },
      body: more.body,
    });
  const FORM = 'application/x-www-form-urlencoded';

  it('is refused wherever a body comes, whatever is in it: nothing is decompressed, and nothing is read as if it were plain', async () => {
    for (const coding of ['gzip', 'br', 'deflate', 'identity, gzip', 'x']) {
      for (const [path, more] of [
        ['/api/v1/auth/login', { body: '{"email":"a@example.com","password":"x","device_name":"x"}' }],
        ['/auth', { body: '{"permissions":["invoices.read"]}', bearer: key }],
        ['/auth', { body: 'response_type=code', type: FORM }],
        ['/auth/token', { body: 'grant_type=client_credentials', type: FORM }],
        ['/auth/introspect', { body: 'token=x', type: FORM, bearer: key }],
        ['/auth/introspect/batch', { body: '{"tokens":["x"]}', bearer: key }],
        ['/auth/revoke', { body: '{"token":"x"}' }],
        ['/auth/logout', { body: 'state=x', type: FORM }],
        ['/auth/usage', { body: '{}', bearer: key }],
        ['/api/v1/auth/logout', { body: 'x', bearer: token }],
        ['/dashboard/api/log-in', { body: '{"email":"a@example.com","password":"x"}' }],
      ] as const) {
        const { status, json, headers } = await ask(path, coding, more);
        expect([status, json, headers['accept-encoding']], `${coding} at ${path}`).toEqual([
          415,
          { message: 'Send the body without a content coding.' },
          'identity',
        ]);
      }
    }
  });

  it('is refused on the way too, before the chunks', async () => {
    for (const coding of ['gzip, chunked', 'deflate, gzip, chunked', 'x, chunked'])
      for (const [line, type] of [
        ['POST /auth/introspect', FORM],
        ['POST /auth/token', FORM],
        ['POST /auth/revoke', 'application/json'],
        ['POST /auth/usage', 'application/json'],
        ['POST /api/v1/auth/logout', 'application/json'],
      ] as const) {
        const bearer = `Authorization: Bearer ${line.includes('/api/') ? token : key}`;
        const sent = head(line, `Content-Type: ${type}`, bearer, `Transfer-Encoding: ${coding}`, 'Connection: close');
        const { answers } = await exchange(server.port, [sent, '7\r\ntoken=x\r\n0\r\n\r\n']);
        expect(answers[0]?.status, `${coding} at ${line}`).toBe(415);
      }
  });

  it('may be identity, which says nothing (RFC 9110 §8.4), and comes after the declared length', async () => {
    expect((await ask('/auth/revoke', 'identity', { body: '{"token":"x"}' })).status).toBe(200);
    expect((await ask('/auth/token', 'Identity', { body: 'grant_type=password', type: FORM })).status).toBe(401);
    const { answers } = await exchange(
      server.port,
      head('POST /auth/revoke', 'Content-Type: application/json', 'Content-Encoding: gzip', 'Content-Length: 9999999'),
    );
    expect(answers[0]?.status).toBe(413);
  });

  it('is of no account where nothing comes with it', async () => {
    const { status } = await server.request('/api/v1/cli/loggedUser', { bearer: token, headers: { 'content-encoding': 'gzip' } });
    expect(status).toBe(200);
  });
});

describe('a permission that a route always asks for', () => {
  it('is judged before a byte of the body is read', async () => {
    const announce = (bearer: string) =>
      head('POST /auth/usage', 'Content-Type: application/json', `Authorization: Bearer ${bearer}`, 'Content-Length: 1000000');
    const { answers } = await exchange(server.port, announce(key));
    expect([answers[0]?.status, answers[0]?.headers['www-authenticate']]).toEqual([
      403,
      'Bearer error="insufficient_scope", scope="keyhouse.verify"',
    ]);
  });
});

describe('the content type', () => {
  const statusOf = async (type: string, path = '/auth/revoke') =>
    (
      await server.request(path, {
        method: 'POST',
        headers: { 'content-type': type },
        body: type.toLowerCase().includes('json') ? '{"token":"x"}' : 'token=x',
      })
    ).status;

  it.each([
    'application/json',
    'APPLICATION/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'application/x-www-form-urlencoded',
    'application/x-www-form-urlencoded; charset=UTF-8',
  ])('may be %s', async (type) => {
    expect(await statusOf(type)).toBe(200);
  });

  it.each([
    'text/plain',
    'text/json',
    'application/jsonx',
    'application/json, text/plain',
    'application/json; charset=utf-16',
    'application/json; charset=utf-8; x=y',
    'application/vnd.api+json',
    'multipart/form-data; boundary=x',
    'json',
    '*/*',
    ';',
  ])('may not be %s', async (type) => {
    expect(await statusOf(type)).toBe(415);
  });

  it('is asked for only where a body is wanted: clients that always name one are served', async () => {
    for (const body of ['', 'not json', '{"a":1,"a":2}']) {
      const own = (await server.register()).token;
      const logout = await server.request('/api/v1/auth/logout', { method: 'POST', bearer: own, headers: JSON_TYPE, body });
      expect([logout.status, logout.json]).toEqual([200, { status: 'success' }]);
    }
    const form = await server.request('/auth', {
      bearer: key,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'a=b',
    });
    expect(form.status).toBe(415);
  });

  it('does not make a body of nothing where the body is optional, and makes no guesses about what is one', async () => {
    const own = (await server.register()).token;
    const rotate = async (bearer: string, body: string) =>
      server.request('/api/v1/auth/tokens/rotate', { method: 'POST', bearer, headers: JSON_TYPE, body });
    const rotated = await rotate(own, '');
    expect(rotated.status).toBe(200);
    const next = rotated.json.user?.access_token ?? rotated.json.access_token;
    for (const [body, status] of [
      ['null', 422],
      ['[]', 422],
      ['""', 422],
      [' ', 400],
      ['{}', 200],
    ] as const)
      expect((await rotate(next, body)).status, body).toBe(status);
  });

  it('names one field for one fault of an optional body', async () => {
    const { status, json } = await server.request('/api/v1/auth/tokens/rotate', {
      bearer: token,
      body: { overlap_seconds: '60' },
    });
    expect([status, json.errors]).toEqual([422, { overlap_seconds: ['The overlap_seconds field must be an integer.'] }]);
  });
});

describe('plain HTTP from beyond loopback', () => {
  it.skipIf(beyondLoopback === undefined)(
    `${beyondLoopback === undefined ? '[needs an address beyond loopback] ' : ''}may carry no credential in either direction, unless it comes through a trusted proxy`,
    async () => {
      const host = beyondLoopback ?? '';
      for (const trustedProxies of [[], [host]]) {
        const open = await startTestServer({ host: '0.0.0.0', trustedProxies });
        try {
          const user = await open.register();
          const own = await open.key(user.accountId);
          const send = async (line: string, headers: readonly string[], body = '') => {
            const bytes = head(line, ...headers, `Content-Length: ${body.length}`, 'Connection: close') + body;
            return (await exchange(open.port, bytes, { host })).answers[0];
          };
          const json = 'Content-Type: application/json';
          const login = JSON.stringify({ email: user.email, password: 'wrong', device_name: 'x' });
          const isTrusted = trustedProxies.length > 0;
          for (const [line, headers, body, otherwise] of [
            ['GET /api/v1/cli/loggedUser', [`Authorization: Bearer ${user.token}`], '', 200],
            ['POST /api/v1/auth/login', [json], login, 422],
            ['POST /auth', [json, `Authorization: Bearer ${own.text}`], '{"permissions":["a.read"]}', 200],
            ['POST /auth/introspect', [json, `Authorization: Bearer ${own.text}`], '{"token":"x"}', 200],
            ['POST /auth/revoke', [json], '{"token":"x"}', 200],
          ] as const) {
            const answer = await send(line, headers, body);
            expect(answer?.status, line).toBe(isTrusted ? otherwise : 400);
            if (!isTrusted) expect(Object.values(JSON.parse(answer?.body ?? '')), line).toContain('Use HTTPS.');
          }
          // A gateway understands only a 403; without a credential there is nothing to protect.
          const verify = await send('GET /verify/a', [`Authorization: Bearer ${own.text}`]);
          expect(verify?.status).toBe(isTrusted ? 200 : 403);
          expect((await send('GET /healthz', []))?.status).toBe(200);
          expect((await send('GET /.well-known/jwks.json', []))?.status).toBe(200);
          // A client cannot become a proxy, or come by HTTPS, by claiming it.
          const lies = ['X-Forwarded-Proto: https', `X-Forwarded-For: 127.0.0.1`, 'Forwarded: for=127.0.0.1;proto=https'];
          const lying = await send('GET /api/v1/cli/loggedUser', [`Authorization: Bearer ${user.token}`, ...lies]);
          expect(lying?.status).toBe(isTrusted ? 200 : 400);
        } finally {
          await open.stop();
        }
      }
    },
  );
});

describe('the client’s address', () => {
  it('is the right-most untrusted hop wherever an allow-list asks for it', async () => {
    const proxied = await startTestServer({ trustedProxies: ['127.0.0.1', '10.0.0.0/8'] });
    try {
      const user = await proxied.register();
      const bound = await proxied.key(user.accountId, { addresses: ['203.0.113.0/24', '2001:db8::/32'] });
      const minted = await proxied.request('/auth', {
        bearer: bound.text,
        body: { permissions: ['a.read'] },
        headers: { 'x-forwarded-for': '203.0.113.9' },
      });
      expect(minted.status).toBe(200);
      for (const bearer of [bound.text, minted.json.token]) {
        for (const [forwarded, status] of [
          ['203.0.113.9', 200],
          ['203.0.113.9, 10.1.1.1', 200],
          ['2001:DB8::1', 200],
          ['::ffff:203.0.113.9', 200],
          [['198.51.100.1', '203.0.113.9'], 200],
          ['198.51.100.1', 401],
          ['203.0.113.9, 198.51.100.1', 401],
          ['203.0.113.9, 198.51.100.1, 10.1.1.1', 401],
          [['203.0.113.9', '198.51.100.1'], 401],
          ['203.0.113.9, unknown', 401],
          ['203.0.113.9:443', 200],
          ['198.51.100.1:443', 401],
          ['203.0.113.9, unknown:443', 401],
          ['', 401],
        ] as const) {
          const { status: got } = await proxied.request('/verify/a', { bearer, headers: { 'x-forwarded-for': forwarded } });
          expect(got, `${forwarded}`).toBe(status);
        }
        expect((await proxied.request('/verify/a', { bearer })).status).toBe(401);
      }
    } finally {
      await proxied.stop();
    }
  });
});

describe('the schemes of Authorization', () => {
  it('are Bearer and nothing else here: 401 as for any other credential that does not hold', async () => {
    for (const value of [
      `Basic ${Buffer.from(`x:${key}`).toString('base64')}`,
      `DPoP ${key}`,
      `Token ${key}`,
      key,
      'Bearer',
      '',
      `Bearer ${key} x`,
      `Bearer ${key},`,
      `Bearer,${key}`,
      `Bearer\t${key}`,
    ]) {
      for (const path of ['/auth', '/api/auth', '/auth/introspect/batch']) {
        const { status, json, headers } = await server.request(path, {
          headers: { authorization: value },
          body: { permissions: ['a.read'] },
        });
        expect([status, json, headers['www-authenticate']], `${path} ${value}`).toEqual([
          401,
          { message: 'Unauthenticated.' },
          'Bearer error="invalid_token"',
        ]);
      }
    }
    expect(
      (await server.request('/auth', { headers: { authorization: `bEaReR   ${key}` }, body: { permissions: ['a.read'] } }))
        .status,
    ).toBe(200);
  });

  it('are never read from a query, a cookie or a body', async () => {
    for (const path of [`/auth?access_token=${key}`, `/auth?authorization=Bearer%20${key}`])
      expect((await server.request(path, { body: { permissions: ['a.read'] } })).status).toBe(401);
    expect(
      (await server.request('/auth', { headers: { cookie: `access_token=${key}` }, body: { permissions: ['a.read'] } })).status,
    ).toBe(401);
    expect((await server.request('/auth/introspect', { body: { token: 'x', access_token: key } })).status).toBe(401);
  });

  it('are for clients at OAuth endpoints, where an unknown one is invalid_client', async () => {
    for (const path of ['/auth/introspect', '/auth/revoke']) {
      const basic = await server.request(path, { headers: { authorization: 'Basic eDp5' }, body: { token: key } });
      expect([basic.status, basic.json.error, basic.headers['www-authenticate']]).toEqual([
        401,
        'invalid_client',
        'Basic realm="Keyhouse"',
      ]);
      const two = await server.request(path, {
        headers: { authorization: ['Basic eDp5', `Bearer ${key}`] },
        body: { token: 'x' },
      });
      expect([two.status, two.json]).toEqual([400, { error: 'invalid_request', error_description: 'Send only one credential.' }]);
    }
    expect((await server.request('/verify/a', { bearer: key })).status).toBe(200);
  });

  it('answers what cannot be read at OAuth endpoints in OAuth’s words (RFC 6749 §5.2)', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    for (const [headers, body] of [
      [JSON_TYPE, 'x'],
      [JSON_TYPE, '{"token":"a","token":"b"}'],
      [JSON_TYPE, '{"token":1}'],
      [JSON_TYPE, 'null'],
      [JSON_TYPE, '["token"]'],
      [form, 'token=a&token=b'],
      [form, 'token='],
      [form, 'token=%zz'],
    ] as const) {
      for (const [path, bearer] of [
        ['/auth/introspect', key],
        ['/auth/revoke', ''],
      ] as const) {
        const { status, json } = await server.request(path, {
          headers: bearer === '' ? headers : { ...headers, authorization: `Bearer ${bearer}` },
          body,
        });
        expect([status, json.error], `${path} ${body}`).toEqual([400, 'invalid_request']);
      }
    }
  });
});
