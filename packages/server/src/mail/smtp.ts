/** Hands mails to a mail server over SMTP, with nodemailer. */
import nodemailer from 'nodemailer';
import type { MailTransport } from '../core/mail/mail.ts';

const CONNECT_MS = 10_000;
const ANSWER_MS = 30_000;

/**
 * `url`: `smtps://user:password@host:465`, or `smtp://host:587`, which must offer STARTTLS unless the host is this machine: neither a password nor
 * a link that resets one goes over an open wire. `from`: an address, or `Name <address>`.
 */
export function openSmtp(url: string, from: string): MailTransport {
  const { protocol, hostname } = new URL(url);
  const isHere = hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
  const transport = nodemailer.createTransport(
    {
      url,
      ...(protocol === 'smtp:' ? (isHere ? { ignoreTLS: true } : { requireTLS: true }) : {}),
      connectionTimeout: CONNECT_MS,
      greetingTimeout: CONNECT_MS,
      socketTimeout: ANSWER_MS,
      // What a mail says is ours; nothing in it may name a file or an address to fetch.
      disableFileAccess: true,
      disableUrlAccess: true,
    },
    { from },
  );
  return {
    send: async ({ to, subject, text, html, id }) => {
      await transport.sendMail({
        // An object, so that nothing in an address is read as a list or a name.
        to: { name: '', address: to },
        subject,
        text,
        html,
        messageId: id,
        // RFC 3834 §5: nobody's holiday answers to it.
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
    },
    close: () => transport.close(),
  };
}
