import { describe, expect, it } from 'vitest';
import { OPERATOR, openHouse } from '../../../test/house.ts';
import { newApplication, openSession, signIn } from '../../../test/house-sessions.ts';
import { asUser, mintFrom, newMember, newTeam, verdictOf } from '../../../test/house-things.ts';
import { NOTHING_ENDS } from './what-ends.ts';

describe('a team', () => {
  it('belongs to the one who creates it, and is renamed by admins and owners alone', async () => {
    const house = await openHouse();
    const { teams } = house.keyhouse;
    const [owner, stranger] = [await house.user(), await house.user()];
    const team = await newTeam(house, owner);
    const [admin, developer] = [await newMember(house, team, owner, 'admin'), await newMember(house, team, owner, 'developer')];
    const rename = (actor: typeof owner, name: string) =>
      teams.rename({ accountId: team.id, actorId: actor.id, name, by: asUser(actor) });
    expect(await rename(developer, 'Ours')).toBe('not_allowed');
    expect(await rename(stranger, 'Ours')).toBe('gone');
    expect(await rename(admin, 'Motors')).toBe('done');
    expect(await house.keyhouse.users.findAccount(team.id)).toMatchObject({ kind: 'team', name: 'Motors', userId: null });
    expect((await teams.listMembers({ id: team.id, kind: 'team' })).members.map(({ userId, role }) => [userId, role])).toEqual([
      ...[
        [owner.id, 'owner'],
        [admin.id, 'admin'],
        [developer.id, 'developer'],
      ],
    ]);
    expect((await house.events(team.id)).filter((event) => event.startsWith('account.'))).toEqual([
      ...['account.renamed', 'account.created'],
    ]);
  });

  it('is created by nobody who is disabled', async () => {
    const house = await openHouse();
    const user = await house.user();
    await house.keyhouse.users.disable({ userId: user.id, by: OPERATOR });
    expect(await house.keyhouse.teams.create({ name: 'Engines', ownerId: user.id, by: asUser(user) })).toBe('gone');
  });

  it('is changed by nobody while it is suspended, and can be deleted by nobody but the operator then', async () => {
    const house = await openHouse();
    const { teams, administration } = house.keyhouse;
    const owner = await house.user();
    const { id: accountId } = await newTeam(house, owner);
    await administration.suspendAccount({ accountId, reason: null, by: OPERATOR });
    const team = { accountId, actorId: owner.id, by: asUser(owner) };
    expect(await teams.rename({ ...team, name: 'Motors' })).toBe('gone');
    expect(await teams.delete(team)).toBe('gone');
    expect(await administration.deleteAccount({ accountId, by: OPERATOR })).toBe('done');
  });
});

describe('deleting a team', () => {
  it('ends its keys, their JWTs, its applications and their sessions at once, as it was counted before', async () => {
    const house = await openHouse();
    const { teams } = house.keyhouse;
    const owner = await house.user();
    const team = await newTeam(house, owner);
    const member = await newMember(house, team, owner, 'viewer');
    const key = await house.key(team.id);
    const jwt = await mintFrom(house, key.text);
    const application = await newApplication(house, team.id);
    const session = await openSession(house, { user: member, opened: await signIn(house, member), application });
    const whatEnds = await teams.whatEnds({ what: 'account', accountId: team.id });
    expect(whatEnds).toEqual({ ...NOTHING_ENDS, keys: 1, jwts: 1, applications: 1, applicationSessions: 1, members: 2 });
    expect(await teams.delete({ accountId: team.id, actorId: member.id, by: asUser(member) })).toBe('not_allowed');
    expect(await verdictOf(house, session.jwt)).toBe('ok');

    expect(await teams.delete({ accountId: team.id, actorId: owner.id, by: asUser(owner) })).toBe('done');

    expect(await verdictOf(house, key.text)).toBe('revoked');
    expect(await verdictOf(house, jwt.text)).toBe('revoked');
    expect(await verdictOf(house, session.jwt)).toBe('revoked');
    expect(await house.keyhouse.oauth.findClient(application.clientId)).toBeNull();
    expect(await teams.accountsOf({ id: owner.id, isAdministrator: false })).toMatchObject([{ kind: 'personal' }]);
    expect((await house.events(team.id))[0]).toBe('account.deleted');
    expect(await teams.delete({ accountId: team.id, actorId: owner.id, by: asUser(owner) })).toBe('gone');
  });
});

