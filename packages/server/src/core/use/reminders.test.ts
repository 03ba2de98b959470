import { describe, expect, it } from 'vitest';
import { OPERATOR, openHouse } from '../../../test/house.ts';
import { asUser, mailsOf, mailTo, newMember, newTeam } from '../../../test/house-things.ts';
import { hashSecret } from '../credentials/verify.ts';
import { DAY_MS } from '../lib/clock.ts';

describe('reminding', () => {
  it('writes one mail a person that lists everything, once of each thing', async () => {
    const house = await openHouse();
    const { use } = house.keyhouse;
    const user = await house.user();
    await house.key(user.accountId, { name: 'first', expiresAtMs: house.clock.now() + 30 * DAY_MS });
    await house.key(user.accountId, { name: 'second', expiresAtMs: house.clock.now() + 31 * DAY_MS });
    expect(await use.remindPeople()).toBe(0);
    house.clock.atMs += 18 * DAY_MS;
    expect(await use.remindPeople()).toBe(1);
    const text = await mailTo(house, user.email, 'reminder');
    expect(text).toContain('The API key “first” expires in 12 days');
    expect(text).toContain('The API key “second” expires in 13 days');
    expect(await use.remindPeople()).toBe(0);
    house.clock.atMs += 9 * DAY_MS;
    expect(await use.remindPeople()).toBe(1);
    expect(await mailTo(house, user.email, 'reminder')).not.toContain('second');
    expect(
      (await house.store.audit.list({ userId: user.id, event: 'user.reminded', limit: 10 })).map(({ actor }) => actor),
    ).toEqual([...['server', 'server']]);
  });

  it('says nothing of a key that was made for so short a time', async () => {
    const house = await openHouse();
    const user = await house.user();
    await house.key(user.accountId, { expiresAtMs: house.clock.now() + 14 * DAY_MS });
    house.clock.atMs += DAY_MS;
    expect(await house.keyhouse.use.remindPeople()).toBe(0);
    house.clock.atMs += 10 * DAY_MS;
    expect(await house.keyhouse.use.remindPeople()).toBe(1);
  });

  it('reminds of an old secret again only once there is another one', async () => {
    const house = await openHouse({ remindSecretDays: 30 });
    const { use, credentials } = house.keyhouse;
    const user = await house.user();
    const key = await house.key(user.accountId);
    house.clock.atMs += 30 * DAY_MS - 1;
    expect(await use.remindPeople()).toBe(0);
    house.clock.atMs += 1;
    expect(await use.remindPeople()).toBe(1);
    house.clock.atMs += 20 * DAY_MS;
    expect(await use.remindPeople()).toBe(0);
    const credential = await credentials.get('key', key.id);
    if (credential === null) throw new Error('The key is gone.');
    await credentials.rotate({ credential, currentHash: hashSecret(key.text), overlapSeconds: 0, revokeJwts: false }, OPERATOR);
    house.clock.atMs += 30 * DAY_MS;
    expect(await use.remindPeople()).toBe(1);
  });

  it('writes to those who look after a key of a team, and to nobody who is disabled or whose key was revoked', async () => {
    const house = await openHouse();
    const { use, credentials, users } = house.keyhouse;
    const [owner, alone, revoking] = [await house.user(), await house.user(), await house.user()];
    const team = await newTeam(house, owner);
    const admin = await newMember(house, team, owner, 'admin');
    await newMember(house, team, owner, 'developer');
    const expiresAtMs = house.clock.now() + 30 * DAY_MS;
    await house.key(team.id, { expiresAtMs });
    await house.key(alone.accountId, { expiresAtMs });
    const { id } = await house.key(revoking.accountId, { expiresAtMs });
    await users.disable({ userId: alone.id, by: OPERATOR });
    await credentials.revoke({ kind: 'key', id, accountId: revoking.accountId }, asUser(revoking));
    house.clock.atMs += 20 * DAY_MS;
    expect(await use.remindPeople()).toBe(2);
    const told = (await mailsOf(house)).filter(({ kind }) => kind === 'reminder').map(({ to }) => to);
    expect(told).toEqual([owner.email, admin.email]);
  });
});
