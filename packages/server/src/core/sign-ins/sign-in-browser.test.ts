import { describe, expect, it } from 'vitest';
import { type House, OPERATOR, openHouse } from '../../../test/house.ts';
import { addPasskey, fromAddress, PASSWORD, turnTotpOn, userWithPassword } from '../../../test/house-proofs.ts';
import { asUser, type HouseUser, userNow } from '../../../test/house-things.ts';
import { happened } from '../audit/event.ts';
import { MINUTE_MS } from '../lib/clock.ts';
import { openStep } from './sign-in-browser.ts';

const BY = fromAddress('203.0.113.7');

function enter(house: House, { email }: Pick<HouseUser, 'email'>, password = PASSWORD) {
  return house.keyhouse.signIns.signInWithPassword({ email, password, browser: null, by: BY });
}

const withCode = (house: House, step: string, code: string) =>
  house.keyhouse.signIns.signInWithCode({ step, code, browser: null, by: BY });

const reasonOf = (outcome: { ok: true } | { ok: false; reason: string }): string => (outcome.ok ? 'ok' : outcome.reason);

/** The first step of somebody who has a second, as a right password opens it; `house.user` has this hash. */
const firstStep = ({ store, clock }: House, { id }: HouseUser): Promise<string> =>
  openStep({ tickets: store.tickets, clock }, id, { passwordHash: 'none', through: null });

describe('signing in with a password', () => {
  it('opens a sign-in, and says the same to a wrong password, an unknown address and a disabled user', async () => {
    const house = await openHouse();
    const [user, disabled] = [await userWithPassword(house), await userWithPassword(house)];
    await house.keyhouse.users.disable({ userId: disabled.id, by: OPERATOR });
    const entered = await enter(house, user);
    if (!entered.ok || entered.next !== 'done') throw new Error(JSON.stringify(entered));
    expect(entered.opened.signIn).toMatchObject({ userId: user.id, methods: ['password'], address: '203.0.113.7' });
    expect(await house.keyhouse.signIns.find(entered.opened.secret)).not.toBeNull();
    const refused = [
      await enter(house, user, 'wrong'),
      await enter(house, { email: 'no@example.com' }),
      await enter(house, disabled),
    ];
    expect(refused).toEqual(Array(3).fill({ ok: false, reason: 'no_match' }));
  });

  it('is only a step while two-step verification is on: the step is no sign-in, and names what the second may be', async () => {
    const house = await openHouse();
    const user = await userWithPassword(house);
    const { code } = await turnTotpOn(house, user);
    const { signIns } = house.keyhouse;
    const entered = await enter(house, user);
    expect(entered).toEqual({ ok: true, next: 'second-factor', methods: ['totp', 'recovery-code'], step: expect.any(String) });
    const step = entered.ok && entered.next === 'second-factor' ? entered.step : '';
    expect(await signIns.find(step)).toBeNull();
    expect((await signIns.list(user.id)).signIns).toEqual([]);
    expect(await signIns.waitingStep(step)).toEqual(['totp', 'recovery-code']);
    expect(await withCode(house, step, 'wrong')).toEqual({ ok: false, reason: 'wrong-code' });
    expect(await withCode(house, step, code())).toMatchObject({
      ok: true,
      opened: { signIn: { methods: ['password', 'totp'] } },
    });
    expect(await signIns.waitingStep(step)).toBeNull();
    expect(await withCode(house, step, code())).toEqual({ ok: false, reason: 'step_over' });
  });
});

describe('the second step', () => {
  it('opens one sign-in when two codes come for it at once', async () => {
    const house = await openHouse();
    const user = await house.user();
    const [first = '', second = ''] = (await turnTotpOn(house, user)).recoveryCodes;
    const step = await firstStep(house, user);
    const outcomes = await Promise.all([withCode(house, step, first), withCode(house, step, second)]);
    expect(outcomes.map(reasonOf).sort()).toEqual(['ok', 'step_over']);
    expect((await house.keyhouse.signIns.list(user.id)).signIns).toHaveLength(1);
  });

  it('has ten minutes, and is over when the first step was taken back or the password was changed since', async () => {
    const house = await openHouse();
    const user = await house.user();
    const [one = '', two = '', three = '', four = ''] = (await turnTotpOn(house, user)).recoveryCodes;
    const [inTime, late] = [await firstStep(house, user), await firstStep(house, user)];
    house.clock.atMs += 10 * MINUTE_MS - 1;
    expect(reasonOf(await withCode(house, inTime, one))).toBe('ok');
    house.clock.atMs += 1;
    expect(reasonOf(await withCode(house, late, two))).toBe('step_over');
    const [forgotten, outdated] = [await firstStep(house, user), await firstStep(house, user)];
    await house.keyhouse.signIns.forgetStep(forgotten);
    expect(reasonOf(await withCode(house, forgotten, three))).toBe('step_over');
    const nowMs = house.clock.now();
    const event = happened(OPERATOR, nowMs, 'user.password_rehashed', { userId: user.id });
    const change = { userId: user.id, passwordHash: 'another', nowMs, endTokensOfLogins: false, event };
    expect(await house.store.accounts.setPasswordHash(change)).toBe(true);
    expect(reasonOf(await withCode(house, outdated, four))).toBe('step_over');
    expect((await house.keyhouse.signIns.list(user.id)).signIns).toHaveLength(1);
  });

  it('counts wrong codes like wrong passwords', async () => {
    const house = await openHouse();
    const user = await house.user();
    const { code } = await turnTotpOn(house, user);
    const step = await firstStep(house, user);
    for (let nth = 1; nth <= 10; nth++) expect(reasonOf(await withCode(house, step, 'wrong'))).toBe('wrong-code');
    expect(reasonOf(await withCode(house, step, code()))).toBe('too-many-tries');
  });
});

describe('signing in with a passkey', () => {
  it('is both steps at once, by anyone who has one', async () => {
    const house = await openHouse();
    const user = await house.user();
    const authenticator = await addPasskey(house, user);
    await house.keyhouse.factors.turnTwoStepOn(await userNow(house, user), asUser(user));
    const { signIns } = house.keyhouse;
    const response = authenticator.answer(await signIns.passkeyStepOptions(null));
    const signIn = () => signIns.signInWithPasskey({ step: null, response, browser: null, by: BY });
    expect(await signIn()).toMatchObject({ signIn: { userId: user.id, methods: ['passkey'] } });
    expect(await signIn()).toBeNull();
  });

  it('finishes the step of its own user, and nobody else’s', async () => {
    const house = await openHouse();
    const [user, thief] = [await house.user(), await house.user()];
    const [own, foreign] = [await addPasskey(house, user), await addPasskey(house, thief)];
    await turnTotpOn(house, user);
    const step = await firstStep(house, user);
    const { signIns } = house.keyhouse;
    const finish = async (authenticator: typeof own) => {
      const response = authenticator.answer(await signIns.passkeyStepOptions(step));
      return await signIns.signInWithPasskey({ step, response, browser: null, by: BY });
    };
    expect(await finish(foreign)).toBeNull();
    expect(await finish(own)).toMatchObject({ signIn: { userId: user.id, methods: ['password', 'passkey'] } });
    expect(await signIns.waitingStep(step)).toBeNull();
  });
});
