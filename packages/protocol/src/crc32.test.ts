import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32, crc32Hex } from './crc32.ts';

const ascii = fc.string({ unit: 'binary-ascii', maxLength: 200 });

test('agrees with zlib on any ASCII text', () => {
  fc.assert(fc.property(ascii, (text) => crc32(text) === zlibCrc32(text)));
});

test('gives the check value of the CRC catalogue', () => {
  expect(crc32('123456789')).toBe(0xcbf43926);
});

test('writes eight lower-case hex digits, leading zeros kept', () => {
  fc.assert(
    fc.property(ascii, (text) => /^[0-9a-f]{8}$/.test(crc32Hex(text)) && Number.parseInt(crc32Hex(text), 16) === crc32(text)),
  );
  expect(crc32Hex('')).toBe('00000000');
});

test('refuses text beyond ASCII instead of guessing its bytes', () => {
  expect(() => crc32('ä')).toThrow(RangeError);
  expect(() => crc32('\u0100')).toThrow(RangeError);
});
