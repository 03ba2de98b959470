/** Credentials of an account that are neither revoked nor expired. Any number of others may be beside them; none is read. */
import type { Db } from './prepared.ts';

/**
 * Two ranges of one index: those that never expire, and those that expire later. Both in one condition would be no range, so that
 * every expired one would be read too.
 */
export function activeCredentials(
  db: Db,
  { accountId, kind, nowMs }: { readonly accountId: number; readonly kind: 'token' | 'key'; readonly nowMs: number },
) {
  const unrevoked = db
    .selectFrom('credentials')
    .where('account_id', '=', accountId)
    .where('kind', '=', kind)
    .where('revoked_at_ms', 'is', null);
  return [unrevoked.where('expires_at_ms', 'is', null), unrevoked.where('expires_at_ms', '>', nowMs)] as const;
}
