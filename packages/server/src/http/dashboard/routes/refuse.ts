/** Small words that the handlers of several groups refuse with. */
import { isWellFormedText } from '@keyhouse/protocol';
import { offersPasskeys } from '../../../core/factors/passkeys.ts';
import { Refusal } from '../../../core/refusal.ts';
import type { AccountWithRole } from '../../../core/teams/member.ts';

export const invalid = (field: string, ...sentences: readonly string[]): Refusal =>
  new Refusal({ code: 'invalid', errors: { [field]: sentences } });

export function refuseWherePasskeysAreNot(url: string): void {
  if (!offersPasskeys(url))
    throw invalid('response', 'Passkeys do not work where the address of this server is a number: browsers refuse them there.');
}

/** The id in a path; what is none names nothing. */
export function readId(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new Refusal({ code: 'not_found' });
  return Number(text);
}

/** Personal accounts and the operator's have no members to speak of, and nobody leaves or deletes them here. */
export function refuseOthers({ kind }: AccountWithRole): void {
  if (kind === 'personal') throw invalid('account', 'This is a personal account: it has one member, and ends with its user.');
  if (kind === 'operator')
    throw invalid('account', "This is the operator's account: its owners are the administrators, and it is never deleted.");
}

/** What people type into a search box, with what cannot be in an address or a name refused. */
export function readSearch(text = ''): string {
  if (!isWellFormedText(text)) throw invalid('q', 'The q field may not contain control characters.');
  return text.trim();
}

export const NAME_SENTENCE = 'A name must have at most 100 characters, none of them invisible or a control character.';
