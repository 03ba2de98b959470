import { expect, it } from 'vitest';
import { OPERATOR, openHouse } from '../../../test/house.ts';
import { clientOf, newApplication, openSession, signIn } from '../../../test/house-sessions.ts';
import { mintFrom, verdictOf } from '../../../test/house-things.ts';

it('lets whoever holds a key or a minted JWT end it, and answers the same to everything else', async () => {
  const house = await openHouse();
  const { oauth } = house.keyhouse;
  const { accountId } = await house.user();
  const key = await house.key(accountId);
  const jwt = await mintFrom(house, key.text);
  expect(await oauth.revokePresented(jwt.text, null, OPERATOR)).toBe('done');
  expect(await verdictOf(house, jwt.text)).toBe('revoked');
  expect(await verdictOf(house, key.text)).toBe('ok');
  expect(await oauth.revokePresented(key.text, null, OPERATOR)).toBe('done');
  expect(await verdictOf(house, key.text)).toBe('revoked');
  for (const text of [key.text, jwt.text, 'nothing', 'kh_refresh_', '']) {
    const answer = await oauth.revokePresented(text, null, OPERATOR);
    expect(answer, text).toBe(text === 'kh_refresh_' ? 'client_required' : 'done');
  }
  const revoked = await house.store.audit.list({ credentialId: key.id, limit: 2 });
  expect(revoked.map(({ event, actor }) => [event, actor])).toEqual([
    ['key.revoked', `key:${key.id}`],
    ['jwt.revoked', `jwt:${jwt.jti}`],
  ]);
});

it('ends a key that is suspended with its account or has expired: its holder may know that it leaked', async () => {
  const house = await openHouse();
  const { oauth, administration, credentials } = house.keyhouse;
  const { accountId } = await house.user();
  const [expiring, suspended] = [
    await house.key(accountId, { expiresAtMs: house.clock.now() + 1000 }),
    await house.key(accountId),
  ];
  house.clock.atMs += 1000;
  await administration.suspendAccount({ accountId, reason: null, by: OPERATOR });
  for (const { id, text } of [expiring, suspended]) {
    await oauth.revokePresented(text, null, OPERATOR);
    expect(await credentials.get('key', id)).toMatchObject({ revokedAtMs: house.clock.now() });
  }
});

it('lets a client end its own sessions, by any refresh token or by a JWT, and those of no other', async () => {
  const house = await openHouse();
  const { oauth } = house.keyhouse;
  const user = await house.user();
  const application = await newApplication(house, user.accountId);
  const opened = await signIn(house, user);
  const [client, other] = [
    await clientOf(house, application),
    await clientOf(house, await newApplication(house, user.accountId)),
  ];
  const [one, two] = [
    await openSession(house, { user, opened, application }),
    await openSession(house, { user, opened, application }),
  ];
  expect(await oauth.revokePresented(one.jwt, null, OPERATOR)).toBe('client_required');
  expect(await oauth.revokePresented(one.refreshToken, null, OPERATOR)).toBe('client_required');
  expect(await oauth.revokePresented(one.jwt, other, OPERATOR)).toBe('done');
  expect(await oauth.revokePresented(one.refreshToken, other, OPERATOR)).toBe('done');
  expect(await verdictOf(house, one.jwt)).toBe('ok');
  expect(await oauth.revokePresented(one.refreshToken, client, OPERATOR)).toBe('done');
  expect(await verdictOf(house, one.jwt)).toBe('revoked');
  expect(await verdictOf(house, two.jwt)).toBe('ok');
  expect(await oauth.revokePresented(two.jwt, client, OPERATOR)).toBe('done');
  expect(await verdictOf(house, two.jwt)).toBe('revoked');
  expect((await house.events()).filter((event) => event === 'session.ended')).toHaveLength(2);
});
