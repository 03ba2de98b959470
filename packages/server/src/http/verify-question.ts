/**
 * What a gateway asks at `/verify`: which permissions the original request needs. Method and path come from one complete
 * family of headers, or from the request's own line, never mixed; whatever can be read in two ways is refused.
 */
import { actionFor, isPermission, judgeRequest, overrideNamed, type Route, readPath } from '@keyhouse/protocol';

export type Question =
  | { readonly kind: 'preflight' }
  | { readonly kind: 'public' }
  | { readonly kind: 'permissions'; readonly permissions: readonly string[] }
  | { readonly kind: 'refused'; readonly why: 'nothing_to_judge' | 'ambiguous' | 'method' | 'path' | 'no_route' };

const NOTHING: Question = { kind: 'refused', why: 'nothing_to_judge' };
const AMBIGUOUS: Question = { kind: 'refused', why: 'ambiguous' };

interface Asked {
  method: string | undefined;
  target: string | undefined;
}

export const isVerifyTarget = (target: string): boolean =>
  target.startsWith('/verify') && (target.length === 7 || target[7] === '/' || target[7] === '?');

/** `target` is the request's own, `/verify…`, with its query. */
export function readQuestion(method: string, target: string, rawHeaders: readonly string[], routes: readonly Route[]): Question {
  const headers = readHeaders(rawHeaders);
  if (headers === null) return AMBIGUOUS;
  // An absolute or an encoded spelling of our own path (RFC 9112 §3.2.2): nobody can say where the original one begins.
  if (!isVerifyTarget(target)) return AMBIGUOUS;
  const original = target.slice('/verify'.length);
  if (original.startsWith('/')) return judge(method, original, headers, routes, []);

  const query = readPermissionParameter(original);
  if (query === null) return AMBIGUOUS;
  const family = readFamily(headers);
  if (family === null) return AMBIGUOUS;
  if (family === undefined) return query.length === 0 ? NOTHING : { kind: 'permissions', permissions: query };
  return judge(family.method, family.target, headers, routes, query);
}

/** What the original request was, as far as it can be told in one way: for the record of a refusal. */
export function originalOf(
  method: string,
  target: string,
  rawHeaders: readonly string[],
): { readonly method: string; readonly target: string } | null {
  const original = target.slice('/verify'.length);
  if (original.startsWith('/')) return { method, target: original };
  const headers = readHeaders(rawHeaders);
  return headers === null ? null : (readFamily(headers) ?? null);
}

function judge(
  method: string,
  target: string,
  headers: QuestionHeaders,
  routes: readonly Route[],
  also: readonly string[],
): Question {
  const methods = [method, ...headers.overrides.map((name) => name.toUpperCase())];
  if (isPreflight(methods, headers)) return { kind: 'preflight' };
  const path = readPath(target);
  if (!path.ok) return { kind: 'refused', why: 'path' };
  if (methods.some((name) => actionFor(name) === null)) return { kind: 'refused', why: 'method' };
  const permissions = new Set(also);
  // A framework may take either method for the request's: what both need is asked for.
  for (const name of methods) {
    const judged = judgeRequest(routes, name, path.segments);
    if (judged.kind === 'none') return { kind: 'refused', why: 'no_route' };
    if (judged.kind === 'permission') permissions.add(judged.permission);
  }
  if (permissions.size === 0) return { kind: 'public' };
  return { kind: 'permissions', permissions: [...permissions] };
}

/** Fetch standard, CORS-preflight fetch: OPTIONS with both headers. An override beside it would make it something else. */
const isPreflight = (methods: readonly string[], headers: QuestionHeaders): boolean =>
  methods.length === 1 && methods[0] === 'OPTIONS' && headers.hasOrigin && headers.hasRequestMethod;

interface QuestionHeaders {
  readonly forwarded: Asked;
  readonly original: Asked;
  /** What a framework behind the gateway might take for the method. */
  readonly overrides: readonly string[];
  readonly hasOrigin: boolean;
  readonly hasRequestMethod: boolean;
}

/** Null when a header that matters is repeated. */
function readHeaders(rawHeaders: readonly string[]): QuestionHeaders | null {
  const seen = new Map<string, string>();
  const overrides: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? '';
    const override = overrideNamed(name);
    if (override === null && !OF_THE_QUESTION.has(name)) continue;
    if (seen.has(override ?? name)) return null;
    seen.set(override ?? name, rawHeaders[index + 1] ?? '');
    if (override !== null) overrides.push(rawHeaders[index + 1] ?? '');
  }
  return {
    forwarded: { method: seen.get('x-forwarded-method'), target: seen.get('x-forwarded-uri') },
    original: { method: seen.get('x-original-method'), target: seen.get('x-original-uri') },
    overrides,
    hasOrigin: seen.has('origin'),
    hasRequestMethod: seen.has('access-control-request-method'),
  };
}

/** Of these only the proper name counts, because Keyhouse alone reads them. */
const OF_THE_QUESTION = new Set([
  'x-forwarded-method',
  'x-forwarded-uri',
  'x-original-method',
  'x-original-uri',
  'origin',
  'access-control-request-method',
]);

/** The family that was sent; undefined without one; null for half a one and for two that disagree. */
function readFamily({ forwarded, original }: QuestionHeaders): { method: string; target: string } | undefined | null {
  const families = [forwarded, original].filter(({ method, target }) => method !== undefined || target !== undefined);
  const [first, second] = families;
  if (first === undefined) return undefined;
  if (second !== undefined && (first.method !== second.method || first.target !== second.target)) return null;
  return first.method === undefined || first.target === undefined ? null : { method: first.method, target: first.target };
}

/** The permission asked for in the query; an empty list without one; null when it is repeated or malformed. */
function readPermissionParameter(query: string): readonly string[] | null {
  if (query === '') return [];
  const values = new URLSearchParams(query).getAll('permission');
  if (values.length === 0) return [];
  const [permission, ...more] = values;
  return permission !== undefined && more.length === 0 && isPermission(permission) ? [permission] : null;
}
