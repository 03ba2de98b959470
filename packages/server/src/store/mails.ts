/**
 * The outbox: mails that wait, are sent or have failed. A mail is written by the act that it reports (`run-act.ts`); a job claims
 * it here and sends it.
 */
import type { Mail, MailDraft, MailKind, MailsStore, MailWithBody } from '../core/mail/mail.ts';
import type { Act } from './act.ts';
import type { Db } from './prepared.ts';

type Input<Name extends keyof MailsStore> = Parameters<MailsStore[Name]>[0];

export function mailsReads(db: Db): Pick<MailsStore, 'listMails' | 'findMail'> {
  return {
    async listMails({ beforeId, limit }) {
      let query = db.selectFrom('mails').selectAll().orderBy('id', 'desc').limit(limit);
      if (beforeId !== undefined) query = query.where('id', '<', beforeId);
      return (await query.execute()).map(toMail).map(({ sealedBody: _, ...mail }) => mail);
    },
    async findMail(id) {
      const row = await db.selectFrom('mails').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : toMail(row);
    },
  };
}

export const mailsActs = {
  async claimMail(act: Act, { nowMs, untilMs }: Input<'claimMail'>): Promise<MailWithBody | null> {
    const due = act.db
      .selectFrom('mails')
      .select('id')
      .where('next_try_at_ms', '<=', nowMs)
      .orderBy((eb) => eb('kind', '=', 'reminder'))
      .orderBy('next_try_at_ms')
      .orderBy('id')
      .limit(1);
    const row = await act.db
      .updateTable('mails')
      .set((eb) => ({ next_try_at_ms: untilMs, tries: eb('tries', '+', 1) }))
      .where('id', 'in', due)
      // Checked again under the row's lock: of two servers that chose the same one, only one gets it.
      .where('next_try_at_ms', '<=', nowMs)
      .returningAll()
      .executeTakeFirst();
    return row === undefined ? null : toMail(row);
  },

  async noteMailSent(act: Act, { id, nowMs }: Input<'noteMailSent'>): Promise<void> {
    await act.db
      .updateTable('mails')
      .set({ sent_at_ms: nowMs, next_try_at_ms: null, sealed_body: null, error: null })
      .where('id', '=', id)
      .execute();
  },

  async noteMailFailed(act: Act, { id, error, nextTryAtMs }: Input<'noteMailFailed'>): Promise<void> {
    await act.db
      .updateTable('mails')
      .set({ error, next_try_at_ms: nextTryAtMs })
      .where('id', '=', id)
      .where('sent_at_ms', 'is', null)
      .execute();
  },

  async keepMails(act: Act, { nowMs }: Input<'keepMails'>): Promise<number> {
    const kept = await act.db
      .updateTable('mails')
      .set({ next_try_at_ms: null })
      .where('next_try_at_ms', '<=', nowMs)
      .executeTakeFirst();
    return Number(kept.numUpdatedRows);
  },

  async retryMail(act: Act, { id, nowMs }: Input<'retryMail'>): Promise<boolean> {
    const updated = await act.db
      .updateTable('mails')
      .set({ next_try_at_ms: nowMs })
      .where('id', '=', id)
      .where('sent_at_ms', 'is', null)
      .where('sealed_body', 'is not', null)
      .executeTakeFirst();
    return updated.numUpdatedRows > 0n;
  },

  async sweepMails(act: Act, { beforeMs, limit }: Input<'sweepMails'>): Promise<boolean> {
    await act.db.deleteFrom('mail_limits').where('ends_at_ms', '<', beforeMs).execute();
    const old = act.db.selectFrom('mails').select('id').where('created_at_ms', '<', beforeMs).limit(limit);
    const deleted = await act.db.deleteFrom('mails').where('id', 'in', old).executeTakeFirst();
    return Number(deleted.numDeletedRows) === limit;
  },
};

/** Into the outbox, due at once. Whether it may be sent was judged before (`mail-limits.ts`). */
export async function insertMail(db: Db, mail: MailDraft): Promise<void> {
  await db
    .insertInto('mails')
    .values({
      kind: mail.kind,
      recipient: mail.recipient,
      user_id: mail.userId,
      subject: mail.subject,
      sealed_body: mail.sealedBody,
      created_at_ms: mail.createdAtMs,
      next_try_at_ms: mail.createdAtMs,
      tries: 0,
    })
    .execute();
}

const toMail = (row: {
  id: number;
  kind: string;
  recipient: string;
  subject: string;
  sealed_body: string | null;
  created_at_ms: number;
  next_try_at_ms: number | null;
  tries: number;
  sent_at_ms: number | null;
  error: string | null;
}): MailWithBody & Mail => ({
  id: row.id,
  kind: row.kind as MailKind,
  recipient: row.recipient,
  subject: row.subject,
  sealedBody: row.sealed_body,
  createdAtMs: row.created_at_ms,
  nextTryAtMs: row.next_try_at_ms,
  tries: row.tries,
  sentAtMs: row.sent_at_ms,
  error: row.error,
});
