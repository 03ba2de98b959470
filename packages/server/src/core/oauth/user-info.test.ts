import { parseCredential } from '@keyhouse/protocol';
import { expect, it } from 'vitest';
import { OPERATOR, openHouse } from '../../../test/house.ts';
import { newApplication, openSession, signIn } from '../../../test/house-sessions.ts';
import { asUser, userNow } from '../../../test/house-things.ts';
import { asksForUserInfo, userInfoOf } from './user-info.ts';

it('tells an application what the granted scopes say, and leaves out names that are not set', async () => {
  const house = await openHouse();
  const user = await house.user('ada@example.com');
  const sub = `user:${user.id}`;
  const updated_at = house.clock.now() / 1000;
  const tell = async (...scopes: string[]) => userInfoOf(await userNow(house, user), scopes);
  expect(await tell('openid', 'offline_access')).toEqual({ sub });
  expect(await tell('email')).toEqual({ sub, email: 'ada@example.com', email_verified: true });
  expect(await tell('profile')).toEqual({ sub, name: 'Ada', updated_at });
  const names = { displayName: '', firstName: 'Ada', lastName: 'Lovelace' };
  await house.keyhouse.users.rename(await userNow(house, user), names, asUser(user));
  expect(await tell('profile')).toEqual({ sub, given_name: 'Ada', family_name: 'Lovelace', updated_at });
  expect([['openid'], ['profile'], ['email']].map(asksForUserInfo)).toEqual([false, true, true]);
});

it('says of an address that nobody has verified that it is not, and nothing of a user who is disabled', async () => {
  const house = await openHouse();
  const user = await house.user(undefined, { isVerified: false });
  expect(userInfoOf(await userNow(house, user), ['email']).email_verified).toBe(false);
  const application = await newApplication(house, user.accountId);
  const { jwt } = await openSession(house, { user, opened: await signIn(house, user), application, scope: 'openid email' });
  const verdict = await house.keyhouse.verify(parseCredential(jwt), { address: null, userAgent: null });
  if (!verdict.ok || verdict.caller.kind !== 'session') throw new Error(JSON.stringify(verdict));
  const { caller } = verdict;
  expect(await house.keyhouse.oauth.userInfo(caller)).toMatchObject({ email: user.email });
  await house.keyhouse.users.disable({ userId: user.id, by: OPERATOR });
  expect(await house.keyhouse.oauth.userInfo(caller)).toBeNull();
});
