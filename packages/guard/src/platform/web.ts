/** The same where there is only WebCrypto: workers, edge runtimes, browsers. It answers asynchronously. */
import { encodeBase64Url } from '@keyhouse/protocol';
import type { PublicJwk, SignatureKey } from '../jwk.ts';

const ALGORITHMS = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
} as const;

export async function importKey(jwk: PublicJwk): Promise<SignatureKey | null> {
  const algorithm = ALGORITHMS[jwk.alg];
  const key = await crypto.subtle.importKey('jwk', { ...jwk }, algorithm, false, ['verify']).catch(() => null);
  if (key === null) return null;
  const encoder = new TextEncoder();
  return {
    kid: jwk.kid,
    alg: jwk.alg,
    // `Uint8Array.from`: WebCrypto wants bytes that no other thread shares.
    verify: (signingInput, signature) =>
      crypto.subtle.verify(algorithm, key, Uint8Array.from(signature), encoder.encode(signingInput)).catch(() => false),
  };
}

export async function sha256(data: string | Uint8Array): Promise<string> {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : Uint8Array.from(data);
  return encodeBase64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
}
