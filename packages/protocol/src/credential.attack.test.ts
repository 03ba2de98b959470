import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { haveVectors, vectorsFolder } from '../test/vectors.ts';
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
  ['a JWT of a million dots', `eyJ${'.'.repeat(1_000_000)}`],
  ['16,381 dots', `eyJ${'.'.repeat(16_381)}`],
  ['a long part that does not end', `eyJ${'a'.repeat(16_380)}!`],
  ['many bars', '1|'.repeat(8_000)],
  ['many ids', `${'1'.repeat(16_000)}|kh_`],
  ['many prefixes', '|kh_'.repeat(4_000)],
])('answers at once: %s', (_, text) => {
  const start = performance.now();
  for (let round = 0; round < 100; round++) parseCredential(text);
  expect((performance.now() - start) / 100).toBeLessThan(2);
});

describe.skipIf(!haveVectors('blns/blns.json'))('the big list of naughty strings', () => {
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
