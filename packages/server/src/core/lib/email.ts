/**
 * Email addresses: which are accepted, and when two are the same. What a user typed is what is stored, shown and written to; the
 * key is only for comparing.
 *
 * A key that two mailboxes share could give one owner's account to the other, so it folds as little as possible: Unicode's
 * canonical forms (NFC, RFC 6532 §3.1), lower case, and the domain as DNS compares it (UTS #46). Never NFKC on the local part
 * (`ﬁ` is not `fi`), never upper case (`ı` would become `I`), no dots or plus signs removed: only the mail provider knows what
 * those mean. What would fold *into* ASCII from outside it (the Kelvin sign, `İ`) is refused, so that no look-alike can ever
 * share a key with a plain address. And mail goes to the stored address, never to one that was typed by a stranger.
 */
import { domainToASCII } from 'node:url';

export interface Email {
  /** As it was typed. */
  readonly email: string;
  /** One spelling for one mailbox. */
  readonly key: string;
}

export const EMAIL_SENTENCE = 'The email must be a valid email address.';

/** RFC 5321 §4.5.3.1: a path has 256 octets, two of them are brackets; a local part has 64. */
const MAX_BYTES = 254;
const MAX_LOCAL_BYTES = 64;
/** RFC 5322 §3.2.3 dot-atom, with letters, marks and digits of all scripts (RFC 6531 §3.3). No quoted strings. */
const LOCAL = /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u;
const DOMAIN = /^[\p{L}\p{M}\p{N}-]+(?:\.[\p{L}\p{M}\p{N}-]+)*$/u;
/** Letters and marks that nobody can see: two different addresses would look the same. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u;
/** What DNS can look up: labels of 1 to 63, no hyphen at an edge; the last is not a number, which would be an IP address. */
const HOST = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*(?!\d+$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Reads an address as it was typed; null if it is not valid. A single name is a valid domain (`root@localhost`), as in HTML. */
export function readEmail(text: string): Email | null {
  // Cut off before anything processes it; there are never more characters than bytes.
  if (text.length > MAX_BYTES || !text.isWellFormed() || Buffer.byteLength(text) > MAX_BYTES) return null;
  const [local, domain, ...rest] = text.split('@');
  if (local === undefined || domain === undefined || rest.length > 0) return null;
  if (Buffer.byteLength(local) > MAX_LOCAL_BYTES || !LOCAL.test(local) || !DOMAIN.test(domain) || INVISIBLE.test(text))
    return null;
  const localKey = foldLocal(local);
  const host = domainToASCII(domain);
  if (countAscii(localKey) > countAscii(local) || host.length > 253 || !HOST.test(host)) return null;
  return { email: text, key: `${localKey}@${host}` };
}

/** The key of an address, or the empty text, which is nobody's key: a look-up with it takes the usual time and finds nothing. */
export function emailKey(text: string): string {
  return readEmail(text)?.key ?? '';
}

/** The part before the `@`: what a display name starts as. */
export function localPart(email: string): string {
  return email.slice(0, email.indexOf('@'));
}

/** Lower-casing can undo the canonical form, so that is applied again. Locale-free: a Turkish server compares like any other. */
function foldLocal(local: string): string {
  return local.normalize('NFC').toLowerCase().normalize('NFC');
}

function countAscii(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) < 0x80) count++;
  return count;
}
