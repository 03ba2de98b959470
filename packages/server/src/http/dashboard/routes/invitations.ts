/** Invitations: sent and revoked by a team's admins, read by anyone who has the link, accepted only by the invited address. */

import { EMAIL_SENTENCE } from '../../../core/lib/email.ts';
import { Refusal } from '../../../core/refusal.ts';
import type { Invitation, InviteRefusal } from '../../../core/teams/invitation.ts';
import { mayInvite } from '../../../core/teams/member.ts';
import { invalid } from '../../faults.ts';
import { toTimestamp } from '../../schemas.ts';
import type { DashboardPorts, Serve } from '../serve.ts';
import { refuseLink } from './links.ts';
import { readId, refuseOthers } from './refuse.ts';

export function invitationsRoutes(serve: Serve, { keyhouse }: DashboardPorts): void {
  serve('POST /accounts/:account/invitations', async ({ account, body: { email, role }, signIn: { user }, by }) => {
    refuseOthers(account);
    if (!mayInvite(account.role, role)) throw new Refusal({ code: 'not_allowed' });
    const invited = await keyhouse.teams.invite({ account, inviter: user, email, role, by });
    if (invited === 'invalid_email') throw invalid('email', EMAIL_SENTENCE);
    if (invited === 'member') throw invalid('email', 'Someone with this email address is already a member.');
    if (invited === 'open')
      throw invalid('email', 'There is already an open invitation for this email address. Send it again or revoke it.');
    if (invited === 'full')
      throw invalid('email', 'The team has reached its limit of open invitations. Revoke one, or wait until some are accepted.');
    if (typeof invited === 'string') throw refusalOf(invited);
    return describeInvitation(invited);
  });

  serve('POST /accounts/:account/invitations/:id/send', async ({ account, params, signIn: { user }, by }) => {
    refuseOthers(account);
    const sent = await keyhouse.teams.sendInvitationAgain({ account, inviter: user, id: readId(params.id), by });
    if (sent !== 'done') throw refusalOf(sent);
  });

  serve('DELETE /accounts/:account/invitations/:id', async ({ account, params, signIn: { user }, by }) => {
    refuseOthers(account);
    const taken = await keyhouse.teams.takeInvitationBack({ account, inviter: user, id: readId(params.id), by });
    if (taken !== 'done') throw refusalOf(taken);
  });

  serve('POST /operator/invitations', async ({ body: { email }, signIn: { user }, by }) => {
    const invited = await keyhouse.teams.inviteToRegister({ inviter: user, email, by });
    if (invited === 'invalid_email') throw invalid('email', EMAIL_SENTENCE);
    if (invited === 'sign_up_closed') throw invalid('email', 'Sign-up is closed. Create the user on the command line.');
    if (invited === 'registered') throw invalid('email', 'Someone with this email address is already registered.');
    if (invited === 'not_allowed' || invited === 'too_many') throw refusalOf(invited);
  });

  serve('POST /invitation/check', async ({ body: { ticket } }) => {
    const invitation = await keyhouse.teams.findInvitation(ticket);
    if (invitation === null) throw await refuseLink(keyhouse, 'invitation', ticket);
    const { email, role, accountName, invitedBy, registered } = invitation;
    return {
      email,
      account: accountName === null ? null : { name: accountName, role },
      invited_by: invitedBy,
      registered,
      may_register: keyhouse.teams.mayRegisterWith(invitation),
    };
  });

  serve('POST /invitation/accept', async ({ body: { ticket }, signIn: { user }, by }) => {
    const accepted = await keyhouse.teams.acceptInvitation({ ticket, userId: user.id, by });
    if (accepted === 'gone') throw await refuseLink(keyhouse, 'invitation', ticket);
    if (accepted === 'too_many') throw invalid('ticket', 'You have reached the limit of teams. Leave or delete one first.');
    if (accepted === 'other_address')
      throw invalid('ticket', 'This invitation is for another email address. Sign in with the address that it was sent to.');
    return { account: accepted.accountId };
  });
}

export const describeInvitation = (invitation: Invitation) => ({
  id: invitation.id,
  email: invitation.email,
  role: invitation.role,
  invited_by: invitation.invitedBy,
  invited_by_user_id: invitation.inviterId,
  created_at: toTimestamp(invitation.createdAtMs),
  expires_at: toTimestamp(invitation.expiresAtMs),
});

/** By tomorrow some of today's invitations do not count any more. */
const TOO_MANY_RETRY_SECONDS = 3600;

function refusalOf(reason: InviteRefusal): Refusal {
  if (reason === 'not_allowed') return new Refusal({ code: 'not_allowed' });
  if (reason === 'gone') return new Refusal({ code: 'not_found' });
  return new Refusal({ code: 'too_many_requests', retryAfterSeconds: TOO_MANY_RETRY_SECONDS });
}
