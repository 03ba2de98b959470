import { expect, it } from 'vitest';
import { openHouse } from '../../../test/house.ts';
import { asUser, mintFrom, verdictOf } from '../../../test/house-things.ts';

it('revokes every JWT that was minted from a key until now, and neither the key nor those of another key', async () => {
  const house = await openHouse();
  const user = await house.user();
  const [key, other] = [await house.key(user.accountId), await house.key(user.accountId)];
  const [one, two] = [await mintFrom(house, key.text), await mintFrom(house, key.text)];
  const foreign = await mintFrom(house, other.text);
  const revokeAll = () => house.keyhouse.jwts.revokeOfKey({ keyId: key.id, accountId: user.accountId }, asUser(user));
  expect(await revokeAll()).toBe(2);
  const verdicts = [one, two, foreign].map(({ text }) => verdictOf(house, text));
  expect(await Promise.all(verdicts)).toEqual(['revoked', 'revoked', 'ok']);
  const [event] = await house.store.audit.list({ event: 'jwt.all_revoked', limit: 2 });
  expect(event).toMatchObject({ actor: `user:${user.id}`, accountId: user.accountId, credentialId: key.id });
  house.clock.atMs += 1000;
  const next = await mintFrom(house, key.text);
  expect(await verdictOf(house, next.text)).toBe('ok');
  expect(await revokeAll()).toBe(1);
});

it('is done only by the account of the key', async () => {
  const house = await openHouse();
  const [user, stranger] = [await house.user(), await house.user()];
  const key = await house.key(user.accountId);
  const jwt = await mintFrom(house, key.text);
  const { jwts } = house.keyhouse;
  expect(await jwts.revokeOfKey({ keyId: key.id, accountId: stranger.accountId }, asUser(stranger))).toBe(0);
  expect(await verdictOf(house, jwt.text)).toBe('ok');
});
