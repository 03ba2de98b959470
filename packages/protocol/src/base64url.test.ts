import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBase64Url, encodeBase64Url } from './base64url.ts';

test('writes what Node writes, and reads it back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const text = encodeBase64Url(bytes);
      expect(text).toBe(Buffer.from(bytes).toString('base64url'));
      expect(decodeBase64Url(text)).toEqual(bytes);
    }),
  );
});

test('accepts no text but the canonical one: what decodes, encodes to the same text', () => {
  const near = fc.string({ unit: fc.constantFrom(...'ABQgwxyz019-_=+/ \n\0é\u0141'), maxLength: 12 });
  fc.assert(
    fc.property(near, (text) => {
      const bytes = decodeBase64Url(text);
      if (bytes !== null) expect(encodeBase64Url(bytes)).toBe(text);
    }),
    { numRuns: 2000 },
  );
});

test('reads the vectors of RFC 4648 §10, less their padding', () => {
  const read = (text: string) => Buffer.from(decodeBase64Url(text) ?? []).toString();
  expect(['', 'Zg', 'Zm8', 'Zm9v', 'Zm9vYg', 'Zm9vYmE', 'Zm9vYmFy'].map(read)).toEqual([
    '',
    'f',
    'fo',
    'foo',
    'foob',
    'fooba',
    'foobar',
  ]);
});

test.each([
  ['padding', 'Zg=='],
  ['whitespace', 'Zm 8'],
  ['a line break at the end', 'Zm9v\n'],
  ['the other alphabet', '+/+/'],
  ['an impossible length', 'Zm9vY'],
  ['unused bits, four of them', 'Zh'],
  ['unused bits, two of them', 'Zm9'],
  ['characters beyond ASCII', 'Zm9\u0176'],
  ['NUL', 'Zm9\0'],
])('refuses %s', (_, text) => {
  expect(decodeBase64Url(text)).toBeNull();
});
