/** The catalogue and the routes in the form that requests need: in memory, built again when a change reports a new version. */
import { compileRoute, isPermission, isReserved, type Route } from '@keyhouse/protocol';
import type { CataloguedPermission, PermissionsStore, StoredRoute } from './catalogue.ts';

export interface PermissionIndex {
  /** Whether a JWT, a token or an application may name it. While the catalogue is empty, any well-formed permission exists. */
  exists(name: string): boolean;
  /** Whether an application may ask users for it. While the catalogue is empty: any that exists. */
  isGrantable(name: string): boolean;
  /** Whether only a verified application may ask for it. */
  isSensitive(name: string): boolean;
  /** What it means, for people; the name itself where the catalogue has no sentence. */
  sentenceOf(name: string): string;
  /** All that an application without a list of its own may ask for; null: any that exists. Sensitive ones too. */
  readonly grantable: readonly string[] | null;
  /** The operator's routes in order. */
  readonly routes: readonly Route[];
  /** Permissions in the catalogue. */
  readonly names: ReadonlySet<string>;
}

/**
 * Reads both lists.
 * @throws Error when a stored route no longer compiles: a route left out could open what it should guard.
 */
export async function loadPermissionIndex(
  permissions: Pick<PermissionsStore, 'listPermissions' | 'listRoutes'>,
): Promise<PermissionIndex> {
  const [catalogue, routes] = await Promise.all([permissions.listPermissions(), permissions.listRoutes()]);
  return { ...indexCatalogue(catalogue), routes: routes.map(compileStored) };
}

/** Only the catalogue. */
export function indexCatalogue(catalogue: readonly CataloguedPermission[]): Omit<PermissionIndex, 'routes'> {
  const names = new Set(catalogue.map(({ name }) => name));
  const entries = new Map(catalogue.map((entry) => [entry.name, entry]));
  const exists = (name: string) => isPermission(name) && !isReserved(name) && (names.size === 0 || names.has(name));
  return {
    exists,
    isGrantable: (name) => exists(name) && (names.size === 0 || entries.get(name)?.isGrantable === true),
    isSensitive: (name) => entries.get(name)?.isSensitive === true,
    sentenceOf: (name) => entries.get(name)?.sentence ?? name,
    grantable: names.size === 0 ? null : catalogue.filter(({ isGrantable }) => isGrantable).map(({ name }) => name),
    names,
  };
}

function compileStored(rule: StoredRoute): Route {
  const compiled = compileRoute(rule);
  if (!compiled.ok) throw new Error(`The stored route ${rule.pattern} cannot be read: ${compiled.reason}`);
  return compiled.route;
}
