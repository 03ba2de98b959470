import { describe, expect, it } from 'vitest';
import { OPERATOR, openHouse } from '../../../test/house.ts';
import { newApplication, openSession, signIn } from '../../../test/house-sessions.ts';
import { asUser, mailsOf, userNow, verdictOf } from '../../../test/house-things.ts';
import { BROWSER_KNOWN_FOR_MS, SIGN_IN_IDLE_MS, SIGN_IN_MAX_MS } from './sign-in.ts';

describe('a sign-in', () => {
  it('is found by its secret with its user, and is on record with how it was proved', async () => {
    const house = await openHouse();
    const user = await house.user();
    const { signIn: opened, secret } = await signIn(house, user);
    const found = await house.keyhouse.signIns.find(secret);
    expect(found).toEqual({ signIn: opened, user: await userNow(house, user) });
    expect(opened).toMatchObject({
      userId: user.id,
      methods: ['password'],
      address: '203.0.113.7',
      provedAtMs: house.clock.now(),
    });
    expect(await house.keyhouse.signIns.find(`${secret}x`)).toBeNull();
    const [event] = await house.store.audit.list({ userId: user.id, limit: 1 });
    expect(event).toMatchObject({ event: 'user.signed_in', actor: `user:${user.id}`, details: '{"methods":["password"]}' });
  });

  it('tells by mail of a browser that is new, but not of the first one', async () => {
    const house = await openHouse();
    const user = await house.user();
    const { browser } = await signIn(house, user);
    await signIn(house, user, browser);
    expect(await mailsOf(house)).toEqual([]);
    await signIn(house, user);
    expect(await mailsOf(house)).toEqual([{ kind: 'new-sign-in', to: user.email }]);
  });

  it('tells again of a browser that was not used to sign in for a year', async () => {
    const house = await openHouse();
    const user = await house.user();
    const { browser } = await signIn(house, user);
    house.clock.atMs += BROWSER_KNOWN_FOR_MS - 1000;
    await signIn(house, user);
    house.clock.atMs += 1001;
    const browsersBeforeMs = house.clock.now() - BROWSER_KNOWN_FOR_MS;
    await house.store.signIns.sweepKnown({ addressesBeforeMs: 0, browsersBeforeMs, limit: 10 });
    await signIn(house, user, browser);
    expect((await mailsOf(house)).map(({ kind }) => kind)).toEqual(['new-sign-in', 'new-sign-in']);
  });

  it('ends after thirty days unused, and after 180 however much it is used', async () => {
    const house = await openHouse();
    const { signIns } = house.keyhouse;
    const user = await house.user();
    const [idle, used] = [await signIn(house, user), await signIn(house, user)];
    const begunAtMs = house.clock.now();
    const see = () =>
      house.store.signIns.seeSignIn({ id: used.signIn.id, nowMs: house.clock.now(), address: null, userAgent: null });
    house.clock.atMs += SIGN_IN_IDLE_MS - 1;
    expect(await signIns.find(idle.secret)).not.toBeNull();
    await see();
    house.clock.atMs += 2;
    expect(await signIns.find(idle.secret)).toBeNull();
    expect((await signIns.list(user.id)).signIns.map(({ id }) => id)).toEqual([used.signIn.id]);
    for (let nth = 0; nth < 5; nth++) {
      house.clock.atMs = Math.min(house.clock.atMs + SIGN_IN_IDLE_MS - 3, begunAtMs + SIGN_IN_MAX_MS - 1);
      expect(await signIns.find(used.secret), `${nth}`).not.toBeNull();
      await see();
    }
    house.clock.atMs = begunAtMs + SIGN_IN_MAX_MS + 1;
    expect(await signIns.find(used.secret)).toBeNull();
  });

  it('is opened for nobody who is disabled, nor by a password that was changed in between', async () => {
    const house = await openHouse();
    const user = await house.user();
    const open = (passwordHash: string) =>
      house.keyhouse.signIns.open({
        ...{ user, methods: ['password'], passwordHash, addressHash: null, browser: null, by: asUser(user) },
      });
    expect(await open('of before')).toEqual({ ok: false, reason: 'gone' });
    await house.keyhouse.users.disable({ userId: user.id, by: OPERATOR });
    expect(await open('none')).toEqual({ ok: false, reason: 'gone' });
    expect((await house.events(user.accountId)).includes('user.signed_in')).toBe(false);
  });
});

describe('ending sign-ins', () => {
  it('ends one, or all but the one that asks, and says how many', async () => {
    const house = await openHouse();
    const { signIns } = house.keyhouse;
    const [user, other] = [await house.user(), await house.user()];
    const [first, second, third] = [await signIn(house, user), await signIn(house, user), await signIn(house, user)];
    const theirs = await signIn(house, other);
    const now = await userNow(house, user);
    const end = (which: { id: number } | { exceptId: number }) =>
      signIns.end(now, { ...which, withSessions: false }, asUser(user));
    expect(await end({ id: theirs.signIn.id })).toBe(0);
    expect(await end({ id: first.signIn.id })).toBe(1);
    expect(await end({ id: first.signIn.id })).toBe(0);
    expect(await signIns.find(first.secret)).toBeNull();
    expect(await end({ exceptId: third.signIn.id })).toBe(1);
    expect([await signIns.find(second.secret), (await signIns.find(third.secret))?.signIn.id]).toEqual([null, third.signIn.id]);
    expect(await signIns.signOut(now, third.signIn.id, asUser(user))).toBe(1);
    expect(await signIns.find(theirs.secret)).not.toBeNull();
  });

  it('ends the sessions of applications that were granted in it only when that is asked for', async () => {
    const house = await openHouse();
    const { signIns } = house.keyhouse;
    const user = await house.user();
    const application = await newApplication(house, user.accountId);
    const [one, two] = [await signIn(house, user), await signIn(house, user)];
    const [ofOne, ofTwo] = [
      await openSession(house, { user, opened: one, application }),
      await openSession(house, { user, opened: two, application }),
    ];
    const now = await userNow(house, user);
    await signIns.end(now, { id: one.signIn.id, withSessions: false }, asUser(user));
    expect(await verdictOf(house, ofOne.jwt)).toBe('ok');
    await signIns.end(now, { id: two.signIn.id, withSessions: true }, asUser(user));
    expect(await verdictOf(house, ofTwo.jwt)).toBe('revoked');
    expect(await verdictOf(house, ofOne.jwt)).toBe('ok');
  });
});
