/**
 * An attacker without access may still try to fill the memory, the log or the time of an API, or to crash it; and what the API
 * passes to its guard may be broken, too. Everything is bounded, nothing is kept of strangers, and everything that throws is
 * caught.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { getEventListeners } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { FEED_SIGNATURE_HEADER, type FeedMessage } from '@keyhouse/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exchange, head } from '../../../server/test/raw.ts';
import { guard as protectNode } from '../../src/adapters/node.ts';
import { createDeadline, pause } from '../../src/deadline.ts';
import { readEvents } from '../../src/events.ts';
import { FeedReader } from '../../src/feed.ts';
import { createGuard, type Decision, type Guard } from '../../src/index.ts';
import { readKeySet } from '../../src/jwk.ts';
import type { KeySet } from '../../src/jwks.ts';
import { createQuietLog } from '../../src/log.ts';
import { importKey } from '../../src/platform/node.ts';
import { newForger, signMessage } from './forge.ts';
import { BATCH, FEED, type Issuer, json, ONE, startIssuer, until, type Victim, watchProcess } from './issuer.ts';

const SOURCES = join(import.meta.dirname, '../../src');
const faults = watchProcess();
let issuer: Issuer;
let token: string;
let jwt: string;
beforeAll(async () => {
  issuer = await startIssuer();
  const { accountId, token: own } = await issuer.keyhouse.register();
  token = own;
  const key = await issuer.keyhouse.key(accountId);
  jwt = (await issuer.keyhouse.request('/auth', { bearer: key.text, body: { permissions: ['invoices.read'] } })).json.token;
});
const leaving: Promise<void>[] = [];
afterAll(async () => {
  await Promise.all(leaving);
  await issuer.stop();
  expect(faults).toEqual([]);
});

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');
const heapMb = async (): Promise<number> => {
  for (let times = 0; times < 3; times++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return (heapUsed + external + arrayBuffers) / 2 ** 20;
};

const LOCAL = { address: '127.0.0.1', isEncrypted: false };
const judgeWith =
  (guard: Guard) =>
  (bearer: string, target = '/api/invoices', headers: readonly string[] = []) =>
    guard.judge({ method: 'GET', target, headers: ['Authorization', `Bearer ${bearer}`, ...headers], peer: LOCAL });
/** Sooner or later: while the feed is late, as on a busy machine, the guard answers 503. */
const expectAnswer = async (victim: Victim, bearer: string, wanted: number): Promise<void> => {
  await until(
    async () => (await victim.ask(bearer)).status,
    (status) => status === wanted,
  );
};
const statusOf = (decision: Decision): number => (decision.ok ? 200 : decision.status);

