/** A service with an API key, before a real server. */
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { claimsOf } from '../../server/test/applications.ts';
import { OPERATOR } from '../../server/test/server.ts';
import { type ApiKeyClientOptions, createApiKeyClient } from '../src/index.ts';
import { startWorld, type World } from './world.ts';

const MINT = 'POST /auth';
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('a service with an API key', () => {
  let world: World;
  let account: number;
  let key: { text: string; id: number };
  beforeAll(async () => {
    world = await startWorld();
    account = (await world.server.register()).accountId;
    key = await world.server.key(account, { permissions: ['invoices.read', 'services.read'] });
    return () => world.stop();
  });
  afterEach(() => {
    vi.useRealTimers();
    world.wire.fail('/auth');
  });

  const client = (options: Partial<ApiKeyClientOptions> = {}) =>
    createApiKeyClient({
      ...{ issuer: world.issuer, apiKey: key.text, permissions: ['invoices.read'], apiOrigins: [world.api.origin] },
      ...options,
    });
  const mints = async (work: () => Promise<unknown>): Promise<number> => {
    const before = world.wire.count(MINT);
    await work();
    return world.wire.count(MINT) - before;
  };

  it('shows the API a narrow JWT and never the key, and mints one for all who ask', async () => {
    const service = client({ subject: 'customer-77' });
    expect(
      await mints(async () => {
        const answers = await Promise.all(Array.from({ length: 20 }, () => service.fetch(`${world.api.origin}/api/invoices`)));
        expect(answers.every(({ status }) => status === 200)).toBe(true);
      }),
    ).toBe(1);
    expect(world.api.asked.map(({ headers }) => headers.authorization).join()).not.toContain('kh_live');
    const claims = claimsOf(await service.getToken());
    expect(claims).toMatchObject({ permissions: ['invoices.read'], sub: `account:${account}:customer-77` });
    expect(claims.exp - claims.iat).toBeGreaterThan(3590);
    expect(claims.exp - claims.iat).toBeLessThanOrEqual(3601);
  });

  it('renews before the end, and after it', async () => {
    const service = client({ expiresIn: 600 });
    await service.getToken();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 575_000 });
    expect(await mints(() => service.getToken())).toBe(1);
    expect(await mints(() => service.getToken())).toBe(0);
    vi.setSystemTime(Date.now() + DAY_MS);
    expect((await service.fetch(`${world.api.origin}/api/invoices`)).status).toBe(200);
  });

  it('renews when the JWT was ended early', async () => {
    const service = client();
    const { jti } = claimsOf(await service.getToken());
    await world.server.keyhouse.jwts.revoke({ jti, by: OPERATOR });
    expect((await service.fetch(`${world.api.origin}/api/invoices`)).status).toBe(200);
  });

  it.each([-3 * DAY_MS, 3 * DAY_MS])('gets JWTs of the right length with a clock that is %i ms wrong', async (ms) => {
    // The server's clock is right: only this side's is moved.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });
    world.server.advance(-ms);
    const service = client({ expiresIn: 1200 });
    const claims = claimsOf(await service.getToken());
    expect(Math.abs(claims.exp - claims.iat - 1200)).toBeLessThan(5);
    expect(await mints(() => service.getToken())).toBe(0);
    world.server.advance(ms);
  });

  it('takes what there is when the key ends sooner', async () => {
    const ending = await world.server.key(account, { expiresAtMs: Date.now() + 300_000 });
    const service = client({ apiKey: ending.text });
    const claims = claimsOf(await service.getToken());
    expect(claims.exp - claims.iat).toBeLessThanOrEqual(300);
    expect(await mints(() => service.getToken())).toBe(0);
  });

  it('goes on with what it has while the server is away', async () => {
    const service = client({ expiresIn: 600 });
    const first = await service.getToken();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 590_000 });
    world.wire.fail('/auth', 'cut', 'cut');
    expect(await service.getToken()).toBe(first);
    vi.setSystemTime(Date.now() + 20_000);
    world.wire.fail('/auth', 'cut', 'cut');
    await expect(service.getToken()).rejects.toMatchObject({ code: 'unreachable' });
    world.wire.fail('/auth', 'cut');
    expect((await service.fetch(`${world.api.origin}/api/invoices`)).status).toBe(200);
  });

  it('says why the key was refused, without the key', async () => {
    const wrong = client({ apiKey: `${key.text.slice(0, -1)}${key.text.endsWith('0') ? 1 : 0}` });
    const error = await wrong.getToken().catch((caught) => caught);
    expect(error).toMatchObject({ name: 'KeyhouseError', code: 'unauthenticated' });
    expect(JSON.stringify([error.message, error.stack])).not.toContain(key.text.slice(8, 40));
    await expect(client({ permissions: ['invoices.write'] }).getToken()).rejects.toMatchObject({ code: 'forbidden' });
    await expect(client({ permissions: ['nonsense'] }).getToken()).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('permissions'),
    });
  });

  it('refuses settings that cannot work', () => {
    for (const options of [{ apiKey: '' }, { expiresIn: 0 }, { expiresIn: Number.NaN }, { issuer: 'http://keys.example.com' }])
      expect(() => client(options)).toThrow(TypeError);
  });
});
