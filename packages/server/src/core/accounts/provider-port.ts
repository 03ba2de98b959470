/** Another OpenID provider as the verbs use it, and the other ports that they need. */
import type { By } from '../audit/event.ts';
import type { Log } from '../lib/log.ts';
import type { User } from './account.ts';
import type { EnterPorts } from './enter.ts';
import type { InvitationsStore } from './invitation.ts';
import type { OwnPorts } from './own.ts';
import type { ProfileStore } from './profile.ts';
import type { SignInLimits } from './sign-in-limits.ts';
import type { SignUp } from './sign-up.ts';

/** What is checked against the provider's answer. */
export interface ProviderChecks {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  /** The person must have signed in there just now (OpenID Connect Core §3.1.2.1, `max_age=0`). */
  readonly fresh: boolean;
}

/** Who somebody is at a provider. */
export interface ProviderAnswer {
  readonly subject: string;
  readonly email: string | null;
  readonly emailVerified: boolean;
  readonly name: string | null;
}

/** Another provider, as the operator has configured it. Both reject when it cannot be reached, or does not answer by the standard. */
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

export interface ProviderPorts
  extends Omit<EnterPorts, 'signIns'>,
    Pick<OwnPorts, 'profile' | 'url' | 'signIns' | 'secret'>,
    SignUp {
  readonly profile: ProfileStore;
  readonly invitations: Pick<InvitationsStore, 'findInvitationByTicket'>;
  readonly providers: readonly Provider[];
  readonly log: Log;
  readonly limits: SignInLimits;
  /** For a new user whose address it may not vouch for. */
  readonly sendFirstVerification: (user: User, by: By) => Promise<void>;
}
