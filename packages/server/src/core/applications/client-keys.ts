/**
 * Public keys that an application registers to authenticate with signed assertions (`private_key_jwt`, RFC 7523 §2.2). They are
 * given as a JWK Set (RFC 7517 §5): the server fetches nothing from anywhere.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { isObject, isWellFormedText, no, type Outcome, ok } from '@keyhouse/protocol';
import { importVerificationJwk } from '../signing-keys/jwk.ts';

export const CLIENT_KEY_ALGORITHMS = ['ES256', 'RS256', 'PS256', 'EdDSA'] as const;
export type ClientKeyAlgorithm = (typeof CLIENT_KEY_ALGORITHMS)[number];

/** A few are enough to replace one without a moment in which neither is known. */
export const MAX_CLIENT_KEYS = 5;
const MAX_KID_LENGTH = 200;
/** RFC 7518 §6.2.2, §6.3.2, §6.4.1, RFC 8037 §2. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const PUBLIC_MEMBERS = ['kty', 'kid', 'alg', 'use', 'crv', 'x', 'y', 'n', 'e'];

/** A key that verifies under exactly one algorithm (RFC 8725 §3.1). */
export interface ClientKey {
  readonly kid: string;
  readonly algorithm: ClientKeyAlgorithm;
  readonly key: KeyObject;
}

export interface ClientKeySet {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

/** Accepts a JWK Set, keeping only its public members; or says what is wrong with it. */
export function readClientKeys(set: unknown): Outcome<ClientKeySet, 'invalid'> & { readonly sentence?: string } {
  if (!isObject(set) || !Array.isArray(set.keys)) return invalid('This must be a JWK Set: {"keys":[…]} (RFC 7517 §5).');
  const { keys } = set;
  if (keys.length === 0 || keys.length > MAX_CLIENT_KEYS) return invalid(`A JWK Set must have 1 to ${MAX_CLIENT_KEYS} keys.`);
  const kids = new Set<string>();
  for (const [index, jwk] of keys.entries()) {
    const fault = faultOf(jwk);
    if (fault !== null) return invalid(`Key ${index + 1}: ${fault}`);
    const { kid } = jwk as { kid: string };
    if (kids.has(kid)) return invalid(`Key ${index + 1}: its "kid" is used twice.`);
    kids.add(kid);
  }
  const onlyPublic = (jwk: Record<string, unknown>) =>
    Object.fromEntries(PUBLIC_MEMBERS.filter((name) => jwk[name] !== undefined).map((name) => [name, jwk[name]]));
  return ok({ keys: (keys as Record<string, unknown>[]).map(onlyPublic) });
}

const invalid = (sentence: string) => ({ ...no('invalid'), sentence });

function faultOf(jwk: unknown): string | null {
  if (!isObject(jwk)) return 'it must be an object.';
  if (PRIVATE_MEMBERS.some((name) => jwk[name] !== undefined))
    return 'it contains a private key or a shared secret. Register only public keys. Create a new key pair, because this one is no longer secret.';
  if (!isKid(jwk.kid)) return `it needs a "kid" of 1 to ${MAX_KID_LENGTH} characters.`;
  const imported = importClientKey(jwk);
  if (imported.ok) return null;
  if (imported.reason === 'weak') return 'it is too weak. RSA needs at least 2048 bits.';
  if (imported.reason === 'malformed') return 'it is not a valid key.';
  return `"alg" must be one of ${CLIENT_KEY_ALGORITHMS.join(', ')} and match the key. "use" must be "sig" or absent.`;
}

const isKid = (kid: unknown): kid is string =>
  typeof kid === 'string' && kid !== '' && kid.length <= MAX_KID_LENGTH && isWellFormedText(kid);

/** One key of a set, ready to verify with. */
export function importClientKey(jwk: Readonly<Record<string, unknown>>): Outcome<ClientKey, 'malformed' | 'unfit' | 'weak'> {
  const { alg, kid, use = 'sig' } = jwk;
  if (!isKid(kid)) return no('malformed');
  if (alg === 'EdDSA') return use === 'sig' ? importEd25519(jwk, kid) : no('unfit');
  if (!isAlgorithm(alg)) return no('unfit');
  const imported = importVerificationJwk({ ...jwk, key_ops: ['verify'] });
  return imported.ok ? ok({ kid, algorithm: alg, key: imported.value.key }) : imported;
}

const isAlgorithm = (alg: unknown): alg is ClientKeyAlgorithm => CLIENT_KEY_ALGORITHMS.some((known) => known === alg);

/** RFC 8037 §2; Ed448 is hardly used. */
function importEd25519(jwk: Readonly<Record<string, unknown>>, kid: string): Outcome<ClientKey, 'malformed' | 'unfit'> {
  const { kty, crv, x } = jwk;
  if (kty !== 'OKP' || crv !== 'Ed25519') return no('unfit');
  if (typeof x !== 'string') return no('malformed');
  try {
    return ok({ kid, algorithm: 'EdDSA', key: createPublicKey({ key: { kty, crv, x }, format: 'jwk' }) });
  } catch {
    return no('malformed');
  }
}
