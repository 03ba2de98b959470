/**
 * What a JWT of ours must say to hold now (RFC 7519 §7.2, RFC 9068 §4), signature and revocations aside: one judgement for server and
 * guard, so that no door is wider than another.
 */
import { type ReadClaims, readClaims } from './claims.ts';
import { parseJsonBytes } from './json.ts';
import type { JwsHeader } from './jws.ts';

export type ClaimsRefusal = 'type' | 'issuer' | 'audience' | 'expired' | 'not_yet_valid' | 'claims';

/** RFC 9068 §4: both spellings, and no other; RFC 7515 §4.1.9 compares media types without case. */
const TYPES: ReadonlySet<string> = new Set(['at+jwt', 'application/at+jwt']);

/** How far the clock of whoever signed may be ahead. Ends are never stretched. */
const CLOCK_SKEW_SECONDS = 60;

/** The claims of a JWS whose signature was good; a reason when it is none of our JWTs. */
export function readJwt(header: JwsHeader, payload: Uint8Array): ReadClaims | 'type' | 'claims' {
  if (!TYPES.has(header.typ.toLowerCase())) return 'type';
  return readClaims(parseJsonBytes(payload)) ?? 'claims';
}

/** Why claims do not hold at this moment, for this issuer and this audience; null when they do. */
export function faultOfClaims(
  { claims, notBefore }: ReadClaims,
  expected: { readonly issuer: string; readonly audience: string },
  nowMs: number,
): Exclude<ClaimsRefusal, 'type' | 'claims'> | null {
  const now = nowMs / 1000;
  if (claims.iss !== expected.issuer) return 'issuer';
  if (claims.aud !== expected.audience) return 'audience';
  // `exp` is the first second in which a JWT is over (RFC 7519 §4.1.4).
  if (now >= claims.exp) return 'expired';
  if (notBefore !== null && now < notBefore) return 'not_yet_valid';
  return now + CLOCK_SKEW_SECONDS < claims.iat ? 'not_yet_valid' : null;
}
