/**
 * The requests of a whole account, one row per day: what its overview page shows costs the same however many credentials it has.
 */
import type { CredentialsStore } from '../core/credentials/credential.ts';
import { activeCredentials } from './active-credentials.ts';
import type { Db } from './prepared.ts';

export const accountUseReads = (db: Db): Pick<CredentialsStore, 'useOfAccount'> => ({
  async useOfAccount({ accountId, sinceDay, nowMs }) {
    const days = await db
      .selectFrom('account_use')
      .select(['day', 'requests', 'last_used_at_ms', 'last_credential_id'])
      .where('account_id', '=', accountId)
      .where('day', '>=', sinceDay)
      .orderBy('day')
      .execute();
    const last = days.reduce<(typeof days)[number] | null>(
      (newest, day) => (newest === null || day.last_used_at_ms >= newest.last_used_at_ms ? day : newest),
      null,
    );
    return {
      hasToken: await hasActive(db, 'token', accountId, nowMs),
      hasKey: await hasActive(db, 'key', accountId, nowMs),
      hasRequest: last !== null || (await wasUsed(db, accountId)),
      byDay: days.map(({ day, requests }) => ({ day, requests })),
      last: last === null ? null : await describeLast(db, last.last_credential_id, last.day),
    };
  },
});

async function hasActive(db: Db, kind: 'token' | 'key', accountId: number, nowMs: number): Promise<boolean> {
  for (const range of activeCredentials(db, { accountId, kind, nowMs }))
    if ((await range.select('id').limit(1).executeTakeFirst()) !== undefined) return true;
  return false;
}

const wasUsed = async (db: Db, accountId: number): Promise<boolean> =>
  (await db.selectFrom('account_use').select('day').where('account_id', '=', accountId).limit(1).executeTakeFirst()) !==
  undefined;

async function describeLast(db: Db, credentialId: number, day: number) {
  const row = await db
    .selectFrom('credential_use')
    .innerJoin('credentials', 'credentials.id', 'credential_use.credential_id')
    .select(['name', 'last_used_at_ms', 'last_address', 'last_user_agent'])
    .where('credential_id', '=', credentialId)
    .where('day', '=', day)
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    ...{ atMs: row.last_used_at_ms, credentialName: row.name },
    ...{ address: row.last_address, userAgent: row.last_user_agent },
  };
}

interface Used {
  readonly credentialId: number;
  readonly day: number;
  readonly requests: number;
  readonly previousRequests: number;
  readonly lastUsedAtMs: number;
}

/** Adds what the same act adds to `credential_use`. */
export async function addAccountUse(db: Db, uses: readonly Used[]): Promise<void> {
  if (uses.length === 0) return;
  const ids = [...new Set(uses.map(({ credentialId }) => credentialId))];
  const owned = await db.selectFrom('credentials').select(['id', 'account_id']).where('id', 'in', ids).execute();
  const accountOf = new Map(owned.map(({ id, account_id }) => [id, account_id]));
  const rows = new Map<string, ReturnType<typeof rowOf>>();
  for (const use of uses) {
    const accountId = accountOf.get(use.credentialId);
    if (accountId === undefined) continue;
    const row = rowOf(accountId, use);
    const key = `${accountId} ${use.day}`;
    const sofar = rows.get(key);
    rows.set(key, sofar === undefined ? row : { ...newer(sofar, row), requests: sofar.requests + row.requests });
  }
  if (rows.size === 0) return;
  // Several servers add to the same accounts: in one order, so that two of them never wait for each other.
  const ordered = [...rows.values()].sort((a, b) => a.account_id - b.account_id || a.day - b.day);
  await db
    .insertInto('account_use')
    .values(ordered)
    .onConflict((conflict) =>
      conflict.columns(['account_id', 'day']).doUpdateSet((eb) => {
        // Servers and guards do not report in the order of time: the newest stays.
        const ofNewer = (name: 'last_used_at_ms' | 'last_credential_id') =>
          eb
            .case()
            .when('excluded.last_used_at_ms', '<', eb.ref('account_use.last_used_at_ms'))
            .then(eb.ref(`account_use.${name}`))
            .else(eb.ref(`excluded.${name}`))
            .end();
        return {
          requests: eb('account_use.requests', '+', eb.ref('excluded.requests')),
          last_used_at_ms: ofNewer('last_used_at_ms'),
          last_credential_id: ofNewer('last_credential_id'),
        };
      }),
    )
    .execute();
}

const rowOf = (accountId: number, { credentialId, day, requests, previousRequests, lastUsedAtMs }: Used) => ({
  account_id: accountId,
  day,
  requests: requests + previousRequests,
  last_used_at_ms: lastUsedAtMs,
  last_credential_id: credentialId,
});

const newer = <Row extends { readonly last_used_at_ms: number }>(one: Row, other: Row): Row =>
  other.last_used_at_ms < one.last_used_at_ms ? one : other;
