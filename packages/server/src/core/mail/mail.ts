/**
 * Mails to users. They are composed in `compose.ts`, written in the act that they report, and sent by a job: a mail is never sent
 * for what did not happen, and never lost for what did. A body contains links, so it is sealed at rest and deleted once sent.
 */
import type { Authority } from '../authority.ts';

/** A mail on its way into the outbox: composed, and its body sealed. */
export interface MailDraft {
  readonly kind: MailKind;
  readonly recipient: string;
  /** A keyed hash (hex) of the recipient's mailbox, by which mails are counted. */
  readonly mailbox: string;
  /** The user it is written to; null if the recipient is not a user (an invitation). */
  readonly userId: number | null;
  readonly subject: string;
  /** Text and HTML as JSON, sealed under the master secret. */
  readonly sealedBody: string;
  readonly createdAtMs: number;
}

export const MAIL_KINDS = [
  'verify-email',
  'new-email',
  'email-changed',
  'reset-password',
  'password-changed',
  'new-sign-in',
  'factor-changed',
  'credential-made',
  'credential-rotated',
  'narrowing-undone',
  'invitation',
  'reminder',
  'account-suspended',
  'account-resumed',
  'account-deleted',
  'user-deleted',
  'session-reuse',
  'application-connected',
  'test',
] as const;

export type MailKind = (typeof MAIL_KINDS)[number];

/** A mail in the outbox, without its body. */
export interface Mail {
  readonly id: number;
  readonly kind: MailKind;
  readonly recipient: string;
  readonly subject: string;
  readonly createdAtMs: number;
  /** Null: it is not tried any more. */
  readonly nextTryAtMs: number | null;
  readonly tries: number;
  readonly sentAtMs: number | null;
  /** Why the last attempt failed, in the words of the mail server. */
  readonly error: string | null;
}

export interface MailWithBody extends Mail {
  /** Null once it was sent, or after it was kept long enough. */
  readonly sealedBody: string | null;
}

/** `waiting`: due, or tried again later. `kept`: there is no mail server; it can be read on the operator's page. */
export type MailState = 'waiting' | 'sent' | 'failed' | 'kept';

export function stateOf({ nextTryAtMs, sentAtMs, error }: Mail): MailState {
  if (sentAtMs !== null) return 'sent';
  if (nextTryAtMs !== null) return 'waiting';
  return error === null ? 'kept' : 'failed';
}

export interface MailsStore {
  /** Newest first. */
  listMails(page: { beforeId?: number; limit: number }): Promise<readonly Mail[]>;
  findMail(id: number): Promise<MailWithBody | null>;
  /**
   * A mail that is due, for this server alone until `untilMs`: other servers find it taken in that time. Its count of attempts
   * goes up. Reminders come last: a mail with a link must not wait behind a thousand of them. Null: none is due.
   */
  claimMail(input: { nowMs: number; untilMs: number }): Promise<MailWithBody | null>;
  /** Deletes the body: it contains a link, and is not needed any more. */
  noteMailSent(input: { id: number; nowMs: number }): Promise<void>;
  /** `nextTryAtMs` null: given up. */
  noteMailFailed(input: { id: number; error: string; nextTryAtMs: number | null }): Promise<void>;
  /** Where there is no mail server: what is due stops waiting. Returns how many. */
  keepMails(input: { nowMs: number }): Promise<number>;
  /** Makes it due now. False: it was sent, or its body is deleted. `by`: by what right. */
  retryMail(input: { id: number; nowMs: number; by: { readonly authority?: Authority } }): Promise<boolean>;
  /** Small batches; true when more is left. */
  sweepMails(input: { beforeMs: number; limit: number }): Promise<boolean>;
}

/** Hands a mail to a mail server. Rejects if the server did not accept it, within a minute at the latest. */
export interface MailTransport {
  send(mail: {
    readonly to: string;
    readonly subject: string;
    readonly text: string;
    readonly html: string;
    readonly id: string;
  }): Promise<void>;
  close(): void;
}
