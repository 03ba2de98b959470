/** What each gateway does with the file of the guide: passes on what Keyhouse allows, and its refusals as they are. */
import { randomBytes } from 'node:crypto';
import { crc32Hex } from '@keyhouse/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GATEWAYS, isInstalled, needs } from './gateway.ts';
import { type Scene, startScene } from './scene.ts';
import { ask, head, type Reply, send, valuesOf } from './wire.ts';

const NAMES = ['Kind', 'Account', 'User', 'Subject', 'Credential', 'Application', 'Permissions', 'Environment'];

describe.each(GATEWAYS)('$name', (gateway) => {
  describe.skipIf(!isInstalled(gateway))(`${needs(gateway)} in front of an API`, () => {
    let scene: Scene;
    beforeAll(async () => {
      scene = await startScene(gateway);
    });
    afterAll(() => scene?.stop());

    const bearer = (text: string): string => `Authorization: Bearer ${text}`;
    const get = (line: string, ...headers: string[]): Promise<Reply> => ask(scene.gateway.port, line, headers);
    /** What the API is told about the caller of its last request; an empty header and none are the same to it. */
    const told = (): Record<string, string> => {
      const headers = scene.api.seen.at(-1)?.headers ?? [];
      const ours = headers.filter(([name, value]) => /^x-keyhouse-/i.test(name) && value !== '');
      return Object.fromEntries(ours.map(([name, value]) => [name.toLowerCase(), value]));
    };

    it('passes an allowed request on as it came, and tells the API who calls', async () => {
      const body = 'a=1';
      const writer = await scene.keyhouse.key(scene.accountId, { permissions: ['invoices.read', 'invoices.write'] });
      const sent = head('POST /api/v1/invoices/a%20b?x=%2F&y', [
        bearer(writer.text),
        `Content-Length: ${body.length}`,
        'X-Mine: 1',
      ]);
      const [reply] = await send(scene.gateway.port, sent + body, { answers: 1 });
      expect(reply).toMatchObject({ status: 200, body: 'the API' });
      const seen = scene.api.seen.at(-1);
      expect(seen).toMatchObject({ method: 'POST', target: '/api/v1/invoices/a%20b?x=%2F&y', bodyLength: 3, faults: [] });
      expect(valuesOf({ headers: seen?.headers ?? [] }, 'x-mine')).toEqual(['1']);
      expect(told()).toEqual({
        'x-keyhouse-kind': 'key',
        'x-keyhouse-account': String(scene.accountId),
        'x-keyhouse-subject': `account:${scene.accountId}`,
        'x-keyhouse-credential': String(writer.id),
        'x-keyhouse-permissions': 'invoices.read invoices.write',
        'x-keyhouse-environment': 'live',
      });
    });

    it('tells of a user and of a list of a hundred permissions', async () => {
      const { token, id } = await scene.keyhouse.register();
      expect((await get('GET /api/services', bearer(token))).status).toBe(200);
      expect(told()).toMatchObject({ 'x-keyhouse-kind': 'token', 'x-keyhouse-user': String(id), 'x-keyhouse-permissions': '*' });

      const permissions = Array.from({ length: 100 }, (_, index) => `a-resource-with-a-rather-long-name.of-number-${index}.read`);
      const { text } = await scene.keyhouse.key(scene.accountId, { permissions });
      expect((await get('GET /a-resource', bearer(text))).status).toBe(403);
      const wide = await scene.keyhouse.key(scene.accountId, { permissions: [...permissions.slice(1), 'invoices.read'] });
      expect((await get('GET /invoices', bearer(wide.text))).status).toBe(200);
      expect(told()['x-keyhouse-permissions']?.split(' ').sort()).toEqual([...permissions.slice(1), 'invoices.read'].sort());
    });

    it('passes a public route and a preflight on without a caller', async () => {
      const lies = NAMES.map((name) => `X-Keyhouse-${name}: 1`);
      const preflight = ['Origin: https://a.example', 'Access-Control-Request-Method: DELETE'];
      expect((await get('OPTIONS /api/invoices', ...preflight, ...lies)).status).toBe(200);
      expect(scene.api.seen.at(-1)).toMatchObject({ method: 'OPTIONS' });
      expect(told()).toEqual({});

      expect((await get('GET /status', ...lies)).status).toBe(200);
      expect(told()).toEqual({});
      expect((await get('GET /status', bearer(`kh_live_${'a'.repeat(48)}`))).status).toBe(401);
    });

    it('gives the client the refusals of Keyhouse, to the letter', async () => {
      const before = scene.api.seen.length;
      const challenge = (reply: Reply): readonly string[] => valuesOf(reply, 'www-authenticate');
      const nothing = await get('GET /api/invoices');
      expect(nothing).toMatchObject({ status: 401, body: '{"message":"Unauthenticated."}' });
      expect(challenge(nothing)).toEqual(['Bearer']);
      isRefusal(nothing);

      const bad = await get('GET /api/invoices', 'Authorization: Bearer kh_live_nonsense');
      expect(bad).toMatchObject({ status: 401, body: '{"message":"Unauthenticated."}' });
      expect(challenge(bad)).toEqual(['Bearer error="invalid_token"']);
      isRefusal(bad);

      const forbidden = await get('DELETE /api/invoices/7', bearer(scene.reader.text));
      expect(forbidden).toMatchObject({ status: 403, body: '{"message":"This action is unauthorized."}' });
      expect(challenge(forbidden)).toEqual(['Bearer error="insufficient_scope", scope="invoices.write"']);
      isRefusal(forbidden);
      expect(scene.api.seen.length).toBe(before);
    });

    it('tells the request id under which the refusal is on record', async () => {
      const refused = await get('GET /api/services', bearer(scene.reader.text));
      const [requestId = ''] = valuesOf(refused, 'x-request-id');
      await expect
        .poll(() => scene.keyhouse.store.audit.list({ requestId, limit: 10 }))
        .toMatchObject([{ event: 'request.refused' }]);
    });

    it('asks one who guesses to come later', async () => {
      const from = '127.0.0.9';
      const guess = (): Promise<Reply> => ask(scene.gateway.port, 'GET /invoices', [bearer(unknownKey())], { from });
      for (let tries = 0; tries < 10; tries++) expect((await guess()).status).toBe(401);
      const late = await guess();
      expect(late).toMatchObject({ status: 429, body: '{"message":"Too many requests."}' });
      isRefusal(late);
      expect(valuesOf(late, 'retry-after')).toEqual([expect.stringMatching(/^[1-9]\d*$/)]);
      expect(valuesOf(late, 'ratelimit-remaining')).toEqual(['0']);
      // It is the guesser who waits, by the address that the gateway has told.
      expect((await get('GET /invoices', bearer(unknownKey()))).status).toBe(401);
    });

    it('never sends the body along with the question, and asks in one way only', async () => {
      const writer = await scene.keyhouse.key(scene.accountId, { permissions: ['invoices.write'] });
      const from = scene.tap.asked().length;
      const secret = 'the-body-of-the-request'.repeat(2000);
      const lengths = [`Content-Length: ${secret.length}`, 'Transfer-Encoding: chunked'];
      for (const length of lengths) {
        const body = length.startsWith('C') ? secret : `${secret.length.toString(16)}\r\n${secret}\r\n0\r\n\r\n`;
        const sent = head(`POST /invoices?${length.length}`, [
          bearer(writer.text),
          length,
          'X-Forwarded-Uri: /mine',
          'X-Original-URI: /mine',
          'X-Original-URL: https://localhost/mine',
        ]);
        const [reply] = await send(scene.gateway.port, sent + body, { answers: 1 });
        expect(reply?.status).toBe(200);
        expect(scene.api.seen.at(-1)?.faults).toEqual([]);
      }
      const asked = scene.tap.asked().slice(from);
      expect(asked).toContain(writer.text);
      expect(asked).not.toContain('the-body');
      expect(asked).not.toContain('/mine');
      const questions = asked.split('\r\n\r\n').slice(0, -1);
      expect(questions.length).toBe(2);
      for (const question of questions) {
        expect(question).toMatch(/^GET \/verify HTTP/);
        expect(question).not.toMatch(/^(content-length: *[1-9]|transfer-encoding:)/im);
        const families = ['forwarded', 'original'].filter((name) => new RegExp(`^x-${name}-(method|uri):`, 'im').test(question));
        expect(families).toHaveLength(1);
        expect(question).not.toMatch(/^x-original-url:/im);
        expect(question).toMatch(/^x-(forwarded|original)-method: *POST\r?$/im);
        expect(question).toMatch(/^x-(forwarded|original)-uri: *\/invoices\?\d+\r?$/im);
      }
    });

    it('passes the address of the client on, and no other that a client names', async () => {
      const bound = await scene.keyhouse.key(scene.accountId, { permissions: ['invoices.read'], addresses: ['127.0.0.5/32'] });
      const lies = ['X-Forwarded-For: 127.0.0.5', 'X-Real-IP: 127.0.0.5', 'Forwarded: for=127.0.0.5', 'X-Forwarded-Proto: http'];
      const as = async (from: string): Promise<number> =>
        (await ask(scene.gateway.port, 'GET /invoices', [bearer(bound.text), ...lies], { from })).status;
      expect(await as('127.0.0.5')).toBe(200);
      const headers = scene.api.seen.at(-1)?.headers ?? [];
      expect(valuesOf({ headers }, 'x-forwarded-for')).toEqual(['127.0.0.5']);
      expect(valuesOf({ headers }, 'x-forwarded-proto')).toEqual(['https']);
      expect(valuesOf({ headers }, 'forwarded')).toEqual([]);
      expect(await as('127.0.0.6')).toBe(401);
    });
  });
});

/** Of the right shape, so that it is looked for. */
const unknownKey = (): string => {
  const secret = randomBytes(20).toString('hex');
  return `kh_live_${secret}${crc32Hex(secret)}`;
};

function isRefusal(reply: Reply): void {
  expect(valuesOf(reply, 'x-request-id')).toEqual([expect.stringMatching(/^\S{16,}$/)]);
  expect(valuesOf(reply, 'content-type')).toEqual(['application/json; charset=utf-8']);
  expect(valuesOf(reply, 'cache-control')).toEqual(['no-store']);
}
