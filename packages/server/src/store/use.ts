/** How credentials are used: a row for each day, apart from the credentials, whose rows every check reads. */
import type { Credential, CredentialsStore, CredentialWithUse } from '../core/credentials/credential.ts';
import type { Act } from './act.ts';
import type { Db } from './prepared.ts';

type Input<Name extends keyof CredentialsStore> = Parameters<CredentialsStore[Name]>[0];

export const useByDay = (db: Db, credentialId: number, sinceDay: number) =>
  db
    .selectFrom('credential_use')
    .select((eb) => ['day', eb('requests', '+', eb.ref('previous_requests')).as('requests')])
    .where('credential_id', '=', credentialId)
    .where('day', '>=', sinceDay)
    .orderBy('day')
    .execute();

export const useActs = {
  async recordUse(act: Act, { uses }: Input<'recordUse'>): Promise<void> {
    if (uses.length === 0) return;
    await act.db
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
        })),
      )
      .onConflict((conflict) =>
        conflict.columns(['credential_id', 'day']).doUpdateSet((eb) => ({
          requests: eb('credential_use.requests', '+', eb.ref('excluded.requests')),
          last_used_at_ms: eb.ref('excluded.last_used_at_ms'),
          last_address: eb.ref('excluded.last_address'),
          last_user_agent: eb.ref('excluded.last_user_agent'),
          previous_requests: eb('credential_use.previous_requests', '+', eb.ref('excluded.previous_requests')),
          previous_last_used_at_ms: eb.fn.coalesce(
            'excluded.previous_last_used_at_ms',
            'credential_use.previous_last_used_at_ms',
          ),
        })),
      )
      .execute();
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
};

/** From a rotation on, "previous" means the secret that has just become the old one. */
export const beginUseOfPrevious = (db: Db, credentialId: number) =>
  db
    .updateTable('credential_use')
    .set((eb) => ({ previous_requests: 0, previous_last_used_at_ms: eb.ref('last_used_at_ms') }))
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
      eb.fn.max('previous_last_used_at_ms').as('previous_last_used_at_ms'),
      eb.fn.max('day').as('day'),
    ])
    .where('credential_id', 'in', ids)
    .groupBy('credential_id')
    .execute();
  const newest = await db
    .selectFrom('credential_use as newest')
    .select(['credential_id', 'last_used_at_ms', 'last_address', 'last_user_agent'])
    .where('credential_id', 'in', ids)
    .where('day', '=', (eb) =>
      eb
        .selectFrom('credential_use as days')
        .select((days) => days.fn.max('days.day').as('day'))
        .whereRef('days.credential_id', '=', 'newest.credential_id'),
    )
    .execute();
  const sumOf = new Map(sums.map((row) => [row.credential_id, row]));
  const newestOf = new Map(newest.map((row) => [row.credential_id, row]));
  return credentials.map((credential) => {
    const [sum, last] = [sumOf.get(credential.id), newestOf.get(credential.id)];
    return {
      ...credential,
      use: {
        // PostgreSQL gives sums of bigint as text.
        requests: Number(sum?.requests ?? 0) + Number(sum?.previous_requests ?? 0),
        lastUsedAtMs: last?.last_used_at_ms ?? null,
        lastAddress: last?.last_address ?? null,
        lastUserAgent: last?.last_user_agent ?? null,
        previousRequests: Number(sum?.previous_requests ?? 0),
        previousLastUsedAtMs: sum?.previous_last_used_at_ms ?? null,
      },
    };
  });
}
