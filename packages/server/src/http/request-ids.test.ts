/** Every refusal can be looked up: whichever door it comes from, it carries an ID of ours. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../../test/server.ts';

const PATHS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = JSON.parse(
  readFileSync(new URL('../../../../docs/openapi.json', import.meta.url), 'utf8'),
).paths;
const DOORS = Object.entries(PATHS).flatMap(([path, methods]) =>
  Object.keys(methods).map(
    (method) => [method.toUpperCase(), path.replace('/*', '/api/invoices').replace(/\{\w+\}/g, '1')] as const,
  ),
);
/** Doors that the document does not name. */
const OTHERS = [
  ...(['GET', 'POST', 'DELETE'] as const).map((method) => [method, '/verify/api/invoices'] as const),
  ...[['GET', '/dashboard/api/me'] as const, ['GET', '/dashboard/api/operator/audit'] as const],
  ...[['POST', '/dashboard/api/accounts'] as const, ['GET', '/api/user/tokens'] as const],
];
const BAD = 'kh_live_nobodyknowsthis';

describe('the X-Request-Id of a refusal', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());

  const json = { 'Content-Type': 'application/json' };
  const credentials: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['without a credential', {}],
    ['with a bad credential', { Authorization: `Bearer ${BAD}` }],
    ['with another scheme', { Authorization: 'Digest x' }],
  ];

  it.each(credentials)('is on every 401 and 403 %s, each time another, never the client’s', async (_, authorization) => {
    const ids = new Set<string>();
    let refused = 0;
    for (const [method, path] of [...DOORS, ...OTHERS]) {
      const body = method === 'GET' || method === 'HEAD' || method === 'OPTIONS' ? {} : { body: {} };
      const headers = { ...json, ...authorization, 'X-Request-Id': 'chosen-by-the-client' };
      const answer = await fetch(server.origin + path, {
        ...{ method, headers, redirect: 'manual' },
        ...('body' in body ? { body: JSON.stringify(body.body) } : {}),
      });
      await answer.arrayBuffer();
      if (answer.status !== 401 && answer.status !== 403) continue;
      refused += 1;
      const id = answer.headers.get('x-request-id') ?? '';
      expect(id, `${method} ${path}`).toMatch(/^[A-Za-z0-9_-]{8,64}$/);
      expect(id).not.toBe('chosen-by-the-client');
      ids.add(id);
    }
    expect(refused).toBeGreaterThan(15);
    expect(ids.size).toBe(refused);
  });
});
