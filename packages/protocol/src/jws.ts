/**
 * The compact form of a JSON Web Signature (RFC 7515 §7.1), read as strictly as the RFC allows: one spelling for one JWS. A
 * header may contain only this short list, and everything else is refused, including `crit`, `b64`, `jwk`, `jku` and `x5u`: an
 * extension that we do not understand must not be ignored (§4.1.11), and a key that came with a token proves nothing (RFC 8725
 * §3.10). Nothing here verifies a signature: the caller must, with a key that it trusts.
 */
import { decodeBase64Url } from './base64url.ts';
import { isObject, parseJsonBytes } from './json.ts';

/** Ten times the longest JWT that we mint with a sensible list of permissions, and small enough to read safely. */
export const JWS_MAX_LENGTH = 16 * 1024;

export interface JwsHeader {
  readonly alg: string;
  readonly kid: string;
  /** For the caller to judge; empty if there was none. */
  readonly typ: string;
}

export interface CompactJws {
  readonly header: JwsHeader;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  /** What the signature covers (RFC 7515 §5.2): ASCII. */
  readonly signingInput: string;
}

const HEADER_MEMBERS: ReadonlySet<string> = new Set(['alg', 'kid', 'typ']);

/** The parts of a compact JWS; null if anything about its form is not as we write it. It proves nothing yet. */
export function readCompactJws(text: string): CompactJws | null {
  const parts = splitCompact(text);
  if (parts === null) return null;
  const header = parseHeader(parts.header);
  const payload = decodeBase64Url(parts.payload);
  const signature = decodeBase64Url(parts.signature);
  if (header === null || payload === null || signature === null) return null;
  return { header, payload, signature, signingInput: parts.signingInput };
}

/** Header and payload of a compact JWS. The signature is not verified, so they prove nothing. Null if they are not JSON objects. */
export function peekJws(
  text: string,
): { header: Readonly<Record<string, unknown>>; payload: Readonly<Record<string, unknown>> } | null {
  const parts = splitCompact(text);
  if (parts === null || decodeBase64Url(parts.signature) === null) return null;
  const [header, payload] = [readPart(parts.header), readPart(parts.payload)];
  return isObject(header) && isObject(payload) ? { header, payload } : null;
}

function readPart(part: string): unknown {
  const bytes = decodeBase64Url(part);
  return bytes === null ? undefined : parseJsonBytes(bytes);
}

/** Three parts by two dots: a third dot is searched for, never split at, so that a million of them cost nothing. */
function splitCompact(text: string): { header: string; payload: string; signature: string; signingInput: string } | null {
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
}

function parseHeader(part: string): JwsHeader | null {
  const header = readPart(part);
  if (!isObject(header) || Object.keys(header).some((member) => !HEADER_MEMBERS.has(member))) return null;
  const { alg, kid, typ = '' } = header;
  if (typeof alg !== 'string' || typeof kid !== 'string' || typeof typ !== 'string') return null;
  return { alg, kid, typ };
}
