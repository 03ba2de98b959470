/** What strangers send: none of it causes a 5xx, a hang, a stack or a false accept, and no secret comes back. */

import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { PATIENCE_MS } from '../../../../test/patience.ts';
import { haveVectors, NEEDS_VECTORS, naughtyStrings, vectorsFolder } from '../../../protocol/test/vectors.ts';
import { eachDatabase } from '../databases.ts';
import { PASSWORD, startTestServer, type TestServer } from '../server.ts';

const JSON_FILES = 'json-test-suite/test_parsing';
/** Refused while it is read, long before the missing closing brackets would be noticed. */
const TOO_DEEP = new Set(['n_structure_100000_opening_arrays.json', 'n_structure_open_array_object.json']);

/** Another client each time, so that the limits do not answer instead of what is tested. */
let clients = 0;
const stranger = (): Record<string, string> => {
  clients++;
  return { 'x-forwarded-for': `10.${(clients >> 16) & 255}.${(clients >> 8) & 255}.${clients & 255}` };
};
const JSON_TYPE = { 'content-type': 'application/json' };

eachDatabase('bad input', (makeDatabase) => {
  let server: TestServer;
  let key: string;
  let token: string;
  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase(), trustedProxies: ['127.0.0.1'] });
    const user = await server.register();
    token = user.token;
    key = (await server.key(user.accountId)).text;
    return () => server.stop();
  });

  const isHarmless = (text: string, status: number): boolean =>
    status < 500 && !/\bat .+:\d+:\d+/.test(text) && !text.includes(PASSWORD) && !text.includes(key);

  it.skipIf(!haveVectors(JSON_FILES))(`${NEEDS_VECTORS} is every file of JSONTestSuite as a body`, async () => {
    const folder = join(vectorsFolder, JSON_FILES);
    for (const file of readdirSync(folder)) {
      const bytes = readFileSync(join(folder, file));
      for (const [path, authorization] of [
        ['/auth', `Bearer ${key}`],
        ['/api/v1/auth/login', ''],
        ['/auth/revoke', ''],
      ] as const) {
        const { status, text } = await raw(
          server.port,
          `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n${authorization === '' ? '' : `Authorization: ${authorization}\r\n`}Content-Length: ${bytes.length}\r\n\r\n`,
          bytes,
        );
        expect(isHarmless(text, status), `${file} at ${path}: ${status}`).toBe(true);
        // None of them is what the route takes: refused as JSON, or as this JSON; a repeated member is refused as JSON too.
        if (file.startsWith('n_'))
          expect(status, `${file} at ${path}`).toBe(TOO_DEEP.has(file) && path !== '/auth/revoke' ? 422 : 400);
        if (file.startsWith('y_') && !file.includes('duplicated_key') && path !== '/auth/revoke')
          expect(status, `${file} at ${path}`).toBe(422);
        if (file.includes('y_object_duplicated_key')) expect(status, `${file} at ${path}`).toBe(400);
      }
    }
  });

  it('is every naughty string in every field', async () => {
    for (const text of naughtyStrings) {
      const attempts: [string, unknown, string?][] = [
        ['/api/v1/auth/login', { email: text, password: text, device_name: text }],
        ['/api/v1/auth/register', { email: `${text}@example.com`, password: 'short', device_name: text }],
        ['/api/v1/auth/register', { email: text, password: text, device_name: 'x' }],
        ['/auth', { permissions: [text], expires: text, subject: text, resource: text }, key],
        ['/auth', { permissions: ['a.read'], [text]: text }, key],
        ['/auth/introspect', { token: text }, key],
        ['/auth/introspect/batch', { tokens: [text, text] }, key],
        ['/auth/revoke', { token: text, token_type_hint: text }],
        ['/api/v1/auth/tokens/rotate', { overlap_seconds: text }, token],
      ];
      for (const [path, body, bearer] of attempts) {
        const who = bearer === undefined ? {} : { bearer };
        const { status, text: answer } = await server.request(path, { body, headers: stranger(), ...who });
        expect(isHarmless(answer, status), `${path} with ${JSON.stringify(text)}: ${status} ${answer}`).toBe(true);
        expect(status === 201, `${path} with ${JSON.stringify(text)}`).toBe(false);
      }
      const { status } = await server.request(`/verify/${encodeURIComponent(text)}`, { bearer: key });
      expect([200, 403]).toContain(status);
    }
  });

  it('is text that PostgreSQL cannot store, or no Unicode at all', async () => {
    for (const text of ['a\u0000b', '\ud800', '\u0000']) {
      for (const [path, body] of [
        ['/api/v1/auth/login', { email: `${text}@example.com`, password: PASSWORD, device_name: 'x' }],
        ['/api/v1/auth/register', { email: `${text}@example.com`, password: PASSWORD, device_name: 'x' }],
        ['/api/v1/auth/register', { email: 'nul@example.com', password: PASSWORD, device_name: text }],
      ] as const) {
        expect((await server.request(path, { body, headers: stranger() })).status, `${path} ${JSON.stringify(body)}`).toBe(422);
      }
    }
  });

  it('is any JSON type where text is wanted', async () => {
    for (const value of [null, true, 1, [], {}, [['a.read']], { a: 1 }]) {
      for (const field of ['email', 'password', 'device_name']) {
        const body = { email: 'a@example.com', password: PASSWORD, device_name: 'x', [field]: value };
        const { status, json } = await server.request('/api/v1/auth/login', { body, headers: stranger() });
        expect([status, Object.keys(json.errors)]).toEqual([422, [field]]);
      }
      for (const field of ['permissions', 'expires', 'subject', 'resource']) {
        if (Array.isArray(value) && field === 'permissions') continue;
        const { status, json } = await server.request('/auth', {
          bearer: key,
          body: { permissions: ['a.read'], [field]: value },
        });
        // An optional member that is null is absent.
        if (value === null && field !== 'permissions') expect(status, field).toBe(200);
        else expect([status, Object.keys(json.errors)]).toEqual([422, [field]]);
      }
      expect((await server.request('/auth/introspect', { bearer: key, body: { token: value } })).status).toBe(400);
    }
  });
});

