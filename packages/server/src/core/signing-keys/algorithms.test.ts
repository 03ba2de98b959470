import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { algorithmRow, isAlgorithm, makeSignature, type VerificationKey, verifySignature } from './algorithms.ts';

const DATA = Buffer.from('what is signed');
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

const keyOf = (algorithm: VerificationKey['algorithm'], key: KeyObject): VerificationKey => ({ kid: 'kid', algorithm, key });

describe('a signature', () => {
  it('has the form of RFC 7518 §3.4 with ES256: r and s, 32 bytes each, and no DER', () => {
    for (let nth = 0; nth < 20; nth++) {
      const signature = makeSignature('ES256', ec.privateKey, DATA);
      expect(signature).toHaveLength(64);
      expect(verifySignature(keyOf('ES256', ec.publicKey), DATA, signature)).toBe(true);
    }
    expect(verifySignature(keyOf('ES256', ec.publicKey), DATA, sign('sha256', DATA, ec.privateKey))).toBe(false);
  });

  it('is that of the very data, with either algorithm', () => {
    for (const [algorithm, { privateKey, publicKey }] of [
      ['ES256', ec],
      ['RS256', rsa],
    ] as const) {
      const signature = makeSignature(algorithm, privateKey, DATA);
      const key = keyOf(algorithm, publicKey);
      expect(verifySignature(key, DATA, signature)).toBe(true);
      expect(verifySignature(key, Buffer.from('what is singed'), signature)).toBe(false);
      const changed = Buffer.from(signature);
      changed.writeUInt8(changed.readUInt8(10) ^ 1, 10);
      expect(verifySignature(key, DATA, changed)).toBe(false);
    }
  });

  it('is refused for its length before OpenSSL sees it: cut, longer, or empty', () => {
    for (const [algorithm, { privateKey, publicKey }] of [
      ['ES256', ec],
      ['RS256', rsa],
    ] as const) {
      const signature = Buffer.from(makeSignature(algorithm, privateKey, DATA));
      const others = [
        Buffer.alloc(0),
        signature.subarray(1),
        signature.subarray(0, -1),
        Buffer.concat([signature, Buffer.of(0)]),
      ];
      for (const other of others) expect(verifySignature(keyOf(algorithm, publicKey), DATA, other)).toBe(false);
    }
    // r = s = 0 verifies everything in a verifier that forgets to look (CVE-2022-21449).
    expect(verifySignature(keyOf('ES256', ec.publicKey), DATA, Buffer.alloc(64))).toBe(false);
  });

  it('of PKCS #1 is none of PSS, and the other way round, though the key is the same', () => {
    const pss = sign('sha256', DATA, { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
    const pkcs1 = makeSignature('RS256', rsa.privateKey, DATA);
    expect([
      verifySignature(keyOf('PS256', rsa.publicKey), DATA, pss),
      verifySignature(keyOf('RS256', rsa.publicKey), DATA, pss),
    ]).toEqual([...[true, false]]);
    expect(verifySignature(keyOf('PS256', rsa.publicKey), DATA, pkcs1)).toBe(false);
    expect(verifySignature(keyOf('RS512', rsa.publicKey), DATA, pkcs1)).toBe(false);
  });
});

it('knows the algorithms by their exact names, and no name that JavaScript brings along', () => {
  expect(['ES256', 'RS256', 'PS256', 'HS256'].every(isAlgorithm)).toBe(true);
  for (const name of ['none', 'es256', 'ES256 ', '', 'constructor', '__proto__', 'toString', null, 256])
    expect(isAlgorithm(name)).toBe(false);
  expect(algorithmRow('ES512')).toMatchObject({ type: 'EC', hash: 'sha512', curve: 'P-521', signatureBytes: 132 });
});
