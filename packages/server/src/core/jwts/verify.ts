/**
 * Whether a text is a JWT of ours that holds now (RFC 7519 §7.2, RFC 9068 §4, RFC 8725). Revocations and the state of its
 * owner are not judged here: the caller has the ids to ask for them, and must.
 */
import { type Clock, SECOND_MS } from '../lib/clock.ts';
import { no, type Outcome, ok } from '../lib/outcome.ts';
import { readClaims, type VerifiedJwt } from './claims.ts';
import { parseJsonBytes } from './json.ts';
import { type JwsRefusal, verifyJws } from './jws.ts';
import type { SeenJwts } from './seen.ts';
import type { KeyRing } from './signing-key.ts';

export type JwtRefusal = JwsRefusal | 'type' | 'issuer' | 'audience' | 'expired' | 'not_yet_valid' | 'claims';

/** A refusal names the JWT when its signature was ours, so that its holder can be told why. */
export type JwtVerdict = Outcome<VerifiedJwt, JwtRefusal> & { readonly jwt?: VerifiedJwt };

export interface VerifyJwtPorts {
  /** The keys as they stand now; asked anew for each JWT. */
  readonly keys: () => KeyRing;
  readonly issuer: string;
  readonly audience: string;
  readonly clock: Clock;
  readonly seen: SeenJwts;
}

/** RFC 9068 §4: both spellings, and no other; RFC 7515 §4.1.9 compares media types without case. */
const TYPES: ReadonlySet<string> = new Set(['at+jwt', 'application/at+jwt']);

/** How far the clock of another of our servers may be ahead. Ends are never stretched. */
const CLOCK_SKEW_SECONDS = 60;

/**
 * Verifies a JWT. The first look costs a signature check; the same text again costs one look-up, until the JWT ends or its
 * signing key is gone. Issuer, audience and times are judged each time.
 */
export const verifyJwt = (ports: VerifyJwtPorts, text: string): JwtVerdict => {
  const { byKid } = ports.keys();
  const known = ports.seen.find(text);
  if (known !== undefined && byKid.has(known.signingKeyId)) return judge(ports, known);
  const jws = verifyJws(text, (kid) => byKid.get(kid));
  if (!jws.ok) return jws;
  if (!TYPES.has(jws.value.header.typ.toLowerCase())) return no('type');
  const read = readClaims(parseJsonBytes(jws.value.payload));
  if (read === null) return no('claims');
  const jwt = { ...read, signingKeyId: jws.value.header.kid };
  const judged = judge(ports, jwt);
  if (judged.ok) ports.seen.remember(text, jwt);
  return judged;
};

/** `exp` is the first second in which a JWT is over (RFC 7519 §4.1.4). */
const judge = ({ issuer, audience, clock }: VerifyJwtPorts, jwt: VerifiedJwt): JwtVerdict => {
  const now = clock.now() / SECOND_MS;
  const refuse = (reason: JwtRefusal): JwtVerdict => ({ ok: false, reason, jwt });
  if (jwt.claims.iss !== issuer) return refuse('issuer');
  if (jwt.claims.aud !== audience) return refuse('audience');
  if (now >= jwt.claims.exp) return refuse('expired');
  if (jwt.notBefore !== null && now < jwt.notBefore) return refuse('not_yet_valid');
  if (now + CLOCK_SKEW_SECONDS < jwt.claims.iat) return refuse('not_yet_valid');
  return ok(jwt);
};
