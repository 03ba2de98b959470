/** What the verbs of this room are given. Each verb names the part of it that it needs. */

import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Compose } from '../mail/compose.ts';
import type { PasswordHashing } from '../passwords/password-hashing.ts';
import type { AccountsStore } from './account.ts';
import type { ProfileStore } from './profile.ts';
import type { TicketsStore } from './ticket.ts';

export interface UsersPorts {
  readonly accounts: AccountsStore;
  readonly profile: ProfileStore;
  readonly tickets: TicketsStore;
  readonly compose: Compose;
  readonly clock: Clock;
  /** The public origin. */
  readonly url: string;
  readonly passwords: PasswordHashing;
  readonly log: Log;
  /** Whether there is a mail server. */
  readonly sendsMail: boolean;
}
