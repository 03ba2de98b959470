import { expect, it } from 'vitest';
import { OPERATOR, openHouse } from '../../../test/house.ts';
import { asUser, mintFrom, verdictOf } from '../../../test/house-things.ts';
import { hashSecret } from './verify.ts';

it('revokes a key for good, with both of its secrets and every JWT minted from it', async () => {
  const house = await openHouse();
  const { credentials } = house.keyhouse;
  const user = await house.user();
  const { id, text } = await house.key(user.accountId);
  const jwt = await mintFrom(house, text);
  const credential = await credentials.get('key', id);
  if (credential === null) throw new Error('The key is gone.');
  const input = { credential, currentHash: hashSecret(text), overlapSeconds: 3600, revokeJwts: false };
  const rotated = await credentials.rotate(input, OPERATOR);
  if (!rotated.ok) throw new Error(rotated.reason);
  const others = await mintFrom(house, (await house.key(user.accountId)).text);

  expect(await credentials.revoke({ kind: 'key', id, accountId: user.accountId }, asUser(user))).toBe(true);

  expect(await verdictOf(house, text)).toBe('revoked');
  expect(await verdictOf(house, rotated.value.text)).toBe('revoked');
  expect(await verdictOf(house, jwt.text)).toBe('revoked');
  expect(await verdictOf(house, others.text)).toBe('ok');
  expect(await credentials.get('key', id)).toMatchObject({ revokedAtMs: house.clock.now() });
  expect(await house.store.audit.list({ credentialId: id, limit: 1 })).toMatchObject([
    { event: 'key.revoked', actor: `user:${user.id}`, accountId: user.accountId },
  ]);
});

it('revokes nothing of another account, another user or another kind, and nothing twice', async () => {
  const house = await openHouse();
  const { credentials } = house.keyhouse;
  const [mine, other] = [await house.user(), await house.user()];
  const key = await house.key(mine.accountId);
  const wish = { accountId: mine.accountId, userId: mine.id, name: 'laptop', permissions: null, addresses: null } as const;
  const token = await credentials.createToken({ ...wish, expiresAtMs: null, source: 'dashboard' }, asUser(mine));
  if (!token.ok) throw new Error(token.reason);
  const { id: tokenId } = token.value.token;
  const ownKey = { kind: 'key', id: key.id, accountId: mine.accountId } as const;
  const ownToken = { kind: 'token', id: tokenId, userId: mine.id } as const;
  expect(await credentials.revoke({ ...ownKey, accountId: other.accountId }, OPERATOR)).toBe(false);
  expect(await credentials.revoke({ ...ownToken, userId: other.id }, OPERATOR)).toBe(false);
  expect(await credentials.revoke({ kind: 'key', id: tokenId }, OPERATOR)).toBe(false);
  expect(await credentials.revoke({ kind: 'token', id: key.id }, OPERATOR)).toBe(false);
  expect(await verdictOf(house, key.text)).toBe('ok');
  expect(await verdictOf(house, token.value.text)).toBe('ok');
  expect(await Promise.all([credentials.revoke(ownKey, OPERATOR), credentials.revoke(ownKey, OPERATOR)])).toEqual([true, false]);
  expect(await credentials.revoke(ownToken, OPERATOR)).toBe(true);
  expect(await credentials.revoke(ownToken, OPERATOR)).toBe(false);
  const revoked = (await house.events()).filter((event) => event.endsWith('.revoked'));
  expect(revoked).toEqual(['token.revoked', 'key.revoked']);
});
