/** Which credentials users should be reminded of, and which reminders they already received. */
import type { RemindersStore } from '../core/use/reminders.ts';
import type { Act } from './act.ts';
import { toCredential } from './credentials.ts';
import type { Db } from './prepared.ts';
import { suspendedSinceMs } from './suspension.ts';
import { withUse } from './use.ts';

/** Credentials that one call looks at. */
const SLICE = 2000;

export function remindersReads(db: Db): Pick<RemindersStore, 'remindable' | 'remindedOf'> {
  return {
    async remindable({ afterId, limit, expiresBeforeMs, secretMadeBeforeMs, createdBeforeMs, nowMs }) {
      const last = await db
        .selectFrom('credentials')
        .select('id')
        .where('id', '>', afterId)
        .orderBy('id')
        .limit(1)
        .offset(SLICE - 1)
        .executeTakeFirst();
      const slice = db.selectFrom('credentials').where('credentials.id', '>', afterId);
      const rows = await (last === undefined ? slice : slice.where('credentials.id', '<=', last.id))
        .innerJoin('accounts', 'accounts.id', 'credentials.account_id')
        .leftJoin('users', 'users.id', 'accounts.user_id')
        .selectAll('credentials')
        .where('credentials.revoked_at_ms', 'is', null)
        .where('accounts.deleted_at_ms', 'is', null)
        .where(suspendedSinceMs, 'is', null)
        .where('users.disabled_at_ms', 'is', null)
        .where('users.deleted_at_ms', 'is', null)
        .where((eb) => eb.or([eb('credentials.expires_at_ms', 'is', null), eb('credentials.expires_at_ms', '>', nowMs)]))
        .where((eb) =>
          eb.or([
            eb('credentials.expires_at_ms', '<=', expiresBeforeMs),
            eb(eb.fn.coalesce('credentials.rotated_at_ms', 'credentials.created_at_ms'), '<=', secretMadeBeforeMs),
            eb('credentials.created_at_ms', '<=', createdBeforeMs),
          ]),
        )
        .orderBy('credentials.id')
        .limit(limit)
        .execute();
      // A full batch may leave some of the slice for the next one.
      const nextId = rows.length === limit ? (rows.at(-1)?.id ?? null) : (last?.id ?? null);
      return { credentials: await withUse(db, rows.map(toCredential)), nextId };
    },
    async remindedOf(credentialIds) {
      if (credentialIds.length === 0) return [];
      const rows = await db.selectFrom('reminders').selectAll().where('credential_id', 'in', credentialIds).execute();
      return rows.map((row) => ({ credentialId: row.credential_id, kind: row.kind, aboutMs: row.about_ms }));
    },
  };
}

export const remindersActs = {
  async remind(act: Act, { reminded, nowMs, event }: Parameters<RemindersStore['remind']>[0]): Promise<void> {
    for (const { credentialId, kind, aboutMs } of reminded) {
      await act.db
        .insertInto('reminders')
        .values({ credential_id: credentialId, kind, about_ms: aboutMs, reminded_at_ms: nowMs })
        .onConflict((conflict) =>
          conflict.columns(['credential_id', 'kind']).doUpdateSet({ about_ms: aboutMs, reminded_at_ms: nowMs }),
        )
        .execute();
    }
    act.event(event);
  },
};
