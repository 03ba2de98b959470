import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../../test/server.ts';

/** Who asks, in which content type, with which body; and the status. */
type Question = readonly [bearer: string | null, type: string | null, body: string, status: number];

const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';

describe('introspection, the short way and the long way', () => {
  let server: TestServer;
  let operatorKey: string;
  let ownKey: string;
  let token: string;
  beforeAll(async () => {
    server = await startTestServer();
    const registered = await server.register();
    token = registered.token;
    ownKey = (await server.key(registered.accountId)).text;
    operatorKey = (await server.key(1, { permissions: ['keyhouse.verify'] })).text;
  });
  afterAll(() => server.stop());

  const ask = (bearer: string | null, type: string | null, body: string, isChunked: boolean) =>
    new Promise<{ status: number; headers: Record<string, unknown>; body: unknown }>((resolve, reject) => {
      const headers = {
        ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
        ...(type === null ? {} : { 'content-type': type }),
        // Without a declared length the request goes the long way.
        ...(isChunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(Buffer.byteLength(body)) }),
      };
      const request = httpRequest(
        { port: server.port, method: 'POST', path: '/auth/introspect', headers, agent: false },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () => {
            const { 'www-authenticate': challenge, 'content-type': contentType, 'cache-control': cache } = answer.headers;
            const text = Buffer.concat(chunks).toString();
            expect(answer.headers['x-request-id']).toBeTruthy();
            resolve({ status: answer.statusCode ?? 0, headers: { challenge, contentType, cache }, body: JSON.parse(text) });
          });
        },
      );
      request.on('error', reject);
      request.end(body);
    });

  it.each([
    ['an own credential, as a form', () => [ownKey, FORM, `token=${ownKey}`, 200]],
    ['anybody’s, asked by a resource server, as JSON', () => [operatorKey, JSON_TYPE, JSON.stringify({ token }), 200]],
    ['a token of the own account', () => [ownKey, FORM, `token=${encodeURIComponent(token)}&token_type_hint=x`, 200]],
    ['what is no credential', () => [operatorKey, FORM, 'token=nonsense', 200]],
    ['without a token', () => [operatorKey, FORM, 'tokens=1', 400]],
    ['with two tokens', () => [operatorKey, FORM, 'token=1&token=2', 400]],
    ['with a member twice', () => [operatorKey, JSON_TYPE, '{"token":"1","token":"2"}', 400]],
    ['with bad UTF-8 escapes', () => [operatorKey, FORM, 'token=%zz', 400]],
    ['with what is not JSON', () => [operatorKey, JSON_TYPE, '{', 400]],
    ['with an empty body', () => [operatorKey, JSON_TYPE, '', 400]],
    ['by a personal access token', () => [token, FORM, 'token=1', 403]],
    ['by an unknown key', () => [`kh_live_${'0'.repeat(48)}`, FORM, 'token=1', 401]],
    ['by nobody', () => [null, FORM, 'token=1', 401]],
    ['with another content type', () => [operatorKey, 'text/plain', 'token=1', 415]],
  ] satisfies readonly (readonly [string, () => Question])[])(
    'give one answer: %s',
    async (_what: string, make: () => Question) => {
      const [bearer, type, body, status] = make();
      const short = await ask(bearer, type, body, false);
      const long = await ask(bearer, type, body, true);
      expect(short).toEqual(long);
      expect(short.status).toBe(status);
    },
  );
});
