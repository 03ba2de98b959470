/** Hands mails to a mail server over SMTP, with nodemailer. */
import nodemailer from 'nodemailer';
import type { MailTransport } from '../core/mail/mail.ts';

const CONNECT_MS = 10_000;
const ANSWER_MS = 30_000;
/** For the whole delivery: a server that answers only now and then must not delay all other mail. */
const MAX_SEND_MS = 60_000;

/**
 * `url`: `smtps://user:password@host:465`, or `smtp://host:587`, which must offer STARTTLS unless the host is this machine:
 * neither a password nor a link that resets one goes over an unencrypted connection. `from`: an address, or `Name <address>`.
 */
export function openSmtp(url: string, from: string): MailTransport {
  // Read here, not by nodemailer, which lets a query in the URL override every option below.
  const { protocol, hostname, port, username, password } = new URL(url);
  const isHere = hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
  const secure = protocol === 'smtps:';
  const transport = nodemailer.createTransport({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    ...(secure ? {} : isHere ? { ignoreTLS: true } : { requireTLS: true }),
    ...(username === '' ? {} : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    dnsTimeout: CONNECT_MS,
    socketTimeout: ANSWER_MS,
    // The content of a mail is ours; nothing in it may name a file or an address to fetch.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const sender = readSender(from);
  return {
    send: async ({ to, subject, text, html, id }) => {
      await transport.sendMail({
        // Objects, so that nothing in them is parsed as a list or a name: "Acme, Inc." is one sender.
        from: sender,
        to: { name: '', address: to },
        subject,
        text,
        html,
        messageId: id,
        // RFC 3834 §5: prevents automatic replies.
        headers: { 'Auto-Submitted': 'auto-generated' },
        signal: AbortSignal.timeout(MAX_SEND_MS),
      });
    },
    close: () => transport.close(),
  };
}

function readSender(from: string): { name: string; address: string } {
  const start = from.indexOf('<');
  if (start < 0 || !from.endsWith('>')) return { name: '', address: from };
  const [name, address] = [from.slice(0, start).trimEnd(), from.slice(start + 1, -1)];
  return { name: name.replace(/^"(.*)"$/, '$1'), address };
}
