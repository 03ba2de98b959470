/**
 * Sends what is due, one after the other, by one server at a time. A mail that was handed over but not recorded, because the
 * server ended in between, is sent once more: twice is better than never. What fails is tried again for two days, with growing
 * pauses.
 */
import { type Clock, DAY_MS, HOUR_MS, MINUTE_MS } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { MasterSecret } from '../lib/master-secret.ts';
import { openBody } from './compose.ts';
import type { MailsStore, MailTransport, MailWithBody } from './mail.ts';

export interface DeliverPorts {
  readonly mails: MailsStore;
  /** Null: there is no mail server, and mails are kept for the operator's page. */
  readonly transport: MailTransport | null;
  readonly secrets: readonly MasterSecret[];
  readonly clock: Clock;
  readonly log: Log;
  /** The host of the public origin, which message IDs end with. */
  readonly host: string;
  /** Aborted when the server stops: the current mail is sent to its end, and no other is begun. */
  readonly stopping: AbortSignal;
}

/** Longer than a transport may take; after that another server may try. */
const CLAIM_LASTS_MS = 5 * MINUTE_MS;
const GIVE_UP_AFTER_MS = 2 * DAY_MS;
const FIRST_PAUSE_MS = MINUTE_MS;
const LONGEST_PAUSE_MS = 6 * HOUR_MS;
const MAX_ERROR = 300;

export async function deliverMails(ports: DeliverPorts): Promise<void> {
  const { mails, transport, clock, stopping } = ports;
  if (transport === null) return void (await mails.keepMails({ nowMs: clock.now() }));
  while (!stopping.aborted) {
    // One at a time: a claim must not expire while the mails before it are sent.
    const nowMs = clock.now();
    const mail = await mails.claimMail({ nowMs, untilMs: nowMs + CLAIM_LASTS_MS });
    if (mail === null) return;
    const error = await send(ports, transport, mail);
    if (error === null) {
      await mails.noteMailSent({ id: mail.id, nowMs: clock.now() });
    } else {
      const nextTryAtMs = nextTry(mail, clock.now());
      ports.log.warn(
        { mail: mail.id, kind: mail.kind, tries: mail.tries, error },
        nextTryAtMs === null
          ? 'An email could not be sent. It will not be tried again.'
          : 'An email could not be sent. It will be tried again.',
      );
      await mails.noteMailFailed({ id: mail.id, error, nextTryAtMs });
    }
  }
}

/** Null if it was accepted; else why not, in one line. */
async function send({ secrets, host }: DeliverPorts, transport: MailTransport, mail: MailWithBody): Promise<string | null> {
  const { recipient, sealedBody } = mail;
  if (sealedBody === null) return 'The text of the email no longer exists.';
  const body = openBody(secrets, { recipient, sealedBody });
  if (!body.ok) return 'The text of the email was sealed under another master secret, or for another recipient.';
  try {
    // The same ID at each attempt, so that a mail program can recognize duplicates.
    await transport.send({
      to: recipient,
      subject: mail.subject,
      ...body.value,
      id: `<mail-${mail.id}-${mail.createdAtMs}@${host}>`,
    });
    return null;
  } catch (error) {
    return oneLine(error instanceof Error ? error.message : String(error));
  }
}

/** Doubling, from a minute to six hours; null after two days. */
export function nextTry({ tries, createdAtMs }: Pick<MailWithBody, 'tries' | 'createdAtMs'>, nowMs: number): number | null {
  if (nowMs - createdAtMs > GIVE_UP_AFTER_MS) return null;
  return nowMs + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(tries - 1, 20));
}

/** Mail servers repeat what they were sent: anything that looks like a link or a secret is removed. */
const oneLine = (text: string): string =>
  text
    .replace(/\p{Cc}+/gu, ' ')
    .replace(/#[\w-]{10,}/g, '#[secret]')
    .slice(0, MAX_ERROR);
