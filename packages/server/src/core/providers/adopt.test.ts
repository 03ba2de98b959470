import { describe, expect, it } from 'vitest';
import { OPERATOR, openHouse } from '../../../test/house.ts';
import { asUser, mailsOf, newTeam, ticketIn, userNow } from '../../../test/house-things.ts';
import type { Provider, ProviderAnswer } from './provider.ts';

const ADA: ProviderAnswer = { subject: '42', email: 'ada@example.com', emailVerified: true, name: 'Ada Lovelace' };

/** A house whose users come through another provider; `enter`: how somebody gets in whom it says to be this person. */
async function open(settings: Parameters<typeof openHouse>[0] = {}, domains: readonly string[] = ['example.com']) {
  const told = { answer: ADA };
  const provider: Provider = {
    ...{ id: 'work', name: 'Work', domains },
    start: async () => 'https://idp.example/',
    finish: async () => told.answer,
  };
  const house = await openHouse(settings, [provider]);
  const { providers, users, factors } = house.keyhouse;
  const enter = async (answer: Partial<ProviderAnswer> = {}, invitation: string | null = null) => {
    const started = await providers.start({ provider: 'work', purpose: 'log-in', user: null, invitation });
    if (started === null || started === 'away') throw new Error('It did not start.');
    told.answer = { ...ADA, ...answer };
    const by = { ...OPERATOR, person: { address: '203.0.113.7' } };
    const callback = { provider: 'work', callbackUrl: 'https://x', signIn: null, browser: null, by };
    const ended = await providers.finish({ ...callback, step: started.step });
    return ended.ok ? (ended.purpose === 'log-in' ? ended.entered.next : ended.purpose) : ended.reason;
  };
  const identitiesOf = async (email: string) => {
    const user = await users.findByEmail(email);
    return user === null ? null : (await factors.list(user.id)).identities.length;
  };
  return { house, enter, identitiesOf, users };
}

describe('somebody whom another provider names for the first time', () => {
  it('becomes a user with the name from there, or the part before the @ where there is none to show', async () => {
    const { enter, users } = await open();
    expect(await enter({ name: '  Ada\u0000\u200eLovelace ' })).toBe('done');
    expect(await enter({ subject: '43', email: 'grace.h@example.com', name: '\u200b \u0007' })).toBe('done');
    const names = [await users.findByEmail('ada@example.com'), await users.findByEmail('grace.h@example.com')];
    expect(names.map((user) => user?.displayName)).toEqual(['Ada Lovelace', 'grace.h']);
  });

  it('verifies the address themselves where the provider may not vouch for its domain, and until then is not taken for another user', async () => {
    const { house, enter, users } = await open({}, []);
    const owner = await house.user('grace@example.com');
    expect(await enter()).toBe('done');
    expect(await users.findByEmail('ada@example.com')).toMatchObject({ emailVerifiedAtMs: null });
    expect(await mailsOf(house)).toEqual([{ kind: 'verify-email', to: 'ada@example.com' }]);
    expect(await enter({ subject: '43', email: owner.email })).toBe('unlisted');
    expect(await mailsOf(house)).toHaveLength(1);
  });

  it('is an administrator only at a provider that names the domain: a list of every domain is not enough', async () => {
    const { house, enter, identitiesOf } = await open({}, ['*']);
    await house.user('root@example.com', { isAdministrator: true });
    await house.user('ada@example.com');
    expect(await enter({ subject: '1', email: 'root@example.com' })).toBe('unlisted');
    expect(await enter()).toBe('done');
    expect([await identitiesOf('root@example.com'), await identitiesOf('ada@example.com')]).toEqual([0, 1]);
    const named = await open({}, ['*', 'example.com']);
    await named.house.user('root@example.com', { isAdministrator: true });
    expect(await named.enter({ subject: '1', email: 'root@example.com' })).toBe('done');
  });

  it('becomes one user when the answer comes for two browsers at once', async () => {
    const { house, enter, identitiesOf } = await open();
    expect(await Promise.all([enter(), enter()])).toEqual(['done', 'done']);
    expect((await house.events()).filter((event) => event === 'user.created')).toHaveLength(1);
    expect(await identitiesOf('ada@example.com')).toBe(1);
  });

  it('registers ten times in five minutes from one address, and users who exist come in beside that', async () => {
    const { house, enter } = await open();
    await house.user('old@example.com');
    for (let nth = 1; nth <= 10; nth++) expect(await enter({ subject: `${nth}`, email: `u${nth}@example.com` })).toBe('done');
    expect(await enter({ subject: '11', email: 'u11@example.com' })).toBe('too-many');
    expect(await enter({ subject: 'old', email: 'old@example.com' })).toBe('done');
  });
});

describe('where only invited people register', () => {
  it('lets the invited address in, joins the team, and refuses other people’s invitations', async () => {
    const { house, enter, users } = await open({ signup: 'invite', teamInvitationsRegister: true });
    const owner = await house.user();
    const account = await newTeam(house, owner);
    const inviter = await userNow(house, owner);
    const wish = { account, inviter, email: 'ada@example.com', role: 'viewer', by: asUser(owner) } as const;
    expect(await house.keyhouse.teams.invite(wish)).not.toBeTypeOf('string');
    const ticket = await ticketIn(house, 'ada@example.com', 'invitation');
    expect(await enter()).toBe('sign-up-closed');
    expect(await enter({}, 'nothing')).toBe('invitation-over');
    expect(await enter({ email: 'eve@example.com' }, ticket)).toBe('other-address');
    expect(await enter({}, ticket)).toBe('done');
    const made = await users.findByEmail('ada@example.com');
    const team = await users.findAccount(account.id);
    const members = team === null ? [] : (await house.keyhouse.teams.listMembers(team)).members;
    expect(members.map(({ userId, role }) => [userId, role])).toContainEqual([made?.id, 'viewer']);
    expect(await users.findByEmail('eve@example.com')).toBeNull();
  });
});
