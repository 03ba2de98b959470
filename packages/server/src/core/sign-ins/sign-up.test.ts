import { describe, expect, it } from 'vitest';
import { type House, openHouse } from '../../../test/house.ts';
import { fromAddress, PASSWORD } from '../../../test/house-proofs.ts';
import { asUser, mailsOf, newTeam, ticketIn, userNow } from '../../../test/house-things.ts';
import { HOUR_MS } from '../lib/clock.ts';

const INPUT = { password: PASSWORD, browser: null, by: fromAddress('203.0.113.7') };
const ADA = 'ada@example.com';

const signUp = (house: House, email: string, invitation: string | null = null) =>
  house.keyhouse.signIns.signUp({ ...INPUT, email, invitation });
const reasonOf = (outcome: { ok: true } | { ok: false; reason: string }): string => (outcome.ok ? 'ok' : outcome.reason);

/** The ticket of an administrator's invitation to register. */
async function invited(house: House, email: string): Promise<string> {
  const administrator = await house.user(undefined, { isAdministrator: true });
  const inviter = await userNow(house, administrator);
  const outcome = await house.keyhouse.teams.inviteToRegister({ inviter, email, by: asUser(administrator) });
  if (typeof outcome === 'string') throw new Error(outcome);
  return await ticketIn(house, email, 'invitation');
}

describe('signing up', () => {
  it('creates a user who is signed in, and mails the link that verifies the address', async () => {
    const house = await openHouse();
    const outcome = await signUp(house, ADA);
    if (!outcome.ok) throw new Error(outcome.reason);
    expect(outcome).toMatchObject({ user: { email: ADA, isAdministrator: false, emailVerifiedAtMs: null }, joined: null });
    const found = await house.keyhouse.signIns.find(outcome.opened.secret);
    expect(found).toMatchObject({ user: { id: outcome.user.id }, signIn: { methods: ['password'] } });
    expect(await mailsOf(house)).toEqual([{ kind: 'verify-email', to: ADA }]);
    expect(await signUp(house, 'ADA@example.com')).toMatchObject({ reason: 'invalid', faults: [{ field: 'email' }] });
  });

  it('is for invited addresses alone where it is by invitation, once for each invitation', async () => {
    const house = await openHouse({ signup: 'invite' });
    const ticket = await invited(house, ADA);
    expect(reasonOf(await signUp(house, ADA))).toBe('sign-up-closed');
    expect(reasonOf(await signUp(house, ADA, 'nothing'))).toBe('link_over');
    expect(reasonOf(await signUp(house, 'other@example.com', ticket))).toBe('other-address');
    expect(reasonOf(await signUp(house, ADA, ticket))).toBe('ok');
    expect(reasonOf(await signUp(house, ADA, ticket))).toBe('link_over');
    expect(await house.keyhouse.users.findByEmail('other@example.com')).toBeNull();
  });

  it('joins the team of the invitation, where that opens registration', async () => {
    const house = await openHouse({ signup: 'invite', teamInvitationsRegister: true });
    const owner = await house.user();
    const team = await newTeam(house, owner);
    const inviter = { ...owner, displayName: 'Ada' };
    const invitation = { account: team, inviter, email: ADA, role: 'developer', by: asUser(owner) } as const;
    expect(await house.keyhouse.teams.invite(invitation)).not.toBeTypeOf('string');
    const outcome = await signUp(house, ADA, await ticketIn(house, ADA, 'invitation'));
    if (!outcome.ok) throw new Error(outcome.reason);
    expect(outcome.joined).toBe(team.id);
    const account = await house.keyhouse.users.findAccount(team.id);
    const members = account === null ? [] : await house.store.members.listMembers(account, { limit: 10 });
    expect(members.find(({ userId }) => userId === outcome.user.id)?.role).toBe('developer');
  });

  it('is closed to invited people too, once it was closed', async () => {
    const house = await openHouse({ signup: 'closed' });
    expect(reasonOf(await signUp(house, ADA))).toBe('sign-up-closed');
  });
});

describe('the setup link', () => {
  const setUp = (house: House, email: string, ticket: string | null) =>
    house.keyhouse.signIns.setUp({ ...INPUT, email, ticket: ticket ?? '' });

  it('makes one administrator, of however many links and of two who follow them at once', async () => {
    const house = await openHouse();
    const { signIns } = house.keyhouse;
    const [one, two] = [await signIns.createSetupTicket(), await signIns.createSetupTicket()];
    expect(reasonOf(await setUp(house, ADA, 'nothing'))).toBe('link_over');
    const outcomes = await Promise.all([setUp(house, ADA, one), setUp(house, 'eve@example.com', two)]);
    expect(outcomes.map(reasonOf).sort()).toEqual(['link_over', 'ok']);
    const made = outcomes.find((outcome) => outcome.ok);
    expect(made).toMatchObject({ user: { isAdministrator: true }, opened: { signIn: { methods: ['setup', 'password'] } } });
    expect(await house.keyhouse.users.countAdministrators()).toBe(1);
    expect([await signIns.isSetUp(), await signIns.createSetupTicket()]).toEqual([true, null]);
    expect([await signIns.isSetupTicket(one ?? ''), await signIns.isSetupTicket(two ?? '')]).toEqual([false, false]);
  });

  it('works for an hour and not a millisecond longer, and another start does not end it', async () => {
    const house = await openHouse();
    const { signIns } = house.keyhouse;
    const ticket = (await signIns.createSetupTicket()) ?? '';
    await signIns.createSetupTicket();
    house.clock.atMs += HOUR_MS - 1;
    expect(await signIns.isSetupTicket(ticket)).toBe(true);
    house.clock.atMs += 1;
    expect(await signIns.isSetupTicket(ticket)).toBe(false);
    expect(reasonOf(await setUp(house, ADA, ticket))).toBe('link_over');
    expect(await house.keyhouse.users.findByEmail(ADA)).toBeNull();
  });
});
