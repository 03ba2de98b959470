/**
 * The signature algorithms of RFC 7518 §3, one row each. Keyhouse signs and accepts ES256 and RS256 only: its key ring cannot
 * hold another (see `SigningAlgorithm`). The other rows exist so that the same code can be tested with every published attack
 * vector.
 */
import { constants, createHmac, type KeyObject, sign, timingSafeEqual, verify } from 'node:crypto';
import { derOfEcdsa, ecdsaOfDer } from '@keyhouse/protocol';
import type { SigningAlgorithm } from './stored-key.ts';

interface EcRow {
  readonly type: 'EC';
  readonly hash: string;
  readonly curve: string;
  /** Node's name for the curve. */
  readonly namedCurve: string;
  /** r and s, each as long as the curve's order (RFC 7518 §3.4). */
  readonly signatureBytes: number;
}
interface RsaRow {
  readonly type: 'RSA';
  readonly hash: string;
  readonly padding: number;
  /** PSS only: exactly as long as the hash (RFC 7518 §3.5). */
  readonly saltLength?: number;
}
interface MacRow {
  readonly type: 'oct';
  readonly hash: string;
  /** The tag, and the minimum length of a key (RFC 7518 §3.2). */
  readonly bytes: number;
}

const { RSA_PKCS1_PADDING: PKCS1, RSA_PKCS1_PSS_PADDING: PSS } = constants;

const ROWS = {
  ES256: { type: 'EC', hash: 'sha256', curve: 'P-256', namedCurve: 'prime256v1', signatureBytes: 64 },
  ES384: { type: 'EC', hash: 'sha384', curve: 'P-384', namedCurve: 'secp384r1', signatureBytes: 96 },
  ES512: { type: 'EC', hash: 'sha512', curve: 'P-521', namedCurve: 'secp521r1', signatureBytes: 132 },
  RS256: { type: 'RSA', hash: 'sha256', padding: PKCS1 },
  RS384: { type: 'RSA', hash: 'sha384', padding: PKCS1 },
  RS512: { type: 'RSA', hash: 'sha512', padding: PKCS1 },
  PS256: { type: 'RSA', hash: 'sha256', padding: PSS, saltLength: 32 },
  PS384: { type: 'RSA', hash: 'sha384', padding: PSS, saltLength: 48 },
  PS512: { type: 'RSA', hash: 'sha512', padding: PSS, saltLength: 64 },
  HS256: { type: 'oct', hash: 'sha256', bytes: 32 },
  HS384: { type: 'oct', hash: 'sha384', bytes: 48 },
  HS512: { type: 'oct', hash: 'sha512', bytes: 64 },
} as const satisfies Record<string, EcRow | RsaRow | MacRow>;

export type Algorithm = keyof typeof ROWS;
export type AlgorithmRow = EcRow | RsaRow | MacRow;

export const isAlgorithm = (name: unknown): name is Algorithm => typeof name === 'string' && Object.hasOwn(ROWS, name);
export const algorithmRow = (name: Algorithm): AlgorithmRow => ROWS[name];

/** A key that verifies under exactly one algorithm (RFC 8725 §3.1). */
export interface VerificationKey<Of extends Algorithm = Algorithm> {
  readonly kid: string;
  readonly algorithm: Of;
  readonly key: KeyObject;
}

/**
 * Signs bytes with a private key; the signature in the form that RFC 7518 requires on the wire. Keys are passed to Node directly,
 * not in an object with options: PKCS #1 is its default for RSA, and the protocol's `ecdsa-signature.ts` explains why not for
 * ECDSA.
 */
export const makeSignature = (algorithm: SigningAlgorithm, key: KeyObject, data: Uint8Array): Uint8Array => {
  const signature = sign('sha256', data, key);
  return algorithm === 'ES256' ? ecdsaOfDer(signature, ROWS.ES256.signatureBytes) : signature;
};

/**
 * Whether a signature matches. The algorithm is the key's own; nothing that came with the signature influences it. A signature
 * whose length does not fit the algorithm is refused before OpenSSL sees it.
 */
export const verifySignature = ({ algorithm, key }: VerificationKey, data: Uint8Array, signature: Uint8Array): boolean => {
  const row = algorithmRow(algorithm);
  if (row.type === 'EC') {
    return signature.length === row.signatureBytes && verify(row.hash, data, key, derOfEcdsa(signature));
  }
  if (row.type === 'RSA') {
    const { padding, saltLength } = row;
    const options = padding === PKCS1 ? key : { key, padding, saltLength };
    return signature.length === modulusBytes(key) && verify(row.hash, data, options, signature);
  }
  return signature.length === row.bytes && timingSafeEqual(createHmac(row.hash, key).update(data).digest(), signature);
};

const modulusBytes = (key: KeyObject): number => Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
