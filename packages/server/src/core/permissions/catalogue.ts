import type { RouteRule } from '@keyhouse/protocol';
import type { EventDraft } from '../audit/event.ts';

/** A permission that exists, with a sentence for people. */
export interface CataloguedPermission {
  readonly name: string;
  readonly sentence: string;
  /** Applications may ask users for it. */
  readonly isGrantable: boolean;
  /** Of these only applications that the operator has verified. */
  readonly isSensitive: boolean;
}

/** A rule for the routes of the operator's API as it is stored, in order. */
export type StoredRoute = RouteRule;

export interface PermissionsStore {
  listPermissions(): Promise<readonly CataloguedPermission[]>;
  listRoutes(): Promise<readonly StoredRoute[]>;
  /** Replaces the whole catalogue. */
  setPermissions(input: { permissions: readonly CataloguedPermission[]; event: EventDraft }): Promise<void>;
  setRoutes(input: { routes: readonly StoredRoute[]; event: EventDraft }): Promise<void>;
  /** Replaces both lists in one act. */
  setPermissionsAndRoutes(input: {
    permissions: readonly CataloguedPermission[];
    routes: readonly StoredRoute[];
    nowMs: number;
    events: readonly EventDraft[];
  }): Promise<void>;
  /** For each permission or wildcard how many active tokens, keys, minted JWTs, applications and grants hold it by name. */
  countHolders(input: { nowMs: number }): Promise<ReadonlyMap<string, number>>;
}
