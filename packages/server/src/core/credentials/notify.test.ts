import { describe, expect, it } from 'vitest';
import { OPERATOR, openHouse } from '../../../test/house.ts';
import { asUser, mailsOf, mailTo, newMember, newTeam } from '../../../test/house-things.ts';

const WISH = { name: 'deploy', permissions: null, addresses: null, expiresAtMs: null, source: 'dashboard' } as const;

describe('who is told of a new key', () => {
  it('are the owners and admins of its team and the member who created it, once each, and no other member', async () => {
    const house = await openHouse();
    const owner = await house.user();
    const team = await newTeam(house, owner, 'Engines');
    const [admin, developer] = [await newMember(house, team, owner, 'admin'), await newMember(house, team, owner, 'developer')];
    await newMember(house, team, owner, 'viewer');
    await newMember(house, team, owner, 'developer');
    const toldBy = async (by: Parameters<typeof house.keyhouse.credentials.createKey>[1]) => {
      const before = (await mailsOf(house)).length;
      const made = await house.keyhouse.credentials.createKey({ ...WISH, accountId: team.id, environment: 'live' }, by);
      expect(made.ok).toBe(true);
      const told = (await mailsOf(house)).slice(before);
      expect(new Set(told.map(({ kind }) => kind))).toEqual(new Set(['credential-made']));
      return told.map(({ to }) => to);
    };
    expect(await toldBy(asUser(developer))).toEqual([owner.email, admin.email, developer.email]);
    expect(await toldBy(asUser(admin))).toEqual([owner.email, admin.email]);
    expect(await toldBy(OPERATOR)).toEqual([owner.email, admin.email]);
    await house.keyhouse.users.disable({ userId: admin.id, by: OPERATOR });
    expect(await toldBy(asUser(developer))).toEqual([owner.email, developer.email]);
  });

  it('read which key it is, of which team, who did it and from where', async () => {
    const house = await openHouse();
    const owner = await house.user();
    const team = await newTeam(house, owner, 'Engines');
    const { credentials } = house.keyhouse;
    await credentials.createKey({ ...WISH, accountId: team.id, environment: 'live' }, asUser(owner));
    const text = await mailTo(house, owner.email, 'credential-made');
    for (const fact of ['deploy', 'Engines', 'Ada', '203.0.113.7', 'Firefox 140 on Linux']) expect(text).toContain(fact);
  });
});

it('tells of a token its own user alone', async () => {
  const house = await openHouse();
  const owner = await house.user();
  const team = await newTeam(house, owner);
  const member = await newMember(house, team, owner, 'admin');
  const before = (await mailsOf(house)).length;
  const wish = { ...WISH, accountId: member.accountId, userId: member.id };
  expect((await house.keyhouse.credentials.createToken(wish, asUser(member))).ok).toBe(true);
  expect((await mailsOf(house)).slice(before)).toEqual([{ kind: 'credential-made', to: member.email }]);
});