describe('bytes on the wire', () => {
  let server: TestServer;
  let key: string;
  beforeAll(async () => {
    server = await startTestServer();
    key = (await server.key((await server.register()).accountId)).text;
    return () => server.stop();
  });

  it('beyond the limits are refused without being read', async () => {
    const big = 'x'.repeat(10_000_000);
    expect(
      (
        await raw(
          server.port,
          `POST /auth HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: ${big.length}\r\n\r\n`,
          Buffer.alloc(0),
        )
      ).status,
    ).toBe(413);
    const chunk = `${(1 << 20).toString(16)}\r\n${'x'.repeat(1 << 20)}\r\n`;
    const chunked = await raw(
      server.port,
      `POST /auth HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
      Buffer.from(`${chunk.repeat(3)}0\r\n\r\n`),
    );
    expect(chunked.status).toBe(413);
    const headers = await raw(
      server.port,
      `GET /healthz HTTP/1.1\r\nHost: x\r\nX-Big: ${'x'.repeat(65_536)}\r\n\r\n`,
      Buffer.alloc(0),
    );
    expect([headers.status, headers.text.includes('X-Request-Id')]).toEqual([431, true]);
    const dots = await server.request('/auth/introspect', { bearer: key, body: { token: '.'.repeat(1_000_000) } });
    expect(dots.json).toEqual({ active: false });
    expect(
      (
        await raw(
          server.port,
          `GET /verify/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer eyJ${'.'.repeat(8000)}\r\n\r\n`,
          Buffer.alloc(0),
        )
      ).status,
    ).toBe(401);
  });

  it('that are no HTTP get an answer that can be read, and never a hang', async () => {
    const requests = [
      'GARBAGE\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      'GET /healthz HTTP/1.1\r\n\r\n',
      'POST /auth HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'POST /auth HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx',
      'GET /healthz HTTP/1.1\r\nHost: x\r\nBad Header: x\r\n\r\n',
      'GET /heal\u0000thz HTTP/1.1\r\nHost: x\r\n\r\n',
      'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      'GET http://evil.example/verify/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      'GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    ];
    for (const request of requests) {
      const { status } = await raw(server.port, request, Buffer.alloc(0));
      expect(status >= 400 && status < 500, `${JSON.stringify(request)}: ${status}`).toBe(true);
    }
  });

  it('that smuggle a second credential are two credentials', async () => {
    const twice = `Authorization: Bearer ${key}\r\nauthorization: Bearer ${key}\r\n`;
    const post = await raw(
      server.port,
      `POST /auth HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${twice}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
      Buffer.alloc(0),
    );
    expect(post.status).toBe(400);
    expect(
      (await raw(server.port, `GET /verify/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${twice}\r\n`, Buffer.alloc(0))).status,
    ).toBe(401);
    expect((await server.request(`/verify/a?access_token=${key}`)).status).toBe(401);
    expect((await server.request(`/auth?access_token=${key}`, { body: { permissions: ['a.read'] } })).status).toBe(401);
  });

  it('that name another host change nothing that we say of ourselves', async () => {
    const { json } = await server.request('/auth', {
      bearer: key,
      body: { permissions: ['a.read'] },
      headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example', ...JSON_TYPE },
    });
    const claims = JSON.parse(Buffer.from(json.token.split('.')[1], 'base64url').toString());
    expect(claims.iss).toBe('https://keys.example.com');
  });
});

/** Sends bytes unchanged and reads until the server is finished. */
function raw(port: number, head: string, body: Buffer): Promise<{ status: number; text: string }> {
  return new Promise((resolvePromise, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let text = '';
    const giveUp = setTimeout(() => {
      socket.destroy();
      reject(new Error(`No answer to ${JSON.stringify(head.slice(0, 100))}`));
    }, PATIENCE_MS);
    const done = (): void => {
      clearTimeout(giveUp);
      socket.destroy();
      resolvePromise({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text });
    };
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
      const [headers = '', rest] = text.split('\r\n\r\n', 2);
      const length = Number(/content-length: (\d+)/i.exec(headers)?.[1] ?? 0);
      if (rest !== undefined && Buffer.byteLength(rest) >= length) done();
    });
    socket.on('end', done);
    socket.on('error', () => {
      if (text !== '') done();
    });
    socket.write(head);
    socket.write(body);
  });
}
