/**
 * The public set of signing keys (RFC 7517 §5), as `/.well-known/jwks.json` serves it: for each algorithm the key that signs and
 * the next one, and those whose JWTs may still be valid. Built member by member from a list of public ones, so that no private
 * member can ever get in.
 */
import { isObject } from '@keyhouse/protocol';
import type { SigningAlgorithm, StoredSigningKey } from './stored-key.ts';

/** A public key as it is published. */
export interface PublicJwk {
  readonly kty: string;
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: string;
  readonly [member: string]: string;
}

/** How long a verifier may keep the set (`Cache-Control: max-age`), and so how long a key is published before it signs. */
export const JWKS_MAX_AGE_SECONDS = 300;

const PUBLIC_MEMBERS = { ES256: ['crv', 'x', 'y'], RS256: ['n', 'e'] } as const;
const KEY_TYPES = { ES256: 'EC', RS256: 'RSA' } as const;
const ORDER = { current: 0, next: 1, retired: 2 } as const;

/**
 * The set in a fixed order: the signing keys first, then the next, then the retired, newest first. Of two that sign, that of
 * access tokens.
 */
export const publicKeySet = (
  stored: readonly StoredSigningKey[],
  algorithm: SigningAlgorithm = 'ES256',
): { keys: readonly PublicJwk[] } => {
  const isOther = (key: StoredSigningKey): number => (key.algorithm === algorithm ? 0 : 1);
  const inOrder = (a: StoredSigningKey, b: StoredSigningKey): number =>
    ORDER[a.state] - ORDER[b.state] || isOther(a) - isOther(b) || b.createdAtMs - a.createdAtMs || (a.kid < b.kid ? -1 : 1);
  return { keys: [...stored].sort(inOrder).map(publicJwk) };
};

const publicJwk = ({ kid, algorithm, publicJwk: text }: StoredSigningKey): PublicJwk => {
  const stored: unknown = JSON.parse(text);
  const members = PUBLIC_MEMBERS[algorithm].map((name) => [name, memberOf(stored, name)] as const);
  return { kty: KEY_TYPES[algorithm], kid, use: 'sig', alg: algorithm, ...Object.fromEntries(members) };
};

const memberOf = (jwk: unknown, name: string): string => {
  const member = isObject(jwk) ? jwk[name] : undefined;
  if (typeof member !== 'string') throw new Error(`A stored signing key lacks its public member ${name}.`);
  return member;
};
