/** What a stranger, another customer, or a faulty reader can do to the revocation feed. */

import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import SQLite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { naughtyStrings } from '../../../../protocol/test/vectors.ts';
import { askFeed, followFeed, getFeed, tells } from '../../../test/feed.ts';
import { ask, head } from '../../../test/raw.ts';
import { OPERATOR, startTestServer, type TestServer } from '../../../test/server.ts';
import { MAX_STREAMS } from '../feed-streams.ts';

const EVENTS = { accept: 'text/event-stream' };
const UNAUTHENTICATED = { message: 'Unauthenticated.' };
const UNAUTHORIZED = { message: 'This action is unauthorized.' };

describe('the revocation feed', () => {
  let server: TestServer;
  let guard: { text: string; id: number };
  beforeAll(async () => {
    server = await startTestServer();
    guard = await server.key(1, { permissions: ['keyhouse.verify'] });
  });
  afterAll(() => server.stop());
  const streamsOpen = async () => Number(/^keyhouse_feed_streams (\d+)$/m.exec((await server.metrics.text()).body)?.[1]);
  const bearer = (text: string) => ({ authorization: `Bearer ${text}` });
  const both = async (query: string, headers: Record<string, string>) => [
    await getFeed(server, query, headers),
    await getFeed(server, query, { ...headers, ...EVENTS }),
  ];

  it('is for nobody without a credential, nor for one in the address', async () => {
    const key = encodeURIComponent(guard.text);
    for (const query of ['', `?access_token=${key}`, `?key=${key}`, `?token=${key}&after=0`]) {
      for (const { status, headers, body } of await both(query, {})) {
        expect([status, JSON.parse(body.toString()), headers['www-authenticate']]).toEqual([401, UNAUTHENTICATED, 'Bearer']);
        expect(headers['x-request-id']).toBeTruthy();
      }
    }
    // No reader uses it, and no member is known.
    for (const { status } of await both(`?access_token=${key}`, bearer(guard.text))) expect(status).toBe(422);
  });

  it('is for keys of the operator alone, and of those for the ones that may verify', async () => {
    const user = await server.register();
    const own = await server.key(user.accountId);
    const minted = await server.request('/auth', { bearer: own.text, body: { permissions: ['invoices.read'] } });
    const everything = await server.key(1);
    for (const text of [user.token, own.text, minted.json.token, everything.text]) {
      for (const { status, body } of await both('', bearer(text)))
        expect([status, JSON.parse(body.toString())]).toEqual([403, UNAUTHORIZED]);
    }
    const [refused] = await both('', bearer(own.text));
    expect(refused?.headers['www-authenticate']).toBe('Bearer error="insufficient_scope", scope="keyhouse.verify"');
    for (const text of ['kh_live_x', `${guard.text}x`, 'eyJhbGciOiJub25lIn0.e30.', "' OR 1=1"])
      for (const { status } of await both('', bearer(text))) expect(status).toBe(401);
  });

  it('signs nothing that could be taken for a credential', async () => {
    const { headers } = await getFeed(server, '', bearer(guard.text));
    const signature = String(headers['x-keyhouse-signature']);
    expect(signature.split('.')).toHaveLength(3);
    expect((await server.request('/verify/api/invoices', { bearer: signature })).status).toBe(401);
    const asked = await server.request('/auth/introspect', { bearer: guard.text, body: { token: signature } });
    expect(asked.json).toEqual({ active: false });
  });

  it('refuses two credentials, and one over plain HTTP from beyond', async () => {
    for (const accept of ['application/json', 'text/event-stream']) {
      const lines = ['GET /auth/revocations', `Accept: ${accept}`, `Authorization: Bearer ${guard.text}`] as const;
      const answer = await ask(server.port, ...lines, 'Authorization: Bearer x');
      expect([answer.status, JSON.parse(answer.body)]).toEqual([400, { message: 'Send only one credential.' }]);
    }
    expect((await getFeed(server, '', { authorization: 'Basic eDp5' })).status).toBe(401);
  });

  it('reads a position as it is written, and no other text for one', async () => {
    const { epoch } = await askFeed(server, guard.text);
    const refused = [
      '-1',
      '1.5',
      '1e3',
      'NaN',
      'Infinity',
      '0x1',
      '00',
      '01',
      '',
      ' 1',
      '1 ',
      '9007199254740992',
      '9'.repeat(400),
      'null',
    ];
    for (const after of refused) {
      const query = `?after=${encodeURIComponent(after)}&epoch=${epoch}`;
      for (const { status, body } of await both(query, bearer(guard.text))) {
        expect(status, after).toBe(422);
        expect(Object.keys(JSON.parse(body.toString()).errors)).toEqual(['after']);
      }
    }
    const whole = await askFeed(server, guard.text, `?after=9007199254740991&epoch=${epoch}`);
    expect(whole.whole).toBe(true);
    for (const query of [
      `?after=1&after=1&epoch=${epoch}`,
      `?after=1&epoch=${epoch}&epoch=${epoch}`,
      '?after=1',
      `?epoch=${epoch}`,
    ])
      for (const { status } of await both(query, bearer(guard.text))) expect(status, query).toBe(422);
  });

  it('takes no naughty string for an epoch', async () => {
    for (const text of naughtyStrings.filter((each) => each.isWellFormed())) {
      const asked = await getFeed(server, `?after=1&epoch=${encodeURIComponent(text)}`, bearer(guard.text));
      expect([400, 422], text).toContain(asked.status);
    }
  });

  it('takes no garbage for the last event', async () => {
    const { epoch } = await askFeed(server, guard.text);
    for (const event of ['', 'x', ':', `${epoch}:`, `${epoch}:-1`, `${epoch}:1, ${epoch}:1`, `${epoch}:${'9'.repeat(99)}`]) {
      const { status } = await getFeed(server, '', { ...bearer(guard.text), ...EVENTS, 'last-event-id': event });
      expect(status, event).toBe(400);
      // An answer in JSON ignores this header.
      expect((await getFeed(server, '', { ...bearer(guard.text), 'last-event-id': event })).status).toBe(200);
    }
  });

  it('is read with GET, told about with HEAD, and nothing else', async () => {
    for (const headers of [bearer(guard.text), { ...bearer(guard.text), ...EVENTS }]) {
      const told = await getFeed(server, '', headers, 'HEAD');
      expect([told.status, told.body.length]).toEqual([200, 0]);
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY']) {
        const { status, headers: answered } = await getFeed(server, '', headers, method);
        expect(status, method).toBe(405);
        expect(answered.allow).toBe('GET, HEAD');
      }
    }
    expect((await getFeed(server, '', { ...bearer(guard.text), origin: 'https://evil.example.com' })).headers).not.toHaveProperty(
      'access-control-allow-origin',
    );
    expect(server.keyhouse.revocations.feed.position().epoch).toMatch(/^[0-9a-f]{32}$/);
  });

  it('ends a stream when its key is revoked, narrowed or over, and tells the others', async () => {
    const witness = await followFeed(server, guard.text, null);
    const revoked = await server.key(1, { permissions: ['keyhouse.verify'] });
    const narrowed = await server.key(1, { permissions: ['keyhouse.verify', 'invoices.read'] });
    const elsewhere = await server.key(1, { permissions: ['keyhouse.verify'], addresses: ['127.0.0.0/8'] });
    const over = await server.key(1, { permissions: ['keyhouse.verify'], expiresAtMs: server.now() + 60_000 });
    const streams = await Promise.all([revoked, narrowed, elsewhere, over].map(({ text }) => followFeed(server, text, null)));
    for (const stream of streams) await stream.next(({ whole }) => !whole);
    await server.keyhouse.credentials.revoke({ kind: 'key', id: revoked.id }, OPERATOR);
    await server.keyhouse.credentials.narrow({ kind: 'key', id: narrowed.id, permissions: ['invoices.read'] }, OPERATOR);
    await server.keyhouse.credentials.narrow({ kind: 'key', id: elsewhere.id, addresses: ['127.1.0.0/16'] }, OPERATOR);
    server.advance(120_000);
    await witness.next(tells('credential', revoked.id));
    await expect.poll(() => streams.map((stream) => stream.isOver())).toEqual([true, true, true, true]);
    expect(witness.isOver()).toBe(false);
    for (const { text } of [revoked, narrowed, elsewhere, over])
      await expect(followFeed(server, text, null)).rejects.toThrow(/refused with 40[13]/);
    witness.close();
  });

  it('opens a bounded number of streams, and answers everybody else meanwhile', async () => {
    const open = () =>
      new Promise<{ status: number; retry: unknown; end: () => void }>((done, reject) => {
        const headers = { ...bearer(guard.text), ...EVENTS };
        const request = httpRequest({ port: server.port, path: '/auth/revocations', headers, agent: false }, (response) => {
          response.resume();
          response.on('error', () => {});
          done({ status: response.statusCode ?? 0, retry: response.headers['retry-after'], end: () => request.destroy() });
        });
        request.on('error', reject);
        request.end();
      });
    const opened = await Promise.all(Array.from({ length: MAX_STREAMS + 50 }, open));
    const refused = opened.filter(({ status }) => status !== 200);
    expect(refused.map(({ status }) => status)).toEqual(Array(50).fill(503));
    expect(refused.every(({ retry }) => Number(retry) > 0)).toBe(true);
    // Readers that ask in JSON are answered, and so is everyone else.
    expect((await askFeed(server, guard.text)).whole).toBe(true);
    expect((await server.request('/verify/api/x', { bearer: guard.text })).status).toBe(403);
    for (const { end } of opened) end();
    const tryOne = async () => {
      const { status, end } = await open();
      end();
      return status;
    };
    await expect.poll(tryOne).toBe(200);
  });

  it('drops a reader that never reads, and keeps nothing for it', async () => {
    const socket = await new Promise<Socket>((done) => {
      const opened = connect({ port: server.port, host: '127.0.0.1' }, () => done(opened));
    });
    let isClosed = false;
    socket.on('error', () => {});
    socket.on('close', () => {
      isClosed = true;
    });
    socket.write(head('GET /auth/revocations', 'Accept: text/event-stream', `Authorization: Bearer ${guard.text}`));
    await new Promise((done) => socket.once('data', done));
    socket.pause();
    const other = await followFeed(server, guard.text, await askFeed(server, guard.text));
    // Much happens: more than the network's own buffers hold for a reader that does not read.
    const append = appender(server);
    const sentBytes = () => other.messages.reduce((sum, { revocations }) => sum + revocations.length * 80, 0);
    while (sentBytes() < 24_000_000) {
      const end = append(5000);
      await other.next(({ position }) => position >= end);
    }
    // The server has gone; what the network still holds is read to its end.
    socket.resume();
    await expect.poll(() => isClosed).toBe(true);
    expect(other.isOver()).toBe(false);
    other.close();
  });

  it('holds out half-open connections, requests that break off, and streams asked for one behind another', async () => {
    const line = head('GET /auth/revocations', 'Accept: text/event-stream', `Authorization: Bearer ${guard.text}`);
    const open = (text: string, how: 'write' | 'end'): Promise<Socket> =>
      new Promise((done) => {
        const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true }, () => {
          socket[how](text);
          done(socket);
        });
        socket.on('error', () => {});
      });
    const dataOf = (socket: Socket): Promise<void> =>
      new Promise((done) => {
        socket.once('data', () => done());
        socket.once('close', () => done());
        socket.once('end', () => done());
      });
    for (let round = 0; round < 20; round++) {
      (await open(line.slice(0, 20 + round * 7), 'write')).resetAndDestroy();
      const half = await open(line, 'end');
      await dataOf(half);
      half.resetAndDestroy();
      const pipelined = await open(line + line, 'write');
      await dataOf(pipelined);
      pipelined.destroy();
    }
    await expect.poll(streamsOpen).toBe(0);
    expect((await askFeed(server, guard.text)).whole).toBe(true);
    expect(server.logged.filter((text) => text.startsWith('A request failed.'))).toEqual([]);
  });
});

/** Sessions that ended, written as another process would; returns the position of the list then. */
function appender(server: TestServer): (count: number) => number {
  return (count) => {
    const database = new SQLite(server.database.url.slice('sqlite:'.length));
    const insert = database.prepare(
      "INSERT INTO changes (number, kind, subject_id, before_ms, ends_at_ms, at_ms) VALUES (?, 'session', ?, ?, ?, ?)",
    );
    const position = database.prepare("UPDATE counters SET value = value + ? WHERE name = 'changes' RETURNING value").pluck();
    const append = database.transaction(() => {
      const end = Number(position.get(count));
      const nowMs = server.now();
      for (let number = end - count + 1; number <= end; number++)
        insert.run(number, String(number).padStart(22, 'x'), nowMs, nowMs + 600_000, nowMs);
      return end;
    });
    try {
      return append.immediate();
    } finally {
      database.close();
    }
  };
}
