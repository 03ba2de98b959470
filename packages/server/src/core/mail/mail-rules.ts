/**
 * How many mails of each kind a mailbox gets, whoever causes them: the one list, judged where mails are written into the outbox, so that no
 * new mail can be sent without a rule. To an address that was never verified go only the mails that verify it, let its owner in, or invite
 * them: a notice says what somebody did, in names that they typed, and nobody at that address asked for it. What is not sent is in the audit
 * log.
 */
import type { MailKind } from './mail.ts';

export interface MailRule {
  /** So many, counted from the first of them. */
  readonly most: number;
  readonly withinMs: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Of something that the user does; a script that rotates keys all day is told of a hundred. */
const NOTICE: MailRule = { most: 100, withinMs: DAY_MS };
const A_FEW_A_DAY: MailRule = { most: 5, withinMs: DAY_MS };

interface Rules {
  readonly verified: MailRule;
  /** `never`: none goes to an address that was never verified. */
  readonly unverified: MailRule | 'never';
}

const notice: Rules = { verified: NOTICE, unverified: 'never' };
const link: Rules = { verified: A_FEW_A_DAY, unverified: A_FEW_A_DAY };

export const MAIL_RULES: Readonly<Record<MailKind, Rules>> = {
  'verify-email': link,
  'new-email': link,
  // A link lasts an hour: whoever used the number up for somebody else has left a good one in the mailbox.
  'reset-password': { verified: { most: 10, withinMs: HOUR_MS }, unverified: A_FEW_A_DAY },
  invitation: link,
  test: { verified: NOTICE, unverified: { most: 20, withinMs: DAY_MS } },
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
