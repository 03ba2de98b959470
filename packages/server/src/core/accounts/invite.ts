/** Invites people by mail, and lets those in who come back with the link. */
import type { By, EventDraft } from '../audit/event.ts';
import type { Clock } from '../lib/clock.ts';
import type { MailDraft } from '../mail/mail.ts';
import type { User } from './account.ts';
import { emailKey, readEmail } from './email.ts';
import {
  INVITATION_LASTS_MS,
  type Invitation,
  type InvitationsStore,
  MAX_INVITATIONS_A_DAY,
  type NewInvitation,
} from './invitation.ts';
import type { Role } from './member.ts';
import type { SignInLimits } from './sign-in-limits.ts';
import { mayRegister, type SignUp, teamsInviteStrangers } from './sign-up.ts';
import { hashTicket, makeTicketText } from './ticket.ts';

/** What the mail of an invitation tells. `link` holds the ticket. */
export interface InvitationFacts {
  readonly link: string;
  /** Null: to register, to no team. */
  readonly team: string | null;
  readonly role: Role;
  readonly invitedBy: string;
  readonly endsAtMs: number;
}

export interface InvitePorts extends SignUp {
  readonly invitations: InvitationsStore;
  readonly limits: Pick<SignInLimits, 'admitMail'>;
  readonly clock: Clock;
  /** The public origin, which the link begins with. */
  readonly url: string;
  readonly composeInvitation: (to: string, facts: InvitationFacts) => MailDraft;
}

type Inviter = Pick<User, 'id' | 'email' | 'displayName'>;

interface ToTeam {
  readonly account: { readonly id: number; readonly name: string };
  readonly inviter: Inviter;
  readonly by: By;
}

export type InviteVerbs = ReturnType<typeof inviteVerbs>;

export function inviteVerbs({ invitations, limits, clock, url, composeInvitation, ...signUp }: InvitePorts) {
  const usersOnly = !teamsInviteStrangers(signUp);

  /** Whoever invites, and to whatever: nobody's mailbox is filled. Places are not counted, a team is invited from one. */
  const mayWriteTo = async (typed: string): Promise<boolean> => (await limits.admitMail(emailKey(typed), null)).ok;

  /** The ticket's text is in the sealed mail, and nowhere else. */
  function write(to: string, team: string | null, role: Role, inviter: Inviter) {
    const { text, hash } = makeTicketText();
    const nowMs = clock.now();
    const endsAtMs = nowMs + INVITATION_LASTS_MS;
    const invitedBy = inviter.displayName === '' ? inviter.email : inviter.displayName;
    const mail = composeInvitation(to, { link: `${url}/invitation#${text}`, team, role, invitedBy, endsAtMs });
    return { hash, nowMs, endsAtMs, mail };
  }

  const eventOf = (name: EventDraft['event'], by: By, more: Partial<EventDraft>): EventDraft => ({
    event: name,
    atMs: clock.now(),
    by,
    ...more,
  });

  /** Null when the address is none. */
  function draft(typed: string, team: string | null, role: Role, inviter: Inviter, by: By) {
    const address = readEmail(typed);
    if (address === null) return null;
    const { hash, nowMs, endsAtMs, mail } = write(address.email, team, role, inviter);
    const invitation: NewInvitation = {
      email: address.email,
      emailKey: address.key,
      role,
      invitedBy: inviter.id,
      ticketHash: hash,
      createdAtMs: nowMs,
      expiresAtMs: endsAtMs,
    };
    // The address is personal data of somebody else: it stands where it can be erased, not in the details.
    const sender = { ...by, person: { ...by.person, email: address.email } };
    return { invitation, event: eventOf('invitation.sent', sender, { details: { role }, mails: [mail] }) };
  }

  return {
    /** Whether invitations to teams are mailed only to people who are users already. The sender does not learn whether one was. */
    teamsInviteUsersOnly: usersOnly,
    /** Whether somebody may register with this invitation. */
    mayRegisterWith: (invitation: Pick<Invitation, 'accountId'>): boolean => mayRegister(signUp, invitation),

    async invite({ account, inviter, email, role, by }: ToTeam & { email: string; role: Role }) {
      const drafted = draft(email, account.name, role, inviter, by);
      if (drafted === null) return 'invalid_email';
      if (!(await mayWriteTo(email))) return 'too_many';
      const { invitation, event } = drafted;
      return invitations.invite({
        accountId: account.id,
        invitation,
        limit: MAX_INVITATIONS_A_DAY,
        usersOnly,
        event: { ...event, accountId: account.id },
      });
    },

    async inviteToRegister({ inviter, email, by }: { inviter: Inviter; email: string; by: By }) {
      if (!mayRegister(signUp, { accountId: null })) return 'sign_up_closed';
      const drafted = draft(email, null, 'viewer', inviter, by);
      if (drafted === null) return 'invalid_email';
      return (await mayWriteTo(email)) ? invitations.inviteToRegister(drafted) : 'too_many';
    },

    /** The link of before ends. */
    async sendInvitationAgain({ account, inviter, id, by }: ToTeam & { id: number }) {
      const found = await invitations.findInvitation(account.id, id, clock.now());
      if (found === null) return 'gone';
      if (!(await mayWriteTo(found.email))) return 'too_many';
      const { hash, nowMs, endsAtMs, mail } = write(found.email, account.name, found.role, inviter);
      return invitations.sendInvitationAgain({
        accountId: account.id,
        id,
        actorId: inviter.id,
        ticketHash: hash,
        nowMs,
        expiresAtMs: endsAtMs,
        limit: MAX_INVITATIONS_A_DAY,
        usersOnly,
        event: eventOf('invitation.sent_again', by, { accountId: account.id, details: { invitation: id }, mails: [mail] }),
      });
    },

    takeInvitationBack: ({ account, inviter, id, by }: ToTeam & { id: number }) =>
      invitations.takeInvitationBack({
        accountId: account.id,
        id,
        actorId: inviter.id,
        nowMs: clock.now(),
        event: eventOf('invitation.taken_back', by, { accountId: account.id, details: { invitation: id } }),
      }),

    listInvitations: (accountId: number): Promise<readonly Invitation[]> => invitations.listInvitations(accountId, clock.now()),

    listInvitationsBy: (userId: number) => invitations.listInvitationsBy(userId, clock.now()),

    /** What the link is for, without using it up. */
    findInvitation: (ticket: string) => invitations.findInvitationByTicket(hashTicket(ticket), clock.now()),

    acceptInvitation: ({ ticket, userId, by }: { ticket: string; userId: number; by: By }) =>
      invitations.acceptInvitation({
        ticketHash: hashTicket(ticket),
        userId,
        nowMs: clock.now(),
        event: eventOf('invitation.accepted', by, { userId }),
      }),
  };
}
