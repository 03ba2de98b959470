import type { PermissionsStore, StoredRoute } from '../core/permissions/catalogue.ts';
import type { Act } from './act.ts';
import type { Db } from './prepared.ts';

type Input<Name extends keyof PermissionsStore> = Parameters<PermissionsStore[Name]>[0];

const PERMISSIONS_CHANGED = { kind: 'permissions', id: '', beforeMs: null, endsAtMs: null } as const;

export function permissionsReads(db: Db): Pick<PermissionsStore, 'listPermissions' | 'listRoutes'> {
  return {
    async listPermissions() {
      const rows = await db.selectFrom('permissions').selectAll().orderBy('name').execute();
      return rows.map(({ name, sentence, grantable, sensitive }) => ({
        name,
        sentence,
        isGrantable: grantable === 1,
        isSensitive: sensitive === 1,
      }));
    },
    async listRoutes() {
      const rows = await db
        .selectFrom('routes')
        .select(['pattern', 'resource', 'methods', 'permission'])
        .orderBy('position')
        .execute();
      return rows.map(readRow);
    },
  };
}

export const permissionsActs = {
  async setPermissions(act: Act, { permissions, event }: Input<'setPermissions'>): Promise<void> {
    await act.db.deleteFrom('permissions').execute();
    for (const { name, sentence, isGrantable, isSensitive } of permissions)
      await act.db
        .insertInto('permissions')
        .values({ name, sentence, grantable: isGrantable ? 1 : 0, sensitive: isSensitive ? 1 : 0 })
        .execute();
    act.change(PERMISSIONS_CHANGED);
    act.event(event);
  },

  async setRoutes(act: Act, { routes, event }: Input<'setRoutes'>): Promise<void> {
    await replaceRoutes(act, routes);
    act.change(PERMISSIONS_CHANGED);
    act.event(event);
  },
};

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
 * takes null for public, and refuses to read an empty one.
 */
function columnsOf(rule: StoredRoute): Columns {
  if ('methods' in rule)
    return { resource: '', methods: rule.methods.join(','), permission: 'permission' in rule ? rule.permission : null };
  return { resource: 'resource' in rule ? rule.resource : null, methods: null, permission: null };
}

function readRow({ pattern, resource, methods: list, permission }: Columns & { readonly pattern: string }): StoredRoute {
  if (list === null) return resource === null ? { pattern, public: true } : { pattern, resource };
  const methods = list.split(',');
  return permission === null ? { methods, pattern, public: true } : { methods, pattern, permission };
}
