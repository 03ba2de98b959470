/** What the verbs of this room are given. Each verb names the part of it that it needs. */

import type { By } from '../audit/event.ts';
import type { FactorsStore } from '../factors/factor.ts';
import type { MasterSecret } from '../lib/master-secret.ts';
import type { SignInsPorts } from '../sign-ins/ports.ts';
import type { SignUp } from '../sign-ins/sign-up-rule.ts';
import type { User } from '../users/account.ts';
import type { CredentialsStore } from './credential.ts';
import type { Notify } from './notify.ts';

export interface CredentialsPorts extends Pick<SignInsPorts, 'accounts' | 'passwords' | 'limits' | 'refusals' | 'clock'>, SignUp {
  readonly credentials: CredentialsStore;
  readonly permissionExists: (name: string) => boolean;
  readonly notify: Notify;
  /** Mails the link that verifies the address. */
  readonly onRegistered: (user: User, by: By) => Promise<void>;
  readonly factors: FactorsStore;
  readonly secrets: readonly MasterSecret[];
}
