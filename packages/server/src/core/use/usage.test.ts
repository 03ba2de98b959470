import { parseCredential } from '@keyhouse/protocol';
import { describe, expect, it } from 'vitest';
import { type House, openHouse } from '../../../test/house.ts';
import { hashSecret } from '../credentials/verify.ts';
import { DAY_MS } from '../lib/clock.ts';
import type { ReportedRefusal, ReportedUse, UsageReport } from './usage.ts';

async function guarding(house: House) {
  const { accountId } = await house.user();
  const [guardKey, key] = [await house.key(accountId), await house.key(accountId, { permissions: ['a.read'] })];
  const verdict = await house.keyhouse.verify(parseCredential(guardKey.text), { address: null, userAgent: null });
  if (!verdict.ok || verdict.caller.kind !== 'key') throw new Error('The guard has no key.');
  const guard = verdict.caller;
  const report = async (given: Partial<UsageReport>) => {
    await house.keyhouse.use.report(guard, { batch: crypto.randomUUID(), uses: [], refusals: [], counts: [], ...given });
    await house.keyhouse.flush();
    await house.keyhouse.audit.refusals.flush({ end: true });
  };
  const use = (given: Partial<ReportedUse> = {}): ReportedUse => ({
    ...{ subject: { kind: 'key', credentialId: key.id }, permissions: ['a.read'], status: 200, count: 3 },
    ...{ lastUsedAtMs: house.clock.now(), address: '203.0.113.7', userAgent: 'curl', ...given },
  });
  const refusal = (given: Partial<ReportedRefusal> = {}): ReportedRefusal => ({
    ...{
      requestId: crypto.randomUUID(),
      atMs: house.clock.now(),
      reason: 'forbidden',
      subject: { kind: 'key', credentialId: key.id },
    },
    ...{
      presented: null,
      method: 'GET',
      path: '/b',
      wanted: ['b.read'],
      held: null,
      address: '203.0.113.7',
      userAgent: null,
      ...given,
    },
  });
  const used = async () => (await house.keyhouse.credentials.get('key', key.id))?.use;
  const refused = async () => (await house.store.audit.list({ event: 'request.refused', limit: 10 }))[0];
  return { accountId, guard, key, report, use, refusal, used, refused };
}

describe('uses that a guard reports', () => {
  it('count on the credential and on its permission, once for each batch', async () => {
    const house = await openHouse();
    const { key, report, use, used } = await guarding(house);
    await report({ batch: 'one', uses: [use(), use({ count: 2 })] });
    await report({ batch: 'one', uses: [use()] });
    expect(await used()).toMatchObject({
      requests: 5,
      lastUsedAtMs: house.clock.now(),
      lastAddress: '203.0.113.7',
      lastUserAgent: 'curl',
    });
    await report({ batch: 'two', uses: [use()] });
    expect((await used())?.requests).toBe(8);
    const credential = await house.keyhouse.credentials.get('key', key.id);
    const least = credential === null ? null : (await house.keyhouse.use.leastPrivilegeOf([credential])).get(key.id);
    expect(least?.permissions).toMatchObject([{ name: 'a.read', requests30Days: 8 }]);
  });

  it('are not believed of another kind, nor of what does not exist, and create nothing', async () => {
    const house = await openHouse();
    const { key, report, use, used } = await guarding(house);
    const subjects = [
      { kind: 'token', credentialId: key.id },
      { kind: 'key', credentialId: 999 },
    ] as const;
    await report({ uses: subjects.map((subject) => use({ subject })) });
    await report({ uses: [use({ subject: { kind: 'session', clientId: 'app_x', sessionId: 'nothing' } })] });
    expect((await used())?.requests).toBe(0);
    expect(await house.keyhouse.credentials.get('key', 999)).toBeNull();
  });

  it('lie neither in the future, nor more than a day back, nor before the credential', async () => {
    const house = await openHouse();
    const { report, use, used } = await guarding(house);
    const createdAtMs = house.clock.now();
    await report({ uses: [use({ lastUsedAtMs: createdAtMs - 1000 })] });
    expect((await used())?.lastUsedAtMs).toBe(createdAtMs);
    house.clock.atMs += 3 * DAY_MS;
    await report({ uses: [use({ lastUsedAtMs: createdAtMs })] });
    expect((await used())?.lastUsedAtMs).toBe(createdAtMs + 2 * DAY_MS);
    await report({ uses: [use({ lastUsedAtMs: house.clock.now() + DAY_MS })] });
    expect((await used())?.lastUsedAtMs).toBe(house.clock.now());
  });
});

describe('refusals that a guard reports', () => {
  it('are on record under the account that the server knows, with what was lacking and which guard judged', async () => {
    const house = await openHouse();
    const { accountId, guard, key, report, refusal, refused } = await guarding(house);
    await report({ refusals: [refusal({ path: '/b?secret=1' })] });
    const event = await refused();
    expect(event).toMatchObject({ reason: 'forbidden', actor: `key:${key.id}`, accountId, credentialId: key.id });
    expect(event?.person).toEqual({ address: '203.0.113.7', path: '/b' });
    expect(JSON.parse(event?.details ?? '')).toMatchObject({
      ...{ lacking: 'b.read', wanted: ['b.read'], held: ['a.read'], judgedBy: 'guard', guardKey: guard.credentialId },
    });
  });

  it('get the true reason where the guard was told only that it does not hold', async () => {
    const house = await openHouse();
    const { accountId, key, report, refusal, refused } = await guarding(house);
    await house.keyhouse.credentials.revoke(
      { kind: 'key', id: key.id, accountId },
      { actor: 'operator', requestId: null, person: {} },
    );
    const presented = { kind: 'key', hash: hashSecret(key.text) } as const;
    await report({ refusals: [refusal({ reason: 'inactive', subject: null, presented })] });
    expect(await refused()).toMatchObject({ reason: 'revoked', credentialId: key.id, accountId });
  });

  it('of nobody known are a stranger’s, with no account and no guess at one', async () => {
    const house = await openHouse();
    const { report, refusal, refused } = await guarding(house);
    await report({ refusals: [refusal({ reason: 'missing', subject: null })] });
    expect(await refused()).toMatchObject({ reason: 'missing', actor: 'anonymous', accountId: null, credentialId: null });
  });
});
