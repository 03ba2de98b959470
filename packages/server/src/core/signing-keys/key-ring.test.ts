import { expect, it } from 'vitest';
import { memoryKeys, SECRET } from '../jwts/test-helper.ts';
import { keepKeyRing } from './key-ring.ts';
import { makeSigningKey } from './signing-key.ts';

const make = (state: 'current' | 'next', algorithm: 'ES256' | 'RS256' = 'ES256') =>
  makeSigningKey({ algorithm, secret: SECRET, state, nowMs: 0 });

it('keeps signing with what it has when the stored keys cannot be read again, and takes them once they can', async () => {
  const signingKeys = memoryKeys();
  const [first, second] = [await make('current'), await make('current')];
  signingKeys.rows = [first];
  const ring = await keepKeyRing({ signingKeys }, [SECRET]);
  for (const rows of [[], [{ ...first, publicJwk: second.publicJwk }]]) {
    signingKeys.rows = rows;
    await expect(ring.reload()).rejects.toThrow('cannot be opened');
    expect(ring.keys().current.kid).toBe(first.kid);
    expect(ring.publicKeySet().keys.map(({ kid }) => kid)).toEqual([first.kid]);
  }
  signingKeys.rows = [{ ...first, state: 'retired' }, second];
  await ring.reload();
  expect(ring.keys().current.kid).toBe(second.kid);
  expect([...ring.keys().byKid.keys()].sort()).toEqual([first.kid, second.kid].sort());
});

it('signs access tokens with the algorithm of the settings, and publishes that key first', async () => {
  const signingKeys = memoryKeys();
  signingKeys.rows = [await make('current'), await make('current', 'RS256')];
  const ring = await keepKeyRing({ signingKeys }, [SECRET], 'RS256');
  expect(ring.keys().current.algorithm).toBe('RS256');
  expect([...ring.keys().signing.keys()].sort()).toEqual(['ES256', 'RS256']);
  expect(ring.publicKeySet().keys.map(({ alg }) => alg)).toEqual(['RS256', 'ES256']);
});
