/** Invites people by mail, and adds those who come back with the link. */
import { type By, type EventDraft, happened } from '../audit/event.ts';
import { emailKey, readEmail } from '../lib/email.ts';
import { mayRegister, type SignUp, teamsInviteStrangers } from '../sign-ins/sign-up-rule.ts';
import type { User } from '../users/account.ts';
import { hashTicket, makeTicketText } from '../users/ticket.ts';
import { INVITATION_LASTS_MS, MAX_INVITATIONS_A_DAY, type NewInvitation } from './invitation.ts';
import type { Role } from './member.ts';
import type { TeamsPorts } from './ports.ts';

export type InvitePorts = SignUp & Pick<TeamsPorts, 'invitations' | 'limits' | 'clock' | 'url' | 'compose'>;

type Inviter = Pick<User, 'id' | 'email' | 'displayName'>;

interface ToTeam {
  readonly account: { readonly id: number; readonly name: string };
  readonly inviter: Inviter;
  readonly by: By;
}

export async function invite(
  ports: InvitePorts,
  { account, inviter, email, role, by }: ToTeam & { readonly email: string; readonly role: Role },
) {
  const drafted = draft(ports, { typed: email, team: account.name, role, inviter, by });
  if (drafted === null) return 'invalid_email';
  if (!(await mayWriteTo(ports, email))) return 'too_many';
  const { invitation, event } = drafted;
  return await ports.invitations.invite({
    accountId: account.id,
    invitation,
    limit: MAX_INVITATIONS_A_DAY,
    usersOnly: !teamsInviteStrangers(ports),
    event: { ...event, accountId: account.id },
  });
}

export async function inviteToRegister(
  ports: InvitePorts,
  { inviter, email, by }: { readonly inviter: Inviter; readonly email: string; readonly by: By },
) {
  if (!mayRegister(ports, { accountId: null })) return 'sign_up_closed';
  const drafted = draft(ports, { typed: email, team: null, role: 'viewer', inviter, by });
  if (drafted === null) return 'invalid_email';
  return (await mayWriteTo(ports, email)) ? await ports.invitations.inviteToRegister(drafted) : 'too_many';
}

/** The previous link ends. */
export async function sendInvitationAgain(ports: InvitePorts, { account, inviter, id, by }: ToTeam & { readonly id: number }) {
  const { invitations, clock } = ports;
  const found = await invitations.findInvitation(account.id, id, clock.now());
  if (found === null) return 'gone';
  if (!(await mayWriteTo(ports, found.email))) return 'too_many';
  const { hash, nowMs, endsAtMs, mail } = write(ports, { to: found.email, team: account.name, role: found.role, inviter });
  return await invitations.sendInvitationAgain({
    ...{ accountId: account.id, id, actorId: inviter.id, ticketHash: hash, nowMs, expiresAtMs: endsAtMs },
    limit: MAX_INVITATIONS_A_DAY,
    usersOnly: !teamsInviteStrangers(ports),
    event: happened(by, nowMs, 'invitation.sent_again', { accountId: account.id, details: { invitation: id }, mails: [mail] }),
  });
}

export function takeInvitationBack(
  { invitations, clock }: Pick<InvitePorts, 'invitations' | 'clock'>,
  { account, inviter, id, by }: ToTeam & { readonly id: number },
) {
  const nowMs = clock.now();
  const event = happened(by, nowMs, 'invitation.taken_back', { accountId: account.id, details: { invitation: id } });
  return invitations.takeInvitationBack({ accountId: account.id, id, actorId: inviter.id, nowMs, event });
}

export function acceptInvitation(
  { invitations, clock }: Pick<InvitePorts, 'invitations' | 'clock'>,
  { ticket, userId, by }: { readonly ticket: string; readonly userId: number; readonly by: By },
) {
  const nowMs = clock.now();
  const event = happened(by, nowMs, 'invitation.accepted', { userId });
  return invitations.acceptInvitation({ ticketHash: hashTicket(ticket), userId, nowMs, event });
}

/**
 * No mailbox is flooded, no matter who invites and to what. Networks are not counted: the members of a team invite from the same
 * one.
 */
const mayWriteTo = async ({ limits }: InvitePorts, typed: string): Promise<boolean> =>
  (await limits.admitMail(emailKey(typed), null)).ok;

/** The ticket's text is in the sealed mail, and nowhere else. */
function write(
  { clock, compose, url }: InvitePorts,
  {
    to,
    team,
    role,
    inviter,
  }: { readonly to: string; readonly team: string | null; readonly role: Role; readonly inviter: Inviter },
) {
  const { text, hash } = makeTicketText();
  const nowMs = clock.now();
  const endsAtMs = nowMs + INVITATION_LASTS_MS;
  const invitedBy = inviter.displayName === '' ? inviter.email : inviter.displayName;
  const facts = { link: `${url}/invitation#${text}`, team, role, invitedBy, endsAtMs };
  return { hash, nowMs, endsAtMs, mail: compose('invitation', { email: to, userId: null }, facts) };
}

interface Wish {
  readonly typed: string;
  readonly team: string | null;
  readonly role: Role;
  readonly inviter: Inviter;
  readonly by: By;
}

/** Null if what was typed is not an address. */
function draft(
  ports: InvitePorts,
  { typed, team, role, inviter, by }: Wish,
): { readonly invitation: NewInvitation; readonly event: EventDraft } | null {
  const address = readEmail(typed);
  if (address === null) return null;
  const { hash, nowMs, endsAtMs, mail } = write(ports, { to: address.email, team, role, inviter });
  const invitation: NewInvitation = {
    email: address.email,
    emailKey: address.key,
    role,
    invitedBy: inviter.id,
    ticketHash: hash,
    createdAtMs: nowMs,
    expiresAtMs: endsAtMs,
  };
  // The address is another person's personal data: it is stored where it can be erased, not in the details.
  const sender = { ...by, person: { ...by.person, email: address.email } };
  return { invitation, event: happened(sender, nowMs, 'invitation.sent', { details: { role }, mails: [mail] }) };
}
