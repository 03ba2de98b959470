/** The catalogue of permissions and the routes of the operator's API. Both are replaced as a whole. */
import type { CataloguedPermission, PermissionsStore, StoredRoute } from '../core/permissions/catalogue.ts';
import { indexCatalogue } from '../core/permissions/permission-set.ts';
import type { Act } from './act.ts';
import { fromJson } from './json.ts';
import { narrowApplication } from './narrowing.ts';
import type { Db } from './prepared.ts';

type Input<Name extends keyof PermissionsStore> = Parameters<PermissionsStore[Name]>[0];

const PERMISSIONS_CHANGED = { kind: 'permissions', id: '', beforeMs: null, endsAtMs: null } as const;

export function permissionsReads(db: Db): Pick<PermissionsStore, 'listPermissions' | 'listRoutes' | 'countHolders'> {
  return {
    listPermissions: () => readPermissions(db),
    async listRoutes() {
      const rows = await db
        .selectFrom('routes')
        .select(['pattern', 'resource', 'methods', 'permission'])
        .orderBy('position')
        .execute();
      return rows.map(readRow);
    },

    async countHolders({ nowMs }) {
      // Lists are few, holders many: the database counts who has which list, and only the lists are transferred.
      const live = await Promise.all([
        db
          .selectFrom('credentials')
          .select(({ fn }) => ['permissions', fn.countAll<number>().as('count')])
          .where('permissions', 'is not', null)
          .where('revoked_at_ms', 'is', null)
          .where((where) => where.or([where('expires_at_ms', 'is', null), where('expires_at_ms', '>', nowMs)]))
          .groupBy('permissions')
          .execute(),
        db
          .selectFrom('jwts')
          .select(({ fn }) => ['permissions', fn.countAll<number>().as('count')])
          .where('revoked_at_ms', 'is', null)
          .where('expires_at_ms', '>', nowMs)
          .groupBy('permissions')
          .execute(),
        db
          .selectFrom('grants')
          .select(({ fn }) => ['permissions', fn.countAll<number>().as('count')])
          .where('ended_at_ms', 'is', null)
          .groupBy('permissions')
          .execute(),
      ]);
      const applications = await db
        .selectFrom('applications')
        .select(['permissions', 'optional_permissions', 'own_permissions'])
        .where('deleted_at_ms', 'is', null)
        .execute();
      const holders = new Map<string, number>();
      const add = (list: Iterable<string>, count: number): void => {
        for (const name of list) holders.set(name, (holders.get(name) ?? 0) + count);
      };
      for (const { permissions, count } of live.flat()) add(fromJson(permissions) ?? [], Number(count));
      for (const { permissions, optional_permissions, own_permissions } of applications)
        add(new Set([permissions, optional_permissions, own_permissions].flatMap((list) => fromJson(list) ?? [])), 1);
      return holders;
    },
  };
}

export const permissionsActs = {
  async setPermissions(act: Act, { permissions, event }: Input<'setPermissions'>): Promise<void> {
    await replacePermissions(act, { permissions, nowMs: event.atMs });
    act.change(PERMISSIONS_CHANGED);
    act.event(event);
  },

  async setRoutes(act: Act, { routes, event }: Input<'setRoutes'>): Promise<void> {
    await replaceRoutes(act, routes);
    act.change(PERMISSIONS_CHANGED);
    act.event(event);
  },

  async setPermissionsAndRoutes(
    act: Act,
    { permissions, routes, nowMs, events }: Input<'setPermissionsAndRoutes'>,
  ): Promise<void> {
    await replacePermissions(act, { permissions, nowMs });
    await replaceRoutes(act, routes);
    act.change(PERMISSIONS_CHANGED);
    for (const event of events) act.event(event);
  },
};