describe.concurrent('what the API hands over', () => {
  it.each<[string, (line: string) => void]>([
    [
      'throws',
      () => {
        throw new Error('The disk is full.');
      },
    ],
    ['rejects', async () => await Promise.reject(new Error('The disk is full.'))],
  ])('a log that %s', async (_how, log) => {
    const victim = await issuer.victim({ log }, { [ONE]: (response) => void response.writeHead(500).end() });
    await victim.keyhouse.ready();
    expect((await victim.ask(token)).status).toBe(503);
    await expectAnswer(victim, jwt, 200);
    await victim.stop();
  });

  it('an onLag that throws, or rejects', async () => {
    let calls = 0;
    const called = async (): Promise<void> => {
      calls += 1;
      if (calls % 2 === 0) throw new Error('No metrics.');
      await Promise.reject(new Error('No metrics.'));
    };
    const thrown = (): void => {
      calls += 1;
      throw new Error('No metrics.');
    };
    const victims = await Promise.all([called, thrown].map((onLag) => issuer.victim({ onLag })));
    await until(
      () => calls,
      (times) => times >= 3,
    );
    for (const victim of victims) {
      await expectAnswer(victim, jwt, 200);
      expect(victim.said).toEqual(['Internal error of the guard: Error.']);
      await victim.stop();
    }
  });

  const never = new Promise<Response>(() => {});
  const FETCHES: Readonly<Record<string, () => Promise<Response>>> = {
    throws: () => {
      throw new TypeError('fetch is not for you');
    },
    rejects: () => Promise.reject(new Error('away')),
    'rejects with nothing': () => Promise.reject(),
    'rejects with a text': () => Promise.reject(`Bearer ${issuer.key}`),
    'rejects with an error named like the key': () => Promise.reject(Object.assign(new Error(issuer.key), { name: issuer.key })),
    'resolves with nothing': () => Promise.resolve(undefined as unknown as Response),
    'resolves with what is no answer': () => Promise.resolve({ ok: true } as Response),
    'heeds no signal': () => never,
    'has a body that heeds no signal': () =>
      Promise.resolve(new Response(new ReadableStream(), { headers: { 'content-type': 'application/json' } })),
    'has a body that cannot be cancelled': () =>
      Promise.resolve(
        new Response(new ReadableStream({ pull: () => never.then(), cancel: () => never.then() }), {
          headers: { 'content-type': 'text/plain' },
        }),
      ),
  };

  it('a fetch that does whatever it likes: the answer comes, the API lives, and the log keeps the key to itself', async () => {
    await Promise.all(
      Object.entries(FETCHES).map(async ([name, fetch]) => {
        const victim = await issuer.victim({ fetch: fetch as typeof globalThis.fetch });
        void victim.keyhouse.ready().catch(() => {});
        const statuses = await Promise.all([victim.ask(token), victim.ask(jwt)]);
        expect([name, ...statuses.map(({ status }) => status)]).toEqual([name, 503, 503]);
        expect([name, victim.said.length > 0]).toEqual([name, true]);
        victim.keepsQuietAbout([token, jwt]);
        // Closing waits for the last report, as long as a report may take.
        leaving.push(victim.stop());
      }),
    );
  });

  it('options that throw: the guard does not start', () => {
    const thrower = {
      issuer: issuer.url,
      get key(): string {
        throw new Error('No key today.');
      },
    };
    expect(() => createGuard(thrower)).toThrow('No key today.');
  });

  it('demands whose members are there and undefined: what holds otherwise, holds', async () => {
    const victim = await issuer.victim({ rememberSeconds: 0 });
    await victim.keyhouse.ready();
    victim.spoil(ONE, (response) => void response.writeHead(500).end());
    const demand = { permission: 'invoices.read', whenStale: undefined, staleAfterMs: undefined, whenAway: undefined };
    const asked = { method: 'GET', target: '/', headers: ['Authorization', `Bearer ${token}`], peer: LOCAL };
    expect(statusOf(await victim.keyhouse.guard.judge(asked, demand as unknown as { permission: string }))).toBe(503);
    await victim.stop();
  });

  it('demands that say nothing sensible: the API does not start', () => {
    const keyhouse = protectNode({ issuer: issuer.url, key: issuer.key, fetch: () => never, log: () => {} });
    for (const demand of [
      { whenStale: 'alow' },
      { staleAfterMs: 10 },
      { whenAway: 'allow' },
      { whenAway: { honourSeconds: Number.NaN } },
    ])
      expect(() => keyhouse.require('x.read', () => {}, demand as object)).toThrow('require(): ');
    return keyhouse.close();
  });
});

