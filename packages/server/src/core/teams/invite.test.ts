import { describe, expect, it } from 'vitest';
import { type House, OPERATOR, openHouse } from '../../../test/house.ts';
import { asUser, type HouseUser, mailsOf, mailTo, newMember, newTeam, ticketIn } from '../../../test/house-things.ts';
import { INVITATION_LASTS_MS, MAX_INVITATIONS_A_DAY } from './invitation.ts';
import type { Role } from './member.ts';

const GUEST = 'guest@example.com';

async function inviting(house: House) {
  const owner = await house.user();
  const team = await newTeam(house, owner);
  const invite = (email = GUEST, { role = 'viewer', from = owner }: { role?: Role; from?: HouseUser } = {}) =>
    house.keyhouse.teams.invite({ account: team, inviter: { ...from, displayName: 'Ada' }, email, role, by: asUser(from) });
  const accept = (ticket: string, { id }: HouseUser) =>
    house.keyhouse.teams.acceptInvitation({ ticket, userId: id, by: asUser({ id }) });
  return { owner, team, invite, accept };
}

describe('inviting to a team', () => {
  it('mails a link that lets the invited address in once, with the role, and proves the address', async () => {
    const house = await openHouse();
    const { team, invite, accept } = await inviting(house);
    const invited = await invite(GUEST, { role: 'developer' });
    const endsAtMs = house.clock.now() + INVITATION_LASTS_MS;
    expect(invited).toMatchObject({ accountId: team.id, email: GUEST, role: 'developer', expiresAtMs: endsAtMs });
    expect(await mailTo(house, GUEST, 'invitation')).toContain('Ada invited you to join the team “Engines” as a developer.');
    const ticket = await ticketIn(house, GUEST, 'invitation');
    expect(await house.keyhouse.teams.findInvitation(ticket)).toMatchObject({ accountName: 'Engines', registered: false });
    const guest = await house.user(GUEST, { isVerified: false });
    const stranger = await house.user();
    expect(await accept(ticket, stranger)).toBe('other_address');
    expect(await accept('another', guest)).toBe('gone');
    expect(await accept(ticket, guest)).toEqual({ accountId: team.id });
    expect(await accept(ticket, guest)).toBe('gone');
    expect(await house.keyhouse.teams.findAccountOf({ id: guest.id, isAdministrator: false }, team.id)).toMatchObject({
      role: 'developer',
    });
    expect(await house.keyhouse.users.find(guest.id)).toMatchObject({ emailVerifiedAtMs: house.clock.now() });
    expect((await house.events(team.id)).slice(0, 2)).toEqual(['invitation.accepted', 'invitation.sent']);
    expect(await house.keyhouse.teams.listInvitations(team.id)).toEqual([]);
  });

  it('keeps the address out of the details of the event, where it could not be erased', async () => {
    const house = await openHouse();
    const { team, invite } = await inviting(house);
    await invite();
    const [event] = await house.store.audit.list({ accountId: team.id, event: 'invitation.sent', limit: 1 });
    expect(event?.details).not.toContain(GUEST);
    expect(event?.person?.email).toBe(GUEST);
  });

  it('lets the link work for seven days and not a millisecond longer', async () => {
    const house = await openHouse();
    const { invite, accept } = await inviting(house);
    const [early, late] = [await house.user(), await house.user()];
    await invite(early.email);
    await invite(late.email);
    const tickets = [await ticketIn(house, early.email, 'invitation'), await ticketIn(house, late.email, 'invitation')] as const;
    house.clock.atMs += INVITATION_LASTS_MS - 1;
    expect(await accept(tickets[0], early)).toMatchObject({ accountId: expect.any(Number) });
    house.clock.atMs += 1;
    expect(await accept(tickets[1], late)).toBe('gone');
    expect(await house.keyhouse.teams.findInvitation(tickets[1])).toBeNull();
  });

  it('refuses what is not an address, members, somebody with an open invitation, and a role above that of its sender', async () => {
    const house = await openHouse();
    const { team, owner, invite } = await inviting(house);
    const [admin, developer] = [await newMember(house, team, owner, 'admin'), await newMember(house, team, owner, 'developer')];
    const stranger = await house.user();
    expect(await invite('nobody')).toBe('invalid_email');
    expect(await invite(developer.email)).toBe('member');
    expect(await invite(GUEST, { from: developer })).toBe('not_allowed');
    expect(await invite(GUEST, { from: stranger })).toBe('gone');
    expect(await invite(GUEST, { from: admin, role: 'owner' })).toBe('not_allowed');
    expect(await invite(GUEST, { from: admin, role: 'admin' })).toMatchObject({ role: 'admin' });
    expect(await invite('Guest@Example.com')).toBe('open');
    expect((await mailsOf(house)).filter(({ to }) => to === GUEST)).toHaveLength(1);
  });

  it('lets one person send no more than twenty in a day, and the next ones a day later', async () => {
    const house = await openHouse();
    const { invite } = await inviting(house);
    for (let nth = 1; nth <= MAX_INVITATIONS_A_DAY; nth++) expect(await invite(`g${nth}@example.com`)).toBeTypeOf('object');
    expect(await invite('one-more@example.com')).toBe('too_many');
    house.clock.atMs += 24 * 3600 * 1000;
    expect(await invite('one-more@example.com')).toBeTypeOf('object');
  });

  it('lets one of two in who accept at once, because both are the same', async () => {
    const house = await openHouse();
    const { invite, accept } = await inviting(house);
    const guest = await house.user(GUEST);
    await invite();
    const ticket = await ticketIn(house, GUEST, 'invitation');
    const outcomes = await Promise.all([accept(ticket, guest), accept(ticket, guest)]);
    expect(outcomes.filter((outcome) => outcome === 'gone')).toHaveLength(1);
  });

  it('mails nothing to strangers where an invitation opens no registration, and answers the same', async () => {
    const house = await openHouse({ signup: 'closed' });
    const { invite } = await inviting(house);
    const known = await house.user();
    expect(house.keyhouse.teams.inviteUsersOnly).toBe(true);
    expect(await invite()).toMatchObject({ email: GUEST });
    expect(await invite(known.email)).toMatchObject({ email: known.email });
    expect(await mailsOf(house)).toEqual([{ kind: 'invitation', to: known.email }]);
  });
});

