import { describe, expect, it } from 'vitest';
import { type House, openHouse } from '../../../test/house.ts';
import { asUser, type HouseUser, mailsOf, ticketIn, userNow } from '../../../test/house-things.ts';
import { DAY_MS } from '../lib/clock.ts';
import { fateOfLink } from './ticket.ts';

const NEW = 'new@example.com';

const verbsOf = (house: House, user: HouseUser) => {
  const { users } = house.keyhouse;
  const by = asUser(user);
  return {
    send: async () => await users.sendVerification(await userNow(house, user), by),
    verify: async (ticket: string) => await users.verifyEmail(await userNow(house, user), ticket, by),
    ask: async (typed: string) => await users.askForEmail(await userNow(house, user), typed, by),
    confirm: async (ticket: string) => await users.confirmEmail(await userNow(house, user), ticket, by),
  };
};

describe('verifying an address', () => {
  it('takes the newest link, once, of its own user', async () => {
    const house = await openHouse();
    const [user, other] = [
      await house.user(undefined, { isVerified: false }),
      await house.user(undefined, { isVerified: false }),
    ];
    const { send, verify } = verbsOf(house, user);
    expect(await send()).toBe(true);
    const old = await ticketIn(house, user.email, 'verify-email');
    expect(await send()).toBe(true);
    const ticket = await ticketIn(house, user.email, 'verify-email');
    expect(await verify(old)).toBeNull();
    expect(await verbsOf(house, other).verify(ticket)).toBeNull();
    expect(await fateOfLink({ tickets: house.store.tickets, clock: house.clock }, 'verify-email', ticket)).toBe('other_user');
    expect(await verify(ticket)).toMatchObject({ emailVerifiedAtMs: house.clock.now() });
    expect(await verify(ticket)).toBeNull();
    expect(await house.keyhouse.signIns.fateOfLink('verify-email', ticket)).toBe('used');
    expect(await house.keyhouse.signIns.fateOfLink('verify-email', old)).toBe('over');
    expect((await house.events(user.accountId))[0]).toBe('user.email_verified');
    expect(await send()).toBe(true);
    expect((await mailsOf(house)).filter(({ kind }) => kind === 'verify-email')).toHaveLength(2);
  });

  it('takes a link for three days and not a millisecond longer', async () => {
    const house = await openHouse();
    const [early, late] = [
      await house.user(undefined, { isVerified: false }),
      await house.user(undefined, { isVerified: false }),
    ];
    for (const user of [early, late]) await verbsOf(house, user).send();
    house.clock.atMs += 3 * DAY_MS - 1;
    expect(await verbsOf(house, early).verify(await ticketIn(house, early.email, 'verify-email'))).not.toBeNull();
    house.clock.atMs += 1;
    expect(await verbsOf(house, late).verify(await ticketIn(house, late.email, 'verify-email'))).toBeNull();
  });

  it('sends a mailbox five links a day, and leaves the last one valid when it asks for more', async () => {
    const house = await openHouse();
    const user = await house.user(undefined, { isVerified: false });
    const { send, verify } = verbsOf(house, user);
    for (let nth = 1; nth <= 5; nth++) expect(await send()).toBe(true);
    expect(await send()).toBe(false);
    expect(await verify(await ticketIn(house, user.email, 'verify-email'))).not.toBeNull();
  });
});

describe('changing an address', () => {
  it('mails a link to the new one and a notice to the old one, and changes it when the link is followed', async () => {
    const house = await openHouse();
    const user = await house.user();
    const { ask, confirm } = verbsOf(house, user);
    expect(await ask(NEW)).toEqual({ ok: true, value: null });
    expect(await mailsOf(house)).toEqual([
      { kind: 'email-changed', to: user.email },
      { kind: 'new-email', to: NEW },
    ]);
    expect(await house.keyhouse.users.pendingEmail(await userNow(house, user))).toBe(NEW);
    expect((await userNow(house, user)).email).toBe(user.email);
    const ticket = await ticketIn(house, NEW, 'new-email');
    expect(await confirm(ticket)).toMatchObject({ ok: true, value: { email: NEW, emailVerifiedAtMs: house.clock.now() } });
    expect((await mailsOf(house)).at(-1)).toEqual({ kind: 'email-changed', to: user.email });
    expect(await confirm(ticket)).toEqual({ ok: false, reason: 'gone' });
    expect(await house.keyhouse.users.findByEmail(user.email)).toBeNull();
    expect((await house.events(user.accountId)).slice(0, 2)).toEqual(['user.email_changed', 'user.email_change_asked']);
  });

  it('does not say that an address is taken, and sends its owner nothing', async () => {
    const house = await openHouse();
    const [user, owner] = [await house.user(), await house.user()];
    const { ask } = verbsOf(house, user);
    expect(await ask(owner.email)).toEqual({ ok: true, value: null });
    expect(await mailsOf(house)).toEqual([{ kind: 'email-changed', to: user.email }]);
    expect(await ask('nobody')).toEqual({ ok: false, reason: 'invalid_email' });
  });

  it('is over after a day, and when somebody else got the address in the meantime', async () => {
    const house = await openHouse();
    const [early, late] = [await house.user(), await house.user()];
    await verbsOf(house, early).ask(NEW);
    const first = await ticketIn(house, NEW, 'new-email');
    await verbsOf(house, late).ask(NEW);
    const second = await ticketIn(house, NEW, 'new-email');
    const outcomes = [await verbsOf(house, early).confirm(first), await verbsOf(house, late).confirm(second)];
    expect(outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.reason))).toEqual(['ok', 'taken']);
    const user = await house.user();
    await verbsOf(house, user).ask('later@example.com');
    house.clock.atMs += DAY_MS;
    expect(await verbsOf(house, user).confirm(await ticketIn(house, 'later@example.com', 'new-email'))).toEqual({
      ...{ ok: false, reason: 'gone' },
    });
    expect(await house.keyhouse.users.pendingEmail(await userNow(house, user))).toBeNull();
  });
});
