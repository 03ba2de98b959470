/**
 * What an import of routes would change in the catalogue and the routes, and the act that does it. Both lists are replaced by one
 * act: a route must not ask for a permission that does not exist yet.
 */
import { isReserved, isWildcard, type RouteRule } from '@keyhouse/protocol';
import { type By, type EventDraft, happened } from '../audit/event.ts';
import type { Clock } from '../lib/clock.ts';
import type { CataloguedPermission, PermissionsStore, StoredRoute } from './catalogue.ts';
import { whatItAsks } from './route-words.ts';
import { nameRoute } from './set-routes.ts';

/** Both current lists, and who holds what. */
export interface CurrentCatalogue {
  readonly permissions: readonly CataloguedPermission[];
  readonly routes: readonly StoredRoute[];
  readonly holders: ReadonlyMap<string, number>;
}

export interface Derived {
  readonly permissions: readonly { readonly name: string; readonly sentence: string }[];
  readonly routes: readonly RouteRule[];
}

export interface Held {
  readonly name: string;
  /** Tokens, keys, JWTs, applications and grants that hold it by name and keep it. */
  readonly holders: number;
}

export interface ImportPlan {
  /** The lists as they will be. */
  readonly permissions: readonly CataloguedPermission[];
  readonly routes: readonly StoredRoute[];
  readonly changesPermissions: boolean;
  readonly changesRoutes: boolean;
  readonly added: readonly CataloguedPermission[];
  readonly kept: readonly CataloguedPermission[];
  /** The kept ones that get another sentence. */
  readonly reworded: readonly { readonly name: string; readonly from: string; readonly to: string }[];
  /** In the current catalogue, and not in the document. */
  readonly gone: readonly Held[];
  /** Held, and in neither: it cannot be granted any more once there is a catalogue. */
  readonly unlisted: readonly Held[];
  readonly routesAdded: readonly StoredRoute[];
  readonly routesGone: readonly StoredRoute[];
}

/**
 * Who may ask for a permission is the operator's decision and is not changed; neither is a sentence, which may have been written
 * by hand, unless `takesSentences`.
 */
export function planImport(
  current: CurrentCatalogue,
  derived: Derived,
  { takesSentences }: { takesSentences: boolean },
): ImportPlan {
  const before = new Map(current.permissions.map((permission) => [permission.name, permission]));
  const permissions = derived.permissions.map(({ name, sentence }): CataloguedPermission => {
    const known = before.get(name);
    if (known === undefined) return { name, sentence, isGrantable: false, isSensitive: false };
    return takesSentences ? { ...known, sentence } : known;
  });
  const names = new Set(permissions.map(({ name }) => name));
  const heldBy = (name: string): Held => ({ name, holders: current.holders.get(name) ?? 0 });
  const isOutside = (name: string): boolean => isReserved(name) || isWildcard(name);
  const kept = permissions.filter(({ name }) => before.has(name));
  const added = permissions.filter(({ name }) => !before.has(name));
  const gone = [...before.keys()].filter((name) => !names.has(name)).map(heldBy);
  const reworded = kept.flatMap(({ name, sentence: to }) => {
    const from = before.get(name)?.sentence ?? to;
    return from === to ? [] : [{ name, from, to }];
  });
  const routes = derived.routes;
  return {
    ...{ permissions, routes, added, kept, reworded, gone },
    unlisted: [...current.holders.keys()]
      .filter((name) => !names.has(name) && !before.has(name) && !isOutside(name))
      .sort()
      .map(heldBy),
    changesPermissions: added.length + gone.length + reworded.length > 0,
    // Their order is significant, so another order is a change.
    changesRoutes: JSON.stringify(current.routes.map(describe)) !== JSON.stringify(routes.map(describe)),
    routesAdded: without(routes, current.routes),
    routesGone: without(current.routes, routes),
  };
}

type Ports = { permissions: Pick<PermissionsStore, 'setPermissionsAndRoutes'>; clock: Clock };

/** Writes what was planned. */
export async function importRoutes({ permissions, clock }: Ports, { plan, by }: { plan: ImportPlan; by: By }): Promise<void> {
  const nowMs = clock.now();
  const events: EventDraft[] = [];
  if (plan.changesPermissions)
    events.push(happened(by, nowMs, 'permission.catalogue_set', { details: { count: plan.permissions.length } }));
  if (plan.changesRoutes) events.push(happened(by, nowMs, 'permission.routes_set', { details: { count: plan.routes.length } }));
  await permissions.setPermissionsAndRoutes({ permissions: plan.permissions, routes: plan.routes, nowMs, events });
}

/** The whole rule in one text: equal rules have equal texts. */
function describe(rule: StoredRoute): string {
  return `${nameRoute(rule)} → ${whatItAsks(rule)}`;
}

function without(rules: readonly StoredRoute[], others: readonly StoredRoute[]): readonly StoredRoute[] {
  const known = new Set(others.map(describe));
  return rules.filter((rule) => !known.has(describe(rule)));
}
