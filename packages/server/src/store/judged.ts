/**
 * What the overview page needs to judge every credential of an account, at a cost that does not grow with the days that use is
 * kept for.
 */
import { sql } from 'kysely';
import type { CredentialsStore } from '../core/credentials/credential.ts';
import { fromJson } from './json.ts';
import type { Db } from './prepared.ts';
import { lastUse } from './use.ts';

export const judgedReads = (db: Db): Pick<CredentialsStore, 'listJudged' | 'usedPermissions'> => ({
  async listJudged({ accountId, kind, after, limit, nowMs }) {
    const unrevoked = db
      .selectFrom('credentials')
      .select([
        'id',
        'kind',
        'name',
        'permissions',
        'created_at_ms',
        'rotated_at_ms',
        'expires_at_ms',
        'permissions_changed_at_ms',
      ])
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
    const rows = lasting.length === limit ? lasting : [...lasting, ...(await expiring.limit(limit - lasting.length).execute())];
    return rows.map((row) => ({
      id: row.id,
      kind: row.kind,
      name: row.name,
      permissions: fromJson(row.permissions),
      createdAtMs: row.created_at_ms,
      rotatedAtMs: row.rotated_at_ms,
      expiresAtMs: row.expires_at_ms,
      permissionsChangedAtMs: row.permissions_changed_at_ms,
      use: { lastUsedAtMs: row.last_used_at_ms },
    }));
  },

  async usedPermissions({ credentialIds, sinceDay }) {
    if (credentialIds.length === 0) return [];
    const rows = await db
      .selectFrom('permission_last_use')
      .select(['credential_id', 'permission'])
      .where('credential_id', 'in', credentialIds)
      .where('day', '>=', sinceDay)
      .execute();
    return rows.map((row) => ({ credentialId: row.credential_id, permission: row.permission }));
  },
});
