/**
 * How many mails of each kind a mailbox gets, no matter who causes them. The rules are applied where mails are written into the
 * outbox, so no kind of mail can be sent without one. To an address that was never verified go only mails that verify it, set a
 * password or invite: other mails contain names that somebody typed, and the owner of that address did not ask for them. What is
 * not sent is in the audit log.
 */
import { DAY_MS, HOUR_MS } from '../lib/clock.ts';
import type { MailKind } from './mail.ts';

export interface MailRule {
  /** Counted from the first of them. */
  readonly max: number;
  readonly withinMs: number;
}

/** A script that rotates keys all day causes a hundred mails, and no more. */
const NOTICE: MailRule = { max: 100, withinMs: DAY_MS };
const A_FEW_A_DAY: MailRule = { max: 5, withinMs: DAY_MS };

interface Rules {
  readonly verified: MailRule;
  /** `never`: no such mail goes to an address that was never verified. */
  readonly unverified: MailRule | 'never';
}

const notice: Rules = { verified: NOTICE, unverified: 'never' };
const link: Rules = { verified: A_FEW_A_DAY, unverified: A_FEW_A_DAY };

export const MAIL_RULES: Readonly<Record<MailKind, Rules>> = {
  'verify-email': link,
  'new-email': link,
  // A link is valid for an hour: if a stranger has used the number up, a valid link is in the mailbox.
  'reset-password': { verified: { max: 10, withinMs: HOUR_MS }, unverified: A_FEW_A_DAY },
  invitation: link,
  test: { verified: NOTICE, unverified: { max: 20, withinMs: DAY_MS } },
  'email-changed': notice,
  'password-changed': notice,
  'new-sign-in': notice,
  'factor-changed': notice,
  'credential-made': notice,
  'credential-rotated': notice,
  'narrowing-undone': notice,
  reminder: notice,
  'user-deleted': notice,
  'session-reuse': notice,
  'application-connected': notice,
  'account-suspended': notice,
  'account-resumed': notice,
  'account-deleted': notice,
};

export const ruleFor = (kind: MailKind, isVerified: boolean): MailRule | 'never' =>
  MAIL_RULES[kind][isVerified ? 'verified' : 'unverified'];
