import { Secret, TOTP } from 'otpauth';
import { describe, expect, it } from 'vitest';
import { createAuthenticator } from '../../../test/authenticator.ts';
import { type House, ISSUER, openHouse, SECRET } from '../../../test/house.ts';
import { asUser, type HouseUser, mailsOf, userNow } from '../../../test/house-things.ts';
import { useCode } from './codes.ts';

const codeAt = (base32: string, atMs: number): string =>
  new TOTP({ secret: Secret.fromBase32(base32), digits: 6, period: 30 }).generate({ timestamp: atMs });

/** The verbs of one user, each time as the user is then. */
function factorsOf(house: House, user: HouseUser) {
  const { factors } = house.keyhouse;
  const by = asUser(user);
  const now = () => userNow(house, user);
  return {
    begin: async () => await factors.beginTotp(await now(), by),
    confirm: async (code: string) => await factors.confirmTotp(await now(), code, by),
    removeTotp: async () => await factors.removeTotp(await now(), by),
    turnOn: async () => await factors.turnTwoStepOn(await now(), by),
    turnOff: async () => await factors.turnTwoStepOff(await now(), by),
    newCodes: async () => await factors.createRecoveryCodes(await now(), by),
    isOn: async () => (await now()).twoStepSinceMs !== null,
    use: (code: string) =>
      useCode({ factors: house.store.factors, secrets: [SECRET], clock: house.clock }, { userId: user.id, code, by }),
    addPasskey: async (name = 'phone', authenticator = createAuthenticator(ISSUER)) => {
      const options = await factors.newPasskeyOptions(await now());
      return await factors.addPasskey(await now(), name, authenticator.register(options), by);
    },
    removePasskey: async (id: string) => await factors.removePasskey(await now(), id, by),
    renamePasskey: async (id: string, name: string) => await factors.renamePasskey(await now(), id, name, by),
  };
}

async function withTotp(house: House, user: HouseUser) {
  const verbs = factorsOf(house, user);
  const begun = await verbs.begin();
  if (begun === null) throw new Error('One is in force.');
  const codes = await verbs.confirm(codeAt(begun.secret, house.clock.now()));
  if (codes === null) throw new Error('The code does not fit.');
  return { ...verbs, secret: begun.secret, codes };
}

describe('an authenticator app', () => {
  it('turns two-step verification on with its first code, and gives ten recovery codes once', async () => {
    const house = await openHouse();
    const user = await house.user();
    const verbs = factorsOf(house, user);
    const begun = await verbs.begin();
    expect(await verbs.isOn()).toBe(false);
    const code = codeAt(begun?.secret ?? '', house.clock.now());
    expect(await verbs.confirm(code === '000000' ? '000001' : '000000')).toBeNull();
    const codes = await verbs.confirm(`${code.slice(0, 3)} ${code.slice(3)}`);
    expect(codes).toHaveLength(10);
    expect(new Set(codes).size).toBe(10);
    for (const each of codes ?? []) expect(each).toMatch(/^([a-hj-km-np-z2-9]{4}-){3}[a-hj-km-np-z2-9]{4}$/);
    expect(await verbs.isOn()).toBe(true);
    expect(await verbs.confirm(code)).toBeNull();
    expect(await verbs.begin()).toBeNull();
    expect(await house.events(user.accountId)).toEqual(['user.two_step_on', 'user.totp_on', 'user.created']);
    expect(await mailsOf(house)).toEqual([{ kind: 'factor-changed', to: user.email }]);
  });

  it('gives a code that works once, within half a minute of its own, and never an older one after it', async () => {
    const house = await openHouse();
    const { secret, use } = await withTotp(house, await house.user());
    const at = house.clock.now();
    expect(await use(codeAt(secret, at))).toBeNull();
    house.clock.atMs = at + 5 * 30_000;
    expect(await use(codeAt(secret, house.clock.now() - 60_000))).toBeNull();
    expect(await use(codeAt(secret, house.clock.now() + 60_000))).toBeNull();
    expect(await use(codeAt(secret, house.clock.now() + 30_000))).toBe('totp');
    expect(await use(codeAt(secret, house.clock.now()))).toBeNull();
    house.clock.atMs += 60_000;
    const next = codeAt(secret, house.clock.now());
    expect((await Promise.all([use(next), use(next)])).filter((method) => method !== null)).toEqual(['totp']);
  });

  it('ends two-step verification and the recovery codes when it was the last second factor', async () => {
    const house = await openHouse();
    const user = await house.user();
    const { codes, removeTotp, isOn, use } = await withTotp(house, user);
    expect(await removeTotp()).toBe(true);
    expect(await removeTotp()).toBe(false);
    expect(await isOn()).toBe(false);
    expect(await use(codes[0] ?? '')).toBeNull();
    expect((await house.events(user.accountId)).slice(0, 2).sort()).toEqual(['user.totp_off', 'user.two_step_off']);
  });

  it('leaves two-step verification on while a passkey is there, and adds to it without new codes', async () => {
    const house = await openHouse();
    const user = await house.user();
    const { codes, removeTotp, isOn, use, addPasskey, begin, confirm } = await withTotp(house, user);
    await addPasskey();
    await removeTotp();
    expect(await isOn()).toBe(true);
    const begun = await begin();
    expect(await confirm(codeAt(begun?.secret ?? '', house.clock.now()))).toEqual([]);
    expect(await use(codes[0] ?? '')).toBe('recovery-code');
  });
});

