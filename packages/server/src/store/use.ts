/** How credentials are used: a row for each day, apart from the credentials, whose rows every check reads. */

import { sql } from 'kysely';
import type { Credential, CredentialsStore, CredentialWithUse } from '../core/credentials/credential.ts';
import type { Act } from './act.ts';
import type { Db } from './prepared.ts';

type Input<Name extends keyof CredentialsStore> = Parameters<CredentialsStore[Name]>[0];

type Reads = Pick<CredentialsStore, 'useByDay' | 'useOfAccount' | 'permissionUse' | 'permissionsObservedSinceMs'>;

export const useReads = (db: Db): Reads => ({
  async useByDay(credentialIds, sinceDay) {
    if (credentialIds.length === 0) return [];
    return await db
      .selectFrom('credential_use')
      .select((eb) => ['credential_id as credentialId', 'day', eb('requests', '+', eb.ref('previous_requests')).as('requests')])
      .where('credential_id', 'in', credentialIds)
      .where('day', '>=', sinceDay)
      .orderBy('credential_id')
      .orderBy('day')
      .execute();
  },
  async useOfAccount({ accountId, sinceDay, most }) {
    const newest = async (kind: 'token' | 'key') =>
      await db
        .selectFrom('credentials')
        .select(['id', 'name', 'revoked_at_ms'])
        .where('account_id', '=', accountId)
        .where('kind', '=', kind)
        .orderBy('id', 'desc')
        .limit(most + 1)
        .execute();
    const [allTokens, allKeys] = [await newest('token'), await newest('key')];
    const [tokens, keys] = [allTokens.slice(0, most), allKeys.slice(0, most)];
    const credentials = [...tokens, ...keys];
    const ids = credentials.map(({ id }) => id);
    const known = {
      hasToken: tokens.some(({ revoked_at_ms }) => revoked_at_ms === null),
      hasKey: keys.some(({ revoked_at_ms }) => revoked_at_ms === null),
      isWhole: allTokens.length <= most && allKeys.length <= most,
    };
    if (ids.length === 0) return { ...known, hasRequest: false, byDay: [], last: null };
    const uses = db.selectFrom('credential_use').where('credential_id', 'in', ids);
    const byDay = await uses
      .select((eb) => ['day', eb.fn.sum<number>(eb('requests', '+', eb.ref('previous_requests'))).as('requests')])
      .where('day', '>=', sinceDay)
      .groupBy('day')
      .execute();
    const last = await uses
      .select(['credential_id', 'last_used_at_ms', 'last_address', 'last_user_agent'])
      .where('day', '>=', sinceDay)
      .orderBy('last_used_at_ms', 'desc')
      .limit(1)
      .executeTakeFirst();
    const isUsed = last !== undefined || (await uses.select('day').limit(1).executeTakeFirst()) !== undefined;
    return {
      ...known,
      hasRequest: isUsed,
      // PostgreSQL gives sums of bigint as text.
      byDay: byDay.map(({ day, requests }) => ({ day, requests: Number(requests) })),
      last:
        last === undefined
          ? null
          : {
              atMs: last.last_used_at_ms,
              credentialName: credentials.find(({ id }) => id === last.credential_id)?.name ?? '',
              address: last.last_address,
              userAgent: last.last_user_agent,
            },
    };
  },
  async permissionUse({ credentialIds, sinceDay, recentSinceDay }) {
    if (credentialIds.length === 0) return [];
    const rows = await db
      .selectFrom('permission_use')
      .select((eb) => [
        'credential_id as credentialId',
        'permission',
        eb.fn.sum<number>('requests').as('requests'),
        eb.fn
          .sum<number>(eb.case().when('day', '>=', recentSinceDay).then(eb.ref('requests')).else(sql.lit(0)).end())
          .as('recentRequests'),
        eb.fn.max('last_used_at_ms').as('lastUsedAtMs'),
      ])
      .where('credential_id', 'in', credentialIds)
      .where('day', '>=', sinceDay)
      .groupBy(['credential_id', 'permission'])
      .execute();
    // PostgreSQL gives sums of bigint as text.
    return rows.map((row) => ({ ...row, requests: Number(row.requests), recentRequests: Number(row.recentRequests) }));
  },
  async permissionsObservedSinceMs() {
    const row = await db
      .selectFrom('settings')
      .select('value')
      .where('name', '=', 'permissions_observed_since_ms')
      .executeTakeFirstOrThrow();
    return Number(row.value);
  },
});

