/**
 * JSON Web Signature in its compact form (RFC 7515), as strictly as the RFC allows: one spelling for one JWS. It knows
 * nothing of claims; what a header may hold is this short list, and everything else is refused, `crit`, `b64`, `jwk`, `jku`
 * and `x5u` among it: an extension that we do not understand must not be passed over (§4.1.11), and a key that came
 * with a token proves nothing (RFC 8725 §3.10).
 */
import { decodeBase64Url, encodeBase64Url } from '@keyhouse/protocol';
import { no, type Outcome, ok } from '../lib/outcome.ts';
import { type Algorithm, makeSignature, type VerificationKey, verifySignature } from './algorithms.ts';
import { isObject, parseJsonBytes } from './json.ts';
import type { SigningKey } from './signing-key.ts';

/** Ten times the longest JWT that we mint with sensible permissions, and small enough to look at without fear. */
export const JWS_MAX_LENGTH = 16 * 1024;

export interface JwsHeader {
  readonly alg: string;
  readonly kid: string;
  /** For the caller to judge; empty when there was none. */
  readonly typ: string;
}

export interface VerifiedJws {
  readonly header: JwsHeader;
  readonly payload: Uint8Array;
}

export type JwsRefusal = 'malformed' | 'unknown_key' | 'signature';

const HEADER_MEMBERS: ReadonlySet<string> = new Set(['alg', 'kid', 'typ']);

/** Signs a payload (JSON text) with a key of ours. `typ` says what the JWS is (RFC 8725 §3.11). */
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
  const parts = splitCompact(text);
  if (parts === null) return no('malformed');
  const header = parseHeader(parts.header);
  const payload = decodeBase64Url(parts.payload);
  const signature = decodeBase64Url(parts.signature);
  if (header === null || payload === null || signature === null) return no('malformed');
  const key = keyFor(header.kid);
  if (key === undefined) return no('unknown_key');
  if (header.alg !== key.algorithm) return no('signature');
  if (!verifySignature(key, Buffer.from(parts.signingInput, 'latin1'), signature)) return no('signature');
  return ok({ header, payload });
};

/** Header and payload of a compact JWS as they stand there, whoever signed it; null when they are not JSON objects. Proves nothing. */
export const readJws = (
  text: string,
): { header: Readonly<Record<string, unknown>>; payload: Readonly<Record<string, unknown>> } | null => {
  const parts = splitCompact(text);
  if (parts === null || decodeBase64Url(parts.signature) === null) return null;
  const [header, payload] = [readPart(parts.header), readPart(parts.payload)];
  return isObject(header) && isObject(payload) ? { header, payload } : null;
};

const readPart = (part: string): unknown => {
  const bytes = decodeBase64Url(part);
  return bytes === null ? undefined : parseJsonBytes(bytes);
};

/** Three parts by two dots: a third dot is looked for, never split at, so that a million of them cost nothing. */
const splitCompact = (text: string): { header: string; payload: string; signature: string; signingInput: string } | null => {
  if (text.length > JWS_MAX_LENGTH) return null;
  const first = text.indexOf('.');
  const second = text.indexOf('.', first + 1);
  if (first <= 0 || second < 0 || second === text.length - 1 || text.indexOf('.', second + 1) >= 0) return null;
  return {
    header: text.slice(0, first),
    payload: text.slice(first + 1, second),
    signature: text.slice(second + 1),
    signingInput: text.slice(0, second),
  };
};

const parseHeader = (part: string): JwsHeader | null => {
  const header = readPart(part);
  if (!isObject(header) || Object.keys(header).some((member) => !HEADER_MEMBERS.has(member))) return null;
  const { alg, kid, typ = '' } = header;
  if (typeof alg !== 'string' || typeof kid !== 'string' || typeof typ !== 'string') return null;
  return { alg, kid, typ };
};
