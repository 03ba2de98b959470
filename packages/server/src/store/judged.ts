/** What the home page needs to judge every credential of an account, at a cost that does not grow with the days that use is kept for. */
import { sql } from 'kysely';
import type { CredentialsStore } from '../core/credentials/credential.ts';
import { fromJson } from './json.ts';
import type { Db } from './prepared.ts';

export const judgedReads = (db: Db): Pick<CredentialsStore, 'listJudged' | 'usedPermissions'> => ({
  async listJudged({ accountId, kind, afterId, limit, nowMs }) {
    const rows = await db
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
      .select((eb) =>
        eb
          .selectFrom('credential_use')
          .select('credential_use.last_used_at_ms')
          .whereRef('credential_use.credential_id', '=', 'credentials.id')
          .orderBy('credential_use.day', 'desc')
          .limit(1)
          .as('last_used_at_ms'),
      )
      .where('account_id', '=', accountId)
      .where('kind', '=', kind)
      .where('id', '>', afterId)
      .where('revoked_at_ms', 'is', null)
      .where((eb) => eb.or([eb('expires_at_ms', 'is', null), eb('expires_at_ms', '>', nowMs)]))
      .orderBy('id')
      .limit(limit)
      .execute();
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
    // From one permission of a credential to its next by the index: a permission that was used on ninety days costs as much as one of a single day.
    const { rows } = await sql<{ credential_id: number; permission: string }>`
      WITH RECURSIVE used (credential_id, permission) AS (
        SELECT credentials.id, (
          SELECT min(permission_use.permission) FROM permission_use WHERE permission_use.credential_id = credentials.id
        ) FROM credentials WHERE credentials.id IN (${sql.join(credentialIds)})
        UNION ALL
        SELECT used.credential_id, (
          SELECT min(permission_use.permission) FROM permission_use
          WHERE permission_use.credential_id = used.credential_id AND permission_use.permission > used.permission
        ) FROM used WHERE used.permission IS NOT NULL
      )
      SELECT credential_id, permission FROM used
      WHERE permission IS NOT NULL AND EXISTS (
        SELECT 1 FROM permission_use
        WHERE permission_use.credential_id = used.credential_id AND permission_use.permission = used.permission
          AND permission_use.day >= ${sinceDay} AND permission_use.requests > 0
      )`.execute(db);
    return rows.map((row) => ({ credentialId: row.credential_id, permission: row.permission }));
  },
});
