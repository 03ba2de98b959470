import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { importClientKey, readClientKeys } from './client-keys.ts';

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed = generateKeyPairSync('ed25519');
const jwkOf = (key: KeyObject, more: Record<string, unknown>) => ({ ...key.export({ format: 'jwk' }), ...more });
const sentence = (...keys: unknown[]) => {
  const read = readClientKeys({ keys });
  return read.ok ? null : read.sentence;
};

describe('the public keys of an application', () => {
  it.each([
    ['ES256', ec.publicKey],
    ['RS256', rsa.publicKey],
    ['PS256', rsa.publicKey],
    ['EdDSA', ed.publicKey],
  ])('may be for %s', (alg, key) => {
    const jwk = jwkOf(key, { alg, kid: 'one', use: 'sig' });
    expect(readClientKeys({ keys: [jwk] })).toEqual({ ok: true, value: { keys: [jwk] } });
    expect(importClientKey(jwk)).toMatchObject({ ok: true, value: { kid: 'one', algorithm: alg } });
  });

  it('are kept without whatever else stood beside them', () => {
    const jwk = jwkOf(ec.publicKey, { alg: 'ES256', kid: 'one' });
    const read = readClientKeys({ keys: [{ ...jwk, x5u: 'https://evil.example', key_ops: ['verify'] }] });
    expect(read).toEqual({ ok: true, value: { keys: [jwk] } });
  });

  it.each([
    ['EC', jwkOf(ec.privateKey, { alg: 'ES256', kid: 'one' })],
    ['RSA', jwkOf(rsa.privateKey, { alg: 'RS256', kid: 'one' })],
    ['Ed25519', jwkOf(ed.privateKey, { alg: 'EdDSA', kid: 'one' })],
    ['a shared secret', { kty: 'oct', k: 'c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0', alg: 'HS256', kid: 'one' }],
  ])('are refused when they are private, and the sentence does not repeat them: %s', (_, jwk) => {
    expect(sentence(jwk)).toMatch(/private key or a shared secret/);
    expect(sentence(jwk)).not.toContain(String((jwk as { d?: string; k?: string }).d ?? (jwk as { k?: string }).k));
  });

  it.each<[string, unknown[]]>([
    ['none', []],
    ['more than five', Array.from({ length: 6 }, (_, at) => jwkOf(ec.publicKey, { alg: 'ES256', kid: String(at) }))],
    ['no kid', [jwkOf(ec.publicKey, { alg: 'ES256' })]],
    ['an empty kid', [jwkOf(ec.publicKey, { alg: 'ES256', kid: '' })]],
    ['one kid twice', [jwkOf(ec.publicKey, { alg: 'ES256', kid: 'a' }), jwkOf(ed.publicKey, { alg: 'EdDSA', kid: 'a' })]],
    ['no algorithm', [jwkOf(ec.publicKey, { kid: 'a' })]],
    ['an algorithm of another kind', [jwkOf(ec.publicKey, { alg: 'RS256', kid: 'a' })]],
    ['one that signs nothing', [jwkOf(ec.publicKey, { alg: 'none', kid: 'a' })]],
    ['a shared one', [jwkOf(ec.publicKey, { alg: 'HS256', kid: 'a' })]],
    ['another curve', [jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey, { alg: 'ES256', kid: 'a' })]],
    ['Ed448', [jwkOf(generateKeyPairSync('ed448').publicKey, { alg: 'EdDSA', kid: 'a' })]],
    ['a short RSA key', [jwkOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey, { alg: 'RS256', kid: 'a' })]],
    ['one for sealing', [jwkOf(ec.publicKey, { alg: 'ES256', kid: 'a', use: 'enc' })]],
    ['a point that is on no curve', [{ kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA', alg: 'ES256', kid: 'a' }]],
    ['a text', ['key']],
    ['nothing', [null]],
  ])('are refused when there is %s', (_, keys) => {
    expect(sentence(...keys)).toEqual(expect.any(String));
  });

  it.each([null, [], 'x', 7, {}, { keys: {} }])('are a set: %j is none', (set) => {
    expect(readClientKeys(set)).toMatchObject({ ok: false, sentence: expect.stringContaining('JWK Set') });
  });
});
