/**
 * Public keys of the issuer as JSON Web Keys (RFC 7517), as strictly as the server reads them: ES256 and RS256, made for signatures, with
 * parameters that are known to be sound. A set with one key in it that is none of ours is refused whole.
 */
import { isObject } from '@keyhouse/protocol';

export interface PublicJwk {
  readonly kty: 'EC' | 'RSA';
  readonly kid: string;
  readonly alg: 'ES256' | 'RS256';
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
  readonly n?: string;
  readonly e?: string;
}

export interface SignatureKey {
  readonly kid: string;
  readonly alg: 'ES256' | 'RS256';
  /** `signingInput` is ASCII (RFC 7515 §5.2). A promise where only WebCrypto is. */
  verify(signingInput: string, signature: Uint8Array): boolean | Promise<boolean>;
}

const MOST_KEYS = 20;

/** The keys of a set, members that are not public left behind; null when anything about it is not as Keyhouse publishes it. */
export function readKeySet(set: unknown): readonly PublicJwk[] | null {
  if (!isObject(set) || !Array.isArray(set.keys) || set.keys.length === 0 || set.keys.length > MOST_KEYS) return null;
  const keys = set.keys.map(readKey);
  const kids = new Set(keys.map((key) => key?.kid));
  return kids.size === keys.length && keys.every((key) => key !== null) ? keys : null;
}

function readKey(jwk: unknown): PublicJwk | null {
  if (!isObject(jwk)) return null;
  const { kty, kid, alg, use = 'sig', crv, x, y, n, e, d } = jwk;
  if (typeof kid !== 'string' || kid === '' || use !== 'sig' || d !== undefined) return null;
  if (alg === 'ES256' && kty === 'EC' && crv === 'P-256' && typeof x === 'string' && typeof y === 'string')
    return { kty, kid, alg, crv, x, y };
  return alg === 'RS256' && kty === 'RSA' && typeof n === 'string' && typeof e === 'string' ? { kty, kid, alg, n, e } : null;
}

/** RFC 7518 §3.3 asks for 2048 bits at least; beyond 16384 verifying becomes a way to keep an API busy. */
export const isSoundRsa = (bits: number, exponent: bigint): boolean =>
  bits >= 2048 && bits <= 16_384 && exponent >= 3n && exponent % 2n === 1n;