describe('recovery codes', () => {
  it('work once each, however they are typed, and for their own user alone', async () => {
    const house = await openHouse();
    const [user, other] = [await house.user(), await house.user()];
    const { codes, use } = await withTotp(house, user);
    const [first = '', second = ''] = codes;
    const { use: useOfOther } = await withTotp(house, other);
    expect(await useOfOther(first)).toBeNull();
    expect(await use(first.toUpperCase().replaceAll('-', ' '))).toBe('recovery-code');
    expect(await use(first)).toBeNull();
    expect((await Promise.all([use(second), use(second)])).filter((method) => method !== null)).toEqual(['recovery-code']);
    const used = await house.store.audit.list({ userId: user.id, event: 'user.recovery_code_used', limit: 10 });
    expect(used).toHaveLength(2);
  });

  it('are replaced by new ones, and exist only while two-step verification is on', async () => {
    const house = await openHouse();
    const user = await house.user();
    expect(await factorsOf(house, user).newCodes()).toBeNull();
    const { codes, newCodes, use } = await withTotp(house, user);
    const fresh = await newCodes();
    expect(fresh).toHaveLength(10);
    expect(await use(codes[0] ?? '')).toBeNull();
    expect(await use(fresh?.[0] ?? '')).toBe('recovery-code');
    expect((await house.keyhouse.factors.list(user.id)).recoveryCodes).toBe(9);
  });
});

describe('passkeys', () => {
  it('are added with a name, told by mail, renamed and removed, and none of it by another user', async () => {
    const house = await openHouse();
    const [user, other] = [await house.user(), await house.user()];
    const { addPasskey, removePasskey, renamePasskey } = factorsOf(house, user);
    const added = await addPasskey('phone');
    if (added === null || added === 'too_many') throw new Error('It was not added.');
    expect(added).toMatchObject({ userId: user.id, name: 'phone', createdAtMs: house.clock.now(), lastUsedAtMs: null });
    expect(await factorsOf(house, other).renamePasskey(added.id, 'mine')).toBe(false);
    expect(await factorsOf(house, other).removePasskey(added.id)).toBe('gone');
    expect(await renamePasskey(added.id, 'key ring')).toBe(true);
    expect((await house.keyhouse.factors.list(user.id)).passkeys).toMatchObject([{ id: added.id, name: 'key ring' }]);
    expect(await removePasskey(added.id)).toBe('done');
    expect(await removePasskey(added.id)).toBe('gone');
    expect(await house.events(user.accountId)).toEqual([
      ...['user.passkey_removed', 'user.passkey_renamed', 'user.passkey_added', 'user.created'],
    ]);
    expect(await mailsOf(house)).toEqual([
      { kind: 'factor-changed', to: user.email },
      { kind: 'factor-changed', to: user.email },
    ]);
  });

  it('take a challenge once, for five minutes, of the user who asked', async () => {
    const house = await openHouse();
    const { factors } = house.keyhouse;
    const [user, other] = [await house.user(), await house.user()];
    const authenticator = createAuthenticator(ISSUER);
    const options = await factors.newPasskeyOptions(await userNow(house, user));
    const answer = authenticator.register(options);
    expect(await factors.addPasskey(await userNow(house, other), 'phone', answer, asUser(other))).toBeNull();
    house.clock.atMs += 5 * 60_000;
    expect(await factors.addPasskey(await userNow(house, user), 'phone', answer, asUser(user))).toBeNull();
    const late = await factors.newPasskeyOptions(await userNow(house, user));
    house.clock.atMs += 5 * 60_000 - 1;
    const inTime = authenticator.register(late);
    expect(await factors.addPasskey(await userNow(house, user), 'phone', inTime, asUser(user))).not.toBeNull();
    expect(await factors.addPasskey(await userNow(house, user), 'phone', inTime, asUser(user))).toBeNull();
  });

  it('turn two-step verification on when they are asked to, and off it is on demand alone', async () => {
    const house = await openHouse();
    const user = await house.user();
    const { turnOn, turnOff, addPasskey, isOn } = factorsOf(house, user);
    expect(await turnOn()).toEqual({ ok: false, reason: 'no_factor' });
    await addPasskey();
    expect(await isOn()).toBe(false);
    const turned = await turnOn();
    expect(turned.ok && turned.value.length).toBe(10);
    expect(await turnOn()).toEqual({ ok: false, reason: 'already' });
    expect(await turnOff()).toBe(true);
    expect(await turnOff()).toBe(false);
    const left = await house.keyhouse.factors.list(user.id);
    expect({ passkeys: left.passkeys.length, codes: left.recoveryCodes, totp: left.totp }).toEqual({
      ...{ passkeys: 1, codes: 0, totp: null },
    });
  });
});
