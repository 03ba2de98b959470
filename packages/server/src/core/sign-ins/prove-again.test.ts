import { describe, expect, it } from 'vitest';
import { type House, openHouse } from '../../../test/house.ts';
import { addPasskey, hashOfPassword, PASSWORD, userWithPassword } from '../../../test/house-proofs.ts';
import { signIn } from '../../../test/house-sessions.ts';
import { asUser, type HouseUser, userNow } from '../../../test/house-things.ts';
import { happened } from '../audit/event.ts';
import { MINUTE_MS } from '../lib/clock.ts';
import { proofMethodsOf } from './prove-again.ts';

const NO_MATCH = { ok: false, reason: 'no_match' };

/** A browser that the user signed in with a while ago. */
async function signedIn(house: House, user: HouseUser) {
  const { signIns } = house.keyhouse;
  const opened = await signIns.open({
    ...{ user, methods: ['password'], passwordHash: await hashOfPassword(), addressHash: null, browser: null, by: asUser(user) },
  });
  if (!opened.ok) throw new Error(opened.reason);
  const { id } = opened.value.signIn;
  return {
    id,
    prove: async (password: string, signInId = id) =>
      await signIns.proveWithPassword(await userNow(house, user), signInId, password, asUser(user)),
    provedAtMs: async () => (await signIns.find(opened.value.secret))?.signIn.provedAtMs,
  };
}

describe('proving again with a password', () => {
  it('moves the time of the last proof, for the user’s own sign-in while that is active', async () => {
    const house = await openHouse();
    const [user, other] = [await userWithPassword(house), await userWithPassword(house)];
    const [own, foreign] = [await signedIn(house, user), await signedIn(house, other)];
    const openedAtMs = house.clock.now();
    house.clock.atMs += 11 * MINUTE_MS;
    expect(await own.prove('wrong')).toEqual(NO_MATCH);
    expect(await own.prove(PASSWORD, foreign.id)).toEqual(NO_MATCH);
    expect([await own.provedAtMs(), await foreign.provedAtMs()]).toEqual([openedAtMs, openedAtMs]);
    expect(await own.prove(PASSWORD)).toBe(true);
    expect([await own.provedAtMs(), await foreign.provedAtMs()]).toEqual([house.clock.now(), openedAtMs]);
    const [event] = await house.store.audit.list({ userId: user.id, limit: 1 });
    expect(event).toMatchObject({ event: 'user.proved_again', actor: `user:${user.id}`, details: '{"method":"password"}' });
    await house.keyhouse.signIns.signOut(await userNow(house, user), own.id, asUser(user));
    expect(await own.prove(PASSWORD)).toEqual(NO_MATCH);
  });

  it('is limited like a sign-in: a stolen cookie does not get to guess the password', async () => {
    const house = await openHouse();
    const user = await userWithPassword(house);
    const { prove } = await signedIn(house, user);
    for (let nth = 1; nth <= 10; nth++) expect(await prove('wrong')).toEqual(NO_MATCH);
    expect(await prove(PASSWORD)).toMatchObject({ ok: false, reason: 'too-many-tries' });
  });
});

describe('proving again with a passkey', () => {
  it('takes the user’s own, asked for as a proof, once', async () => {
    const house = await openHouse();
    const [user, other] = [await userWithPassword(house), await house.user()];
    const [own, foreign] = [await addPasskey(house, user), await addPasskey(house, other)];
    const { id, provedAtMs } = await signedIn(house, user);
    const { signIns } = house.keyhouse;
    const now = await userNow(house, user);
    const prove = (response: unknown) => signIns.proveWithPasskey(now, id, response, asUser(user));
    house.clock.atMs += MINUTE_MS;
    expect(await prove(foreign.answer(await signIns.passkeyProofOptions(now)))).toBe(false);
    expect(await prove(own.answer(await signIns.passkeyStepOptions(null)))).toBe(false);
    expect(await provedAtMs()).toBe(house.clock.now() - MINUTE_MS);
    const response = own.answer(await signIns.passkeyProofOptions(now));
    expect(await prove(response)).toBe(true);
    expect(await provedAtMs()).toBe(house.clock.now());
    expect(await prove(response)).toBe(false);
  });
});

describe('what a user can prove with', () => {
  it('is what they have now: a provider counts only while the operator has it in the settings', async () => {
    const house = await openHouse();
    const user = await house.user();
    const nowMs = house.clock.now();
    const event = happened(asUser(user), nowMs, 'user.identity_linked');
    const identity = { provider: 'work', subject: '42', userId: user.id, email: user.email, linkedAtMs: nowMs };
    const signInId = (await signIn(house, user)).signIn.id;
    expect(await house.store.factors.linkIdentity({ signInId, identity, domains: ['example.com'], event })).toBe(true);
    const methods = async (providers: readonly { readonly id: string }[]) =>
      await proofMethodsOf({ profile: house.store.profile, factors: house.store.factors, providers }, await userNow(house, user));
    expect(await methods([{ id: 'work' }])).toEqual(['password', 'provider']);
    expect(await methods([{ id: 'home' }])).toEqual(['password']);
    await addPasskey(house, user);
    expect(await methods([])).toEqual(['password', 'passkey']);
  });
});
