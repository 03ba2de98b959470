/**
 * The headers of ingress-nginx (X-Original-URL with X-Original-Method) from a real nginx. The controller hands on 401 and 403 with pages of nginx,
 * and the client's own headers to Keyhouse too: none of them may choose what is judged.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explainRefusal } from '../../packages/server/src/core/audit/explain.ts';
import { INGRESS_NGINX, isInstalled, needs } from './gateway.ts';
import { type Scene, startScene } from './scene.ts';
import { ask, type Reply, valuesOf } from './wire.ts';

describe.skipIf(!isInstalled(INGRESS_NGINX))(`${needs(INGRESS_NGINX)} ingress-nginx in front of an API`, () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await startScene(INGRESS_NGINX);
  });
  afterAll(() => scene?.stop());

  const get = (line: string, ...headers: string[]): Promise<Reply> =>
    ask(scene.gateway.port, line, [`Authorization: Bearer ${scene.reader.text}`, ...headers]);

  it('asks in its own way, and is understood', async () => {
    const from = scene.tap.asked().length;
    expect((await get('GET /api/invoices?a=https://b/services')).status).toBe(200);
    const question = scene.tap.asked().slice(from);
    expect(question).toMatch(/^GET \/verify HTTP/);
    expect(question).toMatch(/^x-original-url: https:\/\/localhost\/api\/invoices\?a=https:\/\/b\/services\r$/im);
    expect(question).toMatch(/^x-original-method: GET\r$/im);
    expect(question).not.toMatch(/^x-original-uri:/im);

    const seen = scene.api.seen.at(-1);
    expect(seen).toMatchObject({ method: 'GET', target: '/api/invoices?a=https://b/services', faults: [] });
    expect(valuesOf({ headers: seen?.headers ?? [] }, 'x-keyhouse-account')).toEqual([String(scene.accountId)]);

    const before = scene.api.seen.length;
    expect((await get('DELETE /api/invoices')).status).toBe(403);
    expect((await get('GET /api/services')).status).toBe(403);
    expect((await ask(scene.gateway.port, 'GET /api/invoices')).status).toBe(401);
    expect(scene.api.seen.length).toBe(before);
    expect((await ask(scene.gateway.port, 'GET /status')).status).toBe(200);
  });

  it('holds a key to the addresses of clients, whatever they say of themselves', async () => {
    const bound = await scene.keyhouse.key(scene.accountId, { permissions: ['invoices.read'], addresses: ['127.0.0.5'] });
    const lies = ['X-Forwarded-For: 127.0.0.5', 'X-Real-IP: 127.0.0.5', 'Forwarded: for=127.0.0.5'];
    const as = async (from: string): Promise<number> =>
      (await ask(scene.gateway.port, 'GET /invoices', [`Authorization: Bearer ${bound.text}`, ...lies], { from })).status;
    expect(await as('127.0.0.5')).toBe(200);
    expect(await as('127.0.0.6')).toBe(401);
  });

  it('lets no client choose what is judged by the headers that ask: it is refused, and the log names them', async () => {
    const lies: readonly (readonly [readonly string[], string])[] = [
      [['X-Original-URI: /api/invoices'], 'X-Original-URI'],
      [['X-Forwarded-Method: GET', 'X-Forwarded-Uri: /api/invoices'], 'X-Forwarded-Uri'],
      [['X-Forwarded-Uri: /api/invoices'], 'X-Forwarded-Method'],
      [['X-Forwarded-Method: GET'], 'X-Forwarded-Uri'],
    ];
    const before = scene.api.seen.length;
    for (const [headers, named] of lies) {
      const from = scene.tap.asked().length;
      const key = await scene.keyhouse.key(scene.accountId, { permissions: ['invoices.read'] });
      const reply = await ask(scene.gateway.port, 'GET /api/services', [`Authorization: Bearer ${key.text}`, ...headers]);
      expect(reply.status, headers.join()).toBe(403);
      // It did come to Keyhouse, beside what the controller says.
      expect(scene.tap.asked().slice(from)).toContain(headers[0]?.split(':')[0]);
      const find = () => scene.keyhouse.store.audit.list({ credentialId: key.id, event: 'request.refused', limit: 1 });
      await expect.poll(find).toHaveLength(1);
      const [event] = await find();
      if (event === undefined) throw new Error('nothing on record');
      expect(explainRefusal(event, { credential: null, account: null }).sentence).toContain(named);
    }
    // These are overwritten: no client says them.
    for (const header of ['X-Original-Method: GET', 'X-Original-URL: https://localhost/api/invoices'])
      expect((await get('DELETE /api/services', header)).status).toBe(403);
    expect(scene.api.seen.length).toBe(before);
  });
});