describe('an open invitation', () => {
  it('ends its link when it is sent again, and the new one works', async () => {
    const house = await openHouse();
    const { owner, team, invite, accept } = await inviting(house);
    const guest = await house.user(GUEST);
    const invited = await invite();
    if (typeof invited === 'string') throw new Error(invited);
    const first = await ticketIn(house, GUEST, 'invitation');
    const again = { account: team, inviter: { ...owner, displayName: 'Ada' }, id: invited.id, by: asUser(owner) };
    expect(await house.keyhouse.teams.sendInvitationAgain({ ...again, id: invited.id + 1 })).toBe('gone');
    expect(await house.keyhouse.teams.sendInvitationAgain(again)).toBe('done');
    expect(await accept(first, guest)).toBe('gone');
    expect(await accept(await ticketIn(house, GUEST, 'invitation'), guest)).toEqual({ accountId: team.id });
    expect(await house.keyhouse.teams.sendInvitationAgain(again)).toBe('gone');
    expect((await house.events(team.id)).includes('invitation.sent_again')).toBe(true);
  });

  it('is over once it is taken back', async () => {
    const house = await openHouse();
    const { owner, team, invite, accept } = await inviting(house);
    const guest = await house.user(GUEST);
    const invited = await invite();
    if (typeof invited === 'string') throw new Error(invited);
    const back = { account: team, inviter: { ...owner, displayName: 'Ada' }, id: invited.id, by: asUser(owner) };
    expect(await house.keyhouse.teams.takeInvitationBack({ ...back, inviter: { ...guest, displayName: '' } })).toBe('gone');
    expect(await house.keyhouse.teams.takeInvitationBack(back)).toBe('done');
    expect(await house.keyhouse.teams.takeInvitationBack(back)).toBe('gone');
    expect(await accept(await ticketIn(house, GUEST, 'invitation'), guest)).toBe('gone');
    expect((await house.events(team.id))[0]).toBe('invitation.taken_back');
  });

  it('is over when its sender is disabled', async () => {
    const house = await openHouse();
    const { team, owner, invite, accept } = await inviting(house);
    const [admin, guest] = [await newMember(house, team, owner, 'admin'), await house.user(GUEST)];
    await invite(GUEST, { from: admin });
    await house.keyhouse.users.disable({ userId: admin.id, by: OPERATOR });
    expect(await accept(await ticketIn(house, GUEST, 'invitation'), guest)).toBe('gone');
  });
});

describe('inviting to register', () => {
  it('is possible for administrators where sign-up is by invitation or open, and never where it is closed', async () => {
    const [byInvitation, closed] = [await openHouse({ signup: 'invite' }), await openHouse({ signup: 'closed' })];
    const ask = async (house: House, email = GUEST) => {
      const made = await house.keyhouse.users.findByEmail('admin@example.com');
      const { id } = made ?? (await house.user('admin@example.com'));
      const inviter = { id, email: 'admin@example.com', displayName: 'Ada' };
      const invited = await house.keyhouse.teams.inviteToRegister({ inviter, email, by: asUser({ id }) });
      return typeof invited === 'string' ? invited : 'sent';
    };
    expect(await ask(closed)).toBe('sign_up_closed');
    expect(await ask(byInvitation)).toBe('not_allowed');
    expect(await ask(byInvitation, 'nobody')).toBe('invalid_email');
  });
});
