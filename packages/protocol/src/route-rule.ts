/**
 * A rule of the operator: a pattern, optionally with methods, and what these require. Compiled once, so that judging a request
 * parses no pattern.
 */
import { MAX_PATH_LENGTH } from './path.ts';
import { isPermission, isReserved } from './permission.ts';
import { isResource, type Part, PLACEHOLDER, readPart } from './route-segment.ts';

/** The methods that a rule may name. HEAD is not one of them: it is allowed wherever GET is. */
export const ROUTE_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/**
 * A rule as the operator writes it. With a resource the method of the request decides between `.read` and `.write`; a permission
 * is required as it is written, by the methods that are named with it. What is refused is refused to everyone.
 */
export type RouteRule =
  | { readonly pattern: string; readonly resource: string }
  | { readonly pattern: string; readonly public: true }
  | { readonly pattern: string; readonly refused: true }
  | { readonly methods: readonly string[]; readonly pattern: string; readonly permission: string }
  | { readonly methods: readonly string[]; readonly pattern: string; readonly public: true }
  | { readonly methods: readonly string[]; readonly pattern: string; readonly refused: true };

export type RouteAsks =
  | { readonly kind: 'public' }
  | { readonly kind: 'refused' }
  /** `crm.:resource`, or a fixed resource. */
  | { readonly kind: 'resource'; readonly resource: string }
  | { readonly kind: 'permission'; readonly permission: string };

/** A compiled rule. Only `compileRoute` creates one; it is plain data and may be kept and shared. */
export interface Route {
  readonly pattern: string;
  /** Null: every method. */
  readonly methods: readonly string[] | null;
  readonly asks: RouteAsks;
  readonly parts: readonly Part[];
  /** The pattern ends in `**`: any number of segments may follow, none included. */
  readonly open: boolean;
}

export type CompiledRoute = { ok: true; route: Route } | { ok: false; reason: string };

/**
 * Reads an operator's rule, such as `{ pattern: '/api/crm/:resource/**', resource: 'crm.:resource' }`. A segment of a pattern is
 * a literal, written decoded; `:resource`, once at most; another `:name`, which matches any one segment; text with placeholders
 * in it, such as `:id.json` or `Products(:id)`; or `**`, only at the end. `\:` and `\*` are a colon and an asterisk. `reason` is
 * a sentence for the operator. A rule from a file or from JavaScript may be passed unchecked; members with other names are
 * ignored.
 */
export function compileRoute(rule: RouteRule): CompiledRoute {
  const asks = readAsks(rule);
  if (typeof asks === 'string') return { ok: false, reason: asks };
  const { pattern } = rule;
  const methods = 'methods' in rule && rule.methods !== undefined ? rule.methods : null;
  const read = readPattern(pattern);
  if ('fault' in read) return { ok: false, reason: read.fault };
  const { parts, open } = read;
  const fault = faultOfMethods(methods, asks) ?? faultOfAsks(parts, asks);
  if (fault !== null) return { ok: false, reason: fault };
  return { ok: true, route: { pattern, methods: methods === null ? null : [...methods], asks, parts, open } };
}

function readPattern(pattern: unknown): Pick<Route, 'parts' | 'open'> | { readonly fault: string } {
  if (typeof pattern !== 'string') return { fault: 'A rule has a "pattern" with text, such as /api/crm/:resource/**.' };
  if (!pattern.startsWith('/')) return { fault: 'A pattern begins with a slash, such as /api/crm/:resource/**.' };
  if (pattern.length > MAX_PATH_LENGTH) return { fault: `A pattern has at most ${MAX_PATH_LENGTH} characters.` };
  const texts = pattern === '/' ? [] : pattern.slice(1).split('/');
  if (texts.at(-1) === '') return { fault: 'Leave out the slash at the end: a request may have it or not.' };
  const open = texts.at(-1) === '**';
  const parts: Part[] = [];
  for (const text of open ? texts.slice(0, -1) : texts) {
    if (text === '**') return { fault: 'The segment ** may stand only at the end of a pattern.' };
    if (text === '') return { fault: 'A pattern has no empty segments.' };
    const read = readPart(text);
    if ('fault' in read) return read;
    parts.push(read.part);
  }
  if (parts.filter(isResource).length > 1) return { fault: 'A pattern may have :resource only once.' };
  return { parts, open };
}

const ONE_OF = 'A rule has one of "resource" with text, "permission" with text, "public": true and "refused": true.';

/** What the rule requires, or the sentence that says why it is unclear. Public must be stated in full. */
function readAsks(rule: { readonly [Name in 'resource' | 'permission' | 'public' | 'refused']?: unknown }): RouteAsks | string {
  const { resource, permission } = rule;
  const given = [resource, permission, rule.public, rule.refused].filter((member) => member !== undefined);
  if (given.length !== 1) return ONE_OF;
  if (rule.public === true) return { kind: 'public' };
  if (rule.refused === true) return { kind: 'refused' };
  if (typeof permission === 'string') return { kind: 'permission', permission };
  if (typeof resource === 'string') return { kind: 'resource', resource };
  return ONE_OF;
}

function faultOfMethods(methods: unknown, asks: RouteAsks): string | null {
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

function faultOfAsks(parts: readonly Part[], asks: RouteAsks): string | null {
  if (asks.kind === 'public' || asks.kind === 'refused') return null;
  return asks.kind === 'resource' ? faultOfResource(parts, asks.resource) : faultOfPermission(asks.permission);
}

function faultOfPermission(permission: string): string | null {
  if (!isPermission(permission)) return 'A permission reads like reports.read or reports.write.';
  return isReserved(permission) ? 'Names that begin with keyhouse. are reserved.' : null;
}

function faultOfResource(parts: readonly Part[], resource: string): string | null {
  const names = resource.split('.');
  const placeholders = names.filter((name) => name === PLACEHOLDER).length;
  if (placeholders > 1) return 'A resource may have :resource only once.';
  if (placeholders === 1 && !parts.some(isResource)) return 'The resource asks for :resource, but the pattern has none.';
  if (!isResourceName(names.map((name) => (name === PLACEHOLDER ? 'x' : name)).join('.')))
    return 'A resource is made of letters, digits, _ and -, parted by dots, such as crm or crm.:resource.';
  if (isReserved(`${resource}.`)) return 'Names that begin with keyhouse. are reserved.';
  if (/\.(?:read|write)$/.test(resource)) return 'Leave out .read and .write: the method of the request decides.';
  return null;
}

/** `.write` is the longer of the two actions: what fits it, fits both. */
export function isResourceName(resource: string): boolean {
  return isPermission(`${resource}.write`);
}
