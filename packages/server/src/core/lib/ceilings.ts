/**
 * How many of a kind one account or one user may have at the same time; nobody needs more, except to fill the store. They are
 * counted in the act that creates, under the lock of the account or the user, so that two requests at once do not both get the
 * last place.
 *
 * A user who creates one too many gets an error. What programs do again and again, such as logging in, is never refused: the one
 * that was unused for longest is ended instead.
 */
export const CEILINGS = {
  /** Active keys of one account. The 1,001st is refused. */
  keysOfAccount: 1000,
  /** Active tokens that one user created in the dashboard. The 1,001st is refused. */
  tokensOfUser: 1000,
  /** Active tokens of one user that came from log-ins and registrations. With the next log-in the one unused for longest ends. */
  logInTokensOfUser: 100,
  /** Refused beyond. */
  applicationsOfAccount: 100,
  /** Teams that one user owns: created, handed over, or by invitation. Each may send invitations in its name. Refused beyond. */
  teamsOfOwner: 100,
  /** Open ones of one team. Refused beyond, until one is accepted or revoked, or expires. */
  invitationsOfTeam: 200,
  /** Refused beyond. */
  passkeysOfUser: 25,
  /** Browsers of one user. With the next one the sign-in that was unused for longest is ended. */
  signInsOfUser: 100,
  /** Active ones of one user with one application. With the next one the session that was unused for longest is ended. */
  sessionsOfUserWithApplication: 100,
  /** Authorization codes of one user that wait. With the next one the oldest is dropped. */
  codesOfUser: 20,
  /** Log-ins of one user that wait for their second step. With the next one the oldest is dropped. */
  secondStepsOfUser: 20,
} as const;
