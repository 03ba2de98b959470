/**
 * Which permission a request needs: the operator's rules first, then the built-in patterns. Server and guard share this, so that
 * both ask for the same permission. It works on the segments that `readPath` gave, never on raw text.
 */
import { isSafeSegment, MAX_PATH_LENGTH } from './path.ts';
import { isPermission, isReserved, permissionFor } from './permission.ts';
import { candidatesOf } from './route-index.ts';

/** The methods that a rule may name. HEAD is none of them: it goes wherever GET goes. */
export const ROUTE_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/**
 * A rule as the operator writes it. With a resource the method of the request decides between `.read` and `.write`; a permission
 * is asked for as it stands, by the methods that are named with it.
 */
export type RouteRule =
  | { readonly pattern: string; readonly resource: string }
  | { readonly pattern: string; readonly public: true }
  | { readonly methods: readonly string[]; readonly pattern: string; readonly permission: string }
  | { readonly methods: readonly string[]; readonly pattern: string; readonly public: true };

type Part = { readonly kind: 'literal'; readonly text: string } | { readonly kind: 'resource' } | { readonly kind: 'any' };

type Asks =
  | { readonly kind: 'public' }
  /** `crm.:resource`, or a fixed resource. */
  | { readonly kind: 'resource'; readonly resource: string }
  | { readonly kind: 'permission'; readonly permission: string };

/** A compiled rule. Only `compileRoute` makes one; it is plain data and may be kept and shared. */
export interface Route {
  readonly pattern: string;
  /** Null: every method. */
  readonly methods: readonly string[] | null;
  readonly asks: Asks;
  readonly parts: readonly Part[];
  /** The pattern ends in `**`: any number of segments may follow, none included. */
  readonly open: boolean;
}

export type CompiledRoute = { ok: true; route: Route } | { ok: false; reason: string };
export type Judgement = { kind: 'public' } | { kind: 'permission'; permission: string } | { kind: 'none' };

const PLACEHOLDER = ':resource';
const NAME = /^[A-Za-z0-9_-]+$/;
const VERSION = /^v[0-9]+$/;
const NONE: Judgement = { kind: 'none' };
const PUBLIC: Judgement = { kind: 'public' };

/**
 * Reads an operator's rule, such as `{ pattern: '/api/crm/:resource/**', resource: 'crm.:resource' }`. A segment of a pattern is a
 * literal, written decoded; `:resource`, once at most; another `:name`, which stands for any one segment; or `**`, only at the end.
 * `reason` is a sentence for the operator. A rule that comes out of a file or from JavaScript may be handed over unread; members
 * of other names are not looked at.
 */
export function compileRoute(rule: RouteRule): CompiledRoute {
  const asks = readAsks(rule);
  if (typeof asks === 'string') return { ok: false, reason: asks };
  const { pattern } = rule;
  const methods = 'methods' in rule && rule.methods !== undefined ? rule.methods : null;
  const fault = faultOfPattern(pattern) ?? faultOfMethods(methods, asks) ?? faultOfAsks(pattern, asks);
  if (fault !== null) return { ok: false, reason: fault };
  const texts = segmentsOf(pattern);
  const open = texts.at(-1) === '**';
  const parts = (open ? texts.slice(0, -1) : texts).map(readPart);
  return { ok: true, route: { pattern, methods: methods === null ? null : [...methods], asks, parts, open } };
}

/**
 * What has to be asked of a request. The operator's rules in order, the first whose pattern matches the whole path and whose
 * methods hold the request's decides; then, of `/api/v{digits}/:resource/**`, `/api/:resource/**` and `/:resource/**`, the first
 * whose literal prefix fits. `none` means refuse: also where what was found would be reserved or no well-formed permission.
 *
 * A path that a rule names by other methods alone, or in other capitals, is never guessed at: neither a built-in pattern nor a public
 * rule without methods opens it (docs/decisions/2026-11-23-a-path-named-by-another-method.md).
 *
 * `routes` is looked at once and remembered: a list that changes is another list.
 */
export function judgeRequest(routes: readonly Route[], method: string, segments: readonly string[]): Judgement {
  const rule = findRule(routes, method, segments);
  if (rule === 'none') return NONE;
  return rule === null ? judgeBuiltIn(method, segments) : judgeAsks(rule, method, segments);
}

/** The rule that decides in `judgeRequest`; null where none of them does. */
export function ruleFor(routes: readonly Route[], method: string, segments: readonly string[]): Route | null {
  const rule = findRule(routes, method, segments);
  return rule === 'none' ? null : rule;
}

