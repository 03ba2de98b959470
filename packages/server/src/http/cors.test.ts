/** Which pages of other origins may read an answer, and which may not. */
import { beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../../test/server.ts';

const OURS = 'https://app.example.com';
const STRANGE = 'https://evil.example';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ corsOrigins: [OURS] });
  return () => server.stop();
});

const allowed = async (path: string, origin: string, method = 'GET') =>
  (await server.request(path, { method, headers: { origin } })).headers['access-control-allow-origin'];
const preflight = (path: string, origin: string, method = 'POST') =>
  server.request(path, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': method } });

describe('any origin', () => {
  it('may read the public endpoints, without credentials, and what they say beside the body', async () => {
    for (const [path, method] of [
      ['/.well-known/jwks.json', 'GET'],
      ['/auth/revoke', 'POST'],
    ] as const) {
      const { headers } = await server.request(path, { method, headers: { origin: STRANGE } });
      expect(headers['access-control-allow-origin'], path).toBe('*');
      expect(headers['access-control-allow-credentials']).toBeUndefined();
      expect(headers['access-control-expose-headers']).toBe('WWW-Authenticate, DPoP-Nonce, Retry-After, X-Request-Id');
      const asked = await preflight(path, STRANGE, method);
      expect([asked.status, asked.headers['access-control-allow-origin']]).toEqual([204, '*']);
      expect(asked.headers['access-control-allow-methods']).toContain(method);
    }
  });

  it('may send whatever headers it asks for, because none of them opens anything; what cannot be read gets the usual ones', async () => {
    const headersFor = async (path: string, origin: string, asked: string) => {
      const headers = { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': asked };
      const answer = await server.request(path, { method: 'OPTIONS', headers });
      expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
      return answer.headers['access-control-allow-headers'];
    };
    const tracing = 'authorization, baggage, content-type, sentry-trace, traceparent, x-datadog-trace-id';
    expect(await headersFor('/auth/token', STRANGE, tracing)).toBe(tracing);
    expect(await headersFor('/auth/userinfo', STRANGE, 'a,b')).toBe('a, b');
    expect(await headersFor('/api/v1/auth/login', OURS, tracing)).toBe(tracing);
    const usual = 'Authorization, Content-Type, DPoP';
    for (const asked of ['', 'a b', 'a,,b', 'a;b', 'x'.repeat(5000), Array.from({ length: 101 }, (_, at) => `x${at}`).join()])
      expect(await headersFor('/auth/token', STRANGE, asked), asked.slice(0, 20)).toBe(usual);
    for (const path of ['/dashboard/api/me', '/dashboard/api/login', '/auth', '/api/v1/auth/login', '/auth/introspect'])
      expect(await headersFor(path, STRANGE, tracing), path).toBeUndefined();
  });

  it('may read nothing else', async () => {
    for (const path of [
      '/auth',
      '/api/auth',
      '/auth/introspect',
      '/auth/introspect/batch',
      '/api/v1/auth/login',
      '/verify/a',
      '/healthz',
      '/openapi.json',
      '/nowhere',
    ]) {
      expect(await allowed(path, STRANGE), path).toBeUndefined();
      if (path.startsWith('/verify')) continue;
      const { status, headers } = await preflight(path, STRANGE);
      expect([404, 405], path).toContain(status);
      expect(headers['access-control-allow-origin'], path).toBeUndefined();
    }
  });
});

describe('the operator’s origins', () => {
  it('may read /api/v1, refusals included', async () => {
    expect(await allowed('/api/v1/cli/loggedUser', OURS)).toBe(OURS);
    expect(await allowed('/api/v1/auth/login', OURS, 'POST')).toBe(OURS);
    const { status, headers } = await preflight('/api/v1/auth/tokens/7', OURS, 'DELETE');
    expect([status, headers['access-control-allow-methods'], headers.vary]).toEqual([
      204,
      'DELETE',
      'Origin, Access-Control-Request-Headers',
    ]);
  });

  it('are compared whole, and a cache is told that the answer depends on the origin', async () => {
    for (const origin of [
      STRANGE,
      'null',
      `${OURS}.evil.example`,
      `${OURS}:8443`,
      'http://app.example.com',
      'https://APP.example.com',
      `${OURS}/`,
    ]) {
      const { headers } = await server.request('/api/v1/cli/loggedUser', { headers: { origin } });
      expect([headers['access-control-allow-origin'], headers.vary], origin).toEqual([undefined, 'Origin']);
    }
    expect((await server.request('/api/v1/cli/loggedUser')).headers.vary).toBe('Origin');
  });

  it('get nothing at other paths that begin alike', async () => {
    for (const path of ['/api/v1x', '/api/v12/auth/login', '/api/auth', '/auth'])
      expect(await allowed(path, OURS), path).toBeUndefined();
  });
});
