/** The sentence for a link that did nothing: used already, for another user, or expired or replaced. */

import type { Keyhouse } from '../../../core/keyhouse.ts';
import type { Refusal } from '../../../core/refusal.ts';
import type { User } from '../../../core/users/account.ts';
import type { LinkFate, LinkPurpose } from '../../../core/users/ticket.ts';
import { invalid } from '../../faults.ts';

const OVER = 'This link no longer works. It expired, a newer link replaced it, or a part of it is missing.';
const SENTENCES: Readonly<Record<LinkFate, string>> = {
  used: 'This link was already used.',
  other_user: 'This link is for another user than the one who is signed in.',
  over: OVER,
};

/**
 * For a link that verifies an address and was just refused. If the address of the signed-in user is verified already (a newer
 * link was followed, or it was verified in another way), there is nothing left to do, and the sentence says so. Never for another
 * user's link.
 */
export async function refuseVerification(keyhouse: Keyhouse, user: User, ticket: string): Promise<Refusal> {
  const fate = await keyhouse.signIns.fateOfLink('verify-email', ticket);
  const isVerified = ((await keyhouse.users.find(user.id)) ?? user).emailVerifiedAtMs !== null;
  if (fate === 'other_user' || !isVerified) return invalid('ticket', SENTENCES[fate]);
  const about = fate === 'used' ? SENTENCES.used : 'This link no longer works.';
  return invalid('ticket', `${about} Your address ${user.email} is already verified.`);
}

/** For a link that was just refused. */
export async function refuseLink(keyhouse: Keyhouse, purpose: LinkPurpose, ticket: string): Promise<Refusal> {
  return invalid('ticket', await sentenceOf(keyhouse, purpose, await keyhouse.signIns.fateOfLink(purpose, ticket)));
}

async function sentenceOf(keyhouse: Keyhouse, purpose: LinkPurpose, fate: LinkFate): Promise<string> {
  switch (purpose) {
    case 'setup':
      if (await keyhouse.signIns.isSetUp())
        return `${fate === 'used' ? 'This link was already used. ' : ''}The server already has an administrator. Sign in.`;
      return `${OVER} Restart the server. While it has no administrator, it writes a new link to its log.`;
    case 'invitation':
      return fate === 'used'
        ? 'This invitation was already accepted.'
        : 'This invitation no longer works. Ask the person who invited you for a new one.';
    // It is followed without signing in, so it cannot be for another user.
    case 'reset-password':
      return fate === 'used' ? SENTENCES.used : OVER;
    default:
      return SENTENCES[fate];
  }
}
