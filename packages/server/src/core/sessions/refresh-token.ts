/**
 * What a refresh token contains: its session's id, a counter, the name of a key, and a MAC by that key over all of it and a salt
 * of the session's row. Neither the database (its keys are sealed) nor the master secret alone is enough to create one. Nothing
 * of it is stored: the successor of a token is computed, so a repeated request gets exactly the same one.
 */
import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { decodeBase64Url, encodeBase64Url } from '@keyhouse/protocol';

export interface RefreshTokenParts {
  readonly sessionId: string;
  /** 1 for the first; increases by one with each refresh. */
  readonly counter: number;
  readonly keyId: number;
}

/** What the MAC of a session's tokens is computed with. */
export interface TokenSecrets {
  /**
   * 256 random bits, which `keyId` names. Not bytes: Node would create a key from them for each MAC, which takes five times as
   * long as the MAC.
   */
  readonly key: KeyObject;
  /** Of the session's row. */
  readonly salt: Uint8Array;
}

export const REFRESH_TOKEN_PREFIX = 'kh_refresh_';
const ID_BYTES = 16;
const NUMBER_BYTES = 6;
const MAC_BYTES = 32;
const BODY_BYTES = ID_BYTES + 2 * NUMBER_BYTES;
/** Divisible by three: base64url then has no spare bits, so that each token has only one spelling. */
const BYTES = BODY_BYTES + MAC_BYTES;
const PURPOSE = Buffer.from('keyhouse/v1/refresh-token');

/** `kh_refresh_` and 80 characters. */
export function makeRefreshToken({ sessionId, counter, keyId }: RefreshTokenParts, secrets: TokenSecrets): string {
  const body = Buffer.alloc(BODY_BYTES);
  Buffer.from(sessionId, 'base64url').copy(body);
  body.writeUIntBE(counter, ID_BYTES, NUMBER_BYTES);
  body.writeUIntBE(keyId, ID_BYTES + NUMBER_BYTES, NUMBER_BYTES);
  return REFRESH_TOKEN_PREFIX + Buffer.concat([body, macOf(body, secrets)]).toString('base64url');
}

/** What a text claims to be; null if it is not a refresh token. Nothing is verified before `isGenuine` says so. */
export function readRefreshToken(text: string): (RefreshTokenParts & { readonly bytes: Uint8Array }) | null {
  if (!text.startsWith(REFRESH_TOKEN_PREFIX)) return null;
  const decoded = decodeBase64Url(text.slice(REFRESH_TOKEN_PREFIX.length));
  if (decoded === null || decoded.length !== BYTES) return null;
  const bytes = Buffer.from(decoded.buffer, decoded.byteOffset, decoded.length);
  const counter = bytes.readUIntBE(ID_BYTES, NUMBER_BYTES);
  const keyId = bytes.readUIntBE(ID_BYTES + NUMBER_BYTES, NUMBER_BYTES);
  if (counter < 1 || keyId < 1) return null;
  return { sessionId: encodeBase64Url(bytes.subarray(0, ID_BYTES)), counter, keyId, bytes };
}

/** Whether the MAC is ours; compared in constant time. */
export function isGenuine({ bytes }: { readonly bytes: Uint8Array }, secrets: TokenSecrets): boolean {
  return timingSafeEqual(macOf(bytes.subarray(0, BODY_BYTES), secrets), bytes.subarray(BODY_BYTES));
}

const macOf = (body: Uint8Array, { key, salt }: TokenSecrets): Buffer =>
  createHmac('sha256', key).update(PURPOSE).update(salt).update(body).digest();
