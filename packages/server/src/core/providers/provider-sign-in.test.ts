import { describe, expect, it } from 'vitest';
import { type House, OPERATOR, openHouse } from '../../../test/house.ts';
import { signIn } from '../../../test/house-sessions.ts';
import { asUser, type HouseUser, mailsOf, mailTo, userNow, verdictOf } from '../../../test/house-things.ts';
import { MINUTE_MS } from '../lib/clock.ts';
import type { Provider, ProviderAnswer, ProviderChecks } from './provider.ts';

const ADA: ProviderAnswer = { subject: '42', email: 'ada@example.com', emailVerified: true, name: 'Ada Lovelace' };

/** Another provider, which answers what the test tells it to; it replaces a stranger's server. */
function providerThat(domains: readonly string[] = ['example.com']) {
  const told: { answer: ProviderAnswer | Error; checks: ProviderChecks[] } = { answer: ADA, checks: [] };
  const provider: Provider = {
    ...{ id: 'work', name: 'Work', domains },
    start: async (redirectUri, { state }) => `https://idp.example/?redirect_uri=${redirectUri}&state=${state}`,
    finish: async (_callbackUrl, checks) => {
      told.checks.push(checks);
      if (told.answer instanceof Error) throw told.answer;
      return told.answer;
    },
  };
  return { provider, told };
}

async function open(settings: Parameters<typeof openHouse>[0] = {}, domains?: readonly string[]) {
  const { provider, told } = providerThat(domains);
  const house = await openHouse(settings, [provider]);
  const { providers } = house.keyhouse;
  const start = async (purpose: 'log-in' | 'proof' | 'link' = 'log-in', user: HouseUser | null = null) => {
    const started = await providers.start({ provider: 'work', purpose, user: user === null ? null : await userNow(house, user) });
    if (started === null || started === 'away') throw new Error('It did not start.');
    return started.step;
  };
  const finish = (step: string | null, given: Partial<Parameters<typeof providers.finish>[0]> = {}) =>
    providers.finish({ step, provider: 'work', callbackUrl: 'https://x', signIn: null, browser: null, by: OPERATOR, ...given });
  const enter = async () => {
    const ended = await finish(await start());
    return ended.ok ? (ended.purpose === 'log-in' ? ended.entered.next : ended.purpose) : ended.reason;
  };
  return { house, told, start, finish, enter, providers };
}

const signedIn = async (house: House, user: HouseUser) => ({
  id: (await signIn(house, user)).signIn.id,
  user: await userNow(house, user),
});

describe('signing in with another provider', () => {
  it('creates a user whose address it may vouch for, and finds them by their subject from then on', async () => {
    const { house, told, enter } = await open();
    expect(await enter()).toBe('done');
    const made = await house.keyhouse.users.findByEmail('ada@example.com');
    expect(made).toMatchObject({ displayName: 'Ada Lovelace', emailVerifiedAtMs: house.clock.now() });
    told.answer = { ...ADA, email: 'other@example.com' };
    expect(await enter()).toBe('done');
    expect(await house.keyhouse.users.findByEmail('other@example.com')).toBeNull();
    expect((await house.keyhouse.factors.list(made?.id ?? 0)).identities).toMatchObject([{ provider: 'work', subject: '42' }]);
  });

  it('takes an answer once, within ten minutes, at the provider where it began', async () => {
    const { house, start, finish } = await open();
    const once = await start();
    const outcomes = await Promise.all([finish(once), finish(once)]);
    expect(outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.reason)).sort()).toEqual(['ok', 'trip']);
    const [late, inTime] = [await start(), await start()];
    house.clock.atMs += 10 * MINUTE_MS - 1;
    expect((await finish(inTime)).ok).toBe(true);
    house.clock.atMs += 1;
    expect(await finish(late)).toEqual({ ok: false, reason: 'trip' });
    expect(await finish(await start(), { provider: 'home' })).toEqual({ ok: false, reason: 'trip' });
    for (const step of [null, '', 'nothing']) expect(await finish(step)).toEqual({ ok: false, reason: 'trip' });
  });

  it('tells whoever comes nothing of why a provider did not answer well; the log knows', async () => {
    const { house, told, enter } = await open();
    told.answer = new Error('The nonce is another.');
    expect(await enter()).toBe('provider');
    expect(house.logged.some((line) => line.startsWith('Another OpenID provider did not answer correctly.'))).toBe(true);
  });

  it('lets nobody in whose address is not proved, and closes where sign-up is closed', async () => {
    const { told, enter } = await open();
    told.answer = { ...ADA, emailVerified: false };
    expect(await enter()).toBe('unproved');
    told.answer = { ...ADA, email: null };
    expect(await enter()).toBe('unproved');
    expect(await (await open({ signup: 'closed' })).enter()).toBe('sign-up-closed');
    expect(await (await open({ signup: 'invite' })).enter()).toBe('sign-up-closed');
  });

  it('links a user who has verified the address here, tells them by mail, and shuts out a disabled one', async () => {
    const { house, enter } = await open();
    const user = await house.user('ada@example.com');
    expect(await enter()).toBe('done');
    expect(await mailsOf(house)).toEqual([{ kind: 'factor-changed', to: user.email }]);
    expect((await house.keyhouse.factors.list(user.id)).identities).toHaveLength(1);
    await house.keyhouse.users.disable({ userId: user.id, by: OPERATOR });
    expect(await enter()).toBe('shut-out');
  });

  it('is not believed about addresses of domains that the operator has not listed for it', async () => {
    const { house, enter } = await open({}, ['elsewhere.example']);
    await house.user('ada@example.com');
    expect(await enter()).toBe('unlisted');
    expect(await mailsOf(house)).toEqual([]);
  });
});

