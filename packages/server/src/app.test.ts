/** What is true for every answer of the server, whichever route gives it. */
import { beforeAll, describe, expect, it } from 'vitest';
import { ask, exchange, head } from '../test/raw.ts';
import { PASSWORD, startTestServer, type TestServer } from '../test/server.ts';

let server: TestServer;
let user: Awaited<ReturnType<TestServer['register']>>;
let key: string;
beforeAll(async () => {
  server = await startTestServer();
  user = await server.register();
  key = (await server.key(user.accountId)).text;
  return () => server.stop();
});

describe('every answer', () => {
  it('carries an id of our own that nobody else has had', async () => {
    const lines = [
      'GET /healthz',
      'HEAD /healthz',
      'GET /verify/a',
      'GET /nowhere',
      'PUT /auth',
      'GET /%zz',
      'GET /docs',
      'GET /openapi.json',
      'OPTIONS /auth',
      'POST /auth',
      'ANNOUNCE /auth',
    ];
    const ids = new Set<string | undefined>();
    for (const line of lines) {
      const { headers } = await ask(server.port, line, 'X-Request-Id: mine', 'Request-Id: mine');
      expect(headers['x-request-id'], line).toMatch(/^[\w-]{16}-[0-9a-z]+$/);
      ids.add(headers['x-request-id']);
    }
    expect(ids.size).toBe(lines.length);
  });

  it('is not to be framed, sniffed or kept, and does not say what made it', async () => {
    for (const path of ['/healthz', '/nowhere', '/auth', '/api/v1/cli/loggedUser', '/docs/', '/openapi.json']) {
      const { headers } = await server.request(path);
      expect(headers['x-content-type-options'], path).toBe('nosniff');
      expect(headers['content-security-policy'], path).toContain("frame-ancestors 'none'");
      expect(headers['strict-transport-security'], path).toMatch(/^max-age=\d+/);
      expect(headers.server ?? headers['x-powered-by'], path).toBeUndefined();
      expect(headers['set-cookie'], path).toBeUndefined();
    }
  });

  it('that carries a credential is kept by no cache, and refusals are not either', async () => {
    const login = await server.request('/api/v1/auth/login', {
      body: { email: user.email, password: PASSWORD, device_name: 'x' },
    });
    const minted = await server.request('/auth', { bearer: key, body: { permissions: ['a.read'] } });
    const rotated = await server.request('/api/v1/auth/tokens/rotate', { method: 'POST', bearer: login.json.user.access_token });
    const refused = await server.request('/auth');
    for (const { headers } of [
      login,
      minted,
      rotated,
      refused,
      await server.request('/verify/a'),
      await server.request('/verify/a', { bearer: key }),
    ])
      expect(headers['cache-control']).toBe('no-store');
  });

  it('has the length that it says, and none of the body for HEAD', async () => {
    const answer = await ask(server.port, 'HEAD /.well-known/jwks.json');
    expect([answer.status, answer.body]).toEqual([200, '']);
    expect(Number(answer.headers['content-length'])).toBeGreaterThan(100);
    expect((await ask(server.port, 'HEAD /verify/a')).status).toBe(401);
  });
});

describe('health', () => {
  it('is alive, and ready', async () => {
    for (const path of ['/healthz', '/readyz']) {
      const { status, json } = await server.request(path);
      expect([status, json]).toEqual([200, { status: 'ok' }]);
    }
  });

  it('is not ready without the store, and no door stands open: 503 with Retry-After', async () => {
    const lost = await startTestServer();
    try {
      const owner = await lost.register();
      const fresh = await lost.key(owner.accountId);
      await lost.store.close();
      const asked = [
        await lost.request('/readyz'),
        await lost.request('/api/v1/auth/login', { body: { email: owner.email, password: PASSWORD, device_name: 'x' } }),
        await lost.request('/api/v1/auth/register', {
          body: { email: 'late@example.com', password: PASSWORD, device_name: 'x' },
        }),
        await lost.request('/auth', { bearer: fresh.text, body: { permissions: ['a.read'] } }),
        await lost.request('/api/v1/auth/tokens', { bearer: owner.token }),
        await lost.request('/api/v1/auth/logout', { method: 'POST', bearer: owner.token }),
        await lost.request('/verify/a', { bearer: fresh.text }),
      ];
      for (const [index, { status, headers, json }] of asked.entries()) {
        const failing = index === 0 ? { failing: ['database_reads', 'database_writes'] } : {};
        expect([status, json]).toEqual([503, { message: 'The service is not available now.', ...failing }]);
        expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      }
      expect((await lost.request('/healthz')).status).toBe(200);
    } finally {
      await lost.stop().catch(() => {});
    }
  });
});

describe('a mistake of our own', () => {
  it('is a 500 without a word about it, and stands in the log under the id', async () => {
    const broken = await startTestServer();
    try {
      const { token } = await broken.register();
      Object.assign(broken.keyhouse.users, { find: () => Promise.reject(new Error(`internal ${token}`)) });
      const { status, json, headers, text } = await broken.request('/api/v1/cli/loggedUser', { bearer: token });
      expect([status, json]).toEqual([500, { message: 'Something went wrong on our side.' }]);
      expect(text).not.toContain('internal');
      expect(broken.logged.join('\n')).toContain(String(headers['x-request-id']));
    } finally {
      await broken.stop();
    }
  });

  it('at /verify is a 503, which a gateway takes for a no', async () => {
    const broken = await startTestServer();
    try {
      Object.assign(broken.keyhouse.permissions, { routes: () => [{ parts: null }] });
      const { status } = await broken.request('/verify/a', { bearer: 'x' });
      expect(status).toBe(503);
    } finally {
      await broken.stop();
    }
  });
});

