import { describe, expect, it } from 'vitest';
import { OPERATOR, openHouse } from '../../../test/house.ts';
import { newApplication, openSession, signIn } from '../../../test/house-sessions.ts';
import { mailsOf, mailTo, mintFrom, newMember, newTeam, verdictOf } from '../../../test/house-things.ts';
import { OPERATOR_ACCOUNT_ID } from '../users/account.ts';
import { findReasonFault } from './operator-accounts.ts';

describe('suspending an account', () => {
  it('refuses everything of it until it is resumed, and then all of it works again', async () => {
    const house = await openHouse();
    const { administration } = house.keyhouse;
    const user = await house.user();
    const key = await house.key(user.accountId);
    const jwt = await mintFrom(house, key.text);
    const application = await newApplication(house, user.accountId);
    const session = await openSession(house, { user, opened: await signIn(house, user), application });
    const others = await house.key((await house.user()).accountId);
    const all = [key.text, jwt.text, session.jwt];
    const verdicts = () => Promise.all(all.map((text) => verdictOf(house, text)));
    const account = { accountId: user.accountId, by: OPERATOR };
    expect(await administration.suspendAccount({ ...account, reason: 'An unpaid bill' })).toBe('done');
    expect(await verdicts()).toEqual(all.map(() => 'account_suspended'));
    expect(await verdictOf(house, others.text)).toBe('ok');
    expect((await house.keyhouse.users.findAccount(user.accountId))?.suspension).toEqual({
      ...{ sinceMs: house.clock.now(), reason: 'An unpaid bill' },
    });
    expect(await mailTo(house, user.email, 'account-suspended')).toContain('The reason: An unpaid bill');
    expect(await administration.suspendAccount({ ...account, reason: null })).toBe('already');
    expect(await administration.resumeAccount(account)).toBe('done');
    expect(await verdicts()).toEqual(all.map(() => 'ok'));
    expect(await administration.resumeAccount(account)).toBe('already');
    const changes = (await house.events(user.accountId)).filter((event) => /suspended|resumed/.test(event));
    expect(changes).toEqual(['account.resumed', 'account.suspended']);
  });

  it('tells the enabled owners of a team, and nobody else', async () => {
    const house = await openHouse();
    const owner = await house.user();
    const team = await newTeam(house, owner);
    await newMember(house, team, owner, 'admin');
    const disabled = await newMember(house, team, owner, 'owner');
    await house.keyhouse.users.disable({ userId: disabled.id, by: OPERATOR });
    await house.keyhouse.administration.suspendAccount({ accountId: team.id, reason: null, by: OPERATOR });
    const told = (await mailsOf(house)).filter(({ kind }) => kind === 'account-suspended');
    expect(told).toEqual([{ kind: 'account-suspended', to: owner.email }]);
  });

  it('is not possible for the operator’s own account, for none, and by an administrator who is not one', async () => {
    const house = await openHouse();
    const { administration } = house.keyhouse;
    const user = await house.user();
    const suspend = (accountId: number, administrator: { administratorId?: number } = {}) =>
      administration.suspendAccount({ accountId, reason: null, by: OPERATOR, ...administrator });
    expect(await suspend(OPERATOR_ACCOUNT_ID)).toBe('operator');
    expect(await administration.deleteAccount({ accountId: OPERATOR_ACCOUNT_ID, by: OPERATOR })).toBe('operator');
    expect(await suspend(999)).toBe('gone');
    expect(await suspend(user.accountId, { administratorId: user.id })).toBe('not_allowed');
    expect((await house.events()).includes('account.suspended')).toBe(false);
  });

  it('takes a reason of five hundred characters without control characters', () => {
    expect(findReasonFault('😀'.repeat(500))).toBeNull();
    expect(findReasonFault('a'.repeat(501))).toBe('The reason can have at most 500 characters.');
    expect(findReasonFault('a\u0000b')).toBe('The reason must not contain control characters.');
  });
});

describe('deleting an account', () => {
  it('deletes a team with everything of it, and tells its owners', async () => {
    const house = await openHouse();
    const { administration } = house.keyhouse;
    const owner = await house.user();
    const team = await newTeam(house, owner);
    const key = await house.key(team.id);
    expect(await administration.whatEndsWithAccount({ id: team.id, userId: null })).toMatchObject({ keys: 1, members: 1 });
    expect(await administration.deleteAccount({ accountId: team.id, by: OPERATOR })).toBe('done');
    expect(await verdictOf(house, key.text)).toBe('revoked');
    expect((await mailsOf(house)).at(-1)).toEqual({ kind: 'account-deleted', to: owner.email });
    expect(await administration.deleteAccount({ accountId: team.id, by: OPERATOR })).toBe('gone');
  });

  it('deletes with a personal account its user, unless a team would be left without an owner', async () => {
    const house = await openHouse();
    const { administration, users, teams } = house.keyhouse;
    const user = await house.user();
    const team = await newTeam(house, user);
    const remove = () => administration.deleteAccount({ accountId: user.accountId, by: OPERATOR });
    expect(await remove()).toBe('only_owner');
    expect(await users.find(user.id)).not.toBeNull();
    await teams.delete({ accountId: team.id, actorId: user.id, by: OPERATOR });
    expect(await remove()).toBe('done');
    expect(await users.find(user.id)).toBeNull();
    expect((await mailsOf(house)).at(-1)).toEqual({ kind: 'user-deleted', to: user.email });
  });
});
