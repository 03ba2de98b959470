/** Signatures and digests on Node, Bun and Deno: `node:crypto`, at once and two to four times as fast as WebCrypto. */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { derOfEcdsa } from '@keyhouse/protocol';
import type { PublicJwk, SignatureKey } from '../jwk.ts';

export function importKey(jwk: PublicJwk): SignatureKey | null {
  const key = publicKey(jwk);
  if (key === null) return null;
  const { kid, alg } = jwk;
  const isEcdsa = alg === 'ES256';
  const signatureBytes = isEcdsa ? 64 : Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
  return {
    kid,
    alg,
    verify: (signingInput, signature) =>
      signature.length === signatureBytes &&
      verify('sha256', Buffer.from(signingInput, 'latin1'), key, isEcdsa ? derOfEcdsa(signature) : signature),
  };
}

/** Base64url. */
export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('base64url');

function publicKey(jwk: PublicJwk): KeyObject | null {
  try {
    return createPublicKey({ key: { ...jwk }, format: 'jwk' });
  } catch {
    return null; // A point that is not on the curve, for instance.
  }
}
