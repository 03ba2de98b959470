import type { EventDraft } from '../audit/event.ts';

/** A person who can sign in. Ids are integers and never reused. */
export interface User {
  readonly id: number;
  /** The personal account that this user always has. */
  readonly accountId: number;
  readonly email: string;
  readonly displayName: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly isAdministrator: boolean;
  readonly disabledAtMs: number | null;
  /** When the address was proved to be this user's. */
  readonly emailVerifiedAtMs: number | null;
  /** Null: never since it was made. */
  readonly passwordChangedAtMs: number | null;
  /** Since when a second step is asked for after the first; null: two-step verification is off. */
  readonly twoStepSinceMs: number | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** What owns things. Account 1 is the operator's. */
export interface Account {
  readonly id: number;
  readonly kind: 'operator' | 'personal' | 'team';
  readonly name: string;
  /** The person a personal account belongs to; null for all others. */
  readonly userId: number | null;
  readonly createdAtMs: number;
}

export const OPERATOR_ACCOUNT_ID = 1;

export interface NewUser {
  readonly email: string;
  /** The address as it is compared: one spelling for one mailbox. */
  readonly emailKey: string;
  readonly passwordHash: string;
  readonly displayName: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly isAdministrator: boolean;
  readonly createdAtMs: number;
}

export interface AccountsStore {
  findUser(id: number): Promise<User | null>;
  findUserByEmail(emailKey: string): Promise<(User & { passwordHash: string }) | null>;
  listUsers(page: { afterId: number; limit: number }): Promise<readonly User[]>;
  findAccount(id: number): Promise<Account | null>;
  countAdministrators(): Promise<number>;
  /** Makes a user and the personal account in one act; null when the address is taken. */
  createUser(input: { user: NewUser; event: EventDraft }): Promise<User | null>;
  /**
   * Replaces the password hash. `endTokensOfLogins`: tokens that came from a log-in or a registration end too (a changed
   * password), with their changes; a mere re-hash leaves them. `onlyIfHash`: only while this still is the user's hash, so that a
   * re-hash cannot bring back a password that was changed meanwhile. False when there is no such user or the hash is another.
   */
  setPasswordHash(input: {
    userId: number;
    passwordHash: string;
    onlyIfHash?: string;
    nowMs: number;
    endTokensOfLogins: boolean;
    event: EventDraft;
  }): Promise<boolean>;
  /**
   * Disables or enables. Disabling revokes every JWT of the user and of the personal account issued until now.
   * `administratorId`: the administrator who does it at their page, and must still be one; being another than the user they remain
   * one, so that there is always one. False when they are none any more, there is no such user, or it already is so.
   */
  setUserDisabled(input: {
    userId: number;
    disabled: boolean;
    administratorId?: number;
    nowMs: number;
    event: EventDraft;
  }): Promise<boolean>;
  /** Whether this user has signed in from this address (a hash of it) since `sinceMs`. */
  knowsAddress(userId: number, addressHash: string, sinceMs: number): Promise<boolean>;
  /** Hashes of all addresses that this user has signed in from. */
  knownAddresses(userId: number): Promise<readonly string[]>;
}
