import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { derOfEcdsa, ecdsaOfDer } from './ecdsa-signature.ts';

const CURVES = [
  { curve: 'P-256', bytes: 64 },
  { curve: 'P-384', bytes: 96 },
  { curve: 'P-521', bytes: 132 },
] as const;

test.each(CURVES)('a signature on $curve means the same in both spellings, there and back', ({ curve, bytes }) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: curve });
  const lengths = new Set<number>();
  for (let round = 0; round < 60; round++) {
    const data = Buffer.from(`round ${round}`);
    const der = sign('sha256', data, privateKey);
    lengths.add(der.length);
    const signature = ecdsaOfDer(der, bytes);
    expect(verify('sha256', data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
    expect(Buffer.from(derOfEcdsa(signature))).toEqual(der);
    const side = sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    expect(verify('sha256', data, publicKey, derOfEcdsa(side))).toBe(true);
  }
  // These include integers with and without a leading zero.
  expect(lengths.size).toBeGreaterThan(1);
});

test('small integers lose their zeros in DER and get them back', () => {
  const signature = new Uint8Array(64);
  signature[31] = 1;
  signature[62] = 0x80;
  const der = derOfEcdsa(signature);
  expect(Buffer.from(der).toString('hex')).toBe('30080201010203008000');
  expect(ecdsaOfDer(der, 64)).toEqual(signature);
});

test('no r and no s is no signature of anything', () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  expect(Buffer.from(derOfEcdsa(new Uint8Array(64))).toString('hex')).toBe('3006020100020100');
  expect(verify('sha256', Buffer.from('data'), publicKey, derOfEcdsa(new Uint8Array(64)))).toBe(false);
});

test('integers that do not fit are never cut short', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  expect(() => ecdsaOfDer(sign('sha256', Buffer.from('data'), privateKey), 64)).toThrow(RangeError);
});
