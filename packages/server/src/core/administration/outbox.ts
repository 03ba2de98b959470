/** The operator's view of mails: sent, waiting, and without a mail server what would have been sent. */
import { type By, happened } from '../audit/event.ts';
import { type MailBody, openBody } from '../mail/compose.ts';
import type { MailWithBody } from '../mail/mail.ts';
import type { User } from '../users/account.ts';
import type { AdministrationPorts } from './ports.ts';

export type OutboxPorts = Pick<AdministrationPorts, 'audit' | 'secrets' | 'compose' | 'clock'>;

/** The body of a mail; null if it is not kept. It may hold a link that signs the recipient in, so each reading is recorded. */
export async function readMail(
  { audit, secrets, clock }: OutboxPorts,
  { recipient, sealedBody, id, kind }: MailWithBody,
  reader: Pick<User, 'id'>,
  by: By,
): Promise<MailBody | null> {
  const body = sealedBody === null ? null : openBody(secrets, { recipient, sealedBody });
  if (body === null || !body.ok) return null;
  const details = { mail: id, kind };
  await audit.record({ events: [happened(by, clock.now(), 'mail.read', { userId: reader.id, details })] });
  return body.value;
}

/** To the administrator who requests it. */
export async function sendTestMail(
  { audit, compose, clock }: OutboxPorts,
  { id, email }: Pick<User, 'id' | 'email'>,
  by: By,
): Promise<void> {
  const mails = [compose('test', { email, userId: id }, {})];
  await audit.record({ events: [happened(by, clock.now(), 'mail.tested', { userId: id, mails })] });
}
