/** Who gets the JWT, and what is repeated. The servers are small and real. */
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createFetch, type JwtSource } from '../src/fetch.ts';
import { KeyhouseError } from '../src/index.ts';
import { type Listener, listen } from './world.ts';

type Step = { readonly status: number; readonly headers?: Record<string, string> };

describe('fetch', () => {
  let steps: Step[] = [];
  let jwts: string[] = [];
  const listeners: Listener[] = [];
  const open = async (): Promise<Listener> => {
    const listener = await listen((_request, response, body) => {
      const { status, headers } = steps.shift() ?? { status: 200 };
      response.writeHead(status, headers).end(body);
    });
    listeners.push(listener);
    return listener;
  };
  beforeEach(() => {
    steps = [];
    jwts = ['one', 'two', 'three'];
  });
  afterAll(async () => {
    for (const listener of listeners) await listener.close();
  });

  const source: JwtSource = {
    jwt: async () => jwts[0] ?? nobody(),
    jwtAfter: async () => {
      jwts.shift();
      return jwts[0] ?? nobody();
    },
  };
  const bearers = ({ asked }: Listener) => asked.map(({ headers }) => headers.authorization);

  it('gives the JWT to the origins of the API, and to nobody else', async () => {
    const [api, other] = [await open(), await open()];
    const fetch = createFetch(source, [api.origin]);
    await fetch(`${api.origin}/invoices`);
    await fetch(new URL(`${api.origin}/invoices`));
    await fetch(new Request(`${api.origin}/invoices`, { headers: { 'x-own': 'kept' } }));
    await fetch(`${other.origin}/invoices`);
    // Another port, and another name for the same machine, are other origins.
    await fetch(`${other.origin.replace('127.0.0.1', 'localhost')}/invoices`);
    expect(bearers(api)).toEqual(['Bearer one', 'Bearer one', 'Bearer one']);
    expect(api.asked[2]?.headers['x-own']).toBe('kept');
    expect(bearers(other)).toEqual([undefined, undefined]);
  });

  it('lets no redirect carry the JWT to another origin', async () => {
    const [api, other] = [await open(), await open()];
    steps = [
      { status: 307, headers: { location: `${other.origin}/x` } },
      { status: 200 },
      { status: 302, headers: { location: '/here' } },
    ];
    const fetch = createFetch(source, [api.origin]);
    expect((await fetch(`${api.origin}/a`, { method: 'POST', body: 'b' })).url).toBe(`${other.origin}/x`);
    expect(bearers(other)).toEqual([undefined]);
    expect((await fetch(`${api.origin}/a`)).url).toBe(`${api.origin}/here`);
    expect(bearers(api)).toEqual(['Bearer one', 'Bearer one', 'Bearer one']);
  });

  it('leaves an Authorization header alone that the caller has set', async () => {
    const api = await open();
    steps = [{ status: 401 }];
    const answer = await createFetch(source, [api.origin])(api.origin, { headers: { Authorization: 'Basic x' } });
    expect([answer.status, bearers(api)]).toEqual([401, ['Basic x']]);
  });

  it('asks once more with another JWT after a 401, with the same body', async () => {
    const api = await open();
    const fetch = createFetch(source, [api.origin]);
    const form = new FormData();
    form.set('a', 'b');
    for (const body of ['text', new URLSearchParams('a=b'), new Blob(['blob']), new TextEncoder().encode('bytes'), form]) {
      jwts = ['one', 'two'];
      steps = [{ status: 401 }];
      api.asked.length = 0;
      expect((await fetch(api.origin, { method: 'POST', body })).status).toBe(200);
      expect(bearers(api)).toEqual(['Bearer one', 'Bearer two']);
      expect(api.asked[0]?.body.replaceAll(/-{4,}[^\r"]+/g, '')).toBe(api.asked[1]?.body.replaceAll(/-{4,}[^\r"]+/g, ''));
      expect(api.asked[1]?.body).not.toBe('');
    }
  });

  it('takes the second 401 for the answer', async () => {
    const api = await open();
    steps = [{ status: 401 }, { status: 401 }];
    expect((await createFetch(source, [api.origin])(api.origin)).status).toBe(401);
    expect(bearers(api)).toEqual(['Bearer one', 'Bearer two']);
  });

  it('does not repeat a body that can be read only once, and has another JWT ready for the next request', async () => {
    const api = await open();
    const fetch = createFetch(source, [api.origin]);
    steps = [{ status: 401 }];
    const stream = new Blob(['stream']).stream();
    expect((await fetch(api.origin, { method: 'POST', body: stream, duplex: 'half' } as RequestInit)).status).toBe(401);
    expect((await fetch(api.origin)).status).toBe(200);
    steps = [{ status: 401 }];
    expect((await fetch(new Request(api.origin, { method: 'PUT', body: 'x' }))).status).toBe(401);
    expect(bearers(api)).toEqual(['Bearer one', 'Bearer two', 'Bearer two']);
  });

  it.each([429, 503])('comes later when %i says when', async (status) => {
    const api = await open();
    const fetch = createFetch(source, [api.origin]);
    steps = [
      { status, headers: { 'retry-after': '0' } },
      { status, headers: { 'retry-after': '1' } },
    ];
    const startedAtMs = performance.now();
    expect((await fetch(api.origin)).status).toBe(200);
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(990);
    expect(api.asked).toHaveLength(3);
  });

  it('reads a date by the clock of the server that says it', async () => {
    const api = await open();
    const [now, later] = ['Mon, 23 Nov 2020 10:00:00 GMT', 'Mon, 23 Nov 2020 10:00:01 GMT'];
    steps = [{ status: 503, headers: { date: now, 'retry-after': later } }];
    const startedAtMs = performance.now();
    expect((await createFetch(source, [api.origin])(api.origin)).status).toBe(200);
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(990);
  });

  it.each([
    ['says nothing of when', { status: 503 }, {}, 1],
    ['says tomorrow', { status: 429, headers: { 'retry-after': '86400' } }, {}, 1],
    ['says something else', { status: 429, headers: { 'retry-after': 'soon' } }, {}, 1],
    ['may have done it', { status: 503, headers: { 'retry-after': '0' } }, { method: 'POST', body: 'x' }, 1],
    ['has not done it', { status: 429, headers: { 'retry-after': '0' } }, { method: 'POST', body: 'x' }, 2],
    [
      'knows it by its key',
      { status: 503, headers: { 'retry-after': '0' } },
      { method: 'POST', headers: { 'idempotency-key': '1' } },
      2,
    ],
    ['is something else', { status: 500, headers: { 'retry-after': '0' } }, {}, 1],
  ] as const)('of a server that %s', async (_, step, init, times) => {
    const api = await open();
    steps = [step];
    const { status } = await createFetch(source, [api.origin])(api.origin, init);
    expect([status, api.asked.length]).toEqual([times === 1 ? step.status : 200, times]);
  });

  it('does not come back for ever', async () => {
    const api = await open();
    steps = Array.from({ length: 9 }, () => ({ status: 429, headers: { 'retry-after': '0' } }));
    expect((await createFetch(source, [api.origin])(api.origin)).status).toBe(429);
    expect(api.asked).toHaveLength(4);
  });

  it('stops waiting when the caller does', async () => {
    const api = await open();
    steps = [{ status: 429, headers: { 'retry-after': '30' } }];
    const signal = AbortSignal.timeout(100);
    await expect(createFetch(source, [api.origin])(api.origin, { signal })).rejects.toMatchObject({ name: 'TimeoutError' });
    const never: JwtSource = { jwt: () => new Promise(() => {}), jwtAfter: () => new Promise(() => {}) };
    await expect(createFetch(never, [api.origin])(api.origin, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    const request = new Request(api.origin, { signal: AbortSignal.abort() });
    await expect(createFetch(never, [api.origin])(request)).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('goes out without a JWT where nobody is signed in, and fails where none can be had', async () => {
    const api = await open();
    jwts = [];
    expect((await createFetch(source, [api.origin])(api.origin)).status).toBe(200);
    expect(bearers(api)).toEqual([undefined]);
    const unreachable = async () => {
      throw new KeyhouseError('unreachable', 'No answer.');
    };
    const fetch = createFetch({ jwt: unreachable, jwtAfter: unreachable }, [api.origin]);
    await expect(fetch(api.origin)).rejects.toMatchObject({ code: 'unreachable' });
    expect(api.asked).toHaveLength(1);
  });
});

function nobody(): never {
  throw new KeyhouseError('not_signed_in', 'Nobody is signed in.');
}