async function replacePermissions(
  act: Act,
  { permissions, nowMs }: { readonly permissions: readonly CataloguedPermission[]; readonly nowMs: number },
): Promise<void> {
  const before = await readPermissions(act.db);
  await narrowApplicationsTo(act, { before: indexCatalogue(before), after: indexCatalogue(permissions) }, nowMs);
  await act.db.deleteFrom('permissions').execute();
  for (const { name, sentence, isGrantable, isSensitive } of permissions)
    await act.db
      .insertInto('permissions')
      .values({ name, sentence, grantable: isGrantable ? 1 : 0, sensitive: isSensitive ? 1 : 0 })
      .execute();
}

async function readPermissions(db: Db): Promise<readonly CataloguedPermission[]> {
  const rows = await db.selectFrom('permissions').selectAll().orderBy('name').execute();
  return rows.map(({ name, sentence, grantable, sensitive }) => ({
    name,
    sentence,
    isGrantable: grantable === 1,
    isSensitive: sensitive === 1,
  }));
}

type Catalogue = ReturnType<typeof indexCatalogue>;

/**
 * Revokes the JWTs of applications that hold what is removed from the catalogue, or cannot be granted any more: one change for
 * each application.
 */
async function narrowApplicationsTo(
  act: Act,
  { before, after }: { readonly before: Catalogue; readonly after: Catalogue },
  nowMs: number,
): Promise<void> {
  const isAskable = ({ isGrantable, isSensitive }: Catalogue, isVerified: boolean, name: string): boolean =>
    isGrantable(name) && (isVerified || !isSensitive(name));
  const applications = await act.db
    .selectFrom('applications')
    .select(['id', 'client_id', 'own_permissions', 'verified_at_ms'])
    .where('deleted_at_ms', 'is', null)
    .execute();
  // Many grants share few lists, so the database returns each list once for an application.
  const granted = await act.db
    .selectFrom('grants')
    .select(['application_id', 'permissions'])
    .distinct()
    .where('ended_at_ms', 'is', null)
    .execute();
  const grantedTo = Map.groupBy(granted, ({ application_id }) => application_id);
  for (const application of applications) {
    const isVerified = application.verified_at_ms !== null;
    const isTaken = (name: string): boolean => isAskable(before, isVerified, name) && !isAskable(after, isVerified, name);
    const isGone = (name: string): boolean => before.exists(name) && !after.exists(name);
    const lists = (grantedTo.get(application.id) ?? []).map(({ permissions }) => fromJson(permissions) ?? []);
    const isLess = lists.some((list) => list.some(isTaken)) || (fromJson(application.own_permissions) ?? []).some(isGone);
    if (isLess) await narrowApplication(act, application, nowMs);
  }
}

async function replaceRoutes(act: Act, routes: readonly StoredRoute[]): Promise<void> {
  await act.db.deleteFrom('routes').execute();
  for (const [index, rule] of routes.entries())
    await act.db
      .insertInto('routes')
      .values({ position: index + 1, pattern: rule.pattern, ...columnsOf(rule) })
      .execute();
}

interface Columns {
  readonly resource: string | null;
  readonly methods: string | null;
  readonly permission: string | null;
}

/**
 * A rule by method leaves its resource empty, not null: a server of a version before methods, which still runs during an upgrade,
 * takes null for public, and refuses to read an empty one. A rule that refuses leaves its permission empty for the same reason.
 */
function columnsOf(rule: StoredRoute): Columns {
  const methods = 'methods' in rule ? rule.methods.join(',') : null;
  if ('refused' in rule) return { resource: '', methods, permission: '' };
  if ('methods' in rule) return { resource: '', methods, permission: 'permission' in rule ? rule.permission : null };
  return { resource: 'resource' in rule ? rule.resource : null, methods, permission: null };
}

function readRow({ pattern, resource, methods: list, permission }: Columns & { readonly pattern: string }): StoredRoute {
  const isRefused = permission === '';
  if (list === null) {
    if (isRefused) return { pattern, refused: true };
    return resource === null ? { pattern, public: true } : { pattern, resource };
  }
  const methods = list.split(',');
  if (isRefused) return { methods, pattern, refused: true };
  return permission === null ? { methods, pattern, public: true } : { methods, pattern, permission };
}
