import { describe, expect, it } from 'vitest';
import { OPERATOR, openHouse } from '../../../test/house.ts';
import { asUser, mailsOf, newMember, newTeam, verdictOf } from '../../../test/house-things.ts';
import type { By } from '../audit/event.ts';
import { IN_THE_ACT } from '../authority.ts';
import { DAY_MS } from '../lib/clock.ts';
import { undoEndsAtMs } from './undo-narrowing.ts';

describe('what can be undone', () => {
  it('is what a person narrowed in the dashboard, for a day; never what the operator or the credential itself did', () => {
    const by = (actor: 'key:7' | 'token:7' | 'application:7'): By => ({
      actor,
      authority: IN_THE_ACT,
      requestId: null,
      person: {},
    });
    expect(undoEndsAtMs(asUser({ id: 7 }), 5)).toBe(5 + DAY_MS);
    expect([OPERATOR, by('key:7'), by('token:7'), by('application:7')].map((who) => undoEndsAtMs(who, 5))).toEqual(
      Array(4).fill(null),
    );
  });

  it('is told to everyone who manages the key, when it is undone by another member of its team', async () => {
    const house = await openHouse();
    const { credentials } = house.keyhouse;
    const owner = await house.user();
    const team = await newTeam(house, owner);
    const developer = await newMember(house, team, owner, 'developer');
    const key = await house.key(team.id, { permissions: ['a.read', 'a.write'] });
    await credentials.narrow({ kind: 'key', id: key.id, permissions: ['a.read'] }, asUser(owner));
    const owned = { kind: 'key', id: key.id, accountId: team.id } as const;
    const credential = { kind: 'key', name: 'key', accountId: team.id, userId: null } as const;
    const before = (await mailsOf(house)).length;
    expect(await credentials.undoNarrowing({ owned, credential }, asUser(developer))).toEqual({ ok: true, value: null });
    expect((await mailsOf(house)).slice(before)).toEqual([
      { kind: 'narrowing-undone', to: owner.email },
      { kind: 'narrowing-undone', to: developer.email },
    ]);
    const [event] = await house.store.audit.list({ event: 'key.narrowing_undone', limit: 2 });
    expect(event).toMatchObject({ actor: `user:${developer.id}`, accountId: team.id, credentialId: key.id });
  });
});

it('gives a token back what it had, to its own user', async () => {
  const house = await openHouse();
  const { credentials } = house.keyhouse;
  const [user, other] = [await house.user(), await house.user()];
  const wish = { accountId: user.accountId, userId: user.id, name: 'laptop', permissions: null, expiresAtMs: null } as const;
  const made = await credentials.createToken({ ...wish, addresses: null, source: 'dashboard' }, asUser(user));
  if (!made.ok) throw new Error(made.reason);
  const { token, text } = made.value;
  await credentials.narrow({ kind: 'token', id: token.id, addresses: ['198.51.100.7'] }, asUser(user));
  expect(await verdictOf(house, text, '203.0.113.7')).toBe('address_not_allowed');
  const undo = (userId: number) =>
    credentials.undoNarrowing({ owned: { kind: 'token', id: token.id, userId }, credential: token }, asUser({ id: userId }));
  expect(await undo(other.id)).toEqual({ ok: false, reason: 'gone' });
  expect(await undo(user.id)).toEqual({ ok: true, value: null });
  expect(await verdictOf(house, text, '203.0.113.7')).toBe('ok');
});
