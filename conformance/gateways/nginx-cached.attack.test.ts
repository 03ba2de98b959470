/** nginx may remember an answer for as long as it says, and for nobody else, and for nothing else, than it was given for. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERATOR } from '../../packages/server/test/server.ts';
import { isInstalled, NGINX, NGINX_CACHED, needs } from './gateway.ts';
import { type Scene, startScene } from './scene.ts';
import { ask, head, send } from './wire.ts';

const bearer = (text: string): string => `Authorization: Bearer ${text}`;

describe.skipIf(!isInstalled(NGINX_CACHED))(`${needs(NGINX_CACHED)} nginx with a cache`, () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await startScene(NGINX_CACHED);
  });
  afterAll(() => scene?.stop());

  const statusOf = async (line: string, headers: readonly string[], from?: string): Promise<number> =>
    (await ask(scene.gateway.port, line, headers, from === undefined ? {} : { from })).status;
  const questions = (): number => scene.tap.asked().split('GET /verify').length - 1;
  const revoke = (id: number) => scene.keyhouse.keyhouse.credentials.revoke({ kind: 'key', id }, OPERATOR);

  /** A fresh key whose answer for `GET /invoices` is remembered from now on. */
  async function warm(wish: { addresses?: string[] } = {}, from?: string): Promise<{ text: string; id: number }> {
    const key = await scene.keyhouse.key(scene.accountId, { permissions: ['invoices.read'], ...wish });
    expect(await statusOf('GET /invoices', [bearer(key.text)], from)).toBe(200);
    return key;
  }

  it('asks once for what comes again within a second', async () => {
    const { text } = await warm();
    const before = questions();
    const statuses = await Promise.all(Array.from({ length: 20 }, () => statusOf('GET /invoices', [bearer(text)])));
    expect(new Set(statuses)).toEqual(new Set([200]));
    // The second may have ended meanwhile; then those that came at once ask at once.
    expect(questions() - before).toBeLessThan(20);
  });

  it('hears of a revocation however often it is asked in between: to ask does not keep an answer alive', async () => {
    const rounds = Array.from({ length: 4 }, async () => {
      const { text, id } = await warm();
      await revoke(id);
      await expect.poll(() => statusOf('GET /invoices', [bearer(text)]), { interval: 1 }).toBe(401);
    });
    await Promise.all(rounds);
  });

  it('remembers an answer for one method, one target and one query', async () => {
    const { text } = await warm();
    for (const method of ['POST', 'DELETE', 'PUT', 'PATCH', 'SPY']) {
      expect(await statusOf(`${method} /invoices`, [bearer(text)]), method).toBe(403);
    }
    for (const target of ['/services', '/invoices/../services', '/invoices;a', '/invoices%2f..', '//invoices', '/Invoices']) {
      expect(await statusOf(`GET ${target}`, [bearer(text)]), target).toBe(403);
    }
    const before = questions();
    expect(await statusOf('GET /invoices?a', [bearer(text)])).toBe(200);
    expect(await statusOf('HEAD /invoices', [bearer(text)])).toBe(200);
    expect(questions() - before).toBe(2);
  });

  it('remembers an answer for one credential, as it was spelled', async () => {
    const { text } = await warm();
    const other = await scene.keyhouse.key(scene.accountId, { permissions: ['services.read'] });
    expect(await statusOf('GET /invoices', [bearer(other.text)])).toBe(403);
    expect(await statusOf('GET /invoices', [])).toBe(401);
    expect(await statusOf('GET /invoices', [bearer(`${text}x`)])).toBe(401);
    expect(await statusOf('GET /invoices', [bearer(text.slice(0, -1))])).toBe(401);
    expect(await statusOf('GET /invoices', [`Authorization: Basic ${text}`])).toBe(401);
    expect(await statusOf('GET /invoices', [bearer(`${text}, Bearer ${other.text}`)])).toBe(401);
    expect([400, 401]).toContain(await statusOf('GET /invoices', [bearer(text), bearer(other.text)]));
    expect([400, 401]).toContain(await statusOf('GET /invoices', ['Authorization:', bearer(text)]));
    // What the API hears is about the one who asks now.
    const third = await warm();
    await statusOf('GET /invoices', [bearer(text)]);
    await statusOf('GET /invoices', [bearer(third.text)]);
    expect(scene.api.seen.at(-1)?.headers).toContainEqual(['X-Keyhouse-Credential', String(third.id)]);
  });

  it('remembers an answer for one address, whatever a client says of it', async () => {
    const { text } = await warm({ addresses: ['127.0.0.5/32'] }, '127.0.0.5');
    for (const lie of ['X-A: 1', 'X-Forwarded-For: 127.0.0.5', 'X-Real-IP: 127.0.0.5', 'Forwarded: for=127.0.0.5']) {
      expect(await statusOf('GET /invoices', [bearer(text), lie], '127.0.0.6'), lie).toBe(401);
    }
    expect(await statusOf('GET /invoices', [bearer(text)], '127.0.0.5')).toBe(200);
  });

  it('asks anew when another method stands beside the method', async () => {
    for (const name of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override']) {
      const { text } = await warm();
      for (const value of ['DELETE', '0', 'DELETE:', `GET ${bearer(text).slice(15)}`]) {
        expect(await statusOf('GET /invoices', [bearer(text), `${name}: ${value}`]), `${name}: ${value}`).toBe(403);
      }
      // nginx looks at the first of two; the API is to see that one alone, as it was judged.
      const before = scene.api.seen.length;
      await statusOf('GET /invoices', [bearer(text), `${name}:`, `${name}: DELETE`]);
      await statusOf('GET /invoices', [bearer(text), `${name}: GET`, `${name}: DELETE`]);
      const reached = scene.api.seen.slice(before).flatMap(({ headers }) => headers.filter(([each]) => each === name));
      expect(reached.filter(([, value]) => value !== 'GET')).toEqual([]);
    }
  });

  it('remembers neither a refusal nor a preflight', async () => {
    const key = await scene.keyhouse.key(scene.accountId, { permissions: ['services.read'] });
    const preflight = ['Origin: https://a.example', 'Access-Control-Request-Method: GET'];
    expect(await statusOf('OPTIONS /invoices', [bearer(key.text), ...preflight])).toBe(200);
    expect(await statusOf('OPTIONS /invoices', [bearer(key.text)])).toBe(403);
    const before = questions();
    for (let times = 0; times < 3; times++) expect(await statusOf('GET /invoices', [bearer(key.text)])).toBe(403);
    expect(await statusOf('GET /status', [])).toBe(200);
    expect(await statusOf('GET /status', [])).toBe(200);
    expect(questions() - before).toBe(5);
    expect(await statusOf('GET /status', ['Authorization: Bearer x'])).toBe(401);
  });

  it('uses no old answer when Keyhouse goes away', async () => {
    const { text } = await warm();
    await scene.tap.become('gone');
    await expect.poll(() => statusOf('GET /invoices', [bearer(text)]), { interval: 50 }).toBe(503);
    const before = scene.api.seen.length;
    const replies = await send(scene.gateway.port, head('GET /invoices', [bearer(text)]), { answers: 1 });
    expect(replies[0]?.status).toBe(503);
    expect(scene.api.seen.length).toBe(before);
    await scene.tap.become('up');
    expect(await statusOf('GET /invoices', [bearer(text)])).toBe(200);
  });
});

describe.skipIf(!isInstalled(NGINX))(`${needs(NGINX)} nginx without one`, () => {
  it('refuses the very next request after a revocation', async () => {
    const scene = await startScene(NGINX);
    try {
      const status = async (): Promise<number> =>
        (await ask(scene.gateway.port, 'GET /invoices', [bearer(scene.reader.text)])).status;
      expect(await status()).toBe(200);
      await scene.keyhouse.keyhouse.credentials.revoke({ kind: 'key', id: scene.reader.id }, OPERATOR);
      expect(await status()).toBe(401);
    } finally {
      await scene.stop();
    }
  });
});
