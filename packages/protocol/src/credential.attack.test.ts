import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectLinear } from '../test/growth.ts';
import { haveVectors, NEEDS_VECTORS, vectorsFolder } from '../test/vectors.ts';
import { formatToken, makeKeyText, makeTokenSecret, parseCredential } from './credential.ts';

const HARMLESS = ['malformed', 'foreign', 'never-bearer'];
const token = formatToken(7, makeTokenSecret(randomBytes));
const key = makeKeyText('live', randomBytes);

test('no text makes it throw, and none but a real one becomes a token or a key', () => {
  const near = fc.string({
    unit: fc.constantFrom('kh_', 'live_', 'test_', 'eyJ', '.', '|', '1', '0', 'a', '\0', 'é', ' ', token, key),
    maxLength: 8,
  });
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), near), (text) => {
      fc.pre(text !== key && !text.endsWith(`|${token.slice(2)}`) && !text.endsWith(token));
      expect(['malformed', 'foreign', 'never-bearer', 'jwt']).toContain(parseCredential(text).kind);
    }),
    { numRuns: 3000 },
  );
});

test.each(['|kh_', '1|kh_', '1|2|kh_', '1|x|kh_', '|', 'x|kh_', '1||kh_'])(
  'what holds kh_ behind a bar never passes as foreign: %s',
  (start) => {
    const { kind } = parseCredential(start + token.slice(token.indexOf('kh_')));
    expect(kind).toBe('malformed');
  },
);

test('nothing around a real credential is trimmed away', () => {
  for (const real of [token, key]) {
    for (const extra of [' ', '\t', '\n', '\0', '\r\n', '\u00a0', '\u200b', '\ufeff', ',', '=']) {
      expect(HARMLESS, JSON.stringify(extra)).toContain(parseCredential(real + extra).kind);
      expect(HARMLESS, JSON.stringify(extra)).toContain(parseCredential(extra + real).kind);
    }
  }
});

test('one credential has one spelling: other cases and look-alike letters are refused', () => {
  const shapes = [
    key.toUpperCase(),
    key.replace('kh', 'KH'),
    token.replace('kh_', 'Kh_'),
    key.replace('k', '\u043a'),
    token.replace('7', '\u0667'),
  ];
  for (const text of shapes) expect(HARMLESS).toContain(parseCredential(text).kind);
});

test.each([
  ['a JWT of many dots', (size: number) => `eyJ${'.'.repeat(size)}`],
  ['a long part that does not end', (size: number) => `eyJ${'a'.repeat(size)}!`],
  ['many bars', (size: number) => '1|'.repeat(size / 2)],
  ['many ids', (size: number) => `${'1'.repeat(size)}|kh_`],
  ['many prefixes', (size: number) => '|kh_'.repeat(size / 4)],
])('takes no longer than the length of its text asks for: %s', (_, textOf) => {
  // The longest text that is read at all has 16 kB; a million characters are refused by their number.
  for (const size of [2_000, 125_000]) expectLinear(parseCredential, textOf, size);
});

describe.skipIf(!haveVectors('blns/blns.json'))(`${NEEDS_VECTORS} the big list of naughty strings`, () => {
  test('holds no credential of ours, and none makes it throw', () => {
    const strings: unknown = JSON.parse(readFileSync(resolve(vectorsFolder, 'blns/blns.json'), 'utf8'));
    if (!Array.isArray(strings)) throw new Error('blns.json is a list of strings.');
    for (const text of strings.map(String)) {
      for (const attempt of [text, `1|${text}`, `1|kh_${text}`, `kh_live_${text}`]) {
        expect(HARMLESS, attempt).toContain(parseCredential(attempt).kind);
      }
      expect(['malformed', 'jwt']).toContain(parseCredential(`eyJ${text}`).kind);
    }
  });
});
