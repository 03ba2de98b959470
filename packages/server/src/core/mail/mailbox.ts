/** One name for one mailbox, for counting mails: `name+1@…` and `name+2@…` are the same one (RFC 5233 subaddresses). Nothing is sent to it. */
import { domainToASCII } from 'node:url';

export function mailboxOf(address: string): string {
  const at = address.lastIndexOf('@');
  const local = address.slice(0, Math.max(0, at)).normalize('NFC').toLowerCase();
  const plus = local.indexOf('+', 1);
  return `${plus === -1 ? local : local.slice(0, plus)}@${domainToASCII(address.slice(at + 1))}`;
}
