/** Clients that send a byte now and then, to hold a connection for nothing. */
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../../test/server.ts';

/** What the headers may take, in milliseconds. */
const HEADERS_MS = 10_000;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

/** Sends the beginning, then a byte each quarter of a second for as long as the server takes it. */
function drip(beginning: string) {
  const startedAtMs = performance.now();
  const socket = connect({ port: server.port, host: '127.0.0.1' });
  let text = '';
  let endedAfterMs: number | null = null;
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    clearInterval(dripping);
    endedAfterMs = performance.now() - startedAtMs;
  });
  socket.write(beginning);
  const dripping = setInterval(() => socket.write('a'), 250);
  return { text: () => text, endedAfterMs: () => endedAfterMs, stop: () => socket.destroy() };
}

it('cuts headers that are not there after ten seconds, and lets a body take longer', async () => {
  const body = drip('POST /auth/token HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n');
  const headers = drip('GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ');
  const nextHeaders = drip('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ');
  for (const dripping of [headers, nextHeaders]) {
    await expect.poll(() => dripping.endedAfterMs()).not.toBeNull();
    expect(dripping.endedAfterMs()).toBeGreaterThan(HEADERS_MS * 0.95);
    expect(dripping.text()).toMatch(/HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(body.endedAfterMs()).toBeNull();
  }
  expect((await server.request('/healthz')).status).toBe(200);
  body.stop();
});
