/**
 * Whether a mail may be written, by the rules of `core/mail/mail-rules.ts`. Counted for each mailbox and kind in one statement,
 * so that two at once both count.
 */
import { sql } from 'kysely';
import type { MailDraft } from '../core/mail/mail.ts';
import { type MailRule, ruleFor } from '../core/mail/mail-rules.ts';
import { toBytes } from './hex.ts';
import type { Db } from './prepared.ts';

/** `limit`: this mailbox has received its maximum. `unverified`: none of this kind goes to an address that was never verified. */
export type MailVerdict = 'good' | 'limit' | 'unverified';

/** Counts the mail, so call it once for each. */
export async function judgeMail(db: Db, mail: MailDraft): Promise<MailVerdict> {
  const rule = ruleFor(mail.kind, await isVerified(db, mail));
  if (rule === 'never') return 'unverified';
  return (await count(db, mail, rule)) <= rule.max ? 'good' : 'limit';
}

async function count(db: Db, { mailbox, kind, createdAtMs }: MailDraft, { withinMs }: MailRule): Promise<number> {
  // A window that ends this late was begun by a clock that was ahead, and would last until then.
  const isOver = sql<boolean>`mail_limits.ends_at_ms <= ${createdAtMs} OR mail_limits.ends_at_ms > ${createdAtMs + 2 * withinMs}`;
  const { mails } = await db
    .insertInto('mail_limits')
    .values({ mailbox: toBytes(mailbox), kind, mails: 1, ends_at_ms: createdAtMs + withinMs })
    .onConflict((conflict) =>
      conflict.columns(['mailbox', 'kind']).doUpdateSet((eb) => ({
        mails: eb
          .case()
          .when(isOver)
          .then(1)
          .else(eb('mail_limits.mails', '+', 1))
          .end(),
        ends_at_ms: eb
          .case()
          .when(isOver)
          .then(createdAtMs + withinMs)
          .else(eb.ref('mail_limits.ends_at_ms'))
          .end(),
      })),
    )
    .returning('mails')
    .executeTakeFirstOrThrow();
  return Number(mails);
}

/**
 * By the current address: an act that changes it judges its mails before (`judgeMails`). For a deleted user the remaining row
 * tells.
 */
async function isVerified(db: Db, { recipient, userId }: MailDraft): Promise<boolean> {
  if (userId === null) return false;
  const user = await db
    .selectFrom('users')
    .select(['email', 'email_verified_at_ms', 'deleted_at_ms', 'is_administrator'])
    .where('id', '=', userId)
    .executeTakeFirst();
  if (user === undefined) return false;
  // The operator vouches for an administrator's address: they must get notices about the server.
  const isVouchedFor = user.email_verified_at_ms !== null || user.is_administrator === 1;
  return isVouchedFor && (user.email === recipient || user.deleted_at_ms !== null);
}
