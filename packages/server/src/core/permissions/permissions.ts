/**
 * Permissions: the catalogue of those that exist, each with a sentence for people, and the routes that say which request needs
 * which one.
 *
 * Owns: both lists, kept in memory for `/verify` and read again when they change, and who holds a permission.
 * Used by: `/verify`, `/dashboard/api/operator/{catalogue,routes,permissions}`, `keyhouse permission`.
 */
import type { Route } from '@keyhouse/protocol';
import type { Clock } from '../lib/clock.ts';
import { keepNewest } from '../lib/keep-newest.ts';
import { pause } from '../lib/pause.ts';
import type { PermissionsStore } from './catalogue.ts';
import { type HoldersStore, holdersOf } from './holders.ts';
import { loadPermissionIndex, type PermissionIndex } from './permission-set.ts';
import { setCatalogue } from './set-catalogue.ts';
import { setRoutes } from './set-routes.ts';

export interface PermissionsPorts {
  readonly permissions: PermissionsStore;
  readonly holders: HoldersStore;
  readonly clock: Clock;
}

export type Permissions = ReturnType<typeof bindPermissions>;

export function bindPermissions(ports: PermissionsPorts) {
  const { permissions } = ports;
  let loaded: PermissionIndex | null = null;
  const load = keepNewest(
    () => loadPermissionIndex(permissions),
    (read) => {
      loaded = read;
    },
  );
  /** @throws Error before the first `load`. */
  const index = (): PermissionIndex => {
    if (loaded === null) throw new Error('Keyhouse has not been started.');
    return loaded;
  };
  return {
    index,
    exists: (name: string): boolean => index().exists(name),
    /** In the order in which they are tried. */
    routes: (): readonly Route[] => index().routes,
    list: () => permissions.listPermissions(),
    listRoutes: () => permissions.listRoutes(),
    /** Keys, tokens, applications and sessions that hold one of these permissions. */
    /** `turn`: between two slices of the work; it may reject, and so end the work. */
    holdersOf: (names: readonly string[], turn: () => Promise<void> = pause) => holdersOf({ ...ports, turn }, names),
    setCatalogue: async (input: Parameters<typeof setCatalogue>[1]): Promise<void> => {
      await setCatalogue(ports, input);
      await load();
    },
    setRoutes: async (input: Parameters<typeof setRoutes>[1]): Promise<void> => {
      await setRoutes(ports, input);
      await load();
    },
    load,
  };
}