describe.concurrent('time', () => {
  it('what was revoked while the guard asked about it is not honoured', async () => {
    const victim = await issuer.victim({ rememberSeconds: 0, whenAway: { honourSeconds: 600 } });
    await victim.keyhouse.ready();
    const { token: own } = await issuer.keyhouse.register();
    await expectAnswer(victim, own, 200);
    victim.spoil(ONE, (response) => response.destroy());
    await expectAnswer(victim, own, 200);
    let isAsked = false;
    victim.spoil(ONE, (response) => {
      isAsked = true;
      setTimeout(() => response.destroy(), 1500);
    });
    const asked = victim.ask(own);
    await until(
      () => isAsked,
      (isSo) => isSo,
    );
    await issuer.keyhouse.request('/auth/revoke', { body: { token: own } });
    expect((await asked).status).toBe(503);
    await victim.stop();
  });

  it('what Keyhouse said once proves nothing when it is said again, a minute later', async () => {
    const forger = newForger('feed');
    let nowMs = 1_000_000;
    const began = Date.now();
    const [jwk] = readKeySet({ keys: [forger.jwk] }) ?? [];
    const key = jwk === undefined ? null : importKey(jwk);
    if (key === null) throw new Error('The key is none.');
    const keys: KeySet = { find: () => key, seek: async () => key, fetch: async () => {}, renew: async () => {}, fetches: 0 };
    const message = (members: Partial<FeedMessage>): FeedMessage => ({
      ...{ epoch: 'a'.repeat(32), after: 0, position: 7, atMs: began, whole: true, jtis: [], revocations: [] },
      ...members,
    });
    let said = message({});
    let delayMs = 0;
    const wrong: unknown[] = [];
    const feed = new FeedReader({
      ...{ keys, issuer: 'https://keys.example.com', mode: 'poll', monotonicMs: () => nowMs },
      wallMs: () => began + nowMs - 1_000_000,
      onHeard: () => {},
      ask: async () => {
        nowMs += delayMs;
        const { text, signature } = signMessage(forger, 'https://keys.example.com', said);
        return new Response(text, { headers: { [FEED_SIGNATURE_HEADER]: signature } });
      },
      onChange: () => {},
      onReset: () => {},
      onFault: (error) => wrong.push(error),
    });
    await feed.start();
    const lagAfter = async (afterMs: number, atMs: number): Promise<number> => {
      nowMs += afterMs;
      said = message({ after: 7, whole: false, atMs: began + atMs });
      await feed.poll();
      return feed.lagMs;
    };
    expect(await lagAfter(2000, 2000)).toBe(0);
    // Another server, whose clock is behind.
    expect(await lagAfter(2000, -40_000)).toBe(0);
    expect(await lagAfter(2000, 6000)).toBe(0);
    // The same again: for a minute it may be a clock, and after that it is not trusted.
    for (let seconds = 2; seconds <= 60; seconds += 2) expect(await lagAfter(2000, 6000)).toBe(0);
    expect(await lagAfter(10_000, 6000)).toBe(10_000);
    for (let times = 1; times < 100; times++) expect(await lagAfter(60_000, 6000)).toBeGreaterThan(60_000);
    expect(wrong.map(String)).toContain(
      'IssuerFault: /auth/revocations: a message was rejected, because its time is in the past.',
    );
    // A message about the present is trusted at once, and an answer that took long is as old as its request.
    expect(await lagAfter(1000, 6_100_000)).toBe(0);
    delayMs = 4000;
    expect(await lagAfter(2000, 6_102_000)).toBe(4000);
    feed.close();
  });
});

