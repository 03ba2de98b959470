/** What the verbs of this room are given. Each verb names the part of it that it needs. */

import type { By, EventDraft } from '../audit/event.ts';
import type { RefusalRecorder } from '../audit/refusals.ts';
import type { FactorsStore } from '../factors/factor.ts';
import type { PasskeyPorts } from '../factors/passkeys.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { MasterSecret } from '../lib/master-secret.ts';
import type { Compose } from '../mail/compose.ts';
import type { Ended } from '../mail/letters.ts';
import type { PasswordHashing } from '../passwords/password-hashing.ts';
import type { AccountsStore, NewUser, User } from '../users/account.ts';
import type { TicketPurpose, TicketsStore } from '../users/ticket.ts';
import type { Ending } from './ending.ts';
import type { SignInsStore } from './sign-in.ts';
import type { SignInLimits } from './sign-in-limits.ts';
import type { SignUp, SignUpInvitations } from './sign-up-rule.ts';

export interface SignInsPorts extends PasskeyPorts, SignUp {
  readonly accounts: AccountsStore;
  readonly profile: PasswordsStore & RegistrationStore;
  readonly tickets: TicketsStore;
  readonly passwords: PasswordHashing;
  readonly compose: Compose;
  readonly clock: Clock;
  /** The public origin. */
  readonly url: string;
  readonly signIns: SignInsStore;
  /** Those that the operator has configured. */
  readonly providers: readonly { readonly id: string }[];
  readonly limits: SignInLimits;
  readonly factors: FactorsStore;
  readonly secrets: readonly MasterSecret[];
  readonly log: Log;
  readonly invitations: SignUpInvitations;
  readonly sendVerification: (user: User, by: By) => Promise<void>;
  readonly refusals: Pick<RefusalRecorder, 'record'>;
}

/** The hash of a password, and replacing it. */
export interface PasswordsStore {
  findPasswordHash(userId: number): Promise<string | null>;
  /** What a new password, or a first proof of the address (`all`), would end. */
  readEnding(input: { userId: number; all: boolean; nowMs: number }): Promise<Ending>;
  /**
   * A new password: log-in tokens, sign-ins and open tickets of the user end with it. `keep`: this sign-in stays active, with a
   * new secret. `ticket`: used up in the same act; null when it is gone. `proves`: it came from a link to the address; the first
   * such verification ends every credential, factor and password created before, because the person who registered may not have
   * been the address's owner.
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
}

/** Registering with a link. */
export interface RegistrationStore {
  /**
   * Creates a user who comes with an invitation and redeems it, in one act. `sign-up-closed`: this invitation does not open
   * registration.
   */
  registerInvited(input: {
    user: NewUser;
    ticketHash: string;
    signUp: SignUp;
    nowMs: number;
    events: { readonly created: EventDraft; readonly accepted: EventDraft };
  }): Promise<User | 'taken' | 'gone' | 'other-address' | 'sign-up-closed'>;
  /**
   * The first administrator, with the setup ticket; if two race, one succeeds. Null: there is one already, or the ticket is gone.
   * `taken`: another user has the address.
   */
  createFirstAdministrator(input: {
    user: NewUser;
    ticketHash: string;
    nowMs: number;
    event: EventDraft;
  }): Promise<User | 'gone' | 'taken'>;
}
