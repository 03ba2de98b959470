/**
 * An invitation: to a team with a role, or (without an account) to register where sign-up is by invitation. It is sent by mail
 * only; the link's ticket is stored hashed. It is valid while its sender could still send it: what takes that right away
 * (removal, a lower role, leaving, disabling, deletion) ends it in the same act, and accepting checks the right again.
 */
import type { EventDraft } from '../audit/event.ts';
import { DAY_MS } from '../lib/clock.ts';
import type { Role } from './member.ts';

export const INVITATION_LASTS_MS = 7 * DAY_MS;
/**
 * By one user in 24 hours, sending again included: an invitation contains names that its sender typed, which must not go to
 * strangers in bulk. The number is the same for users and for strangers, so that it does not reveal who is a user.
 */
export const MAX_INVITATIONS_A_DAY = 20;
/** The same, for a sender whose own address was never verified. */
export const MAX_INVITATIONS_A_DAY_UNVERIFIED = 5;

export interface Invitation {
  readonly id: number;
  /** Null: to register, to no team. */
  readonly accountId: number | null;
  readonly email: string;
  readonly role: Role;
  /** The name or address of its sender, if there is one. */
  readonly invitedBy: string | null;
  /** The user id of its sender. */
  readonly inviterId: number | null;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

/** What the holder of the link sees of it. */
export interface InvitationByTicket extends Invitation {
  readonly emailKey: string;
  readonly accountName: string | null;
  /** Whether a user has the invited address. */
  readonly registered: boolean;
}

export interface NewInvitation {
  readonly email: string;
  readonly emailKey: string;
  readonly role: Role;
  readonly invitedBy: number;
  readonly ticketHash: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

/** `too_many`: of one sender in one day, or to one address at a time. */
export type InviteRefusal = 'gone' | 'not_allowed' | 'too_many';

export interface InvitationsStore {
  /** The open ones of a team, newest first. */
  listInvitations(accountId: number, nowMs: number): Promise<readonly Invitation[]>;
  /** An open one of this team. */
  findInvitation(accountId: number, id: number, nowMs: number): Promise<Invitation | null>;
  /** The open ones that a user sent, to any team or to register: they end with the user. */
  listInvitationsBy(userId: number, nowMs: number): Promise<readonly (Invitation & { readonly accountName: string | null })[]>;
  findInvitationByTicket(ticketHash: string, nowMs: number): Promise<InvitationByTicket | null>;
  /** `member`: the address belongs to a member already. `open`: there is an open invitation for it. */
  invite(input: {
    accountId: number;
    invitation: NewInvitation;
    limit: number;
    /** True: no mail goes to an address that no enabled user has; everything else is as if it did. */
    usersOnly: boolean;
    /** How many open ones a team may have; as `core/lib/ceilings.ts` says unless it is given. */
    ceiling?: number;
    event: EventDraft;
  }): Promise<Invitation | InviteRefusal | 'member' | 'open' | 'full'>;
  /** Ends the previous link, and starts the seven days again. */
  sendInvitationAgain(input: {
    accountId: number;
    id: number;
    actorId: number;
    ticketHash: string;
    nowMs: number;
    expiresAtMs: number;
    limit: number;
    usersOnly: boolean;
    event: EventDraft;
  }): Promise<'done' | InviteRefusal>;
  takeInvitationBack(input: {
    accountId: number;
    id: number;
    actorId: number;
    nowMs: number;
    event: EventDraft;
  }): Promise<'done' | 'gone' | 'not_allowed'>;
  /**
   * Uses it up and adds the user, if its sender could still send it. This verifies their address. A member keeps the role that
   * they have. `too_many`: they own as many teams as one user may.
   */
  acceptInvitation(input: {
    ticketHash: string;
    userId: number;
    nowMs: number;
    event: EventDraft;
  }): Promise<{ readonly accountId: number } | 'gone' | 'other_address' | 'too_many'>;
  /** To register, to no team; an open one for the same address ends. `registered`: a user has the address. */
  inviteToRegister(input: {
    invitation: NewInvitation;
    event: EventDraft;
  }): Promise<Invitation | 'registered' | 'not_allowed' | 'too_many'>;
}