describe('a body out of all proportion', () => {
  it('is refused before it is judged member by member', async () => {
    const json = { 'content-type': 'application/json' };
    const members = (count: number) => `{${Array.from({ length: count }, (_, index) => `"k${index}":1`).join(',')}}`;
    for (const [path, body] of [
      ['/auth', JSON.stringify({ permissions: Array(400_000).fill(1) })],
      ['/auth', members(80_000)],
      ['/auth', JSON.stringify(Array(400_000).fill(1))],
      ['/auth/introspect/batch', JSON.stringify({ tokens: Array(900_000).fill(1) })],
      ['/api/v1/auth/login', members(80_000)],
    ] as const) {
      const { status, text } = await server.request(path, { bearer: key, headers: json, body });
      expect([status, text.length < 200], path).toEqual([422, true]);
    }
  });

  it('is 413 when it is longer than the limit, whether it says so or not', async () => {
    const headers = [`Authorization: Bearer ${key}`, 'Content-Type: application/json'];
    const chunk = `${(1 << 18).toString(16)}\r\n${'x'.repeat(1 << 18)}\r\n`;
    for (const parts of [
      [head('POST /auth', ...headers, 'Content-Length: 10000000')],
      [head('POST /auth', ...headers, 'Transfer-Encoding: chunked'), ...Array(40).fill(chunk), '0\r\n\r\n'],
    ]) {
      const { answers } = await exchange(server.port, parts);
      expect([answers[0]?.status, answers[0]?.body]).toEqual([413, '{"message":"The body is too large."}']);
    }
  });
});

describe('the reference page', () => {
  it('needs no other host, and what is not there is our own 404', async () => {
    const page = await server.request('/docs/');
    expect([page.status, page.headers['content-type']]).toEqual([200, expect.stringContaining('text/html')]);
    const policy = page.headers['content-security-policy'] ?? '';
    // Without `allow-same-origin` it has no origin, so also not the dashboard's; what runs has the nonce of this one answer.
    expect(policy).toMatch(/sandbox (?!.*allow-same-origin)allow-scripts/);
    expect(policy).toMatch(/(^|; )default-src 'none'; script-src 'nonce-[\w-]{22}'; style-src 'nonce-[\w-]{22}'/);
    expect(policy).not.toContain('connect-src');
    const again = await server.request('/docs/');
    expect(again.headers['content-security-policy']).not.toBe(policy);
    const script = await server.request('/docs/js/scalar.js');
    expect([script.status, script.text.length > 1_000_000]).toEqual([200, true]);
    for (const [, source = ''] of page.text.matchAll(/(?:src|href)="([^"]+)"/g)) expect(source).not.toMatch(/^(https?:)?\/\//);
    const missing = await ask(server.port, 'GET /docs/nothing');
    expect([missing.status, missing.body]).toEqual([404, '{"message":"Not found."}']);
  });
});

describe('sign-up', () => {
  it.each(['closed', 'invite'] as const)('is a 403 when it is %s, after the body has been read', async (signup) => {
    const own = await startTestServer({ signup });
    try {
      const body = { email: 'new@example.com', password: PASSWORD, device_name: 'x' };
      const { status, json } = await own.request('/api/v1/auth/register', { body });
      expect([status, json]).toEqual([403, { message: 'This action is unauthorized.' }]);
      expect((await own.request('/api/v1/auth/register', { body: {} })).status).toBe(422);
    } finally {
      await own.stop();
    }
  });
});

describe('a refusal of a known caller', () => {
  it('is on record under the id of the answer', async () => {
    const own = await startTestServer();
    try {
      const owner = await own.register();
      const id = Number(owner.token.split('|')[0]);
      const by = { actor: 'operator', requestId: null, person: {} } as const;
      const rotated = (await own.request('/api/v1/auth/tokens/rotate', { method: 'POST', bearer: owner.token })).json
        .access_token;
      const old = await own.request('/api/v1/auth/tokens/rotate', { method: 'POST', bearer: owner.token });
      await own.keyhouse.credentials.narrow({ kind: 'token', id, permissions: ['a.read'] }, by);
      const refused = [
        old,
        await own.request('/api/v1/auth/tokens', { bearer: rotated }),
        await own.request(`/api/v1/auth/tokens/${id}`, { method: 'DELETE', bearer: rotated }),
        await own.request('/auth', { bearer: rotated, body: {} }),
        await own.request('/verify/b', { bearer: rotated }),
      ];
      await own.keyhouse.audit.refusals.flush();
      const events = JSON.stringify(await own.store.audit.list({ limit: 100 }));
      for (const { status, headers } of refused) {
        expect(status).toBe(403);
        expect(events).toContain(String(headers['x-request-id']));
      }
    } finally {
      await own.stop();
    }
  });
});
