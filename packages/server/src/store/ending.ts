/**
 * Reads what a changed password or the first verification of an address will end, so that the user sees it before and the act can
 * compare.
 */
import type { Ending } from '../core/sign-ins/ending.ts';
import { isActive } from './lapsed.ts';
import type { Db } from './prepared.ts';

/** `all`: the first verification of the address, which ends what was created before it. Ordered, so that two readings compare. */
export async function readEnding(
  db: Db,
  { userId, all, nowMs }: { userId: number; all: boolean; nowMs: number },
): Promise<Ending> {
  const account = db.selectFrom('accounts').select('id').where('user_id', '=', userId);
  let found = db
    .selectFrom('credentials')
    .select(['kind', 'name'])
    .where((eb) => eb.or([eb('user_id', '=', userId), eb('account_id', 'in', account)]))
    .where('revoked_at_ms', 'is', null)
    .where((eb) => eb.or([eb('expires_at_ms', 'is', null), eb('expires_at_ms', '>', nowMs)]));
  if (!all) found = found.where('user_id', '=', userId).where('source', 'in', ['login', 'register']);
  const credentials = await found.orderBy('id').execute();
  const sessions = await db.selectFrom('sessions').select('id').where('user_id', '=', userId).where(isActive(nowMs)).execute();
  const names = (kind: 'key' | 'token') => credentials.filter((row) => row.kind === kind).map(({ name }) => name);
  const ending = { keys: names('key'), tokens: names('token'), sessions: sessions.length };
  if (!all) return { ...ending, applications: [], passkeys: 0, totp: false };
  const applications = await db
    .selectFrom('applications')
    .select('name')
    .where('account_id', 'in', account)
    .where('deleted_at_ms', 'is', null)
    .orderBy('id')
    .execute();
  const passkeys = await db.selectFrom('passkeys').select('id').where('user_id', '=', userId).execute();
  const totp = await db
    .selectFrom('totp_secrets')
    .select('user_id')
    .where('user_id', '=', userId)
    .where('confirmed_at_ms', 'is not', null)
    .execute();
  return { ...ending, applications: applications.map(({ name }) => name), passkeys: passkeys.length, totp: totp.length > 0 };
}
