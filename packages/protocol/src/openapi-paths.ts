/** From the paths of an OpenAPI document to our patterns. What a pattern cannot say is a fault: a path read wrongly is a door. */
import { isSafeSegment, readPath } from './path.ts';

export type Piece = { readonly kind: 'literal'; readonly text: string } | { readonly kind: 'template'; readonly name: string };

export type ReadTemplate = { readonly pieces: readonly Piece[] } | { readonly fault: string };

const TEMPLATE = /^\{([A-Za-z0-9_.~-]+)\}$/;
// RFC 3986 §3: an authority, with the variables that a server's URL may have in it, and then the path.
const AUTHORITY = /^(?:[A-Za-z][A-Za-z0-9+.-]*:)?\/\/[^/?#]*/;

/** Reads `/pets/{id}`: each segment is a literal or one template. */
export function readTemplate(path: string): ReadTemplate {
  if (!path.startsWith('/')) return { fault: 'A path begins with a slash.' };
  if (path === '/') return { pieces: [] };
  const texts = path.slice(1, path.endsWith('/') ? -1 : undefined).split('/');
  const pieces: Piece[] = [];
  for (const text of texts) {
    const piece = readPiece(text);
    if ('fault' in piece) return piece;
    pieces.push(piece);
  }
  return { pieces };
}

function readPiece(text: string): Piece | { readonly fault: string } {
  const shown = JSON.stringify(text);
  const [, name] = TEMPLATE.exec(text) ?? [];
  if (name !== undefined) return { kind: 'template', name };
  if (/^\{[^{}]*\}$/.test(text))
    return {
      fault: `The template ${shown} has another name than letters, digits, _ . ~ and -: nobody can say what it stands for.`,
    };
  if (/[{}]/.test(text)) return { fault: `A template fills a whole segment, and ${shown} has more in it.` };
  if (/[:*]/.test(text)) return { fault: `Our patterns cannot say ${shown}: a colon and an asterisk mean something else there.` };
  // A question mark would end the path for readPath, which takes what a request sends.
  const read = readPath(`/${text.replace('?', '%3f').replace(/[^!-~]+/gu, encodeLoosely)}`);
  const [literal] = read.ok && read.segments.length === 1 ? read.segments : [];
  if (literal === undefined || !isSafeSegment(literal) || /[%:*]/.test(literal))
    return { fault: `No server may read ${shown} in a path: it is empty, a dot segment, or has a character that is refused.` };
  return { kind: 'literal', text: literal };
}

/** Letters of other scripts stand in documents as they are, and on the wire encoded. Lone surrogates become what no path may have. */
function encodeLoosely(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return '%00';
  }
}

/** Our pattern for it; a template of the name `resource` gets another, since `:resource` fits only some segments. */
export function patternOf(pieces: readonly Piece[]): string {
  const texts = pieces.map((piece) => (piece.kind === 'literal' ? piece.text : `:${nameOf(piece.name)}`));
  return `/${texts.join('/')}`;
}

const nameOf = (name: string): string => (name === 'resource' ? 'resource-id' : name.replace(/[.~]/g, '-'));

/** Where the paths begin: what the operator chose, or the path that all of the document's servers have. */
export function readBase(servers: unknown, chosen: string | undefined): ReadTemplate {
  if (chosen !== undefined) return readBasePath(chosen);
  if (servers === undefined) return { pieces: [] };
  if (!Array.isArray(servers)) return { fault: 'A list of servers was wanted.' };
  const paths = new Set<string>();
  for (const server of servers) {
    const path = pathOfServer(server);
    if (path === null)
      return { fault: 'A server has a "url" such as https://api.example.com/v1 or /v1. Choose the base path yourself.' };
    paths.add(path);
  }
  const [path = '/', ...others] = paths;
  if (others.length > 0)
    return { fault: `The servers have different paths (${[...paths].join(', ')}). Choose the base path yourself.` };
  return readBasePath(path);
}

function readBasePath(path: string): ReadTemplate {
  const read = readTemplate(path);
  if ('fault' in read) return { fault: `The base path ${JSON.stringify(path)} cannot be read. ${read.fault}` };
  if (read.pieces.some(({ kind }) => kind === 'template'))
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
