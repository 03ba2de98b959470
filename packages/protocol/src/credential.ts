/**
 * The forms of credentials, distinguished before anything is looked up. A form that matches proves nothing: the checksum only
 * keeps garbage away from the store and lets secret scanners tell a real one from a look-alike.
 */
import { crc32Hex } from './crc32.ts';

export type Environment = 'live' | 'test';

export type PresentedCredential =
  /** `secret` is everything after the bar, `kh_` included: the text whose SHA-256 is stored. */
  | { kind: 'token'; id: number; secret: string }
  | { kind: 'key'; environment: Environment; text: string }
  /** Three non-empty parts of base64url letters; their content has not been read. */
  | { kind: 'jwt'; text: string }
  /** A refresh token, a code or a client secret: possibly real, but never valid as a bearer token. */
  | { kind: 'never-bearer' }
  | { kind: 'malformed' }
  /** Not one of ours; looked up among imported credentials once an import exists. */
  | { kind: 'foreign'; text: string };

export const BASE62_ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Random characters in a secret: 40 × log2(62) = 238 bits. */
export const SECRET_LENGTH = 40;
/** Hex digits of the CRC-32 of those characters. */
export const CHECKSUM_LENGTH = 8;
export const SECRET_PREFIX = 'kh_';
export const KEY_PREFIXES = { live: 'kh_live_', test: 'kh_test_' } as const satisfies Record<Environment, string>;
export const NEVER_BEARER_PREFIXES = ['kh_refresh_', 'kh_code_', 'kh_client_'] as const;
/** A client ID begins like nothing else: no user, account or key can be taken for an application. */
export const CLIENT_ID_PREFIX = 'app_';
/** 22 × log2(62) = 131 bits: an ID, not a secret, but no two are ever the same. */
export const CLIENT_ID_LENGTH = 22;
/** Node's default limit for all headers together; no honest credential comes near it. */
export const MAX_CREDENTIAL_LENGTH = 16_384;

// Sixteen digits hold 2^53 − 1. Hex in lower case only: one credential has one spelling.
const TOKEN = /^([1-9][0-9]{0,15})\|(kh_([0-9A-Za-z]{40})([0-9a-f]{8}))$/;
const KEY = /^kh_(live|test)_([0-9A-Za-z]{40})([0-9a-f]{8})$/;
const CLIENT_SECRET = /^kh_client_([0-9A-Za-z]{40})([0-9a-f]{8})$/;
const CLIENT_ID = /^app_[0-9A-Za-z]{22}$/;
const JWT = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/;
const VISIBLE_ASCII = /^[!-~]+$/;

const MALFORMED: PresentedCredential = { kind: 'malformed' };

/** Finds the kind of a credential by its text alone. Never throws. What looks like ours must match our form completely. */
export function parseCredential(text: string): PresentedCredential {
  if (text.length > MAX_CREDENTIAL_LENGTH) return MALFORMED;
  if (text.startsWith(SECRET_PREFIX)) return parsePrefixed(text);
  if (text.startsWith('eyJ')) return JWT.test(text) ? { kind: 'jwt', text } : MALFORMED;
  if (text.includes('|kh_')) return parseToken(text);
  // A header cannot carry anything else, so importing anything else would be useless.
  return VISIBLE_ASCII.test(text) ? { kind: 'foreign', text } : MALFORMED;
}

function parsePrefixed(text: string): PresentedCredential {
  const [, environment, random, checksum] = KEY.exec(text) ?? [];
  if (random === undefined)
    return NEVER_BEARER_PREFIXES.some((prefix) => text.startsWith(prefix)) ? { kind: 'never-bearer' } : MALFORMED;
  if (crc32Hex(random) !== checksum) return MALFORMED;
  return { kind: 'key', environment: environment === 'live' ? 'live' : 'test', text };
}

function parseToken(text: string): PresentedCredential {
  const [, digits, secret, random, checksum] = TOKEN.exec(text) ?? [];
  if (secret === undefined || random === undefined) return MALFORMED;
  const id = Number(digits);
  if (!Number.isSafeInteger(id) || crc32Hex(random) !== checksum) return MALFORMED;
  return { kind: 'token', id, secret };
}

/** Returns that many unpredictable bytes: `crypto.getRandomValues` or `node:crypto` behind a small function. */
export type RandomBytes = (length: number) => Uint8Array;

/**
 * The secret of a new personal access token: `kh_` + 40 base62 characters + their checksum. It is shown once and stored hashed.
 */
export function makeTokenSecret(randomBytes: RandomBytes): string {
  return SECRET_PREFIX + randomWithChecksum(randomBytes);
}

/** The whole text of a new API key. */
export function makeKeyText(environment: Environment, randomBytes: RandomBytes): string {
  return KEY_PREFIXES[environment] + randomWithChecksum(randomBytes);
}

/** A client's secret (RFC 6749 §2.3.1): `kh_client_` and 48 characters, checksum included. */
export function makeClientSecret(randomBytes: RandomBytes): string {
  return `kh_client_${randomWithChecksum(randomBytes)}`;
}

/** Whether a text has the form and the checksum of a client secret; garbage is refused before any look-up. */
export function isClientSecret(text: string): boolean {
  const [, random, checksum] = CLIENT_SECRET.exec(text) ?? [];
  return random !== undefined && crc32Hex(random) === checksum;
}

/** `app_` and 22 characters. */
export function makeClientId(randomBytes: RandomBytes): string {
  return CLIENT_ID_PREFIX + randomBase62(randomBytes, CLIENT_ID_LENGTH);
}

export function isClientId(text: string): boolean {
  return CLIENT_ID.test(text);
}

/**
 * The text that the owner of a token receives: `formatToken(123, secret) === '123|kh_…'`.
 * @throws RangeError for an id that is not an integer from 1 to 2^53 − 1.
 */
export function formatToken(id: number, secret: string): string {
  if (!Number.isSafeInteger(id) || id < 1) throw new RangeError('A token id is an integer from 1 to 2^53 - 1.');
  return `${id}|${secret}`;
}

function randomWithChecksum(randomBytes: RandomBytes): string {
  const random = randomBase62(randomBytes);
  return random + crc32Hex(random);
}

/**
 * Bytes from 248 up are discarded: 248 is the largest multiple of 62 in a byte, and a remainder of 256 would favour eight
 * letters.
 */
function randomBase62(randomBytes: RandomBytes, length = SECRET_LENGTH): string {
  let text = '';
  // 48 bytes are enough nine times in ten; sixteen rounds without 40 usable bytes do not happen with a working source.
  for (let round = 0; round < 16; round++) {
    for (const byte of randomBytes(48)) {
      if (byte < 248) text += BASE62_ALPHABET.charAt(byte % 62);
      if (text.length === length) return text;
    }
  }
  throw new Error('The source of random bytes is broken.');
}
