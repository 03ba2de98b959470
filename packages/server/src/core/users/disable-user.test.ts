import { describe, expect, it } from 'vitest';
import { OPERATOR, openHouse } from '../../../test/house.ts';
import { signIn } from '../../../test/house-sessions.ts';
import { mintFrom, newMember, newTeam, verdictOf } from '../../../test/house-things.ts';

describe('disabling a user', () => {
  it('refuses everything of theirs until they are enabled, and their JWTs for good', async () => {
    const house = await openHouse();
    const { users } = house.keyhouse;
    const user = await house.user();
    const key = await house.key(user.accountId);
    const jwt = await mintFrom(house, key.text);
    const opened = await signIn(house, user);
    expect(await users.disable({ userId: user.id, by: OPERATOR })).toMatchObject({ ok: true, value: { disabledAtMs: null } });
    expect(await verdictOf(house, key.text)).toBe('owner_disabled');
    expect(await verdictOf(house, jwt.text)).toBe('revoked');
    expect(await house.keyhouse.signIns.find(opened.secret)).toBeNull();
    expect(await users.disable({ userId: user.id, by: OPERATOR })).toEqual({ ok: false, reason: 'already_so' });
    house.clock.atMs += 1000;
    expect(await users.enable({ userId: user.id, by: OPERATOR })).toMatchObject({ ok: true });
    expect(await users.enable({ userId: user.id, by: OPERATOR })).toEqual({ ok: false, reason: 'already_so' });
    expect(await verdictOf(house, key.text)).toBe('ok');
    expect(await verdictOf(house, jwt.text)).toBe('revoked');
    expect((await house.events(user.accountId)).slice(0, 2)).toEqual(['user.enabled', 'user.disabled']);
    expect(await users.disable({ userId: 999, by: OPERATOR })).toEqual({ ok: false, reason: 'unknown_user' });
  });

  it('suspends a team that has no other enabled owner, and brings it back with its JWTs', async () => {
    const house = await openHouse();
    const { users } = house.keyhouse;
    const owner = await house.user();
    const [alone, shared] = [await newTeam(house, owner, 'Alone'), await newTeam(house, owner, 'Shared')];
    await newMember(house, shared, owner, 'owner');
    const [ofAlone, ofShared] = [await house.key(alone.id), await house.key(shared.id)];
    const jwt = await mintFrom(house, ofAlone.text);
    await users.disable({ userId: owner.id, by: OPERATOR });
    expect(await verdictOf(house, ofAlone.text)).toBe('account_suspended');
    expect(await verdictOf(house, jwt.text)).toBe('account_suspended');
    expect(await verdictOf(house, ofShared.text)).toBe('ok');
    await users.enable({ userId: owner.id, by: OPERATOR });
    expect(await verdictOf(house, ofAlone.text)).toBe('ok');
    expect(await verdictOf(house, jwt.text)).toBe('ok');
  });
});
