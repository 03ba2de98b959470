import { describe, expect, it } from 'vitest';
import { type House, OPERATOR, openHouse } from '../../../test/house.ts';
import { newApplication, openSession, signIn } from '../../../test/house-sessions.ts';
import { asUser, type HouseUser, mailsOf, verdictOf } from '../../../test/house-things.ts';
import { happened } from '../audit/event.ts';

/** The first administrator comes by the setup link, which costs a hash; here the store creates one. */
async function newAdministrator({ store, clock }: House, email = 'admin@example.com'): Promise<HouseUser> {
  const made = await store.accounts.createUser({
    user: {
      ...{ email, emailKey: email, passwordHash: 'none', displayName: 'Root', firstName: '', lastName: '' },
      ...{ isAdministrator: true, createdAtMs: clock.now() },
    },
    event: happened(OPERATOR, clock.now(), 'user.created'),
  });
  if (made === null) throw new Error(`${email} is taken.`);
  return { id: made.id, accountId: made.accountId, email };
}

describe('the administrator’s flag', () => {
  it('is given and taken by administrators, and never by somebody who has lost it', async () => {
    const house = await openHouse();
    const { administration, users, teams } = house.keyhouse;
    const [admin, user] = [await newAdministrator(house), await house.user()];
    const set = (actor: HouseUser, userId: number, isAdministrator: boolean) =>
      administration.setAdministrator({ userId, actorId: actor.id, isAdministrator, by: asUser(actor) });
    expect(await set(user, user.id, true)).toBe('not_allowed');
    expect(await set(admin, 999, true)).toBe('gone');
    expect(await set(admin, user.id, true)).toBe('done');
    expect(await teams.accountsOf({ id: user.id, isAdministrator: true })).toMatchObject([
      { kind: 'personal' },
      { kind: 'operator' },
    ]);
    expect(await set(user, admin.id, false)).toBe('done');
    expect(await set(admin, user.id, false)).toBe('not_allowed');
    expect(await users.countAdministrators()).toBe(1);
  });

  it('is never taken from the last one who is enabled, of two who take it from each other at once either', async () => {
    const house = await openHouse();
    const { administration, users } = house.keyhouse;
    const [first, second] = [await newAdministrator(house), await newAdministrator(house, 'second@example.com')];
    const take = (actor: HouseUser, { id: userId }: HouseUser) =>
      administration.setAdministrator({ userId, actorId: actor.id, isAdministrator: false, by: asUser(actor) });
    expect(await Promise.all([take(first, second), take(second, first)])).toEqual(['done', 'not_allowed']);
    expect(await take(first, first)).toBe('last');
    expect(await users.disable({ userId: first.id, by: OPERATOR })).toEqual({ ok: false, reason: 'last_administrator' });
    expect(await house.keyhouse.teams.inTheWayOf(first.id)).toEqual({ onlyOwnerOf: [], isLastAdministrator: true });
  });
});

describe('helping a user', () => {
  it('resets the second factor, ends every sign-in, and tells them by mail', async () => {
    const house = await openHouse();
    const { administration, signIns } = house.keyhouse;
    const user = await house.user();
    const { secret } = await signIn(house, user);
    expect(await administration.resetSecondFactor({ userId: 999, actorId: null, by: OPERATOR })).toBe('gone');
    expect(await administration.resetSecondFactor({ userId: user.id, actorId: user.id, by: asUser(user) })).toBe('not_allowed');
    expect(await signIns.find(secret)).not.toBeNull();
    expect(await administration.resetSecondFactor({ userId: user.id, actorId: null, by: OPERATOR })).toBe('done');
    expect(await signIns.find(secret)).toBeNull();
    expect(await mailsOf(house)).toEqual([{ kind: 'factor-changed', to: user.email }]);
    expect(await administration.factorsOf(user.id)).toMatchObject({ twoStep: false, passkeys: 0, recoveryCodesLeft: 0 });
  });

  it('ends their sign-ins, and what they granted to applications only when that is asked for', async () => {
    const house = await openHouse();
    const { administration } = house.keyhouse;
    const user = await house.user();
    const opened = await signIn(house, user);
    const session = await openSession(house, { user, opened, application: await newApplication(house, user.accountId) });
    expect((await administration.describeUser(user.id))?.signIns).toMatchObject([{ id: opened.signIn.id }]);
    expect(await administration.endSignInsOf({ userId: user.id, by: OPERATOR })).toBe(1);
    expect(await verdictOf(house, session.jwt)).toBe('ok');
    await administration.endSignInsOf({ userId: user.id, withSessions: true, by: OPERATOR });
    expect(await verdictOf(house, session.jwt)).toBe('revoked');
    expect(await administration.describeUser(999)).toBeNull();
  });

  it('finds users by id, or by the beginning of their address or name, whatever its case', async () => {
    const house = await openHouse();
    const { administration } = house.keyhouse;
    const user = await house.user('grace@example.com');
    await house.user('other@example.com');
    const found = async (query: string) => (await administration.findUsers({ query, limit: 10 })).map(({ email }) => email);
    expect(await found('GRACE')).toEqual([user.email]);
    expect(await found(`${user.id}`)).toEqual([user.email]);
    expect(await found('race')).toEqual([]);
    expect(await found('ada')).toHaveLength(2);
    expect(await found('%')).toEqual([]);
    expect(await found('')).toHaveLength(2);
  });
});
