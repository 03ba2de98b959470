/**
 * Public keys of the issuer as JSON Web Keys (RFC 7517), read as strictly as the server does: ES256 and RS256, intended for
 * signatures, with parameters that are known to be sound. A set that contains any other key is refused as a whole.
 */
import { decodeBase64Url, isObject, isRocaModulus } from '@keyhouse/protocol';

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
  /** `signingInput` is ASCII (RFC 7515 §5.2). A promise if there is only WebCrypto. */
  verify(signingInput: string, signature: Uint8Array): boolean | Promise<boolean>;
}

const MAX_KEYS = 20;
/** Publishing one of these members publishes a secret, and anyone can use the key. */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** The keys of a set, only with their public members; null if anything about it is not as Keyhouse publishes it. */
export function readKeySet(set: unknown): readonly PublicJwk[] | null {
  if (!isObject(set) || !Array.isArray(set.keys) || set.keys.length === 0 || set.keys.length > MAX_KEYS) return null;
  const keys = set.keys.map(readKey);
  const kids = new Set(keys.map((key) => key?.kid));
  return kids.size === keys.length && keys.every((key) => key !== null) ? keys : null;
}

function readKey(jwk: unknown): PublicJwk | null {
  if (!isObject(jwk)) return null;
  const { kty, kid, alg, use = 'sig', key_ops: operations = ['verify'], crv, x, y, n, e } = jwk;
  if (typeof kid !== 'string' || kid === '' || SECRET_MEMBERS.some((member) => Object.hasOwn(jwk, member))) return null;
  if (use !== 'sig' || !Array.isArray(operations) || !operations.includes('verify')) return null;
  if (alg === 'ES256' && kty === 'EC' && crv === 'P-256' && typeof x === 'string' && typeof y === 'string')
    return { kty, kid, alg, crv, x, y };
  if (alg !== 'RS256' || kty !== 'RSA' || typeof n !== 'string' || typeof e !== 'string') return null;
  return isSoundRsa(n, e) ? { kty, kid, alg, n, e } : null;
}

/** Characters; a modulus of 16384 bits has 2731. */
const LONGEST_NUMBER = 4096;

/**
 * RFC 7518 §3.3 requires at least 2048 bits; beyond 16384, or with a long exponent, verifying becomes a way to keep an API busy.
 * Checked here, the same on every platform: leading zeros do not make a weak modulus long.
 */
function isSoundRsa(n: string, e: string): boolean {
  const modulus = numberIn(n);
  const exponent = numberIn(e);
  if (modulus === null || exponent === null || exponent.length > 8 || (exponent.at(-1) ?? 0) % 2 === 0) return false;
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  const isOne = exponent.length === 1 && exponent[0] === 1;
  return bits >= 2048 && bits <= 16_384 && !isOne && !isRocaModulus(modulus);
}

/** The bytes of a number without leading zeros; null for what is not a number, or much too long. */
function numberIn(text: string): Uint8Array | null {
  const bytes = text.length > LONGEST_NUMBER ? null : decodeBase64Url(text);
  const first = bytes?.findIndex((byte) => byte !== 0) ?? -1;
  return bytes === null || first < 0 ? null : bytes.subarray(first);
}
