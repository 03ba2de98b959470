import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  BASE62_ALPHABET,
  formatToken,
  isClientId,
  isClientSecret,
  makeClientId,
  makeClientSecret,
  makeKeyText,
  makeTokenSecret,
  parseCredential,
} from './credential.ts';

const RANDOM = 'abcdefghijklmnopqrstuvwxyz0123456789ABCD';
const CHECKSUM = crc32(RANDOM).toString(16).padStart(8, '0');
const SECRET = `kh_${RANDOM}${CHECKSUM}`;

test('knows a token, and hands on the secret that is hashed: all behind the bar', () => {
  expect(parseCredential(`123|${SECRET}`)).toEqual({ kind: 'token', id: 123, secret: SECRET });
});

test('knows a key and its environment', () => {
  for (const environment of ['live', 'test'] as const) {
    const text = `kh_${environment}_${RANDOM}${CHECKSUM}`;
    expect(parseCredential(text)).toEqual({ kind: 'key', environment, text });
  }
});

test('knows what it made', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      fc.constantFrom('live' as const, 'test' as const),
      (id, environment) => {
        const secret = makeTokenSecret(randomBytes);
        expect(parseCredential(formatToken(id, secret))).toEqual({ kind: 'token', id, secret });
        const text = makeKeyText(environment, randomBytes);
        expect(parseCredential(text)).toEqual({ kind: 'key', environment, text });
      },
    ),
  );
});

test('a single changed character is found by the checksum, before any look-up', () => {
  fc.assert(
    fc.property(fc.nat(47), fc.constantFrom(...BASE62_ALPHABET), (at, letter) => {
      const changed = `kh_live_${(RANDOM + CHECKSUM).slice(0, at)}${letter}${(RANDOM + CHECKSUM).slice(at + 1)}`;
      fc.pre(changed !== `kh_live_${RANDOM}${CHECKSUM}`);
      expect(parseCredential(changed)).toEqual({ kind: 'malformed' });
    }),
    { numRuns: 500 },
  );
});

test.each(['0', '01', '+1', '-1', '1.0', '1e3', ' 1', '', 'a', '1|1', '0x1', '９', '9007199254740992', '99999999999999999'])(
  'refuses %j as the id of a token',
  (id) => {
    expect(parseCredential(`${id}|${SECRET}`)).toEqual({ kind: 'malformed' });
  },
);

test('the largest id is 2^53 - 1', () => {
  expect(parseCredential(`9007199254740991|${SECRET}`)).toMatchObject({ kind: 'token', id: Number.MAX_SAFE_INTEGER });
});

test.each([
  ['a secret without an id', SECRET],
  ['a key behind an id', `1|kh_live_${RANDOM}${CHECKSUM}`],
  ['a refresh token behind an id', '1|kh_refresh_abc'],
  ['upper-case hex', `1|kh_${RANDOM}${CHECKSUM.toUpperCase()}`],
  ['another environment', `kh_prod_${RANDOM}${CHECKSUM}`],
  ['a character too many', `kh_live_${RANDOM}${CHECKSUM}0`],
  ['a line break at the end', `kh_live_${RANDOM}${CHECKSUM}\n`],
  ['a bare prefix', 'kh_'],
  ['nothing', ''],
  ['a JWT of two parts', 'eyJhbGciOiJub25lIn0.e30'],
  ['a JWT without a signature', 'eyJhbGciOiJub25lIn0.e30.'],
  ['a JWE of five parts', 'eyJh.a.b.c.d'],
  ['a padded JWT', 'eyJh.e30=.sig'],
  ['a space', 'a b'],
  ['text beyond ASCII', '1|geheim-ä'],
  ['more than 16,384 characters', 'a'.repeat(16_385)],
])('refuses %s', (_, text) => {
  expect(parseCredential(text)).toEqual({ kind: 'malformed' });
});

test('knows a JWT by its three parts', () => {
  expect(parseCredential('eyJhbGciOiJFUzI1NiJ9.e30.c2ln')).toEqual({ kind: 'jwt', text: 'eyJhbGciOiJFUzI1NiJ9.e30.c2ln' });
});

test.each(['kh_refresh_x', 'kh_code_x', 'kh_client_x'])('%s is never good as a bearer', (text) => {
  expect(parseCredential(text)).toEqual({ kind: 'never-bearer' });
});

test.each(['5|laravelSanctumSecret', '5|abc|def', 'sk_live_123', 'KH_live_x', 'a'.repeat(16_384)])('%.20s is foreign', (text) => {
  expect(parseCredential(text)).toEqual({ kind: 'foreign', text });
});

describe('clients', () => {
  test('are told by an id that looks like no other', () => {
    const id = makeClientId(randomBytes);
    expect(id).toMatch(/^app_[0-9A-Za-z]{22}$/);
    expect(isClientId(id)).toBe(true);
    for (const other of [`${id}0`, id.slice(0, -1), id.toUpperCase(), 'user:7', '7', `${id}\n`, ''])
      expect(isClientId(other)).toBe(false);
  });

  test('have a secret with a checksum, which is never a bearer', () => {
    const secret = makeClientSecret(randomBytes);
    expect(isClientSecret(secret)).toBe(true);
    expect(parseCredential(secret)).toEqual({ kind: 'never-bearer' });
    for (const other of [`${secret}0`, ` ${secret}`, `${secret}\n`, secret.toUpperCase(), makeKeyText('live', randomBytes)])
      expect(isClientSecret(other)).toBe(false);
    expect(isClientSecret(`kh_client_${RANDOM}00000000`)).toBe(false);
  });
});

describe('making secrets', () => {
  test('takes every letter alike: bytes from 248 up are thrown away', () => {
    const source = (bytes: number[]) => (length: number) => Uint8Array.from({ length }, () => bytes.shift() ?? 0);
    expect(makeTokenSecret(source([255, 0, 248, 61, 62, 247])).slice(3, 7)).toBe('0z0z');
    const counts = new Map<string, number>();
    for (let round = 0; round < 1550; round++) {
      for (const letter of makeTokenSecret(randomBytes).slice(3, 43)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
    }
    // 62,000 letters, 1,000 expected of each, standard deviation 31.4: a deviation of eight of them does not happen.
    for (const letter of BASE62_ALPHABET) expect(Math.abs((counts.get(letter) ?? 0) - 1000)).toBeLessThan(252);
  });

  test('gives up on a source that is stuck, or gives nothing', () => {
    expect(() => makeTokenSecret((length) => new Uint8Array(length).fill(255))).toThrow('broken');
    expect(() => makeKeyText('live', () => new Uint8Array(0))).toThrow('broken');
  });

  test.each([0, -1, 1.5, Number.NaN, 2 ** 53])('refuses %d as an id', (id) => {
    expect(() => formatToken(id, SECRET)).toThrow(RangeError);
  });
});