describe('members', () => {
  it('never leave a team without an owner who can act', async () => {
    const house = await openHouse();
    const { teams, users } = house.keyhouse;
    const owner = await house.user();
    const team = await newTeam(house, owner);
    const second = await newMember(house, team, owner, 'owner');
    const self = { accountId: team.id, actorId: owner.id, userId: owner.id, by: asUser(owner) };
    await users.disable({ userId: second.id, by: OPERATOR });
    expect(await teams.inTheWayOf(owner.id)).toEqual({ onlyOwnerOf: ['Engines'], isLastAdministrator: false });
    expect(await teams.removeMember(self)).toBe('last_owner');
    expect(await teams.changeRole({ ...self, role: 'admin' })).toBe('last_owner');
    await users.enable({ userId: second.id, by: OPERATOR });
    const leave = (user: typeof owner) =>
      teams.removeMember({ accountId: team.id, actorId: user.id, userId: user.id, by: asUser(user) });
    expect(await Promise.all([leave(owner), leave(second)])).toEqual([{ endedInvitations: [] }, 'last_owner']);
    expect((await house.events(team.id))[0]).toBe('member.left');
  });

  it('end with their place the sessions that they granted there, and not those of other accounts', async () => {
    const house = await openHouse();
    const { teams } = house.keyhouse;
    const owner = await house.user();
    const team = await newTeam(house, owner);
    const member = await newMember(house, team, owner, 'developer');
    const application = await newApplication(house, owner.accountId);
    const own = await openSession(house, { user: member, opened: await signIn(house, member), application });
    const remove = { accountId: team.id, userId: member.id, by: asUser(owner) };
    expect(await teams.removeMember({ ...remove, actorId: member.id, userId: owner.id })).toBe('not_allowed');
    expect(await teams.removeMember({ ...remove, actorId: owner.id })).toEqual({ endedInvitations: [] });
    expect(await teams.removeMember({ ...remove, actorId: owner.id })).toBe('not_member');
    expect(await verdictOf(house, own.jwt)).toBe('ok');
    expect((await house.events(team.id))[0]).toBe('member.removed');
  });

  it('take their open invitations with them when they may not invite any more', async () => {
    const house = await openHouse();
    const { teams } = house.keyhouse;
    const owner = await house.user();
    const team = await newTeam(house, owner);
    const admin = await newMember(house, team, owner, 'admin');
    const inviter = { ...admin, displayName: 'Ada' };
    const email = 'guest@example.com';
    await teams.invite({ account: team, inviter, email, role: 'viewer', by: asUser(admin) });
    const change = { accountId: team.id, actorId: owner.id, userId: admin.id, by: asUser(owner) };
    expect(await teams.changeRole({ ...change, role: 'admin' })).toEqual({ endedInvitations: [] });
    expect(await teams.changeRole({ ...change, role: 'developer' })).toMatchObject({
      endedInvitations: [{ email, role: 'viewer' }],
    });
    expect(await teams.listInvitations(team.id)).toEqual([]);
  });

  it('hand a team over to another enabled member, and stay as admins', async () => {
    const house = await openHouse();
    const { teams, users } = house.keyhouse;
    const [owner, stranger] = [await house.user(), await house.user()];
    const team = await newTeam(house, owner);
    const member = await newMember(house, team, owner, 'viewer');
    const transfer = (userId: number, actor = owner) =>
      teams.transfer({ accountId: team.id, actorId: actor.id, userId, by: asUser(actor) });
    expect(await transfer(stranger.id)).toBe('not_member');
    expect(await transfer(owner.id)).toBe('owner');
    expect(await transfer(member.id, member)).toBe('not_allowed');
    await users.disable({ userId: member.id, by: OPERATOR });
    expect(await transfer(member.id)).toBe('last_owner');
    await users.enable({ userId: member.id, by: OPERATOR });
    expect(await transfer(member.id)).toEqual({ endedInvitations: [] });
    expect(await teams.findAccountOf({ id: owner.id, isAdministrator: false }, team.id)).toMatchObject({ role: 'admin' });
    expect(await teams.findAccountOf({ id: member.id, isAdministrator: false }, team.id)).toMatchObject({ role: 'owner' });
    expect(await teams.findAccountOf({ id: stranger.id, isAdministrator: false }, team.id)).toBeNull();
    expect((await house.events(team.id))[0]).toBe('account.transferred');
  });
});
