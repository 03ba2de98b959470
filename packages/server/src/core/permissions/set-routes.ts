/** The route patterns of the operator's API, in order. They are replaced as a whole. */
import { compileRoute, type RouteRule } from '@keyhouse/protocol';
import { type By, happened } from '../audit/event.ts';
import type { Clock } from '../lib/clock.ts';
import type { PermissionsStore, StoredRoute } from './catalogue.ts';
import { type Members, type Read, readEntries, unknownMembers } from './entries.ts';

/** The largest APIs that we know have two thousand operations. */
const MAX_ROUTES = 5_000;

/**
 * Reads a list of `{pattern, resource}`, `{methods, pattern, permission}`, and with or without methods `{pattern, "public":
 * true}` and `{pattern, "refused": true}`; `value` is valid only if `faults` is empty.
 */
export function readRoutes(value: unknown): Read<StoredRoute> {
  return readEntries('routes', value, MAX_ROUTES, readRoute, nameRoute);
}

/** `GET, POST /reports`: the rule as people name it. No two rules have the same text, whatever the order of their methods. */
export function nameRoute(rule: StoredRoute): string {
  return 'methods' in rule ? `${[...rule.methods].sort().join(', ')} ${rule.pattern}` : rule.pattern;
}

/** Replaces the routes by those that were read. */
export async function setRoutes(
  { permissions, clock }: { permissions: Pick<PermissionsStore, 'setRoutes'>; clock: Clock },
  { routes, by }: { routes: readonly StoredRoute[]; by: By },
): Promise<void> {
  const event = happened(by, clock.now(), 'permission.routes_set', { details: { count: routes.length } });
  await permissions.setRoutes({ routes, event });
}

function readRoute(members: Members): { value: StoredRoute } | { faults: readonly string[] } {
  const { pattern, methods, resource, permission } = members;
  const faults = [...unknownMembers(members, ['pattern', 'methods', 'resource', 'permission', 'public', 'refused'])];
  if (typeof pattern !== 'string') faults.push('.pattern: must be text, such as /api/crm/:resource/**.');
  if (methods !== undefined && !isListOfText(methods))
    faults.push('.methods: must be a list of methods, such as ["GET", "POST"].');
  // Public must be stated in full: a resource that was forgotten or misspelled must not open a door.
  const given = [typeof resource === 'string', typeof permission === 'string', members.public === true, members.refused === true];
  const named = [resource, permission, members.public, members.refused].filter((member) => member !== undefined);
  if (given.filter(Boolean).length !== 1 || named.length !== 1)
    faults.push(': needs "resource" with text, or "permission" with text and "methods", or "public": true, or "refused": true.');
  if (faults.length > 0) return { faults };
  const rule = Object.fromEntries(Object.entries(members)) as unknown as RouteRule;
  const compiled = compileRoute(rule);
  if (!compiled.ok) return { faults: [`: ${compiled.reason}`] };
  return { value: rule };
}

function isListOfText(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}
