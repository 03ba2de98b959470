/**
 * Which addresses another provider may vouch for. Without a list it vouches for none: it still identifies a user by its subject,
 * and says nothing about an address. Domains are compared whole, as DNS compares them: `example.com` covers neither
 * `mail.example.com` nor `notexample.com`.
 */
import { domainToASCII } from 'node:url';

/** In a provider's list: every domain. It never covers an administrator, whose domain must be named. */
export const ANY_DOMAIN = '*';

/** `named`: the domain itself is on the list. `any`: the list says every domain. */
export type Vouching = 'named' | 'any' | 'none';

/** `emailKey`: an address in the form that is compared, so that case and IDN spellings are the same. */
export function vouchingFor(domains: readonly string[], emailKey: string): Vouching {
  if (domains.includes(emailKey.slice(emailKey.lastIndexOf('@') + 1))) return 'named';
  return domains.includes(ANY_DOMAIN) ? 'any' : 'none';
}

/** Whether an identity may be linked to the user who has its address already. An administrator's domain must be named. */
export const mayAdopt = (vouching: Vouching, { isAdministrator }: { readonly isAdministrator: boolean }): boolean =>
  vouching === 'named' || (vouching === 'any' && !isAdministrator);

/** A domain in the form that email keys use; null if it is not a domain (an address, a pattern, a URL). */
export function readDomain(text: string): string | null {
  const ascii = /[@*/:\s]/.test(text) ? '' : domainToASCII(text);
  return /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(ascii) ? ascii : null;
}
