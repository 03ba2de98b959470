/** What a user changes about themself, and the acts of the store that do it. */
import type { EventDraft } from '../audit/event.ts';
import type { Ended } from '../mail/letters.ts';
import type { NewUser, User } from './account.ts';
import type { Ending } from './ending.ts';
import type { Identity } from './factor.ts';
import type { SignUp } from './sign-up.ts';
import type { TicketPurpose } from './ticket.ts';
import type { Vouching } from './vouching.ts';

export interface ProfileStore {
  findPasswordHash(userId: number): Promise<string | null>;
  /** Whether this installation asks for a verified address before a key, a token or an application is created; set when it was new. */
  asksForVerifiedEmail(): Promise<boolean>;
  /** What a new password, or a first proof of the address (`all`), would end. */
  readEnding(input: { userId: number; all: boolean; nowMs: number }): Promise<Ending>;
  /** The address of a ticket that changes it, while it is open. */
  pendingEmail(userId: number, nowMs: number): Promise<string | null>;
  renameUser(input: {
    userId: number;
    displayName: string;
    firstName: string;
    lastName: string;
    nowMs: number;
    event: EventDraft;
  }): Promise<boolean>;
  /**
   * A new password: log-in tokens, sign-ins and open tickets of the user end with it. `keep`: this sign-in lives on, by a new secret.
   * `ticket`: used up in the same act; null when it is gone. `proves`: it came from a link to the address; the first such proof ends
   * every credential, factor and password made before, because whoever registered may not have been the address's owner.
   */
  changePassword(input: {
    userId: number;
    passwordHash: string;
    keep: { id: number; hash: string } | null;
    ticket: { purpose: TicketPurpose; hash: string } | null;
    proves: boolean;
    /** What the mail lists, and why. If something else would end, nothing is done: `changed`. Null: not compared. */
    expects: Ended | null;
    nowMs: number;
    event: EventDraft;
  }): Promise<'done' | 'gone' | 'changed'>;
  /** With the ticket, in one act. Null: the ticket is gone, is another user's, or was for another address. Ends nothing. */
  verifyEmail(input: { userId: number; ticketHash: string; nowMs: number; event: EventDraft }): Promise<User | null>;
  /** With the ticket, in one act. `taken`: somebody has it by now. */
  changeEmail(input: { userId: number; ticketHash: string; nowMs: number; event: EventDraft }): Promise<User | 'gone' | 'taken'>;
  /**
   * A tombstone without personal data stays; credentials, JWTs, sign-ins, factors, memberships and tickets end. Refused while they are the
   * only owner of a team, or the last administrator.
   */
  deleteUser(input: {
    userId: number;
    nowMs: number;
    event: EventDraft;
  }): Promise<'done' | 'gone' | 'only-owner' | 'last-administrator'>;
  /** Creates a user who comes with an invitation and redeems it, in one act. `sign-up-closed`: this invitation does not open registration. */
  registerInvited(input: {
    user: NewUser;
    ticketHash: string;
    signUp: SignUp;
    nowMs: number;
    events: { readonly created: EventDraft; readonly accepted: EventDraft };
  }): Promise<User | 'taken' | 'gone' | 'other-address' | 'sign-up-closed'>;
  /**
   * An identity whose provider vouches for its address, met for the first time: linked to the user with this address, or to a new one. Where that
   * user has not verified it, it is the first proof, and everything created before ends: never without `firstProof`, a confirmation by the person
   * (`first-proof`: one is needed; nothing was done). `vouching`: for this address; `none` makes a new user with an unverified address, and is
   * `unlisted` where somebody has it; an administrator's has to be `named`. Null: the user was disabled in between.
   */
  adoptIdentity(input: {
    identity: Omit<Identity, 'userId'>;
    vouching: Vouching;
    mayCreate: boolean;
    user: NewUser;
    /**
     * What a new user comes with: used up in the same act, if it is for their address and opens registration; otherwise nobody is created. It has
     * no effect on a user who exists.
     */
    invitation: { ticketHash: string; signUp: SignUp; event: EventDraft } | null;
    /** The ticket is used up in the same act. `expects`: what the mail lists; `changed`: it is not what would end now. `gone`: the ticket has, the address is verified by now, or it is another user's. */
    firstProof: { userId: number; ticketHash: string; expects: Ending | null } | null;
    nowMs: number;
    events: { readonly created: EventDraft; readonly linked: EventDraft };
  }): Promise<
    User | 'unlisted' | 'sign-up-closed' | 'invitation-over' | 'other-address' | 'first-proof' | 'changed' | 'gone' | null
  >;
  /** The first administrator, with the setup ticket; of two who race one is. Null: there is one already, or the ticket is gone. `taken`: the address is somebody's. */
  createFirstAdministrator(input: {
    user: NewUser;
    ticketHash: string;
    nowMs: number;
    event: EventDraft;
  }): Promise<User | 'gone' | 'taken'>;
}
