/**
 * Which permissions a request needs: the operator's rules first, then the built-in patterns. Server and guard share this, so that
 * both require the same. It works on the segments from `readPath`, never on raw text.
 */
import { prefixLength } from './path-prefix.ts';
import { isReserved, permissionFor } from './permission.ts';
import { candidatesOf } from './route-index.ts';
import { isResourceName, type Route } from './route-rule.ts';
import { type Fit, fitOf, isResource, NAME, PLACEHOLDER, resourceIn } from './route-segment.ts';

/** All of `permissions` are needed; there is at least one. `none` means refuse. */
export type Judgement =
  | { readonly kind: 'public' }
  | { readonly kind: 'permissions'; readonly permissions: readonly string[] }
  | { readonly kind: 'none' };

const NONE: Judgement = { kind: 'none' };
const PUBLIC: Judgement = { kind: 'public' };

/**
 * What has to be asked of a request. The operator's rules in order, the first whose pattern matches the whole path and whose
 * methods hold the request's decides; then, of `/api/{version}/:resource/**`, `/api/:resource/**`, `/{version}/:resource/**` and
 * `/:resource/**`, the first whose literal prefix fits. `none` means refuse: also where what was found would be reserved or no
 * well-formed permission.
 *
 * A path that a rule names by other methods alone, or in other capitals, is never guessed at: neither a built-in pattern nor a
 * public rule without methods opens it (docs/decisions/2026-11-23-a-path-named-by-another-method.md). And where frameworks differ
 * on whether a rule before the one that decides matches, what it asks for is needed too
 * (docs/decisions/2026-11-30-patterns-inside-a-segment.md).
 *
 * `routes` is looked at once and remembered: a list that changes is another list.
 */
export function judgeRequest(routes: readonly Route[], method: string, segments: readonly string[]): Judgement {
  const found = findRules(routes, method, segments);
  if (found === 'none') return NONE;
  const { doubtful, deciding } = found;
  const last = deciding === null ? judgeBuiltIn(method, segments) : judgeAsks(deciding, method, segments);
  return doubtful.length === 0 ? last : allOf([...doubtful.map((rule) => judgeAsks(rule, method, segments)), last]);
}

/** The rule that decides in `judgeRequest`; null if none of them does. */
export function ruleFor(routes: readonly Route[], method: string, segments: readonly string[]): Route | null {
  const found = findRules(routes, method, segments);
  return found === 'none' ? null : found.deciding;
}

/**
 * What is required in addition if the path ends in a slash, which `segments` do not show: some frameworks serve `/items/` by
 * `/items/:id`, its placeholder empty, and by `/items/**`. Public if no rule does so.
 */
export function judgeTrailingSlash(routes: readonly Route[], method: string, segments: readonly string[]): Judgement {
  const named = method === 'HEAD' ? 'GET' : method;
  const slashed = [...segments, ''];
  const judgements: Judgement[] = [];
  for (const route of candidatesOf(routes, slashed)) {
    const fit = fitOfAll(route, slashed);
    if (fit === null || route.methods?.includes(named) === false) continue;
    judgements.push(judgeAsks(route, method, slashed));
    if (fit === 'sure') break;
  }
  return allOf(judgements);
}

interface Found {
  /** Before the deciding rule: rules that some framework may serve instead of it. */
  readonly doubtful: readonly Route[];
  /** Null: no rule matches this path. */
  readonly deciding: Route | null;
}

/** `none`: refuse. */
function findRules(routes: readonly Route[], method: string, segments: readonly string[]): Found | 'none' {
  const named = method === 'HEAD' ? 'GET' : method;
  const doubtful: Route[] = [];
  let likely: Route | null = null;
  let isNamedByOthers = false;
  for (const route of candidatesOf(routes, segments)) {
    const fit = fitOfAll(route, segments);
    if (fit === null) continue;
    const holds = route.methods === null || route.methods.includes(named);
    if (fit === 'unlikely') {
      if (route.methods !== null) isNamedByOthers = true;
      if (holds) doubtful.push(route);
    } else if (!holds) isNamedByOthers = true;
    else if (isNamedByOthers && route.methods === null && route.asks.kind === 'public') return 'none';
    else if (fit === 'sure') return { doubtful, deciding: route };
    else {
      doubtful.push(route);
      likely ??= route;
    }
  }
  if (likely !== null) return { doubtful, deciding: likely };
  return isNamedByOthers ? 'none' : { doubtful, deciding: null };
}

function judgeAsks({ asks, parts }: Route, method: string, segments: readonly string[]): Judgement {
  if (asks.kind === 'public') return PUBLIC;
  if (asks.kind === 'refused') return NONE;
  if (asks.kind === 'permission') return { kind: 'permissions', permissions: [asks.permission] };
  const index = parts.findIndex(isResource);
  const part = parts[index];
  const resource = part === undefined ? '' : resourceIn(part, segments[index] ?? '');
  return judgeResource(
    method,
    asks.resource.replace(PLACEHOLDER, () => resource),
  );
}

function judgeBuiltIn(method: string, segments: readonly string[]): Judgement {
  const name = segments[prefixLength(segments)] ?? '';
  return NAME.test(name) ? judgeResource(method, name) : NONE;
}

function allOf(judgements: readonly Judgement[]): Judgement {
  const permissions = new Set<string>();
  for (const judgement of judgements) {
    if (judgement.kind === 'none') return NONE;
    if (judgement.kind === 'permissions') for (const permission of judgement.permissions) permissions.add(permission);
  }
  return permissions.size === 0 ? PUBLIC : { kind: 'permissions', permissions: [...permissions] };
}

/** How well the whole path matches: as well as its worst segment. */
function fitOfAll({ parts, open }: Route, segments: readonly string[]): Fit | null {
  if (open ? segments.length < parts.length : segments.length !== parts.length) return null;
  let worst: Fit = 'sure';
  for (const [index, part] of parts.entries()) {
    const fit = fitOf(part, segments[index] ?? '');
    if (fit === null) return null;
    if (fit === 'unlikely' || worst === 'sure') worst = fit;
  }
  return worst;
}

function judgeResource(method: string, resource: string): Judgement {
  if (!isResourceName(resource) || isReserved(`${resource}.`)) return NONE;
  const permission = permissionFor(method, resource);
  return permission === null ? NONE : { kind: 'permissions', permissions: [permission] };
}
