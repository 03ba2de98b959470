/**
 * Checks again what the door has judged, within the act and before it does anything. Each check takes the lock that ending the
 * access needs too (on PostgreSQL), so that the two cannot pass each other: either the act finds the access ended and is refused,
 * or the act that ends it sees all that this act wrote. The locks come in one order for every act: the administrators, the user,
 * the account, the sign-in or the credential; what the act itself locks comes after (`docs/storage-locks.md`).
 */

import type { Authority, CredentialAuthority, SignInAuthority } from '../core/authority.ts';
import { blocksOf, reasonToRefuse } from '../core/credentials/verify.ts';
import { Refusal, type Refused } from '../core/refusal.ts';
import { includesRole } from '../core/teams/member.ts';
import { lockAdministrators } from './administration.ts';
import { toCredentialWithOwner, withOwner } from './credentials.ts';
import { lockRole } from './lock-role.ts';
import type { Db } from './prepared.ts';
import { provedSignInAt } from './sign-ins.ts';
import { lockAccount } from './suspension.ts';
import { lockEnabledUser } from './users.ts';

/** Throws the refusal that the door would have answered with. */
export async function judgeAuthority(db: Db, authority: Authority): Promise<void> {
  const refused = await reasonAgainst(db, authority);
  if (refused !== null) throw new Refusal(refused);
}

function reasonAgainst(db: Db, authority: Authority): Promise<Refused | null> | null {
  switch (authority.kind) {
    case 'sign-in':
      return againstSignIn(db, authority);
    case 'credential':
      return againstCredential(db, authority);
    case 'in-the-act':
      return null;
  }
}

async function againstSignIn(db: Db, authority: SignInAuthority): Promise<Refused | null> {
  const { signInId, userId, asks, changes, provedSinceMs } = authority;
  const refused = await againstRole(db, userId, asks);
  const isSuspended = changes !== null && (await lockAccount(db, changes)) === 'suspended';
  const provedAtMs = await provedSignInAt(db, signInId, userId);
  // In the order of the door: who it is comes before what they may do.
  if (provedAtMs === null) return { code: 'not_signed_in' };
  if (refused !== null) return refused;
  if (isSuspended) return { code: 'account_inactive', state: 'suspended' };
  return provedSinceMs !== null && provedAtMs < provedSinceMs ? { code: 'proof_required' } : null;
}

async function againstRole(db: Db, userId: number, asks: SignInAuthority['asks']): Promise<Refused | null> {
  if (asks === 'administrator' && !(await lockAdministrators(db, userId))) return { code: 'not_allowed' };
  if (asks === null || asks === 'administrator')
    return (await lockEnabledUser(db, userId, null)) === null ? { code: 'not_signed_in' } : null;
  const role = await lockRole(db, userId, asks.accountId);
  if (role === null) return { code: 'not_found' };
  return includesRole(role, asks.role) ? null : { code: 'not_allowed' };
}

async function againstCredential(db: Db, authority: CredentialAuthority): Promise<Refused | null> {
  const { id, credentialKind, hash, address, isWhole, atMs } = authority;
  await lockOwner(db, id);
  await lockCredential(db, id);
  const row = await withOwner(db)
    .where('credentials.id', '=', id)
    .where('credentials.kind', '=', credentialKind)
    .executeTakeFirst();
  const invalid = { code: 'unauthenticated', presented: true } as const;
  if (row === undefined) return invalid;
  const credential = toCredentialWithOwner(row);
  if (hash !== credential.hash && hash !== credential.previousHash) return invalid;
  const from = { address, userAgent: null };
  // Whether it was unused for too long was decided when it was presented: that was a use.
  const reason = reasonToRefuse({ credential, blocks: blocksOf(credential.addresses) }, hash, from, atMs, atMs);
  if (reason !== null) return invalid;
  return isWhole && credential.permissions !== null ? { code: 'forbidden' } : null;
}

/** The no-op updates lock the rows on PostgreSQL. */
async function lockOwner(db: Db, credentialId: number): Promise<void> {
  const account = db.selectFrom('credentials').select('account_id').where('id', '=', credentialId);
  await db
    .updateTable('users')
    .set((eb) => ({ disabled_at_ms: eb.ref('disabled_at_ms') }))
    .where('id', '=', db.selectFrom('accounts').select('user_id').where('id', '=', account))
    .execute();
  await db
    .updateTable('accounts')
    .set((eb) => ({ name: eb.ref('name') }))
    .where('id', '=', account)
    .execute();
}

const lockCredential = (db: Db, id: number) =>
  db
    .updateTable('credentials')
    .set((eb) => ({ name: eb.ref('name') }))
    .where('id', '=', id)
    .execute();
