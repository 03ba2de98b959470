import { describe, expect, it } from 'vitest';
import { type House, OPERATOR, openHouse } from '../../../test/house.ts';
import { asUser, mailsOf, mintFrom, verdictOf } from '../../../test/house-things.ts';
import { MAX_OVERLAP_SECONDS } from './rotate.ts';
import { hashSecret } from './verify.ts';

const HOUR_SECONDS = 3600;

async function rotating(house: House, wish: Parameters<House['key']>[1] = {}) {
  const user = await house.user();
  const key = await house.key(user.accountId, wish);
  const rotate = async (currentText = key.text, how: { overlapSeconds?: number; revokeJwts?: boolean } = {}) => {
    const credential = await house.keyhouse.credentials.get('key', key.id);
    if (credential === null) throw new Error('The key is gone.');
    const input = { credential, currentHash: hashSecret(currentText), overlapSeconds: HOUR_SECONDS, revokeJwts: false, ...how };
    return await house.keyhouse.credentials.rotate(input, asUser(user));
  };
  const next = async (...how: Parameters<typeof rotate>): Promise<string> => {
    const rotated = await rotate(...how);
    if (!rotated.ok) throw new Error(rotated.reason);
    return rotated.value.text;
  };
  return { user, key, rotate, next };
}

describe('rotating', () => {
  it('gives a new secret and leaves id, name, permissions and expiry as they are', async () => {
    const house = await openHouse();
    const expiresAtMs = house.clock.now() + 10 * HOUR_SECONDS * 1000;
    const { user, key, rotate } = await rotating(house, { permissions: ['invoices.read'], environment: 'test', expiresAtMs });
    const before = await house.keyhouse.credentials.get('key', key.id);
    house.clock.atMs += 1000;
    const rotated = await rotate();
    if (!rotated.ok) throw new Error(rotated.reason);
    const { credential, text } = rotated.value;
    expect(text).toMatch(/^kh_test_/);
    const { use: _use, imported: _imported, ...kept } = before ?? { use: null, imported: null };
    expect(credential).toEqual({
      ...kept,
      ...{ hash: hashSecret(text), previousHash: hashSecret(key.text), rotatedAtMs: house.clock.now() },
      previousEndsAtMs: house.clock.now() + HOUR_SECONDS * 1000,
    });
    const [event] = await house.store.audit.list({ credentialId: key.id, limit: 1 });
    expect(event).toMatchObject({ event: 'key.rotated', actor: `user:${user.id}`, accountId: user.accountId });
    expect(JSON.parse(event?.details ?? '')).toEqual({ overlapSeconds: HOUR_SECONDS, revokeJwts: false });
    expect((await mailsOf(house)).at(-1)).toEqual({ kind: 'credential-rotated', to: user.email });
  });

  it('lets the previous secret work until the end of the overlap, and not from then on', async () => {
    const house = await openHouse();
    const { key, next } = await rotating(house);
    const text = await next();
    house.clock.atMs += HOUR_SECONDS * 1000 - 1;
    expect(await verdictOf(house, key.text)).toBe('ok');
    house.clock.atMs += 1;
    expect(await verdictOf(house, key.text)).toBe('superseded');
    expect(await verdictOf(house, text)).toBe('ok');
  });

  it('ends the previous secret at once without an overlap', async () => {
    const house = await openHouse();
    const { key, next } = await rotating(house);
    const text = await next(key.text, { overlapSeconds: 0 });
    expect(await verdictOf(house, key.text)).toBe('unknown');
    expect(await verdictOf(house, text)).toBe('ok');
  });

  it('ends the secret before the previous one with the next rotation', async () => {
    const house = await openHouse();
    const { key, next } = await rotating(house);
    const second = await next();
    const third = await next(second);
    expect(await verdictOf(house, key.text)).toBe('unknown');
    expect(await verdictOf(house, second)).toBe('ok');
    expect(await verdictOf(house, third)).toBe('ok');
  });

  it('leaves the JWTs of before, or ends them when it is asked to', async () => {
    const house = await openHouse();
    const { key, next } = await rotating(house);
    const jwt = await mintFrom(house, key.text);
    const second = await next();
    expect(await verdictOf(house, jwt.text)).toBe('ok');
    await next(second, { revokeJwts: true });
    expect(await verdictOf(house, jwt.text)).toBe('revoked');
    house.clock.atMs += 1000;
    expect(await verdictOf(house, (await mintFrom(house, second)).text)).toBe('ok');
  });

  it('takes the newest secret alone, and nothing of what was revoked', async () => {
    const house = await openHouse();
    const { user, key, rotate, next } = await rotating(house);
    const second = await next();
    expect(await rotate(key.text)).toEqual({ ok: false, reason: 'superseded' });
    await house.keyhouse.credentials.revoke({ kind: 'key', id: key.id, accountId: user.accountId }, OPERATOR);
    expect(await rotate(second)).toEqual({ ok: false, reason: 'superseded' });
    expect((await mailsOf(house)).filter(({ kind }) => kind === 'credential-rotated')).toHaveLength(1);
  });

  it('gives one new secret when two rotate at once', async () => {
    const house = await openHouse();
    const { rotate } = await rotating(house);
    const outcomes = await Promise.all([rotate(), rotate()]);
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, false]);
    expect((await house.events()).filter((event) => event === 'key.rotated')).toHaveLength(1);
  });

  it('keeps the id of a token in front of its new secret', async () => {
    const house = await openHouse();
    const { credentials } = house.keyhouse;
    const user = await house.user();
    const wish = { accountId: user.accountId, userId: user.id, name: 'laptop', permissions: null, addresses: null } as const;
    const made = await credentials.createToken({ ...wish, expiresAtMs: null, source: 'dashboard' }, asUser(user));
    if (!made.ok) throw new Error(made.reason);
    const { token, text } = made.value;
    const input = { credential: token, currentHash: token.hash, overlapSeconds: 0, revokeJwts: false };
    const rotated = await credentials.rotate(input, asUser(user));
    if (!rotated.ok) throw new Error(rotated.reason);
    expect(rotated.value.text.startsWith(`${token.id}|`)).toBe(true);
    expect(await verdictOf(house, rotated.value.text)).toBe('ok');
    expect(await verdictOf(house, text)).toBe('unknown');
    expect((await house.events(user.accountId))[0]).toBe('token.rotated');
  });
});

describe('extending the overlap', () => {
  it('never lets two secrets work for longer than a week after the rotation, however often it is asked', async () => {
    const house = await openHouse();
    const { user, key, next } = await rotating(house);
    await next();
    const rotatedAtMs = house.clock.now();
    const owned = { kind: 'key', id: key.id, accountId: user.accountId } as const;
    const extend = (seconds: number) => house.keyhouse.credentials.extendOverlap({ ...owned, seconds }, asUser(user));
    house.clock.atMs += HOUR_SECONDS * 1000 - 1;
    expect(await extend(MAX_OVERLAP_SECONDS)).toBe(true);
    expect(await extend(MAX_OVERLAP_SECONDS)).toBe(true);
    house.clock.atMs = rotatedAtMs + MAX_OVERLAP_SECONDS * 1000 - 1;
    expect(await verdictOf(house, key.text)).toBe('ok');
    house.clock.atMs += 1;
    expect(await verdictOf(house, key.text)).toBe('superseded');
    expect(await extend(60)).toBe(false);
  });
});
