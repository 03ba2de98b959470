import { describe, expect, it } from 'vitest';
import { BY, handClock, memoryKeys, OTHER_SECRET, SECRET } from '../jwts/test-helper.ts';
import { DAY_MS } from '../lib/clock.ts';
import type { MasterSecret } from '../lib/master-secret.ts';
import { checkMasterSecret, rotateMasterSecret } from './master-secret.ts';
import { ensureSigningKeys, type RotatePorts, rotateIfDue, rotateSigningKeys } from './rotate.ts';
import { makeSigningKey, openSigningKeys } from './signing-key.ts';

const openKeys = async (secrets: readonly MasterSecret[] = [SECRET]) => {
  const clock = handClock();
  const keys = memoryKeys();
  keys.check = SECRET.check;
  const ports: RotatePorts = {
    signingKeys: keys,
    masterSecret: keys,
    secrets,
    clock,
    unrecordedJwtSeconds: 0,
  };
  const kidOf = (state: string, algorithm = 'ES256') =>
    keys.rows.find((row) => row.state === state && row.algorithm === algorithm)?.kid;
  return { clock, keys, ports, kidOf };
};

describe('signing keys', () => {
  it('are made at the first start, for each algorithm one to sign and one to come, and never again', async () => {
    const { keys, ports } = await openKeys();
    expect(await ensureSigningKeys(ports, BY)).toEqual({ ok: true, value: 'made' });
    expect(await ensureSigningKeys(ports, BY)).toEqual({ ok: true, value: 'present' });
    expect(keys.rows.map(({ algorithm, state }) => [algorithm, state])).toEqual([
      ['ES256', 'current'],
      ['ES256', 'next'],
      ['RS256', 'current'],
      ['RS256', 'next'],
    ]);
    const moduli = keys.rows.flatMap(({ publicJwk }) => JSON.parse(publicJwk).n ?? []);
    expect(moduli.map((n) => Buffer.from(n, 'base64url').length)).toEqual([256, 256]);
  });

  it('stay one pair when several servers start at once', async () => {
    const { keys, ports } = await openKeys();
    await Promise.all([ensureSigningKeys(ports, BY), ensureSigningKeys(ports, BY)]);
    expect(keys.rows).toHaveLength(4);
  });

  it('do not hand over before every verifier can know the next one', async () => {
    const { keys, ports, clock } = await openKeys();
    await ensureSigningKeys(ports, BY);
    clock.atMs += 100_500;
    const before = structuredClone(keys.rows);
    expect(await rotateSigningKeys(ports, { emergency: false, by: BY })).toEqual({
      ok: false,
      reason: 'too_early',
      waitSeconds: 200,
    });
    expect(keys.rows).toEqual(before);
    expect((await rotateSigningKeys(ports, { emergency: true, by: BY })).ok).toBe(true);
  });

  it('hand over to the one that waited, which was published all along', async () => {
    const { keys, ports, clock, kidOf } = await openKeys();
    await ensureSigningKeys(ports, BY);
    clock.atMs += 300_000;
    const [current, next] = [kidOf('current'), kidOf('next')];
    const rsa = [kidOf('current', 'RS256'), kidOf('next', 'RS256')];
    const rotated = await rotateSigningKeys(ports, { emergency: false, by: BY });
    expect(rotated).toEqual({
      ok: true,
      value: [
        { algorithm: 'ES256', retiredKid: current, currentKid: next, nextKid: kidOf('next') },
        { algorithm: 'RS256', retiredKid: rsa[0], currentKid: rsa[1], nextKid: kidOf('next', 'RS256') },
      ],
    });
    expect([kidOf('retired'), kidOf('current')]).toEqual([current, next]);
    const ring = await openSigningKeys(keys.rows, [SECRET]);
    expect(ring.ok && ring.value.byKid.size).toBe(6);
    expect(ring.ok && ring.value.current.kid).toBe(next);
    const other = await openSigningKeys(keys.rows, [SECRET], 'RS256');
    expect(other.ok && other.value.current.kid).toBe(rsa[1]);
  });

  it('rotate once when two servers try at the same moment', async () => {
    const { keys, ports, clock } = await openKeys();
    await ensureSigningKeys(ports, BY);
    clock.atMs += 300_000;
    const input = { emergency: false, by: BY };
    const both = await Promise.all([rotateSigningKeys(ports, input), rotateSigningKeys(ports, input)]);
    expect(both.filter(({ ok }) => ok)).toHaveLength(1);
    expect(keys.rows).toHaveLength(6);
  });

  it('rotate by age after 90 days, not before', async () => {
    const { ports, clock } = await openKeys();
    await ensureSigningKeys(ports, BY);
    clock.atMs += 90 * DAY_MS - 1;
    expect(await rotateIfDue(ports, BY)).toEqual({ ok: false, reason: 'not_due' });
    clock.atMs += 1;
    expect((await rotateIfDue(ports, BY)).ok).toBe(true);
    expect(await rotateIfDue(ports, BY)).toEqual({ ok: false, reason: 'not_due' });
  });

  it('that lack an algorithm get it at the next start; one that waited where nothing signed signs then', async () => {
    const { keys, ports, clock } = await openKeys();
    const make = (algorithm: 'ES256' | 'RS256', state: 'current' | 'next') =>
      makeSigningKey({ algorithm, state, secret: SECRET, nowMs: clock.now() });
    keys.rows = [await make('ES256', 'current'), await make('RS256', 'next')];
    const [signed, waited] = keys.rows.map(({ kid }) => kid);
    expect(await ensureSigningKeys(ports, BY)).toEqual({ ok: true, value: 'made' });
    expect(keys.rows.map(({ algorithm, state, kid }) => [algorithm, state, [signed, waited].includes(kid)])).toEqual([
      ['ES256', 'current', true],
      ['RS256', 'current', true],
      ['ES256', 'next', false],
      ['RS256', 'next', false],
    ]);
  });

  it('rotate each by its own age', async () => {
    const { keys, ports, clock } = await openKeys();
    await ensureSigningKeys(ports, BY);
    keys.rows = keys.rows.map((row) => (row.algorithm === 'RS256' ? { ...row, signingSinceMs: clock.now() + DAY_MS } : row));
    clock.atMs += 90 * DAY_MS;
    const rotated = await rotateIfDue(ports, BY);
    expect(rotated.ok && rotated.value.map(({ algorithm }) => algorithm)).toEqual(['ES256']);
    clock.atMs += DAY_MS;
    const later = await rotateIfDue(ports, BY);
    expect(later.ok && later.value.map(({ algorithm }) => algorithm)).toEqual(['RS256']);
  });

  it('are neither made nor rotated under a master secret that does not stand', async () => {
    const { ports } = await openKeys([OTHER_SECRET]);
    expect(await ensureSigningKeys(ports, BY)).toEqual({ ok: false, reason: 'wrong_secret' });
    expect(await rotateSigningKeys(ports, { emergency: true, by: BY })).toEqual({ ok: false, reason: 'no_signing_keys' });
  });
});

