/**
 * JSON Web Signatures in their compact form (RFC 7515), created and verified with `node:crypto`. How one is read is defined in
 * protocol, where guards read them in the same way; the caller decides which key is valid.
 */
import { encodeBase64Url, type JwsHeader, no, type Outcome, ok, readCompactJws } from '@keyhouse/protocol';
import { type Algorithm, makeSignature, type VerificationKey, verifySignature } from './algorithms.ts';
import type { SigningKey } from './signing-key.ts';

export interface VerifiedJws {
  readonly header: JwsHeader;
  readonly payload: Uint8Array;
}

export type JwsRefusal = 'malformed' | 'unknown_key' | 'signature';

/** Signs a payload (JSON text) with one of our keys. `typ` says what the JWS is (RFC 8725 §3.11). */
export const signJws = (key: SigningKey, typ: string, payload: string): string => {
  const header = encodeText(JSON.stringify({ alg: key.algorithm, kid: key.kid, typ }));
  const signingInput = `${header}.${encodeText(payload)}`;
  return `${signingInput}.${encodeBase64Url(makeSignature(key.algorithm, key.privateKey, Buffer.from(signingInput)))}`;
};

const encodeText = (text: string): string => Buffer.from(text).toString('base64url');

/**
 * Verifies a compact JWS. `keyFor` finds the key by `kid`; the algorithm is that key's, and a header that names another is
 * refused (RFC 8725 §3.1). `signature`: the key is ours, but it did not sign this.
 */
export const verifyJws = <Of extends Algorithm>(
  text: string,
  keyFor: (kid: string) => VerificationKey<Of> | undefined,
): Outcome<VerifiedJws, JwsRefusal> => {
  const jws = readCompactJws(text);
  if (jws === null) return no('malformed');
  const { header, payload, signature } = jws;
  const key = keyFor(header.kid);
  if (key === undefined) return no('unknown_key');
  if (header.alg !== key.algorithm) return no('signature');
  if (!verifySignature(key, Buffer.from(jws.signingInput, 'latin1'), signature)) return no('signature');
  return ok({ header, payload });
};
