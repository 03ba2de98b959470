import { describe, expect, it } from 'vitest';
import { type House, openHouse, SECRET } from '../../../test/house.ts';
import { DAY_MS, MINUTE_MS } from '../lib/clock.ts';
import { MasterSecret } from '../lib/master-secret.ts';
import { createRefreshKeys, rememberSeals } from './refresh-keys.ts';
import type { SessionSeal } from './session.ts';

const OTHER = new MasterSecret('another master secret for the tests, long enough');

/** As a server that was started with this master secret. */
const serverOf = ({ store, clock }: House, secret = SECRET) =>
  createRefreshKeys({ sessions: store.sessions, secrets: [secret], secretInForce: async () => secret, clock });

describe('the key of refresh tokens', () => {
  it('is one for all servers, also when two need the first one at once', async () => {
    const house = await openHouse();
    const [one, other] = await Promise.all([serverOf(house).current(), serverOf(house).current()]);
    expect(other.id).toBe(one.id);
    expect(other.key.equals(one.key)).toBe(true);
    expect(one.key.symmetricKeySize).toBe(32);
  });

  it('is replaced for new sessions after ninety days, and the old one is still found', async () => {
    const house = await openHouse();
    const keys = serverOf(house);
    const first = await keys.current();
    house.clock.atMs += 90 * DAY_MS;
    expect((await keys.current()).id).toBe(first.id);
    house.clock.atMs += 10 * MINUTE_MS + 1;
    const second = await keys.current();
    expect(second.id).not.toBe(first.id);
    expect(second.key.equals(first.key)).toBe(false);
    expect((await serverOf(house).find(first.id))?.equals(first.key)).toBe(true);
    expect(await keys.find(999)).toBeNull();
  });

  it('of another server is taken within ten minutes of its making', async () => {
    const house = await openHouse();
    const [one, other] = [serverOf(house), serverOf(house)];
    const first = await one.current();
    house.clock.atMs += 90 * DAY_MS;
    expect((await one.current()).id).toBe(first.id);
    house.clock.atMs += 1;
    const second = await other.current();
    expect(second.id).not.toBe(first.id);
    house.clock.atMs += 10 * MINUTE_MS;
    expect((await one.current()).id).toBe(second.id);
  });

  it('is nowhere in the clear, and a server with another master secret fails instead of calling a token invalid', async () => {
    const house = await openHouse();
    const { id, key } = await serverOf(house).current();
    const stored = await house.store.sessions.findRefreshKey(id);
    expect(stored?.sealedKey).toMatch(/^v1\./);
    expect(stored?.sealedKey).not.toContain(key.export().toString('base64url'));
    const wrong = serverOf(house, OTHER);
    await expect(wrong.find(id)).rejects.toThrow('cannot be opened');
    await expect(wrong.current()).rejects.toThrow('cannot be opened');
  });
});

it('remembers what a session’s tokens are verified with, and asks again for one that did not exist', async () => {
  const asked: string[] = [];
  const seals = new Map<string, SessionSeal>();
  const find = rememberSeals({
    findSeal: async (id) => {
      asked.push(id);
      return seals.get(id) ?? null;
    },
  });
  expect(await find('a')).toBeNull();
  const seal = { applicationId: 1, refreshKeyId: 1, salt: Buffer.alloc(16) };
  seals.set('a', seal);
  expect([await find('a'), await find('a')]).toEqual([seal, seal]);
  expect(asked).toEqual(['a', 'a']);
});
