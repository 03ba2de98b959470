/** Refusals that the handlers of several groups share. */
import { isWellFormedText } from '@keyhouse/protocol';
import { offersPasskeys } from '../../../core/factors/passkeys.ts';
import { Refusal } from '../../../core/refusal.ts';
import type { AccountWithRole } from '../../../core/teams/member.ts';
import { invalid } from '../../faults.ts';

export function refuseWherePasskeysAreNot(url: string): void {
  if (!offersPasskeys(url))
    throw invalid(
      'response',
      'Passkeys do not work on this server. Browsers refuse them if the address of a server is an IP address.',
    );
}

/** The id in a path; anything that is not an id names nothing. */
export function readId(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new Refusal({ code: 'not_found' });
  return Number(text);
}

/** Personal accounts and the operator's have no list of members, and cannot be left or deleted here. */
export function refuseOthers({ kind }: AccountWithRole): void {
  if (kind === 'personal')
    throw invalid('account', 'This is a personal account. It has one member, and is deleted together with its user.');
  if (kind === 'operator')
    throw invalid('account', 'This is the operator’s account. Its owners are the administrators, and it cannot be deleted.');
}

/** The text of a search box; what cannot be in an address or a name is refused. */
export function readSearch(text = ''): string {
  if (!isWellFormedText(text)) throw invalid('q', 'The q field must not contain control characters.');
  return text.trim();
}

export const NAME_SENTENCE = 'A name can have at most 100 characters, without invisible or control characters.';
