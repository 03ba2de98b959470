/**
 * One name for one mailbox, for counting mails. Nothing is sent to it. `name+1@…` and `name+2@…` are the same (RFC 5233
 * subaddresses), and so is `n.ame@…`: large providers ignore the dots. Where a provider does not, two mailboxes share a count,
 * which is far above what either needs.
 */
import { domainToASCII } from 'node:url';

export function mailboxOf(address: string): string {
  const at = address.lastIndexOf('@');
  const local = address.slice(0, Math.max(0, at)).normalize('NFC').toLowerCase();
  const plus = local.indexOf('+', 1);
  const name = plus === -1 ? local : local.slice(0, plus);
  return `${name.replaceAll('.', '')}@${domainToASCII(address.slice(at + 1))}`;
}
