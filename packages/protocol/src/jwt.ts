/**
 * What a JWT of ours must say to be valid now (RFC 7519 §7.2, RFC 9068 §4), apart from signature and revocations: one judgement
 * for server and guard, so that both accept the same.
 */
import { type ReadClaims, readClaims } from './claims.ts';
import { parseJsonBytes } from './json.ts';
import type { JwsHeader } from './jws.ts';

export type ClaimsRefusal = 'type' | 'issuer' | 'audience' | 'expired' | 'not_yet_valid' | 'claims';

/** RFC 9068 §4: both spellings, and no other; RFC 7515 §4.1.9 compares media types without case. */
const TYPES: ReadonlySet<string> = new Set(['at+jwt', 'application/at+jwt']);

/** How far the signer's clock may be ahead. Expiries are never extended. */
const CLOCK_SKEW_SECONDS = 60;

/** The claims of a JWS whose signature was verified; a reason if it is not one of our JWTs. */
export function readJwt(header: JwsHeader, payload: Uint8Array): ReadClaims | 'type' | 'claims' {
  if (!TYPES.has(header.typ.toLowerCase())) return 'type';
  return readClaims(parseJsonBytes(payload)) ?? 'claims';
}

/** Why claims are not valid at this moment, for this issuer and this audience; null if they are. */
export function faultOfClaims(
  { claims, notBefore }: ReadClaims,
  expected: { readonly issuer: string; readonly audience: string },
  nowMs: number,
): Exclude<ClaimsRefusal, 'type' | 'claims'> | null {
  const now = nowMs / 1000;
  if (claims.iss !== expected.issuer) return 'issuer';
  if (claims.aud !== expected.audience) return 'audience';
  // `exp` is the first second in which a JWT is expired (RFC 7519 §4.1.4).
  if (now >= claims.exp) return 'expired';
  if (notBefore !== null && now < notBefore) return 'not_yet_valid';
  return now + CLOCK_SKEW_SECONDS < claims.iat ? 'not_yet_valid' : null;
}
