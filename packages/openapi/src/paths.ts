/**
 * From the paths of an OpenAPI document to our patterns. What a pattern cannot express is a fault: a path that is read wrongly
 * may be open to everyone.
 */
import { isSafeSegment, prefixLength, readPath } from '@keyhouse/protocol';

/**
 * A segment: the texts before, between and after its templates. A literal has one text and no name; a template alone has two
 * empty texts.
 */
export interface Piece {
  readonly texts: readonly string[];
  readonly names: readonly string[];
}

export type ReadTemplate = { readonly pieces: readonly Piece[] } | ReadNoTemplate;

interface ReadNoTemplate {
  readonly fault: string;
  /** The segments before the one that cannot be expressed. */
  readonly before: readonly Piece[];
}

const TEMPLATE = /\{([^{}]*)\}/g;
const TEMPLATE_NAME = /^[A-Za-z0-9_.~-]+$/;
// RFC 3986 §3: an authority, with the variables that a server's URL may have in it, and then the path.
const AUTHORITY = /^(?:(?:[A-Za-z][A-Za-z0-9+.-]*|\{[^{}]*\}):)?\/\/[^/?#]*/;

export const isLiteral = ({ names }: Piece): boolean => names.length === 0;
export const textOf = ({ texts }: Piece): string => texts.join('');

/** Reads `/pets/{id}` and `/pets/{id}.json`: each segment is text, optionally with templates in it. */
export function readTemplate(path: string): ReadTemplate {
  if (!path.startsWith('/')) return { fault: 'A path must begin with a slash.', before: [] };
  if (path === '/') return { pieces: [] };
  const texts = path.slice(1, path.endsWith('/') ? -1 : undefined).split('/');
  const pieces: Piece[] = [];
  for (const text of texts) {
    const piece = readPiece(text);
    if ('fault' in piece) return { ...piece, before: pieces };
    pieces.push(piece);
  }
  return { pieces };
}

/**
 * The path before its first `?` or `#` that is not within a template. Requests are matched without their query, and a fragment is
 * never sent: documents write both to distinguish two operations of one path.
 */
export function cutTail(path: string): { readonly path: string; readonly tail: string } {
  const [head = ''] = /^(?:[^?#{}]|\{[^{}]*\}|[{}])*/.exec(path) ?? [];
  return { path: head, tail: path.slice(head.length) };
}

function readPiece(text: string): Piece | { readonly fault: string } {
  const shown = JSON.stringify(text);
  const names = [...text.matchAll(TEMPLATE)].map(([, name = '']) => name);
  const unnamed = names.find((name) => !TEMPLATE_NAME.test(name));
  if (unnamed !== undefined)
    return {
      fault: `The name of the template ${JSON.stringify(`{${unnamed}}`)} may only have letters, digits and the characters _ . ~ and -.`,
    };
  const literals = text.split(/\{[^{}]*\}/);
  if (literals.some((literal) => /[{}]/.test(literal))) return { fault: `${shown} has a brace without a matching one.` };
  if (literals.slice(1, -1).includes(''))
    return {
      fault: `${shown} has two templates without text between them, so it is unclear where one ends and the next begins.`,
    };
  const texts = literals.map((literal) => decodeLiteral(literal, names.length === 0));
  const readable = texts.filter((literal) => literal !== null);
  if (readable.length < texts.length)
    return { fault: `${shown} is not allowed in a path: it is empty, a dot segment, or has a character that is refused.` };
  return { texts: readable, names };
}

/** Null if it can be read in two ways, or in none. */
function decodeLiteral(text: string, isWhole: boolean): string | null {
  if (text === '') return isWhole ? null : '';
  // A text next to a template may be one dot: it is not the whole segment.
  const [before, after] = isWhole ? ['', ''] : ['x', 'x'];
  // A question mark would end the path for readPath, which reads what a request sends.
  const read = readPath(`/${before}${text.replace('?', '%3f').replace(/[^!-~]+/gu, encodeLoosely)}${after}`);
  const [segment] = read.ok && read.segments.length === 1 ? read.segments : [];
  if (segment === undefined || !isSafeSegment(segment) || segment.includes('%')) return null;
  return segment.slice(before.length, segment.length - after.length);
}

/**
 * Documents contain letters of other scripts unencoded, requests contain them encoded. Lone surrogates become something that no
 * path may have.
 */
function encodeLoosely(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return '%00';
  }
}

/**
 * The resource of the path: its first segment that is a name, skipping `api` and a version at the beginning, as the built-in
 * patterns do. Of `Accounts.json`, `items:search` and `Products({id})` the part before the dot, the colon or the bracket counts.
 * A literal that is not a name is returned unchanged; null: there is none.
 */
export function resourceOf(pieces: readonly Piece[]): string | null {
  const named = pieces.flatMap((piece) => {
    const [, name] = /^([A-Za-z0-9_-]+)(?:$|[.:(])/.exec(piece.texts[0] ?? '') ?? [];
    // `order-{id}`: the name continues with a template, so it is not fixed.
    const isName = name !== undefined && (isLiteral(piece) || name.length < (piece.texts[0] ?? '').length);
    if (isLiteral(piece)) return [{ whole: textOf(piece), name: isName ? name : textOf(piece) }];
    return isName ? [{ whole: '', name }] : [];
  });
  return named[prefixLength(named.map(({ whole }) => whole))]?.name ?? null;
}

/**
 * Our pattern for it; `open`: and for everything below it. A template named `resource` gets another name, since `:resource`
 * matches only some segments.
 */
export function patternOf(pieces: readonly Piece[], open = false): string {
  const texts = pieces.map(segmentOf);
  return `/${[...texts, ...(open ? ['**'] : [])].join('/')}`;
}

function segmentOf({ texts, names }: Piece): string {
  return texts
    .map((text, index) => {
      const literal = text.replace(/[:*]/g, '\\$&');
      // What could be a part of the name before it.
      const ends = index > 0 && /^[A-Za-z0-9_-]/.test(literal) ? '\\' : '';
      const name = names[index];
      return `${ends}${literal}${name === undefined ? '' : `:${nameOf(name)}`}`;
    })
    .join('');
}

const nameOf = (name: string): string => (name === 'resource' ? 'resource-id' : name.replace(/[.~]/g, '-'));

/** Where the paths begin: what the operator chose, or the path that all of the document's servers have. */
export function readBase(
  servers: unknown,
  chosen: string | undefined,
): { readonly pieces: readonly Piece[] } | { readonly fault: string } {
  if (chosen !== undefined) return readBasePath(chosen);
  if (servers === undefined) return { pieces: [] };
  if (!Array.isArray(servers)) return { fault: 'It must be a list of servers.' };
  const paths = new Set<string>();
  for (const server of servers) {
    const path = pathOfServer(server);
    if (path === null)
      return {
        fault:
          'A server needs a "url" such as https://api.example.com/v1 or /v1. If you cannot add one, choose the base path yourself.',
      };
    paths.add(path);
  }
  const [path = '/', ...others] = paths;
  if (others.length > 0)
    return { fault: `The servers have different paths (${[...paths].join(', ')}). Choose the base path yourself.` };
  return readBasePath(path);
}

function readBasePath(path: string): { readonly pieces: readonly Piece[] } | { readonly fault: string } {
  const read = readTemplate(path);
  if ('fault' in read) return { fault: `The base path ${JSON.stringify(path)} cannot be read. ${read.fault}` };
  if (!read.pieces.every(isLiteral))
    return { fault: `The base path ${JSON.stringify(path)} has a variable in it. Choose the base path yourself.` };
  return read;
}

function pathOfServer(server: unknown): string | null {
  if (typeof server !== 'object' || server === null || !('url' in server) || typeof server.url !== 'string') return null;
  const path = server.url.replace(AUTHORITY, '');
  if (path === '' && server.url !== '') return '/';
  if (!path.startsWith('/') || path.startsWith('//')) return null;
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
