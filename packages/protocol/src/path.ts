/**
 * Reads a request target the way every server behind us will, or not at all. Gateways and frameworks disagree on dots, empty
 * segments, parameters and encodings; if two of them could see different paths, it is refused. Nothing is repaired.
 */

export type ReadPath = { ok: true; segments: readonly string[] } | { ok: false };

/** nginx accepts request lines of 8 kB by default; longer paths are not used in practice. */
export const MAX_PATH_LENGTH = 8192;

// Anything except visible ASCII; `#`, `\` and `;` (servlet containers cut `;…` off each segment); `//`; a segment `.` or `..`.
const REFUSED_RAW = /[^!-~]|[#\\;]|\/\/|\/\.{1,2}(?:\/|$)/;

// What is not allowed raw must not come out of an escape either. `?` and `#` too: a proxy that passes on decoded paths would cut
// there (CVE-2024-38474). Then everything that would decode a second time, including IIS's %uXXXX.
const REFUSED_DECODED = /[/\\;#?\p{Cc}]|%[0-9a-f]{2}|%u[0-9a-f]{4}|^\.{1,2}$/iu;

const NO: ReadPath = { ok: false };

/**
 * The segments of a request target in origin form (RFC 9112 §3.2.1), query stripped, decoded once, one trailing slash ignored:
 * `/api/crm/leads%20x/?a=1` gives `['api', 'crm', 'leads x']`, `/` gives `[]`. Never throws.
 */
export function readPath(target: string): ReadPath {
  const query = target.indexOf('?');
  const path = query === -1 ? target : target.slice(0, query);
  if (path.length > MAX_PATH_LENGTH || path.charCodeAt(0) !== 0x2f || REFUSED_RAW.test(path)) return NO;
  if (path.length === 1) return { ok: true, segments: [] };
  const segments = path.slice(1, path.endsWith('/') ? -1 : undefined).split('/');
  return path.includes('%') ? decodeSegments(segments) : { ok: true, segments };
}

function decodeSegments(encoded: readonly string[]): ReadPath {
  const segments: string[] = [];
  for (const text of encoded) {
    const segment = decodeSegment(text);
    if (segment === null) return NO;
    segments.push(segment);
  }
  return { ok: true, segments };
}

function decodeSegment(encoded: string): string | null {
  if (!encoded.includes('%')) return encoded;
  try {
    // Throws for invalid escapes and for bytes that are not UTF-8, overlong forms and surrogates included.
    const segment = decodeURIComponent(encoded);
    return isSafeSegment(segment) ? segment : null;
  } catch {
    return null;
  }
}

/** True for a decoded segment that every reader takes as one and the same segment. */
export function isSafeSegment(segment: string): boolean {
  return segment !== '' && !REFUSED_DECODED.test(segment);
}
