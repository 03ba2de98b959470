import { expect, it } from 'vitest';
import { openHouse } from '../../../test/house.ts';
import { newApplication, openSession, signIn } from '../../../test/house-sessions.ts';
import { asUser, verdictOf } from '../../../test/house-things.ts';

it('ends a session once, for its user or its application and nobody else, with its JWTs', async () => {
  const house = await openHouse();
  const { sessions } = house.keyhouse;
  const [user, other] = [await house.user(), await house.user()];
  const [application, foreign] = [await newApplication(house, user.accountId), await newApplication(house, user.accountId)];
  const { id, jwt } = await openSession(house, { user, opened: await signIn(house, user), application });
  const by = asUser(user);
  expect(await sessions.end({ id, userId: other.id, reason: 'revoked' }, by)).toBe(false);
  expect(await sessions.end({ id, applicationId: foreign.id, reason: 'revoked' }, by)).toBe(false);
  expect(await verdictOf(house, jwt)).toBe('ok');
  const end = () => sessions.end({ id, userId: user.id, reason: 'revoked' }, by);
  expect(await Promise.all([end(), end()])).toEqual([true, false]);
  expect(await verdictOf(house, jwt)).toBe('revoked');
  expect(await sessions.findAll([id, 'nothing'])).toMatchObject(
    new Map([[id, { endReason: 'revoked', endedAtMs: house.clock.now() }]]),
  );
  const [event] = await house.store.audit.list({ event: 'session.ended', limit: 1 });
  expect(event).toMatchObject({ reason: 'revoked', actor: `user:${user.id}` });
});

it('lists what is active, by user and by application, with how many were granted in each sign-in', async () => {
  const house = await openHouse();
  const { sessions } = house.keyhouse;
  const user = await house.user();
  const application = await newApplication(house, user.accountId, { absoluteSeconds: 3600 });
  const opened = await signIn(house, user);
  const first = await openSession(house, { user, opened, application });
  house.clock.atMs += 1000;
  const second = await openSession(house, { user, opened, application });
  const ids = async () => (await sessions.listOfUser(user.id, { limit: 10 })).map(({ id }) => id);
  expect(await ids()).toEqual([second.id, first.id]);
  expect((await sessions.listOfApplication(application.id, { limit: 10 })).map(({ userName }) => userName)).toEqual([
    'Ada',
    'Ada',
  ]);
  expect(await sessions.countBySignIn(user.id)).toEqual([{ signInId: opened.signIn.id, sessions: 2 }]);
  house.clock.atMs += 3600 * 1000 - 1000;
  expect(await ids()).toEqual([second.id]);
});

it('shows when a JWT of a session was seen last once that is written, and never goes back', async () => {
  const house = await openHouse();
  const { sessions } = house.keyhouse;
  const user = await house.user();
  const application = await newApplication(house, user.accountId);
  const { id } = await openSession(house, { user, opened: await signIn(house, user), application });
  const seenAtMs = async () => (await sessions.findAll([id])).get(id)?.lastUsedAtMs;
  const openedAtMs = house.clock.now();
  sessions.see(id, openedAtMs + 5000);
  sessions.see(id, openedAtMs + 3000);
  await sessions.flushSeen();
  expect(await seenAtMs()).toBe(openedAtMs + 5000);
  sessions.see(id, openedAtMs + 1000);
  await sessions.flushSeen();
  expect(await seenAtMs()).toBe(openedAtMs + 5000);
});
