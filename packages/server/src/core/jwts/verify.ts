/**
 * Whether a text is a JWT of ours that is valid now (RFC 7519 §7.2, RFC 9068 §4, RFC 8725). Revocations and the state of its
 * owner are not judged here: the caller gets the ids to check them, and must.
 */
import { type ClaimsRefusal, faultOfClaims, no, type Outcome, ok, readJwt, type VerifiedJwt } from '@keyhouse/protocol';
import type { Clock } from '../lib/clock.ts';
import { type JwsRefusal, verifyJws } from '../signing-keys/jws.ts';
import type { KeyRing } from '../signing-keys/signing-key.ts';
import type { SeenJwts } from './seen.ts';

export type JwtRefusal = JwsRefusal | ClaimsRefusal;

/** A refusal names the JWT if its signature was ours, so that its holder can be told why. */
export type JwtVerdict = Outcome<VerifiedJwt, JwtRefusal> & { readonly jwt?: VerifiedJwt };

export interface VerifyJwtPorts {
  /** The current keys; read again for each JWT. */
  readonly keys: () => KeyRing;
  readonly issuer: string;
  readonly audience: string;
  readonly clock: Clock;
  readonly seen: SeenJwts;
}

/**
 * Verifies a JWT. The first time costs a signature check; the same text again costs one look-up, until the JWT expires or its
 * signing key is gone. Issuer, audience and times are judged each time.
 */
export const verifyJwt = (ports: VerifyJwtPorts, text: string): JwtVerdict => {
  const { byKid } = ports.keys();
  const known = ports.seen.find(text);
  if (known !== undefined && byKid.has(known.signingKeyId)) return judge(ports, known);
  const jws = verifyJws(text, (kid) => byKid.get(kid));
  if (!jws.ok) return jws;
  const read = readJwt(jws.value.header, jws.value.payload);
  if (typeof read === 'string') return no(read);
  const jwt = { ...read, signingKeyId: jws.value.header.kid };
  const judged = judge(ports, jwt);
  if (judged.ok) ports.seen.remember(text, jwt);
  return judged;
};

const judge = (ports: VerifyJwtPorts, jwt: VerifiedJwt): JwtVerdict => {
  const reason = faultOfClaims(jwt, ports, ports.clock.now());
  return reason === null ? ok(jwt) : { ok: false, reason, jwt };
};
