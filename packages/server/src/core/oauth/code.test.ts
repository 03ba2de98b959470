import { describe, expect, it } from 'vitest';
import { type House, OPERATOR, openHouse } from '../../../test/house.ts';
import { CALLBACK, clientOf, type HouseApplication, newApplication, newCode, signIn } from '../../../test/house-sessions.ts';
import { asUser } from '../../../test/house-things.ts';
import { MINUTE_MS } from '../lib/clock.ts';
import { sha256Hex } from '../lib/sha256.ts';
import { makeCode, redeemCode } from './code.ts';

async function granted(house: House) {
  const user = await house.user();
  const application = await newApplication(house, user.accountId);
  const opened = await signIn(house, user);
  return { user, application, opened, ...(await newCode(house, { user, application, opened, scope: 'invoices.read' })) };
}

async function redeem(
  house: House,
  application: HouseApplication,
  { code, verifier, redirectUri = CALLBACK }: { code: string; verifier: string; redirectUri?: string | null },
) {
  const ports = { ...house.keyhouse.sessions.ports, grants: house.store.grants };
  return await redeemCode(ports, await clientOf(house, application), { code, verifier, redirectUri }, OPERATOR);
}

describe('a code', () => {
  it('is random, says what it is, and is stored as a hash with what it is good for', async () => {
    const { text, hash } = makeCode();
    expect(text).toMatch(/^kh_code_[A-Za-z0-9_-]{44}$/);
    expect(hash).toBe(sha256Hex(text));
    expect(makeCode().text).not.toBe(text);
    const house = await openHouse();
    const { code, application, opened } = await granted(house);
    const stored = await house.store.grants.findCode(sha256Hex(code));
    expect(stored).toMatchObject({ sessionId: null, endsAtMs: house.clock.now() + MINUTE_MS });
    expect(stored?.data).toMatchObject({
      ...{ applicationId: application.id, redirectUri: CALLBACK, permissions: ['invoices.read'], signInId: opened.signIn.id },
    });
    expect(await house.store.grants.findCode(code)).toBeNull();
    expect(JSON.stringify(await house.store.audit.list({ limit: 100 }))).not.toContain(code);
  });

  it('is used up by nothing but a request that matches it', async () => {
    const house = await openHouse();
    const { application, code, verifier } = await granted(house);
    const other = await newApplication(house, (await house.user()).accountId);
    const invalid = { ok: false, reason: 'invalid_grant' };
    expect(await redeem(house, other, { code, verifier })).toEqual(invalid);
    expect(await redeem(house, application, { code, verifier: verifier.slice(1) })).toEqual(invalid);
    expect(await redeem(house, application, { code, verifier, redirectUri: null })).toEqual(invalid);
    expect(await redeem(house, application, { code, verifier, redirectUri: `${CALLBACK}/` })).toEqual(invalid);
    expect(await redeem(house, application, { code: 'kh_code_', verifier })).toEqual(invalid);
    const opened = await redeem(house, application, { code, verifier });
    if (!opened.ok) throw new Error(opened.reason);
    expect((await house.store.grants.findCode(sha256Hex(code)))?.sessionId).toBe(opened.value.sessionState.session.id);
  });

  it('buys nothing once its grant, its application or its user has ended', async () => {
    const house = await openHouse();
    const { keyhouse } = house;
    const [ofGrant, ofApplication, ofUser] = [await granted(house), await granted(house), await granted(house)];
    const [connected] = await keyhouse.oauth.listConnected(ofGrant.user.id);
    await keyhouse.oauth.endGrant({ id: connected?.id ?? 0, userId: ofGrant.user.id }, asUser(ofGrant.user));
    const clients = new Map<object, Awaited<ReturnType<typeof clientOf>>>();
    for (const about of [ofGrant, ofApplication, ofUser]) clients.set(about, await clientOf(house, about.application));
    await keyhouse.applications.delete(ofApplication.application, OPERATOR);
    await keyhouse.users.disable({ userId: ofUser.user.id, by: OPERATOR });
    for (const about of [ofGrant, ofApplication, ofUser]) {
      const client = clients.get(about);
      if (client === undefined) throw new Error('There is no client.');
      const ports = { ...keyhouse.sessions.ports, grants: house.store.grants };
      const outcome = await redeemCode(ports, client, { ...about, redirectUri: CALLBACK }, OPERATOR);
      expect(outcome).toEqual({ ok: false, reason: 'invalid_grant' });
    }
    expect((await house.events()).includes('session.opened')).toBe(false);
  });
});
