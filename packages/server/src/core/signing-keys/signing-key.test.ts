import { describe, expect, it } from 'vitest';
import { memoryKeys, OTHER_SECRET, SECRET } from '../jwts/test-helper.ts';
import { open, seal } from '../lib/seal.ts';
import { publicKeySet } from './jwks.ts';
import { keepKeyRing } from './key-ring.ts';
import { makeSigningKey, openSigningKeys } from './signing-key.ts';
import type { StoredSigningKey } from './stored-key.ts';

const make = (state: 'current' | 'next', nowMs = 0, algorithm: 'ES256' | 'RS256' = 'ES256'): Promise<StoredSigningKey> =>
  makeSigningKey({ algorithm, secret: SECRET, state, nowMs });

describe('a signing key at rest', () => {
  it.each(['ES256', 'RS256'] as const)('holds nothing private in the clear (%s)', async (algorithm) => {
    const stored = await make('current', 0, algorithm);
    const jwk = JSON.parse(stored.publicJwk);
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(jwk).not.toHaveProperty(member);
    expect(stored.sealedPrivateKey).toMatch(/^v1\.[A-Za-z0-9_-]+$/);
    expect(stored.kid).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it('opens under the current and under the previous master secret, and under no other', async () => {
    const stored = await make('current');
    expect((await openSigningKeys([stored], [SECRET])).ok).toBe(true);
    expect((await openSigningKeys([stored], [OTHER_SECRET, SECRET])).ok).toBe(true);
    expect(await openSigningKeys([stored], [OTHER_SECRET])).toEqual({ ok: false, reason: 'refused' });
  });

  it('is refused when its row was swapped with parts of another', async () => {
    const [one, two] = [await make('current'), await make('next')];
    expect(await openSigningKeys([{ ...one, sealedPrivateKey: two.sealedPrivateKey }], [SECRET])).toMatchObject({
      reason: 'refused',
    });
    expect(await openSigningKeys([{ ...one, publicJwk: two.publicJwk }], [SECRET])).toMatchObject({ reason: 'malformed' });
    expect(await openSigningKeys([{ ...one, algorithm: 'RS256' }], [SECRET])).toMatchObject({ reason: 'malformed' });
    expect(await openSigningKeys([two], [SECRET])).toMatchObject({ reason: 'no_current_key' });
    const otherHalf = open([SECRET], `signing-key:${two.kid}`, two.sealedPrivateKey);
    if (!otherHalf.ok) throw new Error(otherHalf.reason);
    const sealedPrivateKey = seal(SECRET, `signing-key:${one.kid}`, otherHalf.value);
    expect(await openSigningKeys([{ ...one, sealedPrivateKey }], [SECRET])).toMatchObject({ reason: 'malformed' });
  });
});

describe('the published set', () => {
  it('shows the signing key first, the next one too, and never a private member', async () => {
    const current = await make('current', 5);
    const next = await make('next', 5, 'RS256');
    const retired: StoredSigningKey = { ...(await make('current', 1)), state: 'retired' };
    const { keys } = publicKeySet([retired, next, current]);
    expect(keys.map(({ kid }) => kid)).toEqual([current.kid, next.kid, retired.kid]);
    expect(Object.keys(keys[0] ?? {})).toEqual(['kty', 'kid', 'use', 'alg', 'crv', 'x', 'y']);
    expect(Object.keys(keys[1] ?? {})).toEqual(['kty', 'kid', 'use', 'alg', 'n', 'e']);
    expect(publicKeySet([current, retired, next])).toEqual({ keys });
  });

  it('publishes no private member even when one was stored among the public ones', async () => {
    const stored = await make('current');
    const { keys } = publicKeySet([{ ...stored, publicJwk: JSON.stringify({ ...JSON.parse(stored.publicJwk), d: 'leak' }) }]);
    expect(JSON.stringify(keys)).not.toContain('leak');
  });
});

describe('the key ring', () => {
  it('knows a new key after a reload', async () => {
    const signingKeys = memoryKeys();
    signingKeys.rows = [await make('current')];
    const ring = await keepKeyRing({ signingKeys }, [SECRET]);
    const next = await make('next');
    signingKeys.rows.push(next);
    expect(ring.keys().byKid.has(next.kid)).toBe(false);
    await ring.reload();
    expect(ring.keys().byKid.has(next.kid)).toBe(true);
    expect(ring.publicKeySet().keys).toHaveLength(2);
  });

  it('refuses to start without a key or with a wrong master secret', async () => {
    const signingKeys = memoryKeys();
    await expect(keepKeyRing({ signingKeys }, [SECRET])).rejects.toThrow('no_current_key');
    signingKeys.rows = [await make('current')];
    await expect(keepKeyRing({ signingKeys }, [OTHER_SECRET])).rejects.toThrow('refused');
  });
});
