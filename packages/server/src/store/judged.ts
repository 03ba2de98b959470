/**
 * What the overview page needs to judge every credential of an account, at a cost that does not grow with the days that use is
 * kept for. It is judged here, where it is read, which on SQLite is not the thread that answers requests.
 */
import { sql } from 'kysely';
import type { CredentialsStore } from '../core/credentials/credential.ts';
import { leastSinceDay, tooWideSince, type Watch } from '../core/use/least-privilege.ts';
import { fromJson } from './json.ts';
import type { Db } from './prepared.ts';
import { lastUse, permissionsObservedSinceMs } from './use.ts';

type Input<Name extends 'listJudged' | 'usedPermissions'> = Parameters<CredentialsStore[Name]>[0];

/** Rows of one query: on PostgreSQL others have their turn between two. */
const USES_AT_ONCE = 2000;

export const judgedReads = (db: Db): Pick<CredentialsStore, 'listJudged' | 'usedPermissions'> => ({
  async listJudged(input) {
    const rows = await listActive(db, input);
    const usedBy = Map.groupBy(
      await usedPermissions(db, { credentialIds: rows.map(({ id }) => id), sinceDay: leastSinceDay(input.nowMs) }),
      ({ credentialId }) => credentialId,
    );
    const watch = rows.length === 0 ? null : await watchOf(db, input.nowMs);
    return rows.map((row) => {
      const [id, createdAtMs] = [row.id, row.created_at_ms];
      const granted = {
        id,
        createdAtMs,
        permissions: fromJson(row.permissions),
        permissionsChangedAtMs: row.permissions_changed_at_ms,
      };
      const used = (usedBy.get(id) ?? []).map(({ permission }) => permission);
      return {
        ...{ id, createdAtMs, kind: row.kind, name: row.name, rotatedAtMs: row.rotated_at_ms, expiresAtMs: row.expires_at_ms },
        use: { lastUsedAtMs: row.last_used_at_ms },
        tooWideSinceMs: watch === null ? null : tooWideSince(granted, used, watch),
      };
    });
  },

  usedPermissions: (input) => usedPermissions(db, input),
});

async function listActive(db: Db, { accountId, kind, after, limit, nowMs }: Input<'listJudged'>) {
  const unrevoked = db
    .selectFrom('credentials')
    .select(['id', 'kind', 'name', 'permissions', 'created_at_ms', 'rotated_at_ms', 'expires_at_ms', 'permissions_changed_at_ms'])
    .select(lastUse)
    .where('account_id', '=', accountId)
    .where('kind', '=', kind)
    .where('revoked_at_ms', 'is', null)
    .orderBy('expires_at_ms')
    .orderBy('id');
  // Two ranges of one index, so that nothing that has expired is read: there may be any number of expired ones.
  const expiring =
    after === null || after.expiresAtMs === null
      ? unrevoked.where('expires_at_ms', '>', nowMs)
      : unrevoked.where(sql<boolean>`(expires_at_ms, id) > (${after.expiresAtMs}, ${after.id})`);
  const lasting =
    after !== null && after.expiresAtMs !== null
      ? []
      : await unrevoked
          .where('expires_at_ms', 'is', null)
          .where('id', '>', after?.id ?? 0)
          .limit(limit)
          .execute();
  return lasting.length === limit ? lasting : [...lasting, ...(await expiring.limit(limit - lasting.length).execute())];
}

async function usedPermissions(db: Db, { credentialIds, sinceDay }: Input<'usedPermissions'>) {
  const used: { credentialId: number; permission: string }[] = [];
  if (credentialIds.length === 0) return used;
  for (let after: (typeof used)[number] | undefined; ; ) {
    let page = db
      .selectFrom('permission_last_use')
      .select(['credential_id as credentialId', 'permission'])
      .where('credential_id', 'in', credentialIds)
      .where('day', '>=', sinceDay)
      .orderBy('credential_id')
      .orderBy('permission')
      .limit(USES_AT_ONCE);
    if (after !== undefined)
      page = page.where(sql<boolean>`(credential_id, permission) > (${after.credentialId}, ${after.permission})`);
    const rows = await page.execute();
    used.push(...rows);
    if (rows.length < USES_AT_ONCE) return used;
    after = rows.at(-1);
  }
}

async function watchOf(db: Db, nowMs: number): Promise<Watch> {
  const names = await db.selectFrom('permissions').select('name').execute();
  return { nowMs, countedSinceMs: await permissionsObservedSinceMs(db), catalogue: new Set(names.map(({ name }) => name)) };
}
