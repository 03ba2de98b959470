/**
 * SIGTERM: requests that were sent are answered, clients that send nothing delay nothing, and load balancers are warned first.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { openKeyhouse } from '../../src/open.ts';
import { type RunningProgram, startProgram } from '../program.ts';
import { OPERATOR } from '../server.ts';

const CUT = 'Connections were closed';
const GET = 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n';

let folder = '';
let program: RunningProgram;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await program.kill();
  rmSync(folder, { recursive: true, force: true });
});

async function start(drainSeconds: number): Promise<{ key: string }> {
  folder = mkdtempSync(join(tmpdir(), 'keyhouse-stop-'));
  const settings = {
    KEYHOUSE_DATABASE_URL: `sqlite:${join(folder, 'keyhouse.db')}`,
    KEYHOUSE_DRAIN_SECONDS: String(drainSeconds),
  };
  const { keyhouse } = await openKeyhouse(readConfig(settings), { info: () => {}, warn: () => {}, error: () => {} });
  await keyhouse.prepare();
  const wish = {
    accountId: 1,
    name: 'a',
    environment: 'live',
    addresses: null,
    expiresAtMs: null,
    source: 'command-line',
  } as const;
  const key = await keyhouse.credentials.createKey({ ...wish, permissions: ['keyhouse.verify', 'invoices.read'] }, OPERATOR);
  if (!key.ok) throw new Error(key.reason);
  await keyhouse.close();
  program = await startProgram(settings);
  return { key: key.value.text };
}

/** A connection that has sent this; `text` is what came back, `ended` how it ended. */
async function open(bytes: string) {
  const socket = connect({ port: Number(new URL(program.origin).port), host: '127.0.0.1' });
  sockets.push(socket);
  const connection = { socket, text: '', ended: null as 'end' | 'reset' | null };
  socket.on('data', (chunk) => {
    connection.text += String(chunk);
  });
  socket.on('end', () => {
    connection.ended ??= 'end';
  });
  socket.on('error', () => {
    connection.ended = 'reset';
  });
  await once(socket, 'connect');
  if (bytes !== '') socket.write(bytes);
  return connection;
}

it('ends at once beside connections that never sent a byte, or that have had their answer', async () => {
  await start(0);
  await open('');
  const idle = await open(GET);
  await expect.poll(() => idle.text).toContain('200 OK');
  expect(await program.stop()).toBe(0);
  expect(program.output()).not.toContain(CUT);
});

it('ends although a head was sent by half, and cuts that one', async () => {
  await start(0);
  const half = await open(GET.slice(0, -4));
  const answered = await open(GET);
  await expect.poll(() => answered.text).toContain('200 OK');
  expect(await program.stop()).toBe(0);
  expect(program.output()).toContain(CUT);
  expect(half.ended).not.toBeNull();
});

it('ends while one connection asks again and again, and answers each with Connection: close from then on', async () => {
  await start(0);
  const busy = await open(GET);
  busy.socket.on('data', () => void (busy.socket.writable && busy.socket.write(GET)));
  await expect.poll(() => busy.text.split('200 OK').length).toBeGreaterThan(20);
  expect(await program.stop()).toBe(0);
  await expect.poll(() => busy.ended).not.toBeNull();
  expect(program.output()).not.toContain(CUT);
  expect(busy.text).toMatch(/connection: close/i);
});

it('answers what was just sent on connections that were idle, and resets none', async () => {
  await start(0);
  const connections = await Promise.all(Array.from({ length: 100 }, () => open(GET)));
  for (const connection of connections) await expect.poll(() => connection.text).toContain('200 OK');
  for (const { socket } of connections) socket.write(GET);
  expect(await program.stop()).toBe(0);
  await expect.poll(() => connections.every(({ ended }) => ended !== null)).toBe(true);
  expect(connections.filter(({ ended }) => ended === 'reset')).toEqual([]);
  expect(connections.map(({ text }) => text.split('200 OK').length - 1)).toEqual(Array(100).fill(2));
});

it('says first that it stops, at /readyz and by Connection: close with every answer, and a second signal ends it', async () => {
  const { key } = await start(300);
  const stream = await open(
    `GET /auth/revocations HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${key}\r\nAccept: text/event-stream\r\n\r\n`,
  );
  await expect.poll(() => stream.text).toContain('event:');
  process.kill(program.pid, 'SIGTERM');
  const ask = async (line: string, ...headers: string[]) => {
    const { answers } = await answerOf(line, headers);
    return answers;
  };
  await expect.poll(() => ask('GET /readyz', 'Connection: close')).toMatch(/^HTTP\/1\.1 503 .*"failing":\["stopping"\]/s);
  const bearer = `Authorization: Bearer ${key}`;
  for (const [line, status, ...headers] of [
    ['GET /readyz', 503],
    ['GET /healthz', 200],
    ['GET /verify/api/invoices', 200, bearer],
    ['GET /verify/api/invoices', 401],
    ['GET /nowhere', 404],
    ['POST /auth/introspect', 415, bearer, 'Content-Length: 0'],
    ['GET /.well-known/jwks.json', 200],
    ['GET /login', 200],
  ] as const) {
    const text = await ask(line, ...headers);
    const [head = ''] = text.split('\r\n\r\n', 1);
    expect(`${line}: ${head}`).toMatch(/connection: close/i);
    if (line !== 'GET /login' && line !== 'POST /auth/introspect') expect(head).toContain(`HTTP/1.1 ${status}`);
  }
  // Readers of the feed continue until no new requests are sent here.
  expect(stream.ended).toBeNull();
  expect(program.isRunning()).toBe(true);
  // One that comes within half a second of the first is the same one, passed on by npm.
  const end = () => {
    if (program.isRunning()) process.kill(program.pid, 'SIGTERM');
    return program.isRunning();
  };
  await expect.poll(end, { interval: 200 }).toBe(false);
  expect(await program.stop()).toBe(143);

  async function answerOf(line: string, headers: readonly string[]) {
    const one = await open([`${line} HTTP/1.1`, 'Host: a', ...headers, '', ''].join('\r\n'));
    await expect.poll(() => one.ended).toBe('end');
    return { answers: one.text };
  }
});

it('ends streams of the feed cleanly', async () => {
  const { key } = await start(0);
  const stream = await open(
    `GET /auth/revocations HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${key}\r\nAccept: text/event-stream\r\n\r\n`,
  );
  await expect.poll(() => stream.text).toContain('event:');
  expect(await program.stop()).toBe(0);
  await expect.poll(() => stream.ended).toBe('end');
  expect(stream.text.endsWith('0\r\n\r\n')).toBe(true);
  expect(program.output()).not.toContain(CUT);
});

it('does not wait after Ctrl-C', async () => {
  await start(300);
  process.kill(program.pid, 'SIGINT');
  await expect.poll(() => program.isRunning()).toBe(false);
  expect(program.output()).toContain('Keyhouse has stopped.');
});
