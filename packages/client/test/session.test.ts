/** The whole life of a client with a real server, and a connection between them that can be cut. */
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Client, type ClientEvents, inMemory, type TokenStorage } from '../src/index.ts';
import { startWorld, type World } from './world.ts';

const TOKEN = 'POST /auth/token';
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

describe('a session', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
    return () => world.stop();
  });
  afterEach(() => {
    vi.useRealTimers();
    world.wire.fail('/auth/token');
  });

  /** The wall clock jumps, for client and server; the monotonic one continues normally. */
  const sleep = (ms: number): void => void vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });
  const requests = async (work: () => Promise<unknown>, line = TOKEN): Promise<number> => {
    const before = world.wire.count(line);
    await work();
    return world.wire.count(line) - before;
  };
  function heard(client: Client): string[] {
    const names: string[] = [];
    const events = ['signed-in', 'refreshed', 'ended', 'signed-out'] as const satisfies readonly (keyof ClientEvents)[];
    for (const name of events) client.on(name, () => names.push(name));
    return names;
  }
  async function signedIn(storage: TokenStorage = inMemory()): Promise<Client> {
    const client = world.client({ storage });
    await world.signIn(client);
    return client;
  }
  const call = async (client: Client): Promise<number> => (await client.fetch(`${world.api.origin}/api/invoices`)).status;

  it('begins with a redirect, and says who it is', async () => {
    const client = world.client();
    const events = heard(client);
    expect([await client.session(), await call(client)]).toEqual([null, 401]);
    await expect(client.getToken()).rejects.toMatchObject({ code: 'not_signed_in' });
    const back = await world.goThrough(await client.signInUrl({ returnTo: '/invoices?page=2' }));
    const done = await client.handleRedirect(back);
    expect(done).toMatchObject({
      returnTo: '/invoices?page=2',
      session: { subject: `user:${world.person.id}`, permissions: ['invoices.read'] },
    });
    expect(await client.session()).toEqual(done?.session);
    expect(events).toEqual(['signed-in']);
    expect(await call(client)).toBe(200);
  });

  it('tells who the person is where openid was granted', async () => {
    const client = world.client({ scope: 'openid email' });
    await world.signIn(client);
    expect(await client.userInfo()).toMatchObject({ sub: `user:${world.person.id}`, email: world.person.email });
    expect((await client.session())?.permissions).toEqual(['invoices.read']);
    await expect((await signedIn()).userInfo()).rejects.toThrow();
  });

  it('is refreshed by itself, once for all who ask, and goes on after sleeping over the end of its JWT', async () => {
    const client = await signedIn();
    const events = heard(client);
    const first = await client.getToken();
    expect(await requests(() => client.getToken())).toBe(0);
    sleep(8 * 60 * MINUTE_MS);
    const asked = await requests(async () => {
      const tokens = await Promise.all(Array.from({ length: 50 }, () => client.getToken()));
      expect(new Set(tokens).size).toBe(1);
      expect(tokens[0]).not.toBe(first);
    });
    expect([asked, events]).toEqual([1, ['refreshed']]);
    expect(await call(client)).toBe(200);
  });

  it('is refreshed before the end of its JWT, beside a request that need not wait for it', async () => {
    const client = await signedIn();
    const events = heard(client);
    const first = await client.getToken();
    sleep(10 * MINUTE_MS - 25_000);
    expect(await client.getToken()).toBe(first);
    expect(await call(client)).toBe(200);
    await vi.waitFor(() => expect(events).toEqual(['refreshed']));
    expect(await requests(() => call(client))).toBe(0);
  });

  it('survives a clock that is wrong, and one that is set while it runs', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    const storage = inMemory();
    const client = await signedIn(storage);
    const serverTime = Date.now();
    // Two days behind the server: the JWT's own times are never compared with this clock.
    vi.setSystemTime(serverTime - 2 * DAY_MS);
    world.server.advance(2 * DAY_MS);
    expect(await requests(() => call(client))).toBe(0);
    // A client that finds it in storage and cannot know how old it is asks once.
    const other = world.client({ storage });
    expect(await requests(async () => expect(await call(other)).toBe(200))).toBe(1);
    vi.setSystemTime(serverTime);
    world.server.advance(-2 * DAY_MS);
    expect(await call(client)).toBe(200);
  });

  it('lives when a refresh is heard by the server and its answer never arrives', async () => {
    const client = await signedIn();
    sleep(20 * MINUTE_MS);
    world.wire.fail('/auth/token', 'lost');
    expect(await requests(() => client.getToken())).toBe(2);
    expect(await call(client)).toBe(200);
    // Both attempts lost, and nothing for an hour.
    sleep(20 * MINUTE_MS);
    world.wire.fail('/auth/token', 'lost', 'lost');
    await expect(client.getToken()).rejects.toMatchObject({ code: 'unreachable' });
    expect(await client.session()).not.toBeNull();
    sleep(60 * MINUTE_MS);
    expect(await call(client)).toBe(200);
    sleep(20 * MINUTE_MS);
    expect(await call(client)).toBe(200);
  });

  it('gives up on an answer that hangs, and asks again', async () => {
    const client = await signedIn();
    sleep(20 * MINUTE_MS);
    world.wire.fail('/auth/token', 'hang');
    expect(await requests(() => client.getToken())).toBe(2);
    expect(await call(client)).toBe(200);
  });

  it.each([
    ['cut', 'cut'],
    [{ status: 503, headers: { 'retry-after': '3600' } }],
    [{ status: 502, body: '<h1>Bad gateway</h1>' }, { status: 504 }],
    [{ status: 429 }, { status: 500, body: '{"message":"…"}' }],
  ] as const)('survives %j, and uses a JWT that is still good meanwhile', async (...faults) => {
    const client = await signedIn();
    const events = heard(client);
    sleep(10 * MINUTE_MS - 5_000);
    world.wire.fail('/auth/token', ...faults);
    expect(await call(client)).toBe(200);
    sleep(MINUTE_MS);
    world.wire.fail('/auth/token', ...faults);
    await expect(client.getToken()).rejects.toMatchObject({ code: 'unreachable' });
    world.wire.fail('/auth/token', ...faults);
    await expect(client.fetch(world.api.origin)).rejects.toMatchObject({ code: 'unreachable' });
    expect(events).toEqual([]);
    expect(await call(client)).toBe(200);
  });

  it('survives an answer of somebody who is not the issuer, such as a hotel', async () => {
    const client = await signedIn();
    sleep(20 * MINUTE_MS);
    world.wire.fail('/auth/token', { status: 200, body: '<h1>Welcome to the Grand</h1>' });
    await expect(client.getToken()).rejects.toMatchObject({ code: 'unexpected_answer' });
    world.wire.fail('/auth/token', { status: 302, headers: { location: 'https://hotel.example/' } });
    await expect(client.getToken()).rejects.toMatchObject({ code: 'unexpected_answer' });
    expect(await call(client)).toBe(200);
  });

  it('is refreshed when an API finds its JWT too old, whatever the clock here says', async () => {
    const client = await signedIn();
    world.server.setClock(180 * MINUTE_MS);
    expect(await requests(async () => expect(await call(client)).toBe(200))).toBe(1);
    world.server.advance(-180 * MINUTE_MS);
  });

  it('ends when the server has ended it, and says so once', async () => {
    const storage = inMemory();
    const client = await signedIn(storage);
    const other = world.client({ storage });
    await other.session();
    const [events, others] = [heard(client), heard(other)];
    const id = (await client.session())?.id ?? '';
    await world.server.keyhouse.sessions.end(
      { id, userId: world.person.id, reason: 'revoked' },
      { actor: 'operator', requestId: null, person: {} },
    );
    expect(await call(client)).toBe(401);
    expect([await client.session(), events]).toEqual([null, ['ended']]);
    await expect(client.getToken()).rejects.toMatchObject({ code: 'not_signed_in' });
    expect(await requests(() => call(client))).toBe(0);
    // Other clients of the storage notice it at the next call, without a request of their own.
    expect(await requests(() => call(other))).toBe(0);
    expect([await other.session(), others]).toEqual([null, ['ended']]);
  });

  it('moves on with a token that came from elsewhere when its own is refused', async () => {
    const storage = inMemory();
    const client = await signedIn(storage);
    await client.session();
    const key = `keyhouse:${world.issuer}:${world.application.clientId}`;
    const good = (await storage.get(key)) ?? '';
    const ours = JSON.parse(good);
    // Between our reading and the answer, another client writes.
    let reads = 0;
    const racing: TokenStorage = {
      ...storage,
      get: (name) =>
        ++reads <= 2 ? JSON.stringify({ ...ours, refreshToken: `${ours.refreshToken}x`, jwt: 'old' }) : storage.get(name),
    };
    const racer = world.client({ storage: racing });
    const events = heard(racer);
    sleep(20 * MINUTE_MS);
    expect(await requests(() => racer.getToken())).toBe(2);
    expect(events).not.toContain('ended');
    expect(await call(racer)).toBe(200);
  });

  it('is revoked by signing out, at once for everybody', async () => {
    const storage = inMemory();
    const client = await signedIn(storage);
    const events = heard(client);
    const jwt = await client.getToken();
    expect(await client.signOut()).toEqual({ revoked: true });
    expect([await client.session(), events, await call(client)]).toEqual([null, ['signed-out'], 401]);
    expect((await world.server.request('/verify/api/invoices', { bearer: jwt })).status).toBe(401);
    expect(await world.client({ storage }).session()).toBeNull();
    expect(await client.signOut()).toEqual({ revoked: true });
  });

  it('is forgotten by signing out where the server cannot be told, and says that', async () => {
    const client = await signedIn();
    world.wire.fail('/auth/revoke', 'cut', 'cut');
    expect(await client.signOut()).toEqual({ revoked: false });
    expect(await client.session()).toBeNull();
  });

  it('does not come back when somebody signs out while it is refreshed', async () => {
    const client = await signedIn();
    const events = heard(client);
    sleep(20 * MINUTE_MS);
    const token = client.getToken();
    const out = client.signOut();
    await expect(token).rejects.toMatchObject({ code: 'not_signed_in' });
    expect(await out).toEqual({ revoked: true });
    expect([await client.session(), events]).toEqual([null, ['signed-out']]);
  });

  it('lives on in memory when it cannot be written, and is written later', async () => {
    const kept = inMemory();
    let isFull = false;
    const storage: TokenStorage = {
      ...kept,
      set: (key, value) => {
        if (isFull) throw new Error('The disk is full.');
        return kept.set(key, value);
      },
    };
    const client = await signedIn(storage);
    isFull = true;
    for (let hour = 0; hour < 5; hour++) {
      sleep(60 * MINUTE_MS);
      expect(await call(client)).toBe(200);
    }
    isFull = false;
    sleep(60 * MINUTE_MS);
    expect(await call(client)).toBe(200);
    sleep(60 * MINUTE_MS);
    expect(await call(world.client({ storage }))).toBe(200);
    isFull = true;
    await expect(world.signIn(world.client({ storage }))).rejects.toMatchObject({ code: 'storage' });
  });

  it('is not undone by a look at storage that began before it was written', async () => {
    const kept = inMemory();
    let tell: (key: string) => void = () => {};
    let isSlow = false;
    const storage: TokenStorage = {
      ...kept,
      get: async (key) => {
        const value = await kept.get(key);
        if (isSlow) await new Promise((resolve) => setTimeout(resolve, 300));
        return value;
      },
      watch: (listener) => {
        tell = listener;
        return () => {};
      },
    };
    const client = world.client({ storage });
    const events = heard(client);
    expect(await client.session()).toBeNull();
    const back = await world.goThrough(await client.signInUrl());
    isSlow = true;
    tell('');
    await client.handleRedirect(back);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(events).toEqual(['signed-in']);
    expect(await client.session()).not.toBeNull();
  });

  it('is nobody where storage holds something else', async () => {
    const storage = inMemory();
    for (const text of ['', 'null', '[]', '{"jwt":"x"}', 'ended', '\u0000']) {
      await storage.set(`keyhouse:${world.issuer}:${world.application.clientId}`, text);
      expect(await world.client({ storage }).session(), text).toBeNull();
    }
  });
});