describe('the master secret', () => {
  it('is remembered by its check value at the first start, and a wrong one is refused ever after', async () => {
    const { keys } = await openKeys();
    keys.check = null;
    const ports = { masterSecret: keys };
    expect(await checkMasterSecret(ports, SECRET, null)).toEqual({ ok: true, value: 'first' });
    expect(await checkMasterSecret(ports, SECRET, null)).toEqual({ ok: true, value: 'current' });
    expect(await checkMasterSecret(ports, OTHER_SECRET, null)).toEqual({ ok: false, reason: 'wrong_secret' });
    expect(await checkMasterSecret(ports, OTHER_SECRET, SECRET)).toEqual({ ok: true, value: 'previous' });
  });

  it('is replaced without losing a key, and may be replaced again', async () => {
    const { keys, ports, clock } = await openKeys();
    await ensureSigningKeys(ports, BY);
    const input = { from: SECRET, to: OTHER_SECRET, by: BY };
    expect(await rotateMasterSecret({ signingKeys: keys, masterSecret: keys, clock }, input)).toEqual({ ok: true, value: 4 });
    expect(keys.check).toBe(OTHER_SECRET.check);
    expect((await openSigningKeys(keys.rows, [OTHER_SECRET])).ok).toBe(true);
    expect((await openSigningKeys(keys.rows, [SECRET])).ok).toBe(false);
    expect(await rotateMasterSecret({ signingKeys: keys, masterSecret: keys, clock }, input)).toEqual({ ok: true, value: 0 });
  });

  it('also takes along a key that another server sealed under the old one meanwhile', async () => {
    const { keys, ports, clock } = await openKeys();
    await ensureSigningKeys(ports, BY);
    clock.atMs += 300_000;
    let isFirst = true;
    const reseal: typeof keys.reseal = async (input) => {
      if (isFirst) await rotateSigningKeys(ports, { emergency: false, by: BY });
      isFirst = false;
      return keys.reseal(input);
    };
    const racing = { signingKeys: keys, masterSecret: { ...keys, secretCheck: () => keys.secretCheck(), reseal }, clock };
    expect(await rotateMasterSecret(racing, { from: SECRET, to: OTHER_SECRET, by: BY })).toEqual({ ok: true, value: 6 });
    expect((await openSigningKeys(keys.rows, [OTHER_SECRET])).ok).toBe(true);
  });

  it('is not replaced by somebody who does not have it', async () => {
    const { keys, ports, clock } = await openKeys();
    await ensureSigningKeys(ports, BY);
    const wrong = { from: OTHER_SECRET, to: OTHER_SECRET, by: BY };
    expect(await rotateMasterSecret({ signingKeys: keys, masterSecret: keys, clock }, wrong)).toEqual({
      ok: false,
      reason: 'wrong_secret',
    });
    expect(keys.check).toBe(SECRET.check);
  });
});
