/**
 * Who may become a user, apart from those whom the operator creates. Decided only here: for the API, the pages, links and other
 * providers, and again in the act that creates the user.
 */
export interface SignUp {
  /** `open`: anyone. `invite`: people whom an administrator invites. `closed`: nobody. */
  readonly signup: 'open' | 'invite' | 'closed';
  /** With `invite`: whether an invitation to a team opens registration too. */
  readonly teamInvitationsRegister: boolean;
}

/** What registering needs to know of an invitation. */
export interface SignUpInvitation {
  /** Null: an administrator's, to register and join no team. */
  readonly accountId: number | null;
  readonly emailKey: string;
}

export interface SignUpInvitations {
  /** Null when it does not exist, was used, or has expired. */
  findInvitationByTicket(ticketHash: string, nowMs: number): Promise<SignUpInvitation | null>;
}

/** `invitation`: the one that the person comes with; null: none. `accountId` null: an administrator's, to register. */
export function mayRegister(
  { signup, teamInvitationsRegister }: SignUp,
  invitation: { readonly accountId: number | null } | null,
): boolean {
  if (signup !== 'invite') return signup === 'open';
  return invitation !== null && (invitation.accountId === null || teamInvitationsRegister);
}

/** Whether an invitation to a team reaches strangers, or only people who are users already. */
export const teamsInviteStrangers = (signUp: SignUp): boolean => mayRegister(signUp, { accountId: 0 });
