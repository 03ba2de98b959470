/** The route patterns of the operator's API, in order. They are replaced as a whole. */
import { compileRoute } from '@keyhouse/protocol';
import type { By } from '../audit/event.ts';
import type { Clock } from '../lib/clock.ts';
import type { PermissionsStore, StoredRoute } from './catalogue.ts';
import { type Members, type Read, readEntries, unknownMembers } from './entries.ts';

/** Each is tried in turn on each request that `/verify` judges. */
const MAX_ROUTES = 1_000;

/** Reads a list of `{pattern, resource}` and `{pattern, public: true}`; `value` is good only when `faults` is empty. */
export function readRoutes(value: unknown): Read<StoredRoute> {
  return readEntries('routes', value, MAX_ROUTES, readRoute, ({ pattern }) => pattern);
}

/** Puts routes that were read in the place of those before. */
export async function setRoutes(
  { permissions, clock }: { permissions: Pick<PermissionsStore, 'setRoutes'>; clock: Clock },
  { routes, by }: { routes: readonly StoredRoute[]; by: By },
): Promise<void> {
  const event = { event: 'permission.routes_set', atMs: clock.now(), by, details: { count: routes.length } } as const;
  await permissions.setRoutes({ routes, event });
}

function readRoute(members: Members): { value: StoredRoute } | { faults: readonly string[] } {
  const { pattern, resource } = members;
  const faults = [...unknownMembers(members, ['pattern', 'resource', 'public'])];
  if (typeof pattern !== 'string') faults.push('.pattern: text was wanted, such as /api/crm/:resource/**.');
  const isPublic = members.public === true && resource === undefined;
  // Public must be said in full: a resource that was forgotten or misspelled may not open a door.
  if (!isPublic && (typeof resource !== 'string' || members.public !== undefined))
    faults.push(': either "resource" with text, or "public": true.');
  if (faults.length > 0 || typeof pattern !== 'string') return { faults };
  const compiled = compileRoute(pattern, typeof resource === 'string' ? resource : null);
  if (!compiled.ok) return { faults: [`: ${compiled.reason}`] };
  return { value: { pattern, resource: compiled.route.resource } };
}
