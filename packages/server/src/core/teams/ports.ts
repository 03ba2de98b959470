/** What the verbs of this room are given. Each verb names the part of it that it needs. */

import type { Clock } from '../lib/clock.ts';
import type { Compose } from '../mail/compose.ts';
import type { SignInLimits } from '../sign-ins/sign-in-limits.ts';
import type { SignUp } from '../sign-ins/sign-up-rule.ts';
import type { InvitationsStore } from './invitation.ts';
import type { MembersStore } from './member.ts';
import type { WhatEndsStore } from './what-ends.ts';

export interface TeamsPorts extends SignUp {
  readonly invitations: InvitationsStore;
  readonly limits: SignInLimits;
  readonly clock: Clock;
  /** The public origin, which the link begins with. */
  readonly url: string;
  readonly compose: Compose;
  readonly members: MembersStore;
  readonly ends: WhatEndsStore;
}
