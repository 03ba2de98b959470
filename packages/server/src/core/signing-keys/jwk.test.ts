import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { importVerificationJwk, importVerificationKeySet } from './jwk.ts';

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const good = { ...publicKey.export({ format: 'jwk' }), kid: 'a', alg: 'ES256' };

describe('taking a JWK for verifying', () => {
  it('takes a key that says nothing against it', () => {
    for (const more of [{}, { use: 'sig' }, { key_ops: ['verify'] }]) {
      expect(importVerificationJwk({ ...good, ...more })).toMatchObject({ ok: true, value: { kid: 'a', algorithm: 'ES256' } });
    }
  });

  it.each([
    { use: 'enc' },
    { key_ops: ['encrypt'] },
    { key_ops: [] },
    { key_ops: 'verify' },
    { alg: 'none' },
    { alg: 'toString' },
    { alg: 'RS256' },
  ])('refuses a key that says %j', (more) => {
    expect(importVerificationJwk({ ...good, ...more })).toEqual({ ok: false, reason: 'unfit' });
  });

  it.each([null, 'text', [], {}, { ...good, kid: 1 }, { ...good, x: good.y }])('refuses %j, which is no key', (jwk) => {
    expect(importVerificationJwk(jwk)).toEqual({ ok: false, reason: 'malformed' });
  });

  it('leaves the private half of a key behind', () => {
    const taken = importVerificationJwk({ ...privateKey.export({ format: 'jwk' }), kid: 'a', alg: 'ES256' });
    expect(taken.ok && taken.value.key.type).toBe('public');
  });

  it('refuses a set that names one kid twice, even for one key', () => {
    expect(importVerificationKeySet({ keys: [good, { ...good, kid: 'b' }] }).ok).toBe(true);
    expect(importVerificationKeySet({ keys: [good, good] })).toEqual({ ok: false, reason: 'unfit' });
    expect(importVerificationKeySet([good])).toEqual({ ok: false, reason: 'malformed' });
  });
});
