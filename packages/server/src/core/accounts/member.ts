/** Who may do what in an account. A personal account has one member, its user; administrators own the operator account. */
import type { Account, User } from './account.ts';

/** From the least to the most; each may do what those before it may. */
export const ROLES = ['viewer', 'developer', 'admin', 'owner'] as const;
export type Role = (typeof ROLES)[number];

export const includesRole = (held: Role, wanted: Role): boolean => ROLES.indexOf(held) >= ROLES.indexOf(wanted);

/** An account as one of its members sees it. */
export interface AccountWithRole extends Account {
  readonly role: Role;
}

export interface MembersRead {
  /** The accounts that a user can reach, the personal one first; the operator account for administrators. */
  accountsOf(user: Pick<User, 'id' | 'isAdministrator'>): Promise<readonly AccountWithRole[]>;
  /** Null when there is no such account, or the user is no member of it: one answer for both. */
  findAccountOf(user: Pick<User, 'id' | 'isAdministrator'>, accountId: number): Promise<AccountWithRole | null>;
}
