/**
 * Lists of permissions in slices, for code that looks for names in them. What has ended counts into a slice too, with an empty
 * list: a slice that skipped such rows would cost as much as there are of them.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Holder, HoldersStore } from '../core/permissions/holders.ts';
import { fromJson } from './json.ts';
import { isActive } from './lapsed.ts';
import type { Db } from './prepared.ts';

const listWhere = (list: RawBuilder<string | null>, isCounted: RawBuilder<boolean>) =>
  sql<string | null>`CASE WHEN ${isCounted} THEN ${list} END`;

const read = (text: string | null): readonly string[] => fromJson(text) ?? [];

export const holdersReads = (db: Db): HoldersStore => ({
  async listsOfCredentials({ after, limit, nowMs }) {
    const isLive = sql<boolean>`revoked_at_ms IS NULL AND (expires_at_ms IS NULL OR expires_at_ms > ${nowMs})`;
    const rows = await db
      .selectFrom('credentials')
      .select(['id', 'kind', listWhere(sql.ref('permissions'), isLive).as('permissions')])
      .where('id', '>', after ?? 0)
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows.map(({ id, kind, permissions }) => ({ id, kind, permissions: read(permissions) }));
  },

  async listsOfApplications({ after, limit }) {
    const rows = await db
      .selectFrom('applications')
      .select(['id', 'deleted_at_ms', 'permissions', 'optional_permissions', 'own_permissions'])
      .where('id', '>', after ?? 0)
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      id: row.id,
      permissions:
        row.deleted_at_ms === null
          ? [row.permissions, row.optional_permissions, row.own_permissions].flatMap((list) => read(list))
          : [],
    }));
  },

  async listsOfGrants({ after, limit }) {
    const rows = await db
      .selectFrom('grants')
      .select([
        'id',
        'application_id as applicationId',
        listWhere(sql.ref('permissions'), sql`ended_at_ms IS NULL`).as('permissions'),
      ])
      .where('id', '>', after ?? 0)
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows.map((row) => ({ ...row, permissions: read(row.permissions) }));
  },

  async listsOfSessions({ after, limit, nowMs }) {
    const rows = await db
      .selectFrom('sessions')
      .select(['id', listWhere(sql.ref('sessions.permissions'), isActive(nowMs)).as('permissions')])
      .where('id', '>', after ?? '')
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows.map((row) => ({ ...row, permissions: read(row.permissions) }));
  },

  describeCredentials: (ids) => describe(db, 'credentials', ids),
  describeApplications: (ids) => describe(db, 'applications', ids),
});

async function describe(db: Db, table: 'credentials' | 'applications', ids: readonly number[]): Promise<readonly Holder[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom(table)
    .innerJoin('accounts', 'accounts.id', `${table}.account_id`)
    .select([`${table}.name as holder`, 'accounts.id', 'accounts.kind', 'accounts.name'])
    .where(`${table}.id`, 'in', ids)
    .orderBy(`${table}.id`)
    .execute();
  return rows.map(({ holder, ...account }) => ({ name: holder, account }));
}
