import { describe, expect, it } from 'vitest';
import { type House, OPERATOR, openHouse } from '../../../test/house.ts';
import { fromAddress } from '../../../test/house-proofs.ts';
import { newApplication, openSession, signIn } from '../../../test/house-sessions.ts';
import { asUser, type HouseUser, mailsOf, mailTo, ticketIn, userNow, verdictOf } from '../../../test/house-things.ts';
import { HOUR_MS } from '../lib/clock.ts';

const NEW = 'four unrelated words';
const BY = fromAddress('203.0.113.7');

const passwordIs = async (house: House, { id }: HouseUser): Promise<'new' | 'old'> =>
  (await house.store.profile.findPasswordHash(id)) === 'none' ? 'old' : 'new';

/** The link of a reset, as its mail carries it. The mail is written after the answer. */
async function resetLink(house: House, user: HouseUser): Promise<string> {
  const before = (await mailsOf(house)).length;
  expect(await house.keyhouse.signIns.requestReset(user.email, BY)).toEqual({ ok: true });
  await expect.poll(async () => (await mailsOf(house)).length, { interval: 1 }).toBe(before + 1);
  return await ticketIn(house, user.email, 'reset-password');
}

describe('changing the password', () => {
  it('ends every other sign-in and every session, and gives the one that stays a new secret', async () => {
    const house = await openHouse();
    const { signIns } = house.keyhouse;
    const user = await house.user();
    const [own, stolen] = [await signIn(house, user), await signIn(house, user)];
    const application = await newApplication(house, user.accountId);
    const { jwt } = await openSession(house, { user, opened: own, application });
    const key = await house.key(user.accountId, { name: 'of the nightly job' });
    const outcome = await signIns.changePassword(await userNow(house, user), own.signIn.id, NEW, asUser(user));
    if (!outcome.ok) throw new Error(outcome.reason);
    expect((await signIns.find(outcome.value.secret))?.signIn.id).toBe(own.signIn.id);
    expect([await signIns.find(own.secret), await signIns.find(stolen.secret)]).toEqual([null, null]);
    expect(await verdictOf(house, jwt)).toBe('revoked');
    expect(await verdictOf(house, key.text)).toBe('ok');
    expect(await userNow(house, user)).toMatchObject({ passwordChangedAtMs: house.clock.now() });
    const told = await mailTo(house, user.email, 'password-changed');
    expect(told).not.toContain('of the nightly job');
    expect(told).toContain('203.0.113.7');
  });

  it('is refused to a sign-in that was ended while the password was typed, and for a password that is none', async () => {
    const house = await openHouse();
    const { signIns } = house.keyhouse;
    const user = await house.user('countess@example.com');
    const { signIn: ended } = await signIn(house, user);
    const now = await userNow(house, user);
    await signIns.signOut(now, ended.id, asUser(user));
    const change = async (password: string) => {
      const outcome = await signIns.changePassword(now, ended.id, password, asUser(user));
      return outcome.ok ? 'ok' : outcome.reason;
    };
    expect([await change('short'), await change('countess1'), await change('Ada'.repeat(50))]).toEqual([
      ...['too_short', 'personal', 'too_long'],
    ]);
    expect(await change(NEW)).toBe('gone');
    expect(await passwordIs(house, user)).toBe('old');
    expect((await house.events(user.accountId)).includes('user.password_changed')).toBe(false);
  });
});

describe('a reset by mail', () => {
  it('sets the password once, of two who follow the link at once, and ends all sign-ins', async () => {
    const house = await openHouse();
    const { signIns } = house.keyhouse;
    const user = await house.user();
    const [{ secret }, key] = [await signIn(house, user), await house.key(user.accountId)];
    const ticket = await resetLink(house, user);
    expect(await signIns.findReset(ticket)).toMatchObject({ id: user.id });
    expect(await signIns.resetWithTicket(ticket, 'short', BY)).toEqual({ ok: false, reason: 'too_short' });
    const reset = async () => {
      const outcome = await signIns.resetWithTicket(ticket, NEW, BY);
      return outcome.ok ? 'ok' : outcome.reason;
    };
    expect((await Promise.all([reset(), reset()])).sort()).toEqual(['gone', 'ok']);
    expect(await signIns.fateOfLink('reset-password', ticket)).toBe('used');
    expect(await passwordIs(house, user)).toBe('new');
    expect(await signIns.find(secret)).toBeNull();
    expect(await verdictOf(house, key.text)).toBe('ok');
    const [event] = await house.store.audit.list({ userId: user.id, event: 'user.password_changed', limit: 2 });
    expect(event).toMatchObject({ actor: `user:${user.id}`, details: '{"through":"reset"}' });
  });

  it('is over after an hour, after a newer one, and for whoever changed their address or was disabled since', async () => {
    const house = await openHouse();
    const { signIns, users } = house.keyhouse;
    const [user, mover, disabled] = [await house.user(), await house.user(), await house.user()];
    const [older, newest] = [await resetLink(house, user), await resetLink(house, user)];
    const [ofMover, ofDisabled] = [await resetLink(house, mover), await resetLink(house, disabled)];
    await users.disable({ userId: disabled.id, by: OPERATOR });
    await users.askForEmail(await userNow(house, mover), 'moved@example.com', asUser(mover));
    const moved = await ticketIn(house, 'moved@example.com', 'new-email');
    expect((await users.confirmEmail(await userNow(house, mover), moved, asUser(mover))).ok).toBe(true);
    for (const ticket of [older, ofMover, ofDisabled, 'nothing'])
      expect(await signIns.resetWithTicket(ticket, NEW, BY), ticket).toEqual({ ok: false, reason: 'gone' });
    house.clock.atMs += HOUR_MS - 1;
    expect(await signIns.findReset(newest)).not.toBeNull();
    house.clock.atMs += 1;
    expect(await signIns.findReset(newest)).toBeNull();
    expect(await signIns.resetWithTicket(newest, NEW, BY)).toEqual({ ok: false, reason: 'gone' });
  });

  it('says nothing of who is a user, and writes to no one who is not, or is disabled', async () => {
    const house = await openHouse();
    const [user, disabled] = [await house.user(), await house.user()];
    await house.keyhouse.users.disable({ userId: disabled.id, by: OPERATOR });
    for (const email of ['nobody@example.com', disabled.email, 'no address'])
      expect(await house.keyhouse.signIns.requestReset(email, BY)).toEqual({ ok: true });
    await resetLink(house, user);
    expect(await mailsOf(house)).toEqual([{ kind: 'reset-password', to: user.email }]);
  });

  it('ends what a stranger may have planted before the address was verified, and lists it', async () => {
    const house = await openHouse();
    const { signIns } = house.keyhouse;
    const user = await house.user(undefined, { isVerified: false });
    const key = await house.key(user.accountId, { name: 'planted' });
    const ticket = await resetLink(house, user);
    const reading = await signIns.readReset(await userNow(house, user));
    expect(reading).toMatchObject({ isFirstProof: true, ending: { keys: ['planted'] } });
    expect((await signIns.resetWithTicket(ticket, NEW, BY)).ok).toBe(true);
    expect(await verdictOf(house, key.text)).toBe('revoked');
    expect(await userNow(house, user)).toMatchObject({ emailVerifiedAtMs: house.clock.now() });
    expect(await mailTo(house, user.email, 'password-changed')).toContain('planted');
    expect(await signIns.readReset(await userNow(house, user))).toMatchObject({ isFirstProof: false, ending: { keys: [] } });
  });
});
