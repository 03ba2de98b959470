import type { EventDraft } from '../audit/event.ts';

/** A permission that exists, with a sentence for people. */
export interface CataloguedPermission {
  readonly name: string;
  readonly sentence: string;
  /** Applications may ask people for it. */
  readonly isGrantable: boolean;
  /** Of these only applications that the operator has verified. */
  readonly isSensitive: boolean;
}

/** A route pattern of the operator's API as it is stored, in order; `permission` is the text after the arrow. */
export interface StoredRoute {
  readonly pattern: string;
  /** `crm.:resource`, a fixed resource such as `billing`, or null: public. */
  readonly resource: string | null;
}

export interface PermissionsStore {
  listPermissions(): Promise<readonly CataloguedPermission[]>;
  listRoutes(): Promise<readonly StoredRoute[]>;
  /** Replaces the whole catalogue. */
  setPermissions(input: { permissions: readonly CataloguedPermission[]; event: EventDraft }): Promise<void>;
  setRoutes(input: { routes: readonly StoredRoute[]; event: EventDraft }): Promise<void>;
}
