/**
 * Mails to people. They are composed in `compose.ts`, written in the act that they tell of, and sent by a job: a mail is never
 * sent for what did not happen, and never lost for what did. A body holds links, so it is sealed at rest and dropped once sent.
 */

/** A mail on its way into the outbox: composed, and its body sealed. */
export interface MailDraft {
  readonly kind: MailKind;
  readonly recipient: string;
  /** The user it is written to; null when the recipient is none (an invitation). */
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
  'invitation',
  'reminder',
  'user-deleted',
  'session-reuse',
  'test',
] as const;

export type MailKind = (typeof MAIL_KINDS)[number];
