/**
 * The ID of a JWT: 48 bits of time in milliseconds, then 128 random bits, as 30 characters of base64url. `iat` has only whole
 * seconds; with the time in the ID, "everything issued before this moment" is exact within a second, so that a JWT minted right
 * after a rotation is not revoked with those before it. New IDs are next to each other in an index.
 */
import { decodeBase64Url, encodeBase64Url } from './base64url.ts';
import type { RandomBytes } from './credential.ts';

const TIME_BYTES = 6;
const CHANCE_BYTES = 16;

export function makeJti(nowMs: number, randomBytes: RandomBytes): string {
  const bytes = new Uint8Array(TIME_BYTES + CHANCE_BYTES);
  let rest = nowMs;
  for (let index = TIME_BYTES - 1; index >= 0; index--) {
    bytes[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes.set(randomBytes(CHANCE_BYTES), TIME_BYTES);
  return encodeBase64Url(bytes);
}

/** When the JWT with this ID was issued, in milliseconds; null if it is not an ID of ours. */
export function jtiIssuedAtMs(jti: string): number | null {
  const bytes = decodeBase64Url(jti);
  if (bytes === null || bytes.length !== TIME_BYTES + CHANCE_BYTES) return null;
  let ms = 0;
  for (let index = 0; index < TIME_BYTES; index++) ms = ms * 256 + (bytes[index] ?? 0);
  return ms;
}
