/** Bytes that are hardly HTTP: an answer with our own ID or a closed connection, never a 5xx, a hang, or an answer too many. */
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { haveVectors, NEEDS_VECTORS, vectorsFolder } from '../../../protocol/test/vectors.ts';
import { ask, exchange, head, type RawAnswer } from '../../test/raw.ts';
import { PASSWORD, startTestServer, type TestServer } from '../../test/server.ts';

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer();
  key = (await server.key((await server.register()).accountId)).text;
  return () => server.stop();
});

const expectRefusal = (answer: RawAnswer | undefined, status: number): void => {
  expect(answer?.status).toBe(status);
  expect(answer?.headers['x-request-id']).toMatch(/^[\w-]{16}-[0-9a-z]+$/);
  expect(answer?.headers.connection).toBe('close');
  expect(JSON.parse(answer?.body ?? '')).toEqual({ message: expect.any(String) });
};

describe('what Node’s parser refuses', () => {
  it.each([
    ['no HTTP at all', 'GARBAGE\r\n\r\n', 400],
    ['HTTP/2 without a preface of ours', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ['a space before the colon', 'GET / HTTP/1.1\r\nHost : x\r\n\r\n', 400],
    ['a folded header', 'GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n', 400],
    ['NUL in a header', 'GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n', 400],
    ['a bare line feed within a header', 'GET / HTTP/1.1\r\nHost: x\r\nA: b\rX-Forwarded-For: 1.1.1.1\r\n\r\n', 400],
    ['two lengths', 'POST /auth HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', 400],
    [
      'a length and chunks',
      'POST /auth HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['chunked not last', 'POST /auth HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n', 400],
    ['a signed length', 'POST /auth HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na', 400],
    ['64 kB of headers', `GET /verify/a HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(65_536)}\r\n\r\n`, 431],
    ['a target of 64 kB', `GET /verify/${'x'.repeat(65_536)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
  ])('is answered and the connection closed: %s', async (_name, bytes, status) => {
    const { answers, closedBy } = await exchange(server.port, bytes);
    expect(answers).toHaveLength(1);
    expectRefusal(answers[0], status);
    expect(closedBy).toBe('server');
  });

  it('does not let a client keep the connection by never closing it', async () => {
    const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
    const closed = new Promise((resolve) => {
      socket.on('close', resolve);
      socket.on('error', () => {});
    });
    socket.on('data', () => {});
    socket.write('GARBAGE\r\n\r\n');
    const talking = setInterval(() => socket.write('x'), 100);
    await closed;
    clearInterval(talking);
  });
});

describe('what RFC 9112 forbids and Node would pass', () => {
  it.each([
    ['no Host', 'GET /healthz HTTP/1.1\r\n\r\n'],
    ['two Hosts', 'GET /healthz HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n'],
    ['the same Host twice, in HTTP/1.0', 'GET /healthz HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n'],
  ])('is a 400: %s', async (_name, bytes) => {
    const { answers, closedBy } = await exchange(server.port, bytes);
    expectRefusal(answers[0], 400);
    expect(closedBy).toBe('server');
  });

  it.each([
    ['/verify/invoices', 403, { message: 'This action is unauthorized.' }],
    ['/verify?permission=invoices.read', 403, { message: 'This action is unauthorized.' }],
    ['/auth/introspect', 400, { error: 'invalid_request', error_description: expect.any(String) }],
    ['/auth/token', 400, { error: 'invalid_request', error_description: expect.any(String) }],
    ['/api/v1/auth/tokens', 400, { message: expect.any(String) }],
  ])('is refused in the words of the endpoint: two Hosts at %s', async (path, status, body) => {
    const { answers } = await exchange(server.port, `POST ${path} HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n`);
    expect(answers[0]?.status).toBe(status);
    expect(JSON.parse(answers[0]?.body ?? '')).toEqual(body);
    expect(answers[0]?.headers['x-request-id']).toBeTruthy();
    expect(answers[0]?.headers['cache-control']).toBe('no-store');
  });

  it('HTTP/1.0 may leave the Host out', async () => {
    expect((await exchange(server.port, 'GET /healthz HTTP/1.0\r\n\r\n')).answers[0]?.status).toBe(200);
  });

  it('ignores expectations that it does not know, and answers with an id', async () => {
    const answer = await ask(server.port, 'GET /healthz', 'Expect: the-unexpected');
    expect([answer.status, answer.headers['x-request-id'] !== undefined]).toEqual([200, true]);
  });

  it('drops no header however many there are: the last credential of two thousand is still the second one', async () => {
    const many = Array.from({ length: 2100 }, () => 'a:');
    const credential = `Authorization: Bearer ${key}`;
    expect((await ask(server.port, 'GET /verify/invoices', ...many, credential)).status).toBe(200);
    expect((await ask(server.port, 'GET /verify/invoices', credential, ...many, credential)).status).toBe(401);
    const [first, second] = ['X-Forwarded-Uri: /invoices', 'X-Forwarded-Uri: /services'];
    const ours = ['X-Forwarded-Method: GET', credential];
    expect((await ask(server.port, 'GET /verify', ...ours, first, ...many, second)).status).toBe(403);
  });
});

describe('several requests on one connection', () => {
  it('are answered in order, the slow one first', async () => {
    const body = JSON.stringify({ email: 'nobody@example.com', password: PASSWORD, device_name: 'x' });
    const login = head('POST /api/v1/auth/login', 'Content-Type: application/json', `Content-Length: ${body.length}`) + body;
    const verify = head('GET /verify/invoices', `Authorization: Bearer ${key}`);
    const { answers } = await exchange(server.port, [login + verify + head('GET /nowhere') + verify]);
    expect(answers.map(({ status }) => status)).toEqual([422, 200, 404, 200]);
    expect(new Set(answers.map(({ headers }) => headers['x-request-id'])).size).toBe(4);
  });

  it('never take the body of one for the next, whether it was read or not', async () => {
    const inner = head('DELETE /api/v1/auth/tokens/1', `Authorization: Bearer ${key}`);
    const length = `Content-Length: ${inner.length}`;
    for (const line of [
      'POST /verify/invoices',
      'POST /nowhere',
      'PUT /auth',
      'POST /auth',
      'GET /healthz',
      'POST /api/v1/auth/logout',
    ]) {
      const { answers } = await exchange(server.port, [head(line, length), inner, head('GET /healthz')], { quietMs: 300 });
      const statuses = answers.map(({ status }) => status);
      // Either the connection ends with the refusal, or the next answer is that of the next request.
      expect([1, 2], `${line}: ${statuses}`).toContain(statuses.length);
      if (statuses.length === 2) expect(statuses[1], line).toBe(200);
    }
  });

  it('arrive byte by byte and are answered all the same', async () => {
    const bytes = head('GET /verify/invoices', 'Connection: close', `Authorization: Bearer ${key}`);
    const socket = connect({ port: server.port, host: '127.0.0.1', noDelay: true });
    let text = '';
    socket.on('data', (chunk) => {
      text += String(chunk);
    });
    const ended = new Promise((resolve) => socket.on('end', resolve));
    for (const byte of bytes) {
      socket.write(byte);
      await new Promise(setImmediate);
    }
    await ended;
    socket.destroy();
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('may be cut off anywhere without harm', async () => {
    const body = '{"permissions":["a.read"]}';
    const headers = [`Authorization: Bearer ${key}`, 'Content-Type: application/json', `Content-Length: ${body.length}`];
    const bytes = head('POST /auth', ...headers) + body;
    await Promise.all(
      Array.from({ length: bytes.length }, async (_, length) => {
        const socket = connect({ port: server.port, host: '127.0.0.1' });
        socket.on('error', () => {});
        socket.write(bytes.slice(0, length));
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (length % 2 === 0) socket.resetAndDestroy();
        else socket.destroy();
      }),
    );
    expect((await server.request('/healthz')).status).toBe(200);
    expect(server.logged.filter((line) => line.includes('A request failed.'))).toEqual([]);
  });
});

const FOLDER = 'llhttp-http1-request';
describe('the requests of llhttp’s own tests', () => {
  it.skipIf(!haveVectors(FOLDER))(`${NEEDS_VECTORS} are answered with an id, or refused, and nothing breaks`, async () => {
    const requests = readRequests();
    expect(requests.length).toBeGreaterThan(100);
    for (let index = 0; index < requests.length; index += 20) {
      await Promise.all(
        requests.slice(index, index + 20).map(async (bytes) => {
          const { answers } = await exchange(server.port, bytes, { quietMs: 250, firstMs: 250 });
          for (const { status, headers } of answers) {
            expect(status < 500, `${JSON.stringify(bytes)}: ${status}`).toBe(true);
            expect(status === 100 || headers['x-request-id'] !== undefined, `${JSON.stringify(bytes)}: ${status}`).toBe(true);
          }
        }),
      );
    }
    expect((await server.request('/healthz')).status).toBe(200);
    expect(server.logged.filter((line) => line.includes('A request failed.'))).toEqual([]);
  });
});

/** The `http` blocks of the Markdown files, with llhttp's own escapes resolved. */
function readRequests(): string[] {
  const files = readdirSync(join(vectorsFolder, FOLDER)).filter((name) => name.endsWith('.md'));
  const blocks = files.flatMap((name) => [
    ...readFileSync(join(vectorsFolder, FOLDER, name), 'utf8').matchAll(/```http\n(.*?)\n?```/gs),
  ]);
  const escapes: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', f: '\f' };
  return blocks.map(([, text = '']) =>
    text
      .replace(/\\\n/g, '')
      .replace(/\n/g, '\r\n')
      .replace(/\\([rntf])/g, (_, letter: string) => escapes[letter] ?? '')
      .replace(/\\x([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
  );
}