export const useActs = {
  async recordUse(act: Act, { uses, permissions }: Input<'recordUse'>): Promise<void> {
    if (uses.length > 0) await addUses(act.db, await withoutErased(act.db, uses));
    if (permissions.length > 0) await addPermissions(act.db, permissions);
  },

  async sweepUse(act: Act, { beforeDay, limit }: Input<'sweepUse'>): Promise<boolean> {
    const rows = await act.db
      .selectFrom('credential_use')
      .select(['credential_id', 'day'])
      .where('day', '<', beforeDay)
      .limit(limit)
      .execute();
    for (const row of rows) {
      await act.db
        .deleteFrom('credential_use')
        .where('credential_id', '=', row.credential_id)
        .where('day', '=', row.day)
        .execute();
    }
    return rows.length === limit;
  },

  async sweepPermissionUse(act: Act, { beforeDay, limit }: Input<'sweepPermissionUse'>): Promise<boolean> {
    const rows = await act.db
      .selectFrom('permission_use')
      .select(['credential_id', 'permission', 'day'])
      .where('day', '<', beforeDay)
      .limit(limit)
      .execute();
    for (const row of rows) {
      await act.db
        .deleteFrom('permission_use')
        .where('credential_id', '=', row.credential_id)
        .where('permission', '=', row.permission)
        .where('day', '=', row.day)
        .execute();
    }
    return rows.length === limit;
  },
};

/** What has added up in memory is written behind a deletion: the counts stay, and from where they came is forgotten. */
async function withoutErased(db: Db, uses: Input<'recordUse'>['uses']): Promise<Input<'recordUse'>['uses']> {
  const revoked = await db
    .selectFrom('credentials')
    .select('id')
    .where(
      'id',
      'in',
      uses.map(({ credentialId }) => credentialId),
    )
    .where('revoked_at_ms', 'is not', null)
    .execute();
  if (revoked.length === 0) return uses;
  const rows = await db
    .selectFrom('credentials')
    .innerJoin('accounts', 'accounts.id', 'credentials.account_id')
    .select('credentials.id')
    .where(
      'credentials.id',
      'in',
      revoked.map(({ id }) => id),
    )
    .where('accounts.deleted_at_ms', 'is not', null)
    .execute();
  const erased = new Set(rows.map(({ id }) => id));
  const nowhere = { lastAddress: null, lastUserAgent: null, previousLastAddress: null, previousLastUserAgent: null };
  return uses.map((use) => (erased.has(use.credentialId) ? { ...use, ...nowhere } : use));
}

