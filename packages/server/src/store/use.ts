/** How credentials are used: a row for each day, apart from the credentials, whose rows every check reads. */

import { type ExpressionBuilder, sql } from 'kysely';
import type { Credential, CredentialsStore, CredentialWithUse } from '../core/credentials/credential.ts';
import { addAccountUse } from './account-use.ts';
import type { Act } from './act.ts';
import { holdOffErasure } from './erasure.ts';
import type { Db } from './prepared.ts';
import type { Database } from './schema.ts';

type Input<Name extends keyof CredentialsStore> = Parameters<CredentialsStore[Name]>[0];

type Reads = Pick<CredentialsStore, 'useByDay' | 'permissionUse' | 'permissionsObservedSinceMs'>;

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
  permissionsObservedSinceMs: () => permissionsObservedSinceMs(db),
});

export async function permissionsObservedSinceMs(db: Db): Promise<number> {
  const row = await db
    .selectFrom('settings')
    .select('value')
    .where('name', '=', 'permissions_observed_since_ms')
    .executeTakeFirstOrThrow();
  return Number(row.value);
}

export const useActs = {
  async recordUse(act: Act, { uses, permissions }: Input<'recordUse'>): Promise<void> {
    if (uses.length > 0) {
      await holdOffErasure(act.db);
      await addUses(act.db, await withoutErased(act.db, uses));
    }
    if (permissions.length > 0) await addPermissions(act.db, permissions);
    // Last: others that add to the same account wait for the end of this act.
    await addAccountUse(act.db, uses);
  },

  async sweepUse({ db }: Act, input: Input<'sweepUse'>): Promise<boolean> {
    const ofCredentials = await deleteSome(db, 'credential_use', ['credential_id', 'day'], input);
    const ofAccounts = await deleteSome(db, 'account_use', ['account_id', 'day'], input);
    return ofCredentials || ofAccounts;
  },

  async sweepPermissionUse({ db }: Act, input: Input<'sweepPermissionUse'>): Promise<boolean> {
    const days = await deleteSome(db, 'permission_use', ['credential_id', 'permission', 'day'], input);
    const newest = await deleteSome(db, 'permission_last_use', ['credential_id', 'permission'], input);
    return days || newest;
  },
};

/** Deletes `limit` rows from before a day, by their primary key. True when more may be left. */
async function deleteSome(
  db: Db,
  name: 'credential_use' | 'account_use' | 'permission_use' | 'permission_last_use',
  primaryKey: readonly string[],
  { beforeDay, limit }: { beforeDay: number; limit: number },
): Promise<boolean> {
  const [table, key] = [sql.table(name), sql.join(primaryKey.map((column) => sql.ref(column)))];
  const { numAffectedRows } =
    await sql`DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE day < ${beforeDay} LIMIT ${limit})`.execute(
      db,
    );
  return numAffectedRows === BigInt(limit);
}

/** What has added up in memory is written after a deletion: the counts stay, but not from where they came. */
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
        // "Where from" belongs to "when": a batch without a use of the old secret does not change any of the three.
        const ofPrevious = <Name extends 'previous_last_address' | 'previous_last_user_agent'>(name: Name) =>
          eb
            .case()
            .when('excluded.previous_last_used_at_ms', 'is', null)
            .then(eb.ref(`credential_use.${name}`))
            .else(eb.ref(`excluded.${name}`))
            .end();
        // Several servers and guards report about one credential, not in the order of time: the newest stays.
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
  // The newest day of each: several days may be written at once.
  const newest = new Map<string, Input<'recordUse'>['permissions'][number]>();
  for (const use of permissions) {
    const key = `${use.credentialId} ${use.permission}`;
    if (use.day >= (newest.get(key)?.day ?? 0)) newest.set(key, use);
  }
  await db
    .insertInto('permission_last_use')
    .values([...newest.values()].map(({ credentialId, permission, day }) => ({ credential_id: credentialId, permission, day })))
    .onConflict((conflict) =>
      conflict
        .columns(['credential_id', 'permission'])
        .doUpdateSet((eb) => ({ day: eb.ref('excluded.day') }))
        .whereRef('permission_last_use.day', '<', 'excluded.day'),
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

/** A column of queries that have the table `credentials`: when each was used last. */
export const lastUse = (eb: ExpressionBuilder<Database, 'credentials'>) =>
  eb
    .selectFrom('credential_use')
    .select('credential_use.last_used_at_ms')
    .whereRef('credential_use.credential_id', '=', 'credentials.id')
    .orderBy('credential_use.day', 'desc')
    .limit(1)
    .as('last_used_at_ms');

/** Adds what is known of their use: sums over the days, and from where on the newest. */
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

/** For each credential the row of the newest day that has a use: the days are found in one query, not one for each day. */
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
