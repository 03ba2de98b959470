/** What every framework guarantees alike, on a real port, with a real Keyhouse behind it. */
import { beforeAll, describe, expect, it } from 'vitest';
import { claimsOf } from '../../../server/test/applications.ts';
import { ask as askRaw } from '../../../server/test/raw.ts';
import { OPERATOR } from '../../../server/test/server.ts';
import { type Api, BY_HAND, FRAMEWORKS } from './frameworks.ts';
import { type Answered, ask, startWorld, type World } from './world.ts';

const UNAUTHENTICATED = { message: 'Unauthenticated.' };
const UNAUTHORIZED = { message: 'This action is unauthorized.' };
/** The guard's own, never the client's. */
const REQUEST_ID = /^[0-9a-f-]{16,}[0-9a-z-]*$/;

let world: World;
beforeAll(async () => {
  world = await startWorld();
  return () => world.stop();
});

describe.each(Object.entries(FRAMEWORKS))('%s', (name, start) => {
  let api: Api;
  beforeAll(async () => {
    api = await start(world.options);
    await api.guard.ready();
    return () => api.stop();
  });

  const refused = ({ status, json, headers }: Answered) => {
    expect(headers['x-request-id']).toMatch(REQUEST_ID);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    return [status, json, headers['www-authenticate']];
  };

  it('lets in every kind of credential, and says who it is', async () => {
    const key = await world.key(['invoices.read']);
    const callers = {
      token: await world.token(),
      key: key.text,
      jwt: await world.mint(key, ['invoices.read']),
      session: await world.session(),
      application: await world.application(),
    };
    for (const [kind, bearer] of Object.entries(callers)) {
      const { status, json } = await ask(api.port, '/api/invoices', { bearer });
      expect([status, json.served, json.caller.kind, json.caller.isFrozen], kind).toEqual([200, '/api/invoices', kind, true]);
    }
  });

  it('refuses without a credential, with a bad one, and with one in the query or a cookie', async () => {
    const token = await world.token();
    const own = { 'x-request-id': 'chosen by the client', 'x-correlation-id': 'chosen by the client' };
    expect(refused(await ask(api.port, '/api/invoices', { headers: own }))).toEqual([401, UNAUTHENTICATED, 'Bearer']);
    for (const bearer of ['123|abcdef', `${token}x`, 'eyJhbGciOiJub25lIn0.e30.', 'kh_live_x'])
      expect(refused(await ask(api.port, '/api/invoices', { bearer }))).toEqual([
        401,
        UNAUTHENTICATED,
        'Bearer error="invalid_token"',
      ]);
    const elsewhere = `/api/invoices?access_token=${encodeURIComponent(token)}&token=${encodeURIComponent(token)}`;
    const headers = { cookie: `authorization=Bearer ${token}`, 'x-authorization': `Bearer ${token}`, 'x-api-key': token };
    expect(refused(await ask(api.port, elsewhere, { headers }))).toEqual([401, UNAUTHENTICATED, 'Bearer']);
  });

  it('refuses who may not, and names what was wanted', async () => {
    const key = await world.key(['invoices.read']);
    for (const bearer of [key.text, await world.mint(key, ['invoices.read'])]) {
      expect(refused(await ask(api.port, '/api/invoices', { bearer, method: 'POST', body: {} }))).toEqual([
        403,
        UNAUTHORIZED,
        'Bearer error="insufficient_scope", scope="invoices.write"',
      ]);
      expect((await ask(api.port, '/api/users/7', { bearer })).status).toBe(403);
    }
  });

  it('refuses two credentials at once, though Node hides the second', async () => {
    const token = await world.token();
    for (const second of ['Bearer x', `Bearer ${token}`, 'Basic eDp5']) {
      const line = await askRaw(api.port, 'GET /api/invoices', `Authorization: Bearer ${token}`, `Authorization: ${second}`);
      // The Fetch standard joins them, which leaves something malformed.
      expect(line.status, second).toBe(name === 'Fetch' ? 401 : 400);
      expect(JSON.parse(line.body)).toEqual(name === 'Fetch' ? UNAUTHENTICATED : { message: 'Send only one credential.' });
    }
  });

  it('leaves the body to the handler, whether the guard had to ask or not', async () => {
    const body = { customer: 'Ada', lines: ['x'.repeat(200_000)] };
    for (let round = 0; round < 2; round++) {
      const bearer = await world.token();
      for (let again = 0; again < 2; again++) {
        if (name === 'Express') body.lines = ['x'.repeat(50_000)];
        const { status, json } = await ask(api.port, '/api/invoices', { bearer, body });
        expect([status, json.body]).toEqual([200, body]);
      }
    }
  });

  it('takes HEAD for reading, lets preflights by without a caller, and no other OPTIONS', async () => {
    const { text: bearer } = await world.key(['invoices.read']);
    expect((await ask(api.port, '/api/invoices', { bearer, method: 'HEAD' })).status).toBe(200);
    const alone = await ask(api.port, '/api/invoices', { method: 'HEAD' });
    expect([alone.status, alone.text]).toEqual([401, '']);
    const preflight = { origin: 'https://app.example.com', 'access-control-request-method': 'POST' };
    for (const headers of [preflight, { ...preflight, authorization: 'Bearer nonsense' }])
      expect((await ask(api.port, '/api/invoices', { method: 'OPTIONS', headers })).json?.caller ?? null).toBeNull();
    expect([401, 403]).not.toContain((await ask(api.port, '/api/invoices', { method: 'OPTIONS', headers: preflight })).status);
    expect((await ask(api.port, '/api/invoices', { method: 'OPTIONS' })).status).toBe(401);
    expect((await ask(api.port, '/api/invoices', { method: 'OPTIONS', bearer })).status).toBe(403);
  });

  it('opens what is public to anybody, but not to a bad credential', async () => {
    expect((await ask(api.port, '/api/status')).json).toMatchObject({ served: '/api/status', caller: null });
    const bearer = await world.token();
    expect((await ask(api.port, '/api/status', { bearer })).json.caller.kind).toBe('token');
    expect((await ask(api.port, '/api/status', { bearer: 'nonsense' })).status).toBe(401);
  });

  it('protects by hand', async () => {
    const { text: reader } = await world.key(['reports.read']);
    const { text: other } = await world.key(['invoices.read']);
    expect((await ask(api.port, BY_HAND.path, { bearer: reader })).json).toMatchObject({
      served: BY_HAND.path,
      caller: { kind: 'key' },
    });
    expect(refused(await ask(api.port, BY_HAND.path, { bearer: other }))).toEqual([
      403,
      UNAUTHORIZED,
      'Bearer error="insufficient_scope", scope="reports.read"',
    ]);
    expect((await ask(api.port, BY_HAND.path)).status).toBe(401);
  });

  it('hides from strangers which routes there are', async () => {
    for (const path of ['/api/nothing', '/nothing', '/', '/.env']) expect((await ask(api.port, path)).status, path).toBe(401);
  });

  it('hears of what was revoked, though it verified it a moment ago', async () => {
    const key = await world.key(['invoices.read']);
    const [token, minted, session] = [await world.token(), await world.mint(key, ['invoices.read']), await world.session()];
    const status = async (bearer: string) => (await ask(api.port, '/api/invoices', { bearer })).status;
    for (const bearer of [token, key.text, minted, session]) expect(await status(bearer)).toBe(200);
    await world.revoke(token);
    await world.revoke(key.text);
    await world.keyhouse.keyhouse.users.disable({ userId: Number(claimsOf(session).sub.slice('user:'.length)), by: OPERATOR });
    for (const bearer of [token, key.text, minted, session]) await expect.poll(() => status(bearer), { interval: 20 }).toBe(401);
  });

  it('keeps to the addresses that a key is bound to, whatever a client says of itself', async () => {
    const here = await world.key(undefined, ['127.0.0.0/8']);
    const elsewhere = await world.key(undefined, ['203.0.113.0/24']);
    expect((await ask(api.port, '/api/invoices', { bearer: here.text })).status).toBe(200);
    const lies = { 'x-forwarded-for': '203.0.113.7', 'x-real-ip': '203.0.113.7', forwarded: 'for=203.0.113.7' };
    expect((await ask(api.port, '/api/invoices', { bearer: elsewhere.text, headers: lies })).status).toBe(401);
    const minted = await world.mint(here, ['invoices.read']);
    expect((await ask(api.port, '/api/invoices', { bearer: minted })).status).toBe(200);
  });
});
