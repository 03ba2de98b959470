/**
 * Which resource a path stands for: the operator's patterns first, then the defaults. Server and guard share this, so that
 * both ask for the same permission. It works on the segments that `readPath` gave, never on raw text.
 */
import { isSafeSegment, MAX_PATH_LENGTH } from './path.ts';
import { isPermission, isReserved } from './permission.ts';

type Part = { readonly kind: 'literal'; readonly text: string } | { readonly kind: 'resource' } | { readonly kind: 'any' };

/** A compiled pattern. Only `compileRoute` makes one; it is plain data and may be kept and shared. */
export interface Route {
  readonly pattern: string;
  /** `crm.:resource`, a fixed resource, or null: public. */
  readonly resource: string | null;
  readonly parts: readonly Part[];
  /** The pattern ends in `**`: any number of segments may follow, none included. */
  readonly open: boolean;
}

export type CompiledRoute = { ok: true; route: Route } | { ok: false; reason: string };
export type Judgement = { kind: 'public' } | { kind: 'resource'; resource: string } | { kind: 'none' };

const PLACEHOLDER = ':resource';
const NAME = /^[A-Za-z0-9_-]+$/;
const VERSION = /^v[0-9]+$/;
const NONE: Judgement = { kind: 'none' };

/**
 * Reads an operator's pattern, such as `/api/crm/:resource/**` with the resource `crm.:resource`. A segment is a literal, written
 * decoded; `:resource`, once at most; another `:name`, which stands for any one segment; or `**`, only at the end.
 * `reason` is a sentence for the operator.
 */
export function compileRoute(pattern: string, resource: string | null): CompiledRoute {
  const fault = faultOfPattern(pattern) ?? (resource === null ? null : faultOfResource(pattern, resource));
  if (fault !== null) return { ok: false, reason: fault };
  const texts = segmentsOf(pattern);
  const open = texts.at(-1) === '**';
  const parts = (open ? texts.slice(0, -1) : texts).map(readPart);
  return { ok: true, route: { pattern, resource, parts, open } };
}

/**
 * What has to be asked for a path. The operator's routes in order, the first that matches the whole path decides; then, of
 * `/api/v{digits}/:resource/**`, `/api/:resource/**` and `/:resource/**`, the first whose literal prefix fits. `none` means
 * refuse: also where the resource found would be reserved or would give no well-formed permission.
 */
export function judgeRoute(routes: readonly Route[], segments: readonly string[]): Judgement {
  for (const route of routes) {
    if (!matches(route, segments)) continue;
    if (route.resource === null) return { kind: 'public' };
    return resourceOrNone(route.resource.replace(PLACEHOLDER, segments[route.parts.findIndex(isResource)] ?? ''));
  }
  const prefix = segments[0] !== 'api' ? 0 : VERSION.test(segments[1] ?? '') ? 2 : 1;
  const name = segments[prefix] ?? '';
  return NAME.test(name) ? resourceOrNone(name) : NONE;
}

function matches({ parts, open }: Route, segments: readonly string[]): boolean {
  if (open ? segments.length < parts.length : segments.length !== parts.length) return false;
  return parts.every((part, index) => partMatches(part, segments[index] ?? ''));
}

function partMatches(part: Part, segment: string): boolean {
  if (part.kind === 'literal') return part.text === segment;
  return part.kind === 'any' || NAME.test(segment);
}

function resourceOrNone(resource: string): Judgement {
  return isResourceName(resource) && !isReserved(`${resource}.`) ? { kind: 'resource', resource } : NONE;
}

/** `.write` is the longer of the two actions: what fits it, fits both. */
function isResourceName(resource: string): boolean {
  return isPermission(`${resource}.write`);
}

function isResource(part: Part): boolean {
  return part.kind === 'resource';
}

function readPart(text: string): Part {
  if (text === PLACEHOLDER) return { kind: 'resource' };
  return text.startsWith(':') ? { kind: 'any' } : { kind: 'literal', text };
}

function segmentsOf(pattern: string): readonly string[] {
  return pattern === '/' ? [] : pattern.slice(1).split('/');
}

function faultOfPattern(pattern: string): string | null {
  if (!pattern.startsWith('/')) return 'A pattern begins with a slash, such as /api/crm/:resource/**.';
  if (pattern.length > MAX_PATH_LENGTH) return `A pattern has at most ${MAX_PATH_LENGTH} characters.`;
  const texts = segmentsOf(pattern);
  if (texts.at(-1) === '') return 'Leave out the slash at the end: a request may have it or not.';
  if (texts.slice(0, -1).includes('**')) return 'The segment ** may stand only at the end of a pattern.';
  if (texts.filter((text) => text === PLACEHOLDER).length > 1) return 'A pattern may have :resource only once.';
  for (const text of texts) {
    const fault = faultOfSegment(text);
    if (fault !== null) return fault;
  }
  return null;
}

function faultOfSegment(text: string): string | null {
  if (text === '**') return null;
  if (text === '') return 'A pattern has no empty segments.';
  if (text.includes('*')) return 'Only ** at the end stands for several segments; use :name for one.';
  if (text.startsWith(':'))
    return NAME.test(text.slice(1)) ? null : 'A placeholder is a colon and a name of letters, digits, _ and -.';
  if (text.includes(':')) return 'A placeholder fills a whole segment, such as /:resource/.';
  if (text.includes('%') || !isSafeSegment(text))
    return 'Write segments decoded, without % # ? ; \\ control characters, and neither . nor ..';
  return null;
}

function faultOfResource(pattern: string, resource: string): string | null {
  const names = resource.split('.');
  const placeholders = names.filter((name) => name === PLACEHOLDER).length;
  if (placeholders > 1) return 'A resource may have :resource only once.';
  if (placeholders === 1 && !segmentsOf(pattern).includes(PLACEHOLDER))
    return 'The resource asks for :resource, but the pattern has none.';
  if (!isResourceName(names.map((name) => (name === PLACEHOLDER ? 'x' : name)).join('.')))
    return 'A resource is made of letters, digits, _ and -, parted by dots, such as crm or crm.:resource.';
  if (isReserved(`${resource}.`)) return 'Names that begin with keyhouse. are reserved.';
  if (/\.(?:read|write)$/.test(resource)) return 'Leave out .read and .write: the method of the request decides.';
  return null;
}
