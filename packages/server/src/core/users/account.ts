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
  /** When this user's address was verified. */
  readonly emailVerifiedAtMs: number | null;
  /** Null: never since it was set. */
  readonly passwordChangedAtMs: number | null;
  /** Since when a second step is required after the first; null: two-step verification is off. */
  readonly twoStepSinceMs: number | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** What owns things. Account 1 is the operator's. */
export interface Account {
  readonly id: number;
  readonly kind: 'operator' | 'personal' | 'team';
  readonly name: string;
  /** The user of a personal account; null for all others. */
  readonly userId: number | null;
  readonly createdAtMs: number;
  /** While it is suspended everything in it is refused, and its members may read but not change; null: it is not suspended. */
  readonly suspension: Suspension | null;
}

export interface Suspension {
  readonly sinceMs: number;
  /** What the members read, as the operator typed it; null: nothing, or it is suspended because it has no enabled owner. */
  readonly reason: string | null;
}

/**
 * Whether anything may be added to an account, and anything in it is accepted. `disabled`: the user whose personal account it is.
 */
export type AccountState = 'active' | 'suspended' | 'disabled' | 'deleted';
export type InactiveState = Exclude<AccountState, 'active'>;

export const INACTIVE_SENTENCES: Readonly<Record<InactiveState, string>> = {
  suspended: 'This account is suspended.',
  disabled: 'The user of this account is disabled.',
  deleted: 'This account was deleted.',
};

export const isInactive = (reason: string): reason is InactiveState => Object.hasOwn(INACTIVE_SENTENCES, reason);

export const OPERATOR_ACCOUNT_ID = 1;

export interface NewUser {
  readonly email: string;
  /** The address in the form that is compared: one spelling for one mailbox. */
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
  /** Null: there never was such an account. */
  accountState(id: number): Promise<AccountState | null>;
  countAdministrators(): Promise<number>;
  /** Creates a user and the personal account in one act; null if the address is taken. */
  createUser(input: { user: NewUser; event: EventDraft }): Promise<User | null>;
  /**
   * Unless an administrator is enabled (`exists`): of several servers that start at once one creates. `taken`: another user has
   * the address.
   */
  createMissingAdministrator(input: { user: NewUser; event: EventDraft }): Promise<User | 'exists' | 'taken'>;
  /**
   * Replaces the password hash. `endTokensOfLogins`: tokens that came from a log-in or a registration are revoked too (a changed
   * password), with their changes; a mere re-hash leaves them. `onlyIfHash`: only while this still is the user's hash, so that a
   * re-hash cannot bring back a password that was changed in the meantime. False if the user does not exist or the hash is
   * another.
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
   * Disables or enables. Disabling revokes every JWT of the user and of the personal account issued until now, and suspends the
   * teams that have no other enabled owner; enabling resumes those of the user's teams that were suspended for that.
   * `administratorId`: the administrator who does it in the dashboard, and must still be one (`not_allowed`). The last enabled
   * administrator is never disabled.
   */
  setUserDisabled(input: {
    userId: number;
    disabled: boolean;
    administratorId?: number;
    nowMs: number;
    event: EventDraft;
  }): Promise<'done' | 'unknown_user' | 'already_so' | 'last_administrator' | 'not_allowed'>;
  /** Whether this user has signed in from this address (a hash of it) since `sinceMs`. */
  knowsAddress(userId: number, addressHash: string, sinceMs: number): Promise<boolean>;
  /** Hashes of all addresses that this user has signed in from. */
  knownAddresses(userId: number): Promise<readonly string[]>;
}
