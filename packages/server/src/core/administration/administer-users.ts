/** What administrators see of users and accounts, and what they do to users. Everything here takes the platform flag, looked at again in the act. */
import { type By, type EventDraft, happened } from '../audit/event.ts';
import type { Clock } from '../lib/clock.ts';
import type { Compose } from '../mail/compose.ts';
import { listSignIns } from '../sign-ins/open-sign-in.ts';
import type { SignIn, SignInsStore } from '../sign-ins/sign-in.ts';
import type { Account, User } from '../users/account.ts';

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

export interface AdministerUsersPorts {
  readonly administration: AdministrationStore;
  readonly signIns: Pick<SignInsStore, 'listSignIns' | 'endSignIns'>;
  readonly compose: Compose;
  readonly clock: Clock;
}

interface OnUser {
  readonly userId: number;
  readonly actorId: number;
  readonly by: By;
}

export async function describeUser(
  { administration, signIns, clock }: AdministerUsersPorts,
  id: number,
): Promise<{ user: ListedUser; factors: UserFactors; signIns: readonly SignIn[]; hasMoreSignIns: boolean } | null> {
  const user = await administration.findListedUser(id);
  if (user === null) return null;
  const [factors, live] = await Promise.all([administration.factorsOf(id), listSignIns({ signIns, clock }, id)]);
  return { user, factors, signIns: live.signIns, hasMoreSignIns: live.hasMore };
}

export function setAdministrator(
  { administration, clock }: AdministerUsersPorts,
  { userId, actorId, isAdministrator, by }: OnUser & { readonly isAdministrator: boolean },
) {
  const nowMs = clock.now();
  const details = { administrator: isAdministrator };
  const event = happened(by, nowMs, 'user.administrator_set', { userId, details });
  return administration.setAdministrator({ userId, actorId, isAdministrator, nowMs, event });
}

/** The user is notified by mail: anyone who can talk an administrator into this has the account. `actorId` null: at the command line. */
export async function resetSecondFactor(
  { administration, compose, clock }: AdministerUsersPorts,
  { userId, actorId, by }: Omit<OnUser, 'actorId'> & { readonly actorId: number | null },
) {
  const user = await administration.findListedUser(userId);
  if (user === null) return 'gone';
  const nowMs = clock.now();
  const facts = { what: 'reset', atMs: nowMs, address: null, device: null } as const;
  const mails = [compose('factor-changed', { email: user.email, userId }, facts)];
  const event = happened(by, nowMs, 'user.second_factor_reset', { userId, mails });
  return await administration.resetSecondFactor({ userId, actorId, nowMs, event });
}

/** `withSessions`: also the sessions of applications that they granted, in whichever sign-in. */
export function endSignInsOf(
  { signIns, clock }: AdministerUsersPorts,
  { userId, withSessions = false, by }: Omit<OnUser, 'actorId'> & { readonly withSessions?: boolean },
): Promise<number> {
  const nowMs = clock.now();
  const event = happened(by, nowMs, 'user.sign_ins_ended', { userId, details: { all: true } });
  return signIns.endSignIns({ userId, withSessions, nowMs, event });
}
