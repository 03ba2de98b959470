/**
 * ID tokens (OpenID Connect Core §2): they tell one application who signed in. They are never valid as a bearer token: their type
 * and audience differ.
 */
import { isObject, parseJsonBytes, userClaim } from '@keyhouse/protocol';
import { SECOND_MS } from '../lib/clock.ts';
import type { Session } from '../sessions/session.ts';
import { signJws, verifyJws } from '../signing-keys/jws.ts';
import type { KeyRing } from '../signing-keys/signing-key.ts';
import type { SigningAlgorithm } from '../signing-keys/stored-key.ts';
import type { UserInfo } from './user-info.ts';

interface Ports {
  readonly keys: () => KeyRing;
  readonly issuer: string;
}

const LIFETIME_SECONDS = 600;
const TYPE = 'JWT';

interface Wanted {
  readonly session: Session;
  readonly clientId: string;
  /** What the application is registered for (`id_token_signed_response_alg`); never another one instead. */
  readonly algorithm: SigningAlgorithm;
  /** From the request; null at a refresh (§12.2). */
  readonly nonce: string | null;
  /** What userinfo returns for the scopes of this answer; null: only who the user is. */
  readonly userInfo: UserInfo | null;
  readonly atMs: number;
}

/** §2. Name and email are in it too (§5.4 allows it): many clients read them here and never ask userinfo. */
export function issueIdToken({ keys, issuer }: Ports, wanted: Wanted): string {
  const { session, clientId, algorithm, nonce, userInfo, atMs } = wanted;
  const key = keys().signing.get(algorithm);
  if (key === undefined) throw new Error(`There is no signing key for ${algorithm}.`);
  const iat = Math.floor(atMs / SECOND_MS);
  const claims = {
    ...userInfo,
    iss: issuer,
    sub: userClaim(session.userId),
    aud: clientId,
    iat,
    exp: iat + LIFETIME_SECONDS,
    auth_time: Math.floor(session.signedInAtMs / SECOND_MS),
    sid: session.id,
    ...(nonce === null ? {} : { nonce }),
  };
  return signJws(key, TYPE, JSON.stringify(claims));
}

export interface IdTokenHint {
  readonly userId: number;
  readonly clientId: string;
  readonly sessionId: string;
}

/**
 * Who an ID token of ours was about, expired or not (OpenID Connect RP-Initiated Logout §2, Core §3.1.2.1); null if it is not
 * ours.
 */
export function readIdTokenHint({ keys, issuer }: Ports, text: string): IdTokenHint | null {
  const { byKid } = keys();
  const verified = verifyJws(text, (kid) => byKid.get(kid));
  if (!verified.ok || verified.value.header.typ !== TYPE) return null;
  const claims = parseJsonBytes(verified.value.payload);
  if (!isObject(claims) || claims.iss !== issuer) return null;
  const { sub, aud, sid } = claims;
  if (typeof sub !== 'string' || typeof aud !== 'string' || typeof sid !== 'string') return null;
  const userId = /^user:([1-9]\d{0,15})$/.exec(sub)?.[1];
  return userId === undefined ? null : { userId: Number(userId), clientId: aud, sessionId: sid };
}
