/** Another OpenID provider as the verbs use it, and the other ports that they need. */
import type { By, EventDraft } from '../audit/event.ts';
import type { Identity } from '../factors/factor.ts';
import type { Log } from '../lib/log.ts';
import type { MasterSecret } from '../lib/master-secret.ts';
import type { Ending } from '../sign-ins/ending.ts';
import type { PasswordsStore } from '../sign-ins/ports.ts';
import type { SignInsStore } from '../sign-ins/sign-in.ts';
import type { SignInBrowserPorts } from '../sign-ins/sign-in-browser.ts';
import type { SignInLimits } from '../sign-ins/sign-in-limits.ts';
import type { SignUp, SignUpInvitations } from '../sign-ins/sign-up-rule.ts';
import type { NewUser, User } from '../users/account.ts';
import type { Vouching } from './vouching.ts';

/** What is checked against the provider's answer. */
export interface ProviderChecks {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  /** The user must have signed in there just now (OpenID Connect Core §3.1.2.1, `max_age=0`). */
  readonly fresh: boolean;
}

/** Who a person is at a provider. */
export interface ProviderAnswer {
  readonly subject: string;
  readonly email: string | null;
  readonly emailVerified: boolean;
  readonly name: string | null;
}

/**
 * Another provider, as the operator has configured it. Both reject if it cannot be reached, or its answer does not follow the
 * standard.
 */
export interface Provider {
  readonly id: string;
  readonly name: string;
  /** Of the addresses that it may vouch for, as in `vouching.ts`. */
  readonly domains: readonly string[];
  /** Where to send the browser. */
  start(redirectUri: string, checks: ProviderChecks): Promise<string>;
  /** `callbackUrl`: the whole address that the browser came back to. */
  finish(callbackUrl: string, checks: ProviderChecks): Promise<ProviderAnswer>;
}

/** Linking an identity that is used for the first time. */
export interface AdoptionStore {
  /**
   * An identity whose provider vouches for its address, seen for the first time: linked to the user with this address, or to a
   * new one. If that user has not verified it, this is the first verification, and everything created before ends: never without
   * `firstProof`, a confirmation by the person (`first-proof`: one is needed; nothing was done). `vouching`: for this address;
   * `none` creates a new user with an unverified address, and is `unlisted` if a user has it; an administrator's has to be
   * `named`. Null: the user was disabled in between.
   */
  adoptIdentity(input: {
    identity: Omit<Identity, 'userId'>;
    vouching: Vouching;
    mayCreate: boolean;
    user: NewUser;
    /**
     * What a new user comes with: used up in the same act, if it is for their address and opens registration; otherwise no user
     * is created. It has no effect on a user who exists.
     */
    invitation: { ticketHash: string; signUp: SignUp; event: EventDraft } | null;
    /**
     * The ticket is used up in the same act. `expects`: what the mail lists; `changed`: something else would end now. `gone`: the
     * ticket was used or has expired, the address is verified by now, or it is another user's.
     */
    firstProof: { userId: number; ticketHash: string; expects: Ending | null } | null;
    nowMs: number;
    events: { readonly created: EventDraft; readonly linked: EventDraft };
  }): Promise<
    User | 'unlisted' | 'sign-up-closed' | 'invitation-over' | 'other-address' | 'first-proof' | 'changed' | 'gone' | null
  >;
}

export interface ProviderPorts extends Omit<SignInBrowserPorts, 'signIns'>, SignUp {
  readonly signIns: SignInsStore;
  readonly secret: MasterSecret;
  /** The public origin. */
  readonly url: string;
  readonly profile: AdoptionStore & Pick<PasswordsStore, 'readEnding' | 'findPasswordHash'>;
  readonly invitations: SignUpInvitations;
  readonly providers: readonly Provider[];
  readonly log: Log;
  readonly limits: SignInLimits;
  /** For a new user whose address it may not vouch for. */
  readonly sendFirstVerification: (user: User, by: By) => Promise<void>;
}
