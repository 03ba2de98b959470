/** What administrators see of users and accounts, and what they do to users. Everything here takes the platform flag, looked at again in the act. */
import type { By, EventDraft } from '../audit/event.ts';
import type { Clock } from '../lib/clock.ts';
import type { MailDraft } from '../mail/mail.ts';
import type { Account, User } from './account.ts';
import { listSignIns } from './open-sign-in.ts';
import type { SignIn, SignInsStore } from './sign-in.ts';

export interface ListedUser extends User {
  /** In whatever browser; null when it was long ago. */
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
  /** An id, or the beginning of an address or a name, whatever its case; empty: all. */
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
   * Gives or takes the platform flag. `not_allowed`: whoever asks has lost it themself. `last`: nobody enabled would have it.
   * The same as before changes nothing.
   */
  setAdministrator(input: {
    userId: number;
    actorId: number;
    isAdministrator: boolean;
    nowMs: number;
    event: EventDraft;
  }): Promise<'done' | 'gone' | 'not_allowed' | 'last'>;
  /**
   * Turns two-step verification off, deletes passkeys, TOTP and recovery codes, ends every sign-in and whatever waited for a second step.
   * `actorId` null: at the command line.
   */
  resetSecondFactor(input: {
    userId: number;
    actorId: number | null;
    nowMs: number;
    event: EventDraft;
  }): Promise<'done' | 'gone' | 'not_allowed'>;
}

interface Ports {
  readonly administration: AdministrationStore;
  readonly signIns: Pick<SignInsStore, 'listSignIns' | 'endSignIns'>;
  readonly clock: Clock;
  readonly composeFactorsReset: (to: User) => MailDraft;
}

interface OnUser {
  readonly userId: number;
  readonly actorId: number;
  readonly by: By;
}

export function administrationVerbs({ administration, signIns, clock, composeFactorsReset }: Ports) {
  return {
    findUsers: (filter: ListFilter) => administration.findUsers(filter),
    findAccounts: (filter: ListFilter) => administration.findAccounts(filter),
    findListedAccount: (id: number) => administration.findListedAccount(id),

    async describeUser(
      id: number,
    ): Promise<{ user: ListedUser; factors: UserFactors; signIns: readonly SignIn[]; hasMoreSignIns: boolean } | null> {
      const user = await administration.findListedUser(id);
      if (user === null) return null;
      const [factors, live] = await Promise.all([administration.factorsOf(id), listSignIns({ signIns, clock }, id)]);
      return { user, factors, signIns: live.signIns, hasMoreSignIns: live.hasMore };
    },

    setAdministrator: ({ userId, actorId, isAdministrator, by }: OnUser & { isAdministrator: boolean }) =>
      administration.setAdministrator({
        userId,
        actorId,
        isAdministrator,
        nowMs: clock.now(),
        event: {
          event: 'user.administrator_set',
          atMs: clock.now(),
          by,
          userId,
          details: { administrator: isAdministrator },
        },
      }),

    /** The user is told by mail: whoever can talk an administrator into this has the account. */
    async resetSecondFactor({ userId, actorId, by }: Omit<OnUser, 'actorId'> & { readonly actorId: number | null }) {
      const user = await administration.findListedUser(userId);
      if (user === null) return 'gone';
      const nowMs = clock.now();
      return administration.resetSecondFactor({
        userId,
        actorId,
        nowMs,
        event: { event: 'user.second_factor_reset', atMs: nowMs, by, userId, mails: [composeFactorsReset(user)] },
      });
    },

    /** `withSessions`: also the sessions of applications that they granted, in whichever sign-in. */
    endSignInsOf: ({
      userId,
      withSessions = false,
      by,
    }: Omit<OnUser, 'actorId'> & { readonly withSessions?: boolean }): Promise<number> => {
      const nowMs = clock.now();
      return signIns.endSignIns({
        userId,
        withSessions,
        nowMs,
        event: { event: 'user.sign_ins_ended', atMs: nowMs, by, userId, details: { all: true } },
      });
    },
  };
}
