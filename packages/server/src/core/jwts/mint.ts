/**
 * The only place where JWTs are created. `POST /auth` with an API key [B4–B6]: the text leaves only after the JWT is recorded, so
 * that everything that can be presented can be listed and revoked. JWTs of sessions and applications are valid for ten minutes
 * and not recorded: they end by the revocation of what they were issued under.
 */

import type { JwtClaims } from '@keyhouse/protocol';
import { clientClaim, makeJti, scopeClaim, subjectClaim, userClaim } from '@keyhouse/protocol';
import { type By, happened } from '../audit/event.ts';
import { IN_THE_ACT } from '../authority.ts';
import type { Credential } from '../credentials/credential.ts';
import { type Clock, SECOND_MS } from '../lib/clock.ts';
import { fewRandomBytes } from '../lib/random-pool.ts';
import { signJws } from '../signing-keys/jws.ts';
import type { KeyRing } from '../signing-keys/signing-key.ts';
import type { JwtsStore, MintedJwt } from './jwt.ts';
import { type GrantedWish, type JudgedWish, judgeWish, type Wish } from './wish.ts';

/** How many active JWTs one key may have at a time; more is a loop, not a use. */
export const MAX_LIVE_JWTS_PER_KEY = 10_000;

/** What the minting key is known by; a `Credential` of kind `key` fits. `hash` is that of the secret that was presented. */
export type MintingKey = Pick<
  Credential,
  'id' | 'accountId' | 'permissions' | 'addresses' | 'expiresAtMs' | 'environment' | 'hash'
>;

export interface MintPorts {
  readonly jwts: Pick<JwtsStore, 'recordJwt'>;
  /** Names of the permissions that exist; empty: every well-formed one. */
  readonly catalogue: () => Promise<ReadonlySet<string>>;
  readonly keys: () => KeyRing;
  readonly issuer: string;
  readonly audience: string;
  readonly maxJwtDays: number;
  readonly clock: Clock;
}

export interface Mint {
  readonly token: string;
  /** RFC 3339 in whole seconds: `2027-11-22T00:00:00Z`. */
  readonly expires: string;
  readonly jwt: MintedJwt;
}

/**
 * `invalid` is a 422 with its fields, `forbidden` a 403 that names what is missing, `too_many` a 429. `key_changed`: the key was
 * revoked or narrowed, or its owner disabled, during the request; verify the key again. `key_gone`: the database was set back to
 * before the key was created.
 */
export type Minted =
  | { readonly ok: true; readonly value: Mint }
  | Extract<JudgedWish, { ok: false }>
  | { readonly ok: false; readonly reason: 'too_many' | 'key_changed' | 'key_gone' };

/** Mints a JWT from an API key that has just been verified. */
export const mintJwt = async (ports: MintPorts, input: { key: MintingKey; wish: Wish; by: By }): Promise<Minted> => {
  const { key, wish, by } = input;
  const nowMs = ports.clock.now();
  const { audience, maxJwtDays } = ports;
  const judged = judgeWish({ catalogue: await ports.catalogue(), audience, maxJwtDays, nowMs }, key, wish);
  if (!judged.ok) return judged;
  const signingKey = ports.keys().current;
  const claims = claimsOf(ports, key, judged.value, nowMs);
  const jwt = recordOf(key, judged.value, { jti: claims.jti, signingKeyId: signingKey.kid, issuedAtMs: nowMs });
  const event = happened({ ...by, authority: IN_THE_ACT }, nowMs, 'jwt.minted', {
    accountId: key.accountId,
    credentialId: key.id,
    details: { jti: jwt.jti, permissions: jwt.permissions, subject: jwt.subject, expires_at_ms: jwt.expiresAtMs },
  });
  const expected = { permissions: key.permissions, addresses: key.addresses, hash: key.hash };
  const recorded = await ports.jwts.recordJwt({ jwt, expected, limit: MAX_LIVE_JWTS_PER_KEY, nowMs, event });
  if (recorded !== 'recorded') return { ok: false, reason: recorded };
  const token = signJws(signingKey, 'at+jwt', JSON.stringify(claims));
  return { ok: true, value: { token, expires: rfc3339(jwt.expiresAtMs), jwt: { ...jwt, revokedAtMs: null } } };
};

interface IssuePorts {
  readonly keys: () => KeyRing;
  readonly issuer: string;
  readonly audience: string;
}

interface Issued {
  readonly clientId: string;
  readonly accountId: number;
  readonly permissions: readonly string[];
  readonly issuedAtMs: number;
  /** `exp`: seconds since 1970; from then on it has expired. */
  readonly expiresAt: number;
  /** Null: the application acts by itself. */
  readonly session: { readonly id: string; readonly userId: number; readonly scopes: readonly string[] } | null;
}

/** The JWT of a session, or of an application that acts by itself (RFC 9068 §2.2). The caller has judged what it may hold. */
export const issueJwt = ({ keys, issuer, audience }: IssuePorts, issued: Issued): string => {
  const { clientId, accountId, permissions, issuedAtMs, session } = issued;
  const iat = Math.floor(issuedAtMs / SECOND_MS);
  const claims: JwtClaims = {
    iss: issuer,
    aud: audience,
    sub: session === null ? clientId : userClaim(session.userId),
    iat,
    exp: issued.expiresAt,
    jti: makeJti(issuedAtMs, fewRandomBytes),
    client_id: clientId,
    scope: scopeClaim(permissions, session?.scopes),
    permissions,
    account: accountId,
    environment: 'live',
    ...(session === null ? {} : { sid: session.id }),
  };
  return signJws(keys().current, 'at+jwt', JSON.stringify(claims));
};

const claimsOf = (
  ports: MintPorts,
  key: MintingKey,
  { permissions, subject, expiresAt }: GrantedWish,
  nowMs: number,
): JwtClaims => ({
  iss: ports.issuer,
  aud: ports.audience,
  sub: subjectClaim(key.accountId, subject),
  iat: Math.floor(nowMs / SECOND_MS),
  exp: expiresAt,
  jti: makeJti(nowMs, fewRandomBytes),
  client_id: clientClaim(key.id),
  scope: scopeClaim(permissions),
  permissions,
  account: key.accountId,
  environment: key.environment,
  ...(key.addresses === null ? {} : { addresses: key.addresses }),
});

const recordOf = (
  key: MintingKey,
  { permissions, subject, expiresAt }: GrantedWish,
  made: Pick<MintedJwt, 'jti' | 'signingKeyId' | 'issuedAtMs'>,
): Omit<MintedJwt, 'revokedAtMs'> => ({
  ...made,
  keyId: key.id,
  accountId: key.accountId,
  subject,
  permissions,
  expiresAtMs: expiresAt * SECOND_MS,
});

const rfc3339 = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');
