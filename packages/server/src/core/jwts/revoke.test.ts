import { describe, expect, it } from 'vitest';
import { OPERATOR, openHouse } from '../../../test/house.ts';
import { asUser, mintFrom, verdictOf } from '../../../test/house-things.ts';
import { DAY_MS } from '../lib/clock.ts';

describe('revoking a JWT', () => {
  it('ends this one and no other, once, and is on record', async () => {
    const house = await openHouse();
    const { jwts } = house.keyhouse;
    const user = await house.user();
    const key = await house.key(user.accountId);
    const [one, other] = [await mintFrom(house, key.text), await mintFrom(house, key.text)];
    const revoke = () => jwts.revoke({ jti: one.jti, accountId: user.accountId, by: asUser(user) });
    const [first, second] = await Promise.all([revoke(), revoke()]);
    expect(first).toMatchObject({ ok: true, value: { jti: one.jti, keyId: key.id, revokedAtMs: house.clock.now() } });
    expect(second).toEqual({ ok: false, reason: 'not_found' });
    expect(await verdictOf(house, one.text)).toBe('revoked');
    expect(await verdictOf(house, other.text)).toBe('ok');
    const [event] = await house.store.audit.list({ credentialId: key.id, limit: 1 });
    expect(event).toMatchObject({ event: 'jwt.revoked', actor: `user:${user.id}`, accountId: user.accountId });
  });

  it('finds none of another account, and none that does not exist', async () => {
    const house = await openHouse();
    const { jwts } = house.keyhouse;
    const [mine, other] = [await house.user(), await house.user()];
    const { jti, text } = await mintFrom(house, (await house.key(mine.accountId)).text);
    expect(await jwts.revoke({ jti, accountId: other.accountId, by: asUser(other) })).toEqual({ ok: false, reason: 'not_found' });
    expect(await jwts.revoke({ jti: `${jti}x`, by: OPERATOR })).toEqual({ ok: false, reason: 'not_found' });
    expect(await verdictOf(house, text)).toBe('ok');
  });

  it('takes one that has expired too: the clock may be set right later', async () => {
    const house = await openHouse();
    const user = await house.user();
    const wish = { permissions: ['invoices.read'], expiresAtMs: house.clock.now() + 60_000 };
    const { jti } = await mintFrom(house, (await house.key(user.accountId)).text, wish);
    house.clock.atMs += DAY_MS;
    expect((await house.keyhouse.jwts.revoke({ jti, by: OPERATOR })).ok).toBe(true);
  });
});

describe('revoking all JWTs of a key', () => {
  it('ends every one minted until now, leaves the key, and those of the next moment are valid', async () => {
    const house = await openHouse();
    const { jwts } = house.keyhouse;
    const user = await house.user();
    const [key, other] = [await house.key(user.accountId), await house.key(user.accountId)];
    const before = [await mintFrom(house, key.text), await mintFrom(house, key.text)];
    const others = await mintFrom(house, other.text);
    expect(await jwts.revokeOfKey({ keyId: key.id, accountId: user.accountId }, asUser(user))).toBe(2);
    for (const { text } of before) expect(await verdictOf(house, text)).toBe('revoked');
    expect(await verdictOf(house, others.text)).toBe('ok');
    expect(await verdictOf(house, key.text)).toBe('ok');
    house.clock.atMs += 1000;
    expect(await verdictOf(house, (await mintFrom(house, key.text)).text)).toBe('ok');
    expect((await house.events(user.accountId)).includes('jwt.all_revoked')).toBe(true);
  });

  it('ends none of another account', async () => {
    const house = await openHouse();
    const [mine, other] = [await house.user(), await house.user()];
    const key = await house.key(mine.accountId);
    const { text } = await mintFrom(house, key.text);
    expect(await house.keyhouse.jwts.revokeOfKey({ keyId: key.id, accountId: other.accountId }, asUser(other))).toBe(0);
    expect(await verdictOf(house, text)).toBe('ok');
  });
});