async function addUses(db: Db, uses: Input<'recordUse'>['uses']): Promise<void> {
  await db
    .insertInto('credential_use')
    .values(
      uses.map((use) => ({
        credential_id: use.credentialId,
        day: use.day,
        requests: use.requests,
        last_used_at_ms: use.lastUsedAtMs,
        last_address: use.lastAddress,
        last_user_agent: use.lastUserAgent,
        previous_requests: use.previousRequests,
        previous_last_used_at_ms: use.previousLastUsedAtMs,
        previous_last_address: use.previousLastAddress,
        previous_last_user_agent: use.previousLastUserAgent,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['credential_id', 'day']).doUpdateSet((eb) => {
        // Where from goes with when: a batch without a use of the old secret leaves all three as they are.
        const ofPrevious = <Name extends 'previous_last_address' | 'previous_last_user_agent'>(name: Name) =>
          eb
            .case()
            .when('excluded.previous_last_used_at_ms', 'is', null)
            .then(eb.ref(`credential_use.${name}`))
            .else(eb.ref(`excluded.${name}`))
            .end();
        // Several servers and guards tell of one credential, not in the order of time: the newest stays.
        const ofNewer = <Name extends 'last_used_at_ms' | 'last_address' | 'last_user_agent'>(name: Name) =>
          eb
            .case()
            .when('excluded.last_used_at_ms', '<', eb.ref('credential_use.last_used_at_ms'))
            .then(eb.ref(`credential_use.${name}`))
            .else(eb.ref(`excluded.${name}`))
            .end();
        return {
          requests: eb('credential_use.requests', '+', eb.ref('excluded.requests')),
          last_used_at_ms: ofNewer('last_used_at_ms'),
          last_address: ofNewer('last_address'),
          last_user_agent: ofNewer('last_user_agent'),
          previous_requests: eb('credential_use.previous_requests', '+', eb.ref('excluded.previous_requests')),
          previous_last_used_at_ms: eb.fn.coalesce(
            'excluded.previous_last_used_at_ms',
            'credential_use.previous_last_used_at_ms',
          ),
          previous_last_address: ofPrevious('previous_last_address'),
          previous_last_user_agent: ofPrevious('previous_last_user_agent'),
        };
      }),
    )
    .execute();
}

async function addPermissions(db: Db, permissions: Input<'recordUse'>['permissions']): Promise<void> {
  await db
    .insertInto('permission_use')
    .values(
      permissions.map((use) => ({
        credential_id: use.credentialId,
        permission: use.permission,
        day: use.day,
        requests: use.requests,
        last_used_at_ms: use.lastUsedAtMs,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['credential_id', 'permission', 'day']).doUpdateSet((eb) => ({
        requests: eb('permission_use.requests', '+', eb.ref('excluded.requests')),
        last_used_at_ms: eb
          .case()
          .when('excluded.last_used_at_ms', '<', eb.ref('permission_use.last_used_at_ms'))
          .then(eb.ref('permission_use.last_used_at_ms'))
          .else(eb.ref('excluded.last_used_at_ms'))
          .end(),
      })),
    )
    .execute();
}

/** From a rotation on, "previous" means the secret that has just become the old one. */
export const beginUseOfPrevious = (db: Db, credentialId: number) =>
  db
    .updateTable('credential_use')
    .set((eb) => ({
      previous_requests: 0,
      previous_last_used_at_ms: eb.ref('last_used_at_ms'),
      previous_last_address: eb.ref('last_address'),
      previous_last_user_agent: eb.ref('last_user_agent'),
    }))
    .where('credential_id', '=', credentialId)
    .execute();

/** Adds what is known of their use: sums over the days, and where from on the newest. */
export async function withUse(db: Db, credentials: readonly Credential[]): Promise<readonly CredentialWithUse[]> {
  if (credentials.length === 0) return [];
  const ids = credentials.map(({ id }) => id);
  const sums = await db
    .selectFrom('credential_use')
    .select((eb) => [
      'credential_id',
      eb.fn.sum<number>('requests').as('requests'),
      eb.fn.sum<number>('previous_requests').as('previous_requests'),
    ])
    .where('credential_id', 'in', ids)
    .groupBy('credential_id')
    .execute();
  const newest = await newestDays(db, ids, 'last_used_at_ms');
  const newestOfPrevious = await newestDays(db, ids, 'previous_last_used_at_ms');
  const imported = await db
    .selectFrom('imports')
    .select(['credential_id', 'origin', 'starts_with'])
    .where('credential_id', 'in', ids)
    .execute();
  const importedOf = new Map(imported.map((row) => [row.credential_id, { origin: row.origin, startsWith: row.starts_with }]));
  const sumOf = new Map(sums.map((row) => [row.credential_id, row]));
  const newestOf = new Map(newest.map((row) => [row.credential_id, row]));
  const previousOf = new Map(newestOfPrevious.map((row) => [row.credential_id, row]));
  return credentials.map((credential) => {
    const [sum, last, previous] = [sumOf.get(credential.id), newestOf.get(credential.id), previousOf.get(credential.id)];
    return {
      ...credential,
      imported: importedOf.get(credential.id) ?? null,
      use: {
        // PostgreSQL gives sums of bigint as text.
        requests: Number(sum?.requests ?? 0) + Number(sum?.previous_requests ?? 0),
        lastUsedAtMs: last?.last_used_at_ms ?? null,
        lastAddress: last?.last_address ?? null,
        lastUserAgent: last?.last_user_agent ?? null,
        previousRequests: Number(sum?.previous_requests ?? 0),
        previousLastUsedAtMs: previous?.previous_last_used_at_ms ?? null,
        previousLastAddress: previous?.previous_last_address ?? null,
        previousLastUserAgent: previous?.previous_last_user_agent ?? null,
      },
    };
  });
}

/** For each credential the row of the newest day that knows of a use: the days are found in one look, not once for each day. */
const newestDays = (db: Db, ids: readonly number[], known: 'last_used_at_ms' | 'previous_last_used_at_ms') =>
  db
    .selectFrom('credential_use as newest')
    .innerJoin(
      (eb) =>
        eb
          .selectFrom('credential_use')
          .select((days) => ['credential_id as id', days.fn.max('day').as('day')])
          .where('credential_id', 'in', ids)
          .where(known, 'is not', null)
          .groupBy('credential_id')
          .as('found'),
      (join) => join.onRef('found.id', '=', 'newest.credential_id').onRef('found.day', '=', 'newest.day'),
    )
    .select([
      'credential_id',
      'last_used_at_ms',
      'last_address',
      'last_user_agent',
      'previous_last_used_at_ms',
      'previous_last_address',
      'previous_last_user_agent',
    ])
    .execute();
