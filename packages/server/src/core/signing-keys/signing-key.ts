/**
 * Signing keys: created here, sealed here, opened here. The private half exists in the clear only inside a `KeyObject` of this
 * process; the database has it sealed under the master secret, bound to the key's id.
 */
import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { no, type Outcome, ok } from '@keyhouse/protocol';
import { calculateJwkThumbprint, type JWK } from 'jose';
import type { MasterSecret } from '../lib/master-secret.ts';
import { open, seal } from '../lib/seal.ts';
import type { VerificationKey } from './algorithms.ts';
import { importVerificationJwk } from './jwk.ts';
import type { SigningAlgorithm, StoredSigningKey } from './stored-key.ts';

/** A key that signs; in memory only. */
export interface SigningKey {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly privateKey: KeyObject;
}

/** A public key that verifies our own JWTs. It cannot be of another algorithm. */
export type VerifyingKey = VerificationKey<SigningAlgorithm>;

/** The keys that sign, and every key whose JWTs may still be valid, prepared once. */
export interface KeyRing {
  /** Signs JWTs that are access tokens, and the feed. */
  readonly current: SigningKey;
  /** By algorithm; ID tokens are signed as their application asks. `current` is one of them. */
  readonly signing: ReadonlyMap<SigningAlgorithm, SigningKey>;
  readonly byKid: ReadonlyMap<string, VerifyingKey>;
}

/** 128-bit strength would be 3072; 2048 is what every verifier accepts, and a signing key is used for 90 days. */
const RSA_BITS = 2048;

const generate = promisify(generateKeyPair);
const sealedName = (kid: string): string => `signing-key:${kid}`;

const generatePair = (algorithm: SigningAlgorithm): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> =>
  algorithm === 'ES256' ? generate('ec', { namedCurve: 'P-256' }) : generate('rsa', { modulusLength: RSA_BITS });

/** Creates a signing key, ready to be stored; the private half leaves this function sealed. `kid` is its RFC 7638 thumbprint. */
export const makeSigningKey = async (input: {
  algorithm: SigningAlgorithm;
  secret: MasterSecret;
  state: 'current' | 'next';
  nowMs: number;
}): Promise<StoredSigningKey> => {
  const { algorithm, secret, state, nowMs } = input;
  const { publicKey, privateKey } = await generatePair(algorithm);
  const jwk: JWK = publicKey.export({ format: 'jwk' });
  const kid = await calculateJwkThumbprint(jwk, 'sha256');
  return {
    kid,
    algorithm,
    publicJwk: JSON.stringify({ ...jwk, kid, use: 'sig', alg: algorithm }),
    sealedPrivateKey: seal(secret, sealedName(kid), privateKey.export({ format: 'der', type: 'pkcs8' })),
    state,
    createdAtMs: nowMs,
    signingSinceMs: state === 'current' ? nowMs : null,
    retiredAtMs: null,
    lastJwtEndsAtMs: null,
  };
};

/** The same key sealed under another master secret; `refused` if none of `secrets` opens it. */
export const resealSigningKey = (
  stored: StoredSigningKey,
  secrets: readonly MasterSecret[],
  to: MasterSecret,
): Outcome<string, 'malformed' | 'refused'> => {
  const opened = open(secrets, sealedName(stored.kid), stored.sealedPrivateKey);
  return opened.ok ? ok(seal(to, sealedName(stored.kid), opened.value)) : opened;
};

/** Whether this master secret alone opens the key. */
export const opensSigningKey = (stored: StoredSigningKey, secret: MasterSecret): boolean =>
  open([secret], sealedName(stored.kid), stored.sealedPrivateKey).ok;

/**
 * Opens what is stored into a key ring. Only the private keys that sign are opened. `algorithm`: which of them signs access
 * tokens; while it has no key, another algorithm does. `no_current_key`: nothing can sign. `refused`: the master secret does not
 * open it. `malformed`: a stored key is not what it says it is.
 */
export const openSigningKeys = async (
  stored: readonly StoredSigningKey[],
  secrets: readonly MasterSecret[],
  algorithm: SigningAlgorithm = 'ES256',
): Promise<Outcome<KeyRing, 'no_current_key' | 'malformed' | 'refused'>> => {
  const byKid = new Map<string, VerifyingKey>();
  for (const each of stored) {
    const key = await openPublicKey(each);
    if (key === null) return no('malformed');
    byKid.set(key.kid, key);
  }
  const signing = new Map<SigningAlgorithm, SigningKey>();
  for (const each of stored.filter(({ state }) => state === 'current')) {
    const opened = openPrivateKey(each, byKid.get(each.kid), secrets);
    if (!opened.ok) return opened;
    signing.set(each.algorithm, opened.value);
  }
  const current = signing.get(algorithm) ?? signing.values().next().value;
  return current === undefined ? no('no_current_key') : ok({ current, signing, byKid });
};

const openPrivateKey = (
  { kid, algorithm, sealedPrivateKey }: StoredSigningKey,
  publicKey: VerifyingKey | undefined,
  secrets: readonly MasterSecret[],
): Outcome<SigningKey, 'malformed' | 'refused'> => {
  const opened = open(secrets, sealedName(kid), sealedPrivateKey);
  if (!opened.ok) return opened;
  const privateKey = createPrivateKey({ key: opened.value, format: 'der', type: 'pkcs8' });
  opened.value.fill(0);
  const matches = publicKey?.key.equals(createPublicKey(privateKey)) === true;
  return matches ? ok({ kid, algorithm, privateKey }) : no('malformed');
};

const openPublicKey = async ({ kid, algorithm, publicJwk }: StoredSigningKey): Promise<VerifyingKey | null> => {
  const jwk: JWK = JSON.parse(publicJwk);
  const key = importVerificationJwk({ ...jwk, kid, use: 'sig', alg: algorithm });
  if (!key.ok || (await calculateJwkThumbprint(jwk, 'sha256')) !== kid) return null;
  return { kid, algorithm, key: key.value.key };
};
