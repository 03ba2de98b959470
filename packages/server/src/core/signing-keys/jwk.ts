/**
 * Public keys that come as JSON Web Keys (RFC 7517). A key is accepted only for what it says it is for: verifying, under the one
 * algorithm it names, with parameters that are known to be sound. In doubt it is refused.
 */
import { createPublicKey, createSecretKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { decodeBase64Url, isObject, isRocaModulus, no, type Outcome, ok } from '@keyhouse/protocol';
import { type Algorithm, algorithmRow, isAlgorithm, type VerificationKey } from './algorithms.ts';

/** `unfit`: for another purpose, or for none that we know. `weak`: of the right kind, but not to be trusted. */
export type JwkRefusal = 'malformed' | 'unfit' | 'weak';

/** RFC 7518 §3.3 requires at least 2048; beyond 16384 verifying becomes a way to keep us busy. */
const RSA_MIN_BITS = 2048;
const RSA_MAX_BITS = 16_384;

/** Accepts one JWK for verifying. It must name its `kid` and its `alg`; `use` and `key_ops`, if given, must allow verifying. */
export const importVerificationJwk = (jwk: unknown): Outcome<VerificationKey, JwkRefusal> => {
  if (!isObject(jwk) || typeof jwk.kid !== 'string') return no('malformed');
  const { kid, alg, use = 'sig', key_ops: operations = ['verify'] } = jwk;
  if (!isAlgorithm(alg) || use !== 'sig') return no('unfit');
  if (!Array.isArray(operations) || !operations.includes('verify')) return no('unfit');
  if (jwk.kty !== algorithmRow(alg).type) return no('unfit');
  const key = importKey(alg, jwk);
  return key.ok ? ok({ kid, algorithm: alg, key: key.value }) : key;
};

/**
 * Accepts a set of keys (RFC 7517 §5), all or none. Two keys under one `kid` are refused, and so is a set that mixes shared
 * secrets with public keys: publishing such a set has published the secrets.
 */
export const importVerificationKeySet = (set: unknown): Outcome<ReadonlyMap<string, VerificationKey>, JwkRefusal> => {
  if (!isObject(set) || !Array.isArray(set.keys)) return no('malformed');
  const byKid = new Map<string, VerificationKey>();
  for (const jwk of set.keys) {
    const key = importVerificationJwk(jwk);
    if (!key.ok) return key;
    if (byKid.has(key.value.kid)) return no('unfit');
    byKid.set(key.value.kid, key.value);
  }
  const types = new Set([...byKid.values()].map(({ key }) => key.type));
  return types.size > 1 ? no('unfit') : ok(byKid);
};

const importKey = (algorithm: Algorithm, jwk: Readonly<Record<string, unknown>>): Outcome<KeyObject, JwkRefusal> => {
  const row = algorithmRow(algorithm);
  if (row.type === 'oct') return importSecret(jwk.k, row.bytes);
  if (row.type === 'EC')
    return jwk.crv === row.curve ? importPublic({ kty: 'EC', ...members(jwk, ['crv', 'x', 'y']) }) : no('unfit');
  const key = importPublic({ kty: 'RSA', ...members(jwk, ['n', 'e']) });
  return key.ok && isWeakRsa(key.value, jwk.n) ? no('weak') : key;
};

const importSecret = (k: unknown, leastBytes: number): Outcome<KeyObject, JwkRefusal> => {
  const bytes = typeof k === 'string' ? decodeBase64Url(k) : null;
  if (bytes === null) return no('malformed');
  return bytes.length < leastBytes ? no('weak') : ok(createSecretKey(bytes));
};

/** Only the public members are kept; OpenSSL refuses a point that is not on the curve by throwing. */
const importPublic = (key: JsonWebKey): Outcome<KeyObject, 'malformed'> => {
  try {
    return ok(createPublicKey({ key, format: 'jwk' }));
  } catch {
    return no('malformed');
  }
};

const members = (jwk: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(names.map((name) => [name, jwk[name]]));

const isWeakRsa = (key: KeyObject, modulus: unknown): boolean => {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < RSA_MIN_BITS || modulusLength > RSA_MAX_BITS) return true;
  if (publicExponent < 3n || publicExponent % 2n === 0n) return true;
  return typeof modulus !== 'string' || isRocaModulus(Buffer.from(modulus, 'base64url'));
};
