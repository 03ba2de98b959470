/** What the verbs of this room are given. Each verb names the part of it that it needs. */

import type { AuditStore, EventDraft } from '../audit/event.ts';
import type { Clock } from '../lib/clock.ts';
import type { MasterSecret } from '../lib/master-secret.ts';
import type { Compose } from '../mail/compose.ts';
import type { MailsStore } from '../mail/mail.ts';
import type { SignInsStore } from '../sign-ins/sign-in.ts';
import type { SignInLimits } from '../sign-ins/sign-in-limits.ts';
import type { MembersStore } from '../teams/member.ts';
import type { WhatEndsStore } from '../teams/what-ends.ts';
import type { Account, AccountsStore, User } from '../users/account.ts';

export interface AdministrationPorts {
  readonly administration: AdministrationStore;
  readonly signIns: SignInsStore;
  readonly compose: Compose;
  readonly clock: Clock;
  readonly mails: MailsStore;
  readonly limits: SignInLimits;
  readonly operatorAccounts: OperatorAccountsStore;
  readonly accounts: AccountsStore;
  readonly members: MembersStore;
  readonly ends: WhatEndsStore;
  readonly audit: AuditStore;
  readonly secrets: readonly MasterSecret[];
}

export interface ListedUser extends User {
  /** In any browser; null when it was long ago. */
  readonly lastSeenAtMs: number | null;
}

export interface UserFactors {
  readonly hasPassword: boolean;
  readonly twoStep: boolean;
  readonly passkeys: number;
  readonly totp: boolean;
  readonly recoveryCodesLeft: number;
  /** Personal access tokens that were not revoked. */
  readonly tokens: number;
}

export interface ListedAccount extends Account {
  /** The address of the user, or of the first owner. */
  readonly owner: string | null;
  readonly members: number;
  /** Keys that were not revoked. */
  readonly keys: number;
}

export interface ListFilter {
  /** An id, or the beginning of an address or a name, without regard to case; empty: all. */
  readonly query: string;
  /** Newest first, below this id. */
  readonly beforeId?: number;
  readonly limit: number;
}

export interface AdministrationStore {
  findUsers(filter: ListFilter): Promise<readonly ListedUser[]>;
  findListedUser(id: number): Promise<ListedUser | null>;
  factorsOf(userId: number): Promise<UserFactors>;
  findAccounts(filter: ListFilter): Promise<readonly ListedAccount[]>;
  findListedAccount(id: number): Promise<ListedAccount | null>;
  /**
   * Gives or takes the platform flag. `not_allowed`: the user who asks has lost it. `last`: no enabled user would have it.
   * Setting it to what it is already changes nothing.
   */
  setAdministrator(input: {
    userId: number;
    actorId: number;
    isAdministrator: boolean;
    nowMs: number;
    event: EventDraft;
  }): Promise<'done' | 'gone' | 'not_allowed' | 'last'>;
  /**
   * Turns two-step verification off, deletes passkeys, TOTP and recovery codes, ends every sign-in and everything that waited for
   * a second step. `actorId` null: at the command line.
   */
  resetSecondFactor(input: {
    userId: number;
    actorId: number | null;
    nowMs: number;
    event: EventDraft;
  }): Promise<'done' | 'gone' | 'not_allowed'>;
}

/** `gone`: the account does not exist. `not_allowed`: the administrator is not one any more. */
export type OperatorRefusal = 'gone' | 'operator' | 'not_allowed';

/** `administratorId`: the administrator who does it in the dashboard, and must still be one; left out at the command line. */
export interface ByOperator {
  readonly accountId: number;
  readonly administratorId?: number;
}

export interface OperatorAccountsStore {
  /** Suspends. `already`: the operator suspended it before. */
  suspendAccount(
    input: ByOperator & { reason: string | null; nowMs: number; event: EventDraft },
  ): Promise<'done' | 'already' | OperatorRefusal>;
  /**
   * Lifts a suspension, whatever its reason. `already`: it is not suspended. Servers and guards are still notified in that case:
   * the database may have been set back, and they remember a suspension that it lost.
   */
  resumeAccount(input: ByOperator & { event: EventDraft }): Promise<'done' | 'already' | OperatorRefusal>;
  /**
   * Deletes a team, or the user whose personal account it is. `only_owner`: the user is the only owner of a team, which would
   * have no owner then. `last_administrator`: no enabled user would administer the server.
   */
  deleteAccount(
    input: ByOperator & { nowMs: number; event: EventDraft },
  ): Promise<'done' | 'only_owner' | 'last_administrator' | OperatorRefusal>;
}
