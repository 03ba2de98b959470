/**
 * What a narrowing took away is kept for a day, so that it can be undone. The JWTs of a key and then the row of the credential
 * are locked first, as narrowing and revoking do: two that happen at once are in some order, and nothing that was taken away
 * later comes back. `authority.ts` judges the actor.
 */
import type { CredentialsStore, Undo } from '../core/credentials/credential.ts';
import type { Act } from './act.ts';
import { fromJson } from './json.ts';
import { lockMinting } from './jwts.ts';
import type { Db } from './prepared.ts';

type Input<Name extends keyof CredentialsStore> = Parameters<CredentialsStore[Name]>[0];

export const undoReads = (db: Db): Pick<CredentialsStore, 'findUndo'> => ({
  async findUndo({ credentialId, nowMs }): Promise<Undo | null> {
    const row = await db
      .selectFrom('narrowings')
      .selectAll()
      .where('credential_id', '=', credentialId)
      .where('ends_at_ms', '>', nowMs)
      .executeTakeFirst();
    return row === undefined
      ? null
      : {
          permissions: fromJson(row.permissions),
          addresses: fromJson(row.addresses),
          narrowedAtMs: row.narrowed_at_ms,
          endsAtMs: row.ends_at_ms,
        };
  },
});

interface Kept {
  readonly credentialId: number;
  /** JSON, as it was before. */
  readonly permissions: string | null;
  readonly addresses: string | null;
  readonly nowMs: number;
  readonly endsAtMs: number | null;
}

/** Only the newest narrowing can be undone: what an earlier one took away does not come back through a later one. */
export async function keepForUndo(db: Db, { credentialId, permissions, addresses, nowMs, endsAtMs }: Kept): Promise<void> {
  await db.deleteFrom('narrowings').where('credential_id', '=', credentialId).execute();
  if (endsAtMs === null) return;
  await db
    .insertInto('narrowings')
    .values({ credential_id: credentialId, permissions, addresses, narrowed_at_ms: nowMs, ends_at_ms: endsAtMs })
    .execute();
}

export const undoActs = {
  async undoNarrowing(act: Act, input: Input<'undoNarrowing'>) {
    const { db } = act;
    if (input.kind === 'key') await lockMinting(db, input.id);
    let mine = db
      .updateTable('credentials')
      .set((eb) => ({ name: eb.ref('name') }))
      .where('id', '=', input.id)
      .where('kind', '=', input.kind)
      .where('revoked_at_ms', 'is', null);
    if (input.userId !== undefined) mine = mine.where('user_id', '=', input.userId);
    if (input.accountId !== undefined) mine = mine.where('account_id', '=', input.accountId);
    const credential = await mine.returning(['id', 'account_id', 'user_id', 'permissions']).executeTakeFirst();
    if (credential === undefined) return 'gone';
    const before = await db
      .deleteFrom('narrowings')
      .where('credential_id', '=', input.id)
      .where('ends_at_ms', '>', input.nowMs)
      .returning(['permissions', 'addresses'])
      .executeTakeFirst();
    if (before === undefined) return 'gone';
    const isSame = before.permissions === credential.permissions;
    await db
      .updateTable('credentials')
      .set({ ...before, ...(isSame ? {} : { permissions_changed_at_ms: input.nowMs }) })
      .where('id', '=', input.id)
      .execute();
    act.change({ kind: 'credential', id: String(input.id), beforeMs: null, endsAtMs: null });
    const details = { permissions: fromJson(before.permissions), addresses: fromJson(before.addresses) };
    act.event(
      { ...input.event, userId: credential.user_id, details },
      { accountId: credential.account_id, credentialId: credential.id },
    );
    return 'done';
  },

  async sweepNarrowings(act: Act, { nowMs, limit }: Input<'sweepNarrowings'>): Promise<boolean> {
    const over = act.db
      .selectFrom('narrowings')
      .select('credential_id')
      .where('ends_at_ms', '<=', nowMs)
      .orderBy('ends_at_ms')
      .limit(limit);
    const deleted = await act.db.deleteFrom('narrowings').where('credential_id', 'in', over).executeTakeFirst();
    return Number(deleted.numDeletedRows) === limit;
  },
};
