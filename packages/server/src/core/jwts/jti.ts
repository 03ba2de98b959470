/**
 * The id of a JWT: 48 bits of time in milliseconds, then 128 bits of chance, as 30 characters of base64url. `iat` has whole
 * seconds only; with the time in the id, "all that was issued before this moment" can be told apart within a second, so that
 * a JWT minted right after a rotation does not fall with those before it. New ids stand side by side in an index.
 */
import { randomBytes } from 'node:crypto';
import { decodeBase64Url } from '@keyhouse/protocol';

const TIME_BYTES = 6;
const CHANCE_BYTES = 16;

export const makeJti = (nowMs: number): string => {
  const time = Buffer.alloc(TIME_BYTES);
  time.writeUIntBE(nowMs, 0, TIME_BYTES);
  return Buffer.concat([time, randomBytes(CHANCE_BYTES)]).toString('base64url');
};

/** When the JWT of this id was issued, in milliseconds; null when it is no id of ours. */
export const jtiIssuedAtMs = (jti: string): number | null => {
  const bytes = decodeBase64Url(jti);
  if (bytes === null || bytes.length !== TIME_BYTES + CHANCE_BYTES) return null;
  return Buffer.from(bytes.buffer, bytes.byteOffset, TIME_BYTES).readUIntBE(0, TIME_BYTES);
};