describe('memory', () => {
  it('keeps nothing of a third of a million credentials that are none, of fifty thousand targets, and of JWTs that nobody signed', async () => {
    const victim = await issuer.victim();
    await victim.keyhouse.ready();
    const { guard } = victim.keyhouse;
    const judge = judgeWith(guard);
    expect(statusOf(await judge(jwt))).toBe(200);
    const before = await heapMb();
    const random = randomBytes(24).toString('hex');
    for (let index = 0; index < 333_333; index++) judge(`kh_live_${random}${index}`);
    for (let index = 0; index < 50_000; index++)
      judge(`kh_${index}`, `/api/${index}/${random}`, ['X-HTTP-Method-Override', `M${index}`]);
    const [header = '', payload = ''] = jwt.split('.');
    for (let index = 0; index < 2000; index++) {
      const signature = randomBytes(64).toString('base64url');
      expect(statusOf(await judge(`${header}.${payload}.${signature}`))).toBe(401);
      await judge(`${header}.${'A'.repeat(12_000)}.${signature}`);
    }
    expect((await heapMb()) - before).toBeLessThan(25);
    expect(victim.asked.filter((path) => path === ONE || path === BATCH)).toEqual([]);
    await victim.stop();
  });

  it('keeps a bounded part of what strangers make the guard ask about', async () => {
    const victim = await issuer.victim();
    await victim.keyhouse.ready();
    victim.spoil(BATCH, json({ results: Array(100).fill({ active: false }) }));
    const judge = judgeWith(victim.keyhouse.guard);
    const round = async (from: number): Promise<void> => {
      const asked = Array.from({ length: 8000 }, (_each, index) => judge(`garbage-${from + index}`));
      expect(new Set((await Promise.all(asked)).map(statusOf))).toEqual(new Set([401]));
    };
    for (let from = 0; from < 24_000; from += 8000) await round(from);
    const full = await heapMb();
    for (let from = 100_000; from < 124_000; from += 8000) await round(from);
    expect((await heapMb()) - full).toBeLessThan(10);
    await victim.stop();
  });

  it('leaves nothing with what lives as long as the guard', async () => {
    const ending = new AbortController();
    for (let times = 0; times < 200; times++) {
      createDeadline(60_000, ending.signal).release();
      await pause(0, ending.signal);
    }
    expect(getEventListeners(ending.signal, 'abort')).toEqual([]);
    const { signal } = createDeadline(60_000, ending.signal);
    const paused = pause(60_000, ending.signal);
    ending.abort();
    await paused;
    expect(signal.aborted).toBe(true);
    await pause(60_000, ending.signal);
    expect(createDeadline(60_000, ending.signal).signal.aborted).toBe(true);
  });

  it('joins no signals, whose time-outs Node 20 loses', () => {
    for (const name of readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((each) => each.endsWith('.ts')))
      expect([name, /AbortSignal\.any\(/.test(readFileSync(join(SOURCES, name), 'utf8'))]).toEqual([name, false]);
  });

  it('ends an event that is longer than any, and one of bytes that come one by one', async () => {
    const bounds = { maxBytes: 100_000, path: FEED, signal: new AbortController().signal };
    const of = (chunk: string, times: number): Response => {
      let left = times;
      return new Response(
        new ReadableStream({
          pull: (stream) => (left-- > 0 ? stream.enqueue(new TextEncoder().encode(chunk)) : stream.close()),
        }),
      );
    };
    const read = async (response: Response): Promise<number> => {
      let bytes = 0;
      for await (const { data } of readEvents(response, bounds)) for (const line of data) bytes += line.length;
      return bytes;
    };
    await expect(read(of('data: '.repeat(100), 1e9))).rejects.toThrow('more than 100000 bytes');
    await expect(read(of(`data: ${'x'.repeat(999)}\n`, 1e9))).rejects.toThrow('more than 4 lines');
    await expect(read(of(`: ${'x'.repeat(999)}\n`, 1e9))).rejects.toThrow('more than 100000 bytes');
    await expect(read(of('x', 1e9))).rejects.toThrow('more than 100000 bytes');
    expect(await read(of('data: x\n\n', 50_000))).toBe(50_000);
    expect(await read(of('\n', 50_000))).toBe(0);
  });
});

describe('the log', () => {
  it('says so much a minute, whoever makes up new sentences', () => {
    const said: string[] = [];
    let nowMs = 0;
    const say = createQuietLog(
      (line) => void said.push(line),
      () => nowMs,
    );
    for (let index = 0; index < 100_000; index++) say(`The issuer answered ${index}.`);
    expect(said).toHaveLength(100);
    nowMs += 61_000;
    for (let index = 0; index < 100_000; index++) say(`The issuer answered ${index}.`);
    expect(said).toHaveLength(200);
  });
});

describe('on the wire', () => {
  it('answers what no client would send, and lives', async () => {
    const victim = await issuer.victim();
    await victim.keyhouse.ready();
    const bearer = `Authorization: Bearer ${jwt}`;
    const asked: readonly (readonly [number, readonly string[]])[] = [
      [400, [bearer, bearer]],
      [400, [bearer, `aUTHORIZATION: Bearer ${token}`]],
      [401, [`${bearer}, Bearer ${token}`]],
      [401, ['Authorization:']],
      [401, ['Authorization: \t ']],
      [401, ['Authorization: Bearer\t']],
      [431, [`Authorization: Bearer ${'x'.repeat(65_536)}`]],
      [400, ['Authorization: Bearer \x00']],
      [400, [' Authorization: Bearer x', bearer]],
      [400, [`Authorization : Bearer ${jwt}`]],
      [401, [`Authorization: Bearer \xff\xfe`]],
      [401, [`Cookie: token=${token}`, 'X-Keyhouse-Kind: token']],
      [200, [bearer]],
    ];
    for (const [expected, headers] of asked) {
      const { answers } = await exchange(victim.port, head('GET /api/invoices', 'Connection: close', ...headers), {
        quietMs: 2000,
      });
      expect([headers, answers[0]?.status]).toEqual([headers, expected]);
    }
    const form = `access_token=${token}`;
    const posted = head(
      'POST /api/invoices',
      'Content-Type: application/x-www-form-urlencoded',
      `Content-Length: ${form.length}`,
      'Connection: close',
    );
    expect((await exchange(victim.port, posted + form, { quietMs: 2000 })).answers[0]?.status).toBe(401);
    expect((await victim.ask(token)).status).toBe(200);
    await victim.stop();
  });
});

describe('the package', () => {
  const run = promisify(execFile);
  const child = async (conditions: readonly string[], code: string): Promise<string> =>
    (await run(process.execPath, [...conditions, '--no-warnings', '--input-type=module', '-e', code], { cwd: SOURCES })).stdout;

  it('starts nothing when it is imported', async () => {
    const code = `
      await import('node:http');
      void globalThis.fetch;
      const before = [process.getActiveResourcesInfo().join(), Reflect.ownKeys(globalThis).length, process.listenerCount('exit')];
      const fetched = globalThis.fetch;
      for (const name of ['index', 'adapters/express', 'adapters/fastify', 'adapters/fetch', 'adapters/hono', 'adapters/koa', 'adapters/node'])
        await import(${JSON.stringify(SOURCES)} + '/' + name + '.ts');
      const after = [process.getActiveResourcesInfo().join(), Reflect.ownKeys(globalThis).length, process.listenerCount('exit')];
      console.log(JSON.stringify([before, after, fetched === globalThis.fetch]));`;
    const [before, after, isSame] = JSON.parse(await child([], code));
    expect([after, isSame]).toEqual([before, true]);
  });

  it.each(['workerd', 'edge-light', 'browser'])('is made of nothing of Node where it is imported as %s', async (condition) => {
    const code = `
      import { registerHooks } from 'node:module';
      const seen = [];
      registerHooks({ resolve: (name, context, next) => { const found = next(name, context); seen.push(found.url); return found; } });
      for (const name of ['index', 'adapters/fetch', 'adapters/hono']) await import(${JSON.stringify(SOURCES)} + '/' + name + '.ts');
      console.log(JSON.stringify(seen));`;
    const seen: readonly string[] = JSON.parse(await child([`--conditions=${condition}`], code));
    expect(seen.filter((url) => url.startsWith('node:') || url.endsWith('/platform/node.ts'))).toEqual([]);
    expect(seen.filter((url) => url.endsWith('/platform/web.ts'))).not.toEqual([]);
  });
});
