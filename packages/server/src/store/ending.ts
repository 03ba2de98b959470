/**
 * Reads what a changed password or the first verification of an address will end, so that the user sees it before and the act can
 * compare.
 */
import type { Ending } from '../core/sign-ins/ending.ts';
import { MAX_COUNTED } from '../core/teams/what-ends.ts';
import { activeCredentials } from './active-credentials.ts';
import { countActiveSessions } from './newest-sessions.ts';
import type { Db } from './prepared.ts';

/** `all`: the first verification of the address, which ends what was created before it. Ordered, so that two readings compare. */
export async function readEnding(
  db: Db,
  { userId, all, nowMs }: { userId: number; all: boolean; nowMs: number },
): Promise<Ending> {
  const sessions = await countActiveSessions(db, { userId }, { nowMs, max: MAX_COUNTED });
  if (!all) {
    const tokens = await tokensOfLogins(db, userId, nowMs);
    return { keys: [], tokens, sessions, applications: [], passkeys: 0, totp: false };
  }
  const account = await db.selectFrom('accounts').select('id').where('user_id', '=', userId).executeTakeFirst();
  const accountId = account?.id ?? 0;
  const keys = await namesOf(db, { accountId, kind: 'key', nowMs });
  const tokens = await namesOf(db, { accountId, kind: 'token', nowMs });
  const applications = await db
    .selectFrom('applications')
    .select('name')
    .where('account_id', '=', accountId)
    .where('deleted_at_ms', 'is', null)
    .orderBy('id')
    .limit(MAX_COUNTED)
    .execute();
  const passkeys = await db.selectFrom('passkeys').select('id').where('user_id', '=', userId).execute();
  const totp = await db
    .selectFrom('totp_secrets')
    .select('user_id')
    .where('user_id', '=', userId)
    .where('confirmed_at_ms', 'is not', null)
    .execute();
  return {
    ...{ keys, tokens, sessions },
    applications: applications.map(({ name }) => name),
    passkeys: passkeys.length,
    totp: totp.length > 0,
  };
}

/** What a changed password ends. A log-in revokes the older ones, so there are few. */
async function tokensOfLogins(db: Db, userId: number, nowMs: number): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('credentials')
    .select('name')
    .where('user_id', '=', userId)
    .where('source', 'in', ['login', 'register'])
    .where('revoked_at_ms', 'is', null)
    .where((eb) => eb.or([eb('expires_at_ms', 'is', null), eb('expires_at_ms', '>', nowMs)]))
    .orderBy('id')
    .execute();
  return rows.map(({ name }) => name);
}

/** Every one that is active. Tokens of a user belong to the personal account. */
async function namesOf(db: Db, of: Parameters<typeof activeCredentials>[1]): Promise<readonly string[]> {
  const rows: { id: number; name: string }[] = [];
  for (const range of activeCredentials(db, of))
    rows.push(...(await range.select(['id', 'name']).orderBy('id').limit(MAX_COUNTED).execute()));
  return rows.sort((a, b) => a.id - b.id).map(({ name }) => name);
}