describe('the first proof of an address', () => {
  it('ends what was created before only once the person has seen and confirmed it', async () => {
    const { house, start, finish, providers } = await open();
    const user = await house.user('ada@example.com', { isVerified: false });
    const key = await house.key(user.accountId, { name: 'planted' });
    const before = await signIn(house, user);
    const ended = await finish(await start());
    if (!ended.ok || ended.purpose !== 'log-in' || ended.entered.next !== 'first-proof') throw new Error(JSON.stringify(ended));
    const { step } = ended.entered;
    expect(await verdictOf(house, key.text)).toBe('ok');
    expect(await providers.waitingFirstProof(step)).toMatchObject({
      email: user.email,
      provider: 'Work',
      ending: { keys: ['planted'] },
    });
    expect(await providers.signInWithFirstProof({ step: 'nothing', browser: null, by: OPERATOR })).toBeNull();
    const opened = await providers.signInWithFirstProof({ step, browser: null, by: OPERATOR });
    expect(opened?.signIn.userId).toBe(user.id);
    expect(await verdictOf(house, key.text)).toBe('revoked');
    expect(await house.keyhouse.signIns.find(before.secret)).toBeNull();
    expect(await userNow(house, user)).toMatchObject({ emailVerifiedAtMs: house.clock.now() });
    expect(await mailTo(house, user.email, 'factor-changed')).toContain('“planted”');
    expect(await providers.signInWithFirstProof({ step, browser: null, by: OPERATOR })).toBeNull();
  });

  it('waits for ten minutes, and is over when the address was verified in between', async () => {
    const { house, start, finish, providers } = await open();
    await house.user('ada@example.com', { isVerified: false });
    const ended = await finish(await start());
    if (!ended.ok || ended.purpose !== 'log-in' || ended.entered.next !== 'first-proof') throw new Error(JSON.stringify(ended));
    const { step } = ended.entered;
    house.clock.atMs += 10 * MINUTE_MS - 1;
    expect(await providers.waitingFirstProof(step)).not.toBeNull();
    house.clock.atMs += 1;
    expect(await providers.waitingFirstProof(step)).toBeNull();
    expect(await providers.signInWithFirstProof({ step, browser: null, by: OPERATOR })).toBeNull();
  });
});

describe('linking a provider, and proving with it', () => {
  it('links for the one who began it, once, and nobody else’s identity', async () => {
    const { house, start, finish } = await open();
    const [user, other] = [await house.user(), await house.user()];
    const [theirs, others] = [await signedIn(house, user), await signedIn(house, other)];
    expect(await finish(await start('link', user), { signIn: others })).toEqual({ ok: false, reason: 'trip' });
    expect(await finish(await start('link', user), { signIn: null })).toEqual({ ok: false, reason: 'trip' });
    expect(await finish(await start('link', user), { signIn: theirs, by: asUser(user) })).toEqual({ ok: true, purpose: 'link' });
    expect(await finish(await start('link', other), { signIn: others })).toEqual({ ok: false, reason: 'linked-elsewhere' });
    expect((await mailsOf(house)).filter(({ kind }) => kind === 'factor-changed')).toEqual([
      { kind: 'factor-changed', to: user.email },
    ]);
  });

  it('proves that it is still the same person, by a fresh sign-in there, and not somebody else', async () => {
    const { house, told, start, finish } = await open();
    const user = await house.user();
    const theirs = await signedIn(house, user);
    expect(await finish(await start('proof', user), { signIn: theirs })).toEqual({ ok: false, reason: 'other-person' });
    await finish(await start('link', user), { signIn: theirs, by: asUser(user) });
    house.clock.atMs += MINUTE_MS;
    expect(await finish(await start('proof', user), { signIn: theirs })).toEqual({ ok: true, purpose: 'proof' });
    expect(told.checks.map(({ fresh }) => fresh)).toEqual([true, false, true]);
    expect((await house.keyhouse.signIns.list(user.id)).signIns).toMatchObject([{ provedAtMs: house.clock.now() }]);
    told.answer = { ...ADA, subject: '43' };
    expect(await finish(await start('proof', user), { signIn: theirs })).toEqual({ ok: false, reason: 'other-person' });
  });
});

it('starts nowhere at a provider that does not exist', async () => {
  const { providers } = await open();
  expect(await providers.start({ provider: 'home', purpose: 'log-in', user: null })).toBeNull();
});
