import { describe, expect, it } from 'vitest';
import { openHouse } from '../../../test/house.ts';
import { newApplication, openSession, signIn } from '../../../test/house-sessions.ts';
import { asUser, mailsOf, mintFrom, newTeam, userNow, verdictOf } from '../../../test/house-things.ts';

it('changes the names of a user, and is on record', async () => {
  const house = await openHouse();
  const user = await house.user();
  const names = { displayName: 'Grace', firstName: 'Grace', lastName: 'Hopper' };
  house.clock.atMs += 1000;
  expect(await house.keyhouse.users.rename(await userNow(house, user), names, asUser(user))).toBe(true);
  expect(await userNow(house, user)).toMatchObject({ ...names, updatedAtMs: house.clock.now() });
  expect((await house.events(user.accountId))[0]).toBe('user.renamed');
});

describe('deleting oneself', () => {
  it('ends every credential, JWT, session and sign-in, and keeps nothing personal', async () => {
    const house = await openHouse();
    const { users, signIns } = house.keyhouse;
    const [user, owner] = [await house.user(), await house.user()];
    const key = await house.key(user.accountId);
    const jwt = await mintFrom(house, key.text);
    const opened = await signIn(house, user);
    const application = await newApplication(house, owner.accountId);
    const session = await openSession(house, { user, opened, application });
    const before = await userNow(house, user);
    expect(await users.delete(before, asUser(user))).toBe('done');
    for (const text of [key.text, jwt.text, session.jwt]) expect(await verdictOf(house, text)).toBe('revoked');
    expect(await signIns.find(opened.secret)).toBeNull();
    expect(await users.find(user.id)).toBeNull();
    expect(await users.findByEmail(user.email)).toBeNull();
    expect((await mailsOf(house)).at(-1)).toEqual({ kind: 'user-deleted', to: user.email });
    const [event] = await house.store.audit.list({ userId: user.id, event: 'user.deleted', limit: 1 });
    expect(event).toMatchObject({ actor: `user:${user.id}`, person: null });
    expect(await users.delete(before, asUser(user))).toBe('gone');
  });

  it('is refused while a team would be left without an owner, and nothing has ended then', async () => {
    const house = await openHouse();
    const user = await house.user();
    await newTeam(house, user);
    const key = await house.key(user.accountId);
    expect(await house.keyhouse.users.delete(await userNow(house, user), asUser(user))).toBe('only_owner');
    expect(await verdictOf(house, key.text)).toBe('ok');
    expect((await mailsOf(house)).some(({ kind }) => kind === 'user-deleted')).toBe(false);
  });
});
