import type { PermissionsStore } from '../core/permissions/catalogue.ts';
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
    listRoutes: () => db.selectFrom('routes').select(['pattern', 'resource']).orderBy('position').execute(),
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
    await act.db.deleteFrom('routes').execute();
    for (const [index, { pattern, resource }] of routes.entries()) {
      await act.db
        .insertInto('routes')
        .values({ position: index + 1, pattern, resource })
        .execute();
    }
    act.change(PERMISSIONS_CHANGED);
    act.event(event);
  },
};
