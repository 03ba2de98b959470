/**
 * Who may become a user, beside those whom the operator creates: the one place that decides it, asked by every door (the API, the pages,
 * a link, another provider) and again by the act that creates the user.
 */
export interface SignUp {
  /** `open`: anyone. `invite`: whoever an administrator invites. `closed`: nobody. */
  readonly signup: 'open' | 'invite' | 'closed';
  /** With `invite`: whether an invitation to a team opens registration too. */
  readonly teamInvitationsRegister: boolean;
}

/** `invitation`: what somebody comes with; null: nothing. Without an account it is an administrator's. */
export function mayRegister(
  { signup, teamInvitationsRegister }: SignUp,
  invitation: { readonly accountId: number | null } | null,
): boolean {
  if (signup !== 'invite') return signup === 'open';
  return invitation !== null && (invitation.accountId === null || teamInvitationsRegister);
}

/** Whether an invitation to a team reaches strangers, or only people who are users already. */
export const teamsInviteStrangers = (signUp: SignUp): boolean => mayRegister(signUp, { accountId: 0 });
