/** Proof Key for Code Exchange (RFC 7636), S256 only: a plain challenge is the secret itself. */
import { timingSafeEqual } from 'node:crypto';
import { sha256Base64Url } from '../lib/sha256.ts';

/** Base64url of a SHA-256: 43 characters (§4.2). */
const CHALLENGE = /^[A-Za-z0-9_-]{43}$/;
/** §4.1 */
const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/;

export const isChallenge = (text: string): boolean => CHALLENGE.test(text);

/** Whether the challenge was computed from this verifier (§4.6). */
export function provesChallenge(verifier: string, challenge: string): boolean {
  if (!VERIFIER.test(verifier)) return false;
  const made = sha256Base64Url(verifier);
  return made.length === challenge.length && timingSafeEqual(Buffer.from(made), Buffer.from(challenge));
}