/** `none`: refuse; null: no rule speaks of this path. */
function findRule(routes: readonly Route[], method: string, segments: readonly string[]): Route | 'none' | null {
  const named = method === 'HEAD' ? 'GET' : method;
  let isNamedByOthers = false;
  for (const route of candidatesOf(routes, segments)) {
    const isMatch = matches(route, segments);
    if (!isMatch && (route.methods === null || !matchesInCapitals(route, segments))) continue;
    if (!isMatch || route.methods?.includes(named) === false) isNamedByOthers = true;
    else if (isNamedByOthers && route.methods === null && route.asks.kind === 'public') return 'none';
    else return route;
  }
  return isNamedByOthers ? 'none' : null;
}

function judgeAsks({ asks, parts }: Route, method: string, segments: readonly string[]): Judgement {
  if (asks.kind === 'public') return PUBLIC;
  if (asks.kind === 'permission') return { kind: 'permission', permission: asks.permission };
  return judgeResource(method, asks.resource.replace(PLACEHOLDER, segments[parts.findIndex(isResource)] ?? ''));
}

function judgeBuiltIn(method: string, segments: readonly string[]): Judgement {
  const prefix = segments[0] !== 'api' ? 0 : VERSION.test(segments[1] ?? '') ? 2 : 1;
  const name = segments[prefix] ?? '';
  return NAME.test(name) ? judgeResource(method, name) : NONE;
}

function matches({ parts, open }: Route, segments: readonly string[]): boolean {
  if (open ? segments.length < parts.length : segments.length !== parts.length) return false;
  return parts.every((part, index) => partMatches(part, segments[index] ?? ''));
}

/** Some frameworks answer a path in any capitals (Express does, unless told otherwise). */
function matchesInCapitals({ parts }: Route, segments: readonly string[]): boolean {
  return parts.every((part, index) => part.kind === 'literal' || partMatches(part, segments[index] ?? ''));
}

function partMatches(part: Part, segment: string): boolean {
  if (part.kind === 'literal') return part.text === segment;
  return part.kind === 'any' || NAME.test(segment);
}

function judgeResource(method: string, resource: string): Judgement {
  if (!isResourceName(resource) || isReserved(`${resource}.`)) return NONE;
  const permission = permissionFor(method, resource);
  return permission === null ? NONE : { kind: 'permission', permission };
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

/** What the rule asks for, or the sentence that says why nobody can tell. Public must be said in full. */
function readAsks(rule: { readonly [Name in 'resource' | 'permission' | 'public' | 'methods']?: unknown }): Asks | string {
  const { resource, permission } = rule;
  const given = [resource, permission, rule.public].filter((member) => member !== undefined);
  if (given.length !== 1) return 'A rule has one of "resource", "permission" and "public": true.';
  if (rule.public === true) return { kind: 'public' };
  if (typeof permission === 'string') return { kind: 'permission', permission };
  if (typeof resource === 'string') return { kind: 'resource', resource };
  return 'A rule has one of "resource" with text, "permission" with text and "public": true.';
}

function faultOfMethods(methods: unknown, asks: Asks): string | null {
  if (methods === null)
    return asks.kind === 'permission'
      ? 'A permission stands with the methods that ask for it, such as "methods": ["POST"].'
      : null;
  if (asks.kind === 'resource')
    return 'A resource stands without methods: the method of the request decides. Write "permission".';
  if (!Array.isArray(methods) || methods.length === 0) return 'Name at least one method, such as "methods": ["GET"].';
  for (const method of methods) {
    if (method === 'HEAD') return 'Leave out HEAD: it goes wherever GET goes.';
    if (!ROUTE_METHODS.some((known) => known === method)) return `A method is one of ${ROUTE_METHODS.join(', ')}, in capitals.`;
  }
  return new Set(methods).size < methods.length ? 'A method stands only once in a rule.' : null;
}

function faultOfAsks(pattern: string, asks: Asks): string | null {
  if (asks.kind === 'public') return null;
  return asks.kind === 'resource' ? faultOfResource(pattern, asks.resource) : faultOfPermission(asks.permission);
}

function faultOfPermission(permission: string): string | null {
  if (!isPermission(permission)) return 'A permission reads like reports.read or reports.write.';
  return isReserved(permission) ? 'Names that begin with keyhouse. are reserved.' : null;
}

function faultOfPattern(pattern: unknown): string | null {
  if (typeof pattern !== 'string') return 'A rule has a "pattern" with text, such as /api/crm/:resource/**.';
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
