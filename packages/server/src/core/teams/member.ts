/** Who may do what in an account. A personal account has one member, its user; administrators own the operator account. */
import type { EventDraft } from '../audit/event.ts';
import type { Account, User } from '../users/account.ts';

/** From the least to the most; each may do everything that the previous ones may. */
export const ROLES = ['viewer', 'developer', 'admin', 'owner'] as const;
export type Role = (typeof ROLES)[number];

export const includesRole = (held: Role, wanted: Role): boolean => ROLES.indexOf(held) >= ROLES.indexOf(wanted);

/** Where an account's keys and applications are used from is visible only to those who manage them. */
export const mayKnowWhereUsed = (role: Role): boolean => includesRole(role, 'developer');

/** An account as one of its members sees it. */
export interface AccountWithRole extends Account {
  readonly role: Role;
}

export interface Member {
  readonly userId: number;
  readonly email: string;
  readonly displayName: string;
  readonly role: Role;
  readonly sinceMs: number;
  /** In any browser; null when it was long ago. */
  readonly lastSeenAtMs: number | null;
}

/** More are not listed at once. */
export const MAX_LISTED_MEMBERS = 1000;

/** Accounts of one user that are looked at. Each team was created by them, or they accepted an invitation to it. */
export const MAX_ACCOUNTS_REACHED = 1000;

/** An invitation that ended because its sender lost the right to send it. */
export interface EndedInvitation {
  readonly id: number;
  readonly email: string;
  readonly role: Role;
}

/** What a member wants to do to another, or to themself; `wanted` null: remove the member. */
export interface MemberChange {
  readonly actor: Role;
  readonly isSelf: boolean;
  readonly held: Role;
  readonly wanted: Role | null;
}

/**
 * Nobody can raise their own role. Admins change and remove everyone except owners, and cannot create owners; owners can do
 * everything.
 */
export function mayChangeMember({ actor, isSelf, held, wanted }: MemberChange): boolean {
  if (isSelf) return wanted === null || includesRole(held, wanted);
  if (actor === 'admin') return held !== 'owner' && wanted !== 'owner';
  return actor === 'owner';
}

/** Nobody can invite to a higher role than their own. */
export const mayInvite = (actor: Role, wanted: Role): boolean => includesRole(actor, 'admin') && includesRole(actor, wanted);

export interface MembersRead {
  /**
   * The accounts that a user can reach, the personal one first; the operator account for administrators. At most
   * `MAX_ACCOUNTS_REACHED` teams.
   */
  accountsOf(user: Pick<User, 'id' | 'isAdministrator'>): Promise<readonly AccountWithRole[]>;
  /** Null if the account does not exist, or the user is not a member of it: one answer for both. */
  findAccountOf(user: Pick<User, 'id' | 'isAdministrator'>, accountId: number): Promise<AccountWithRole | null>;
  /** Owners first, then in the order of their roles, and in the order in which they joined. `roles`: only these. */
  listMembers(
    account: Pick<Account, 'id' | 'kind'>,
    page: { readonly roles?: readonly Role[]; readonly limit: number },
  ): Promise<readonly Member[]>;
  /** Which of these users are members. */
  membersAmong(account: Pick<Account, 'id' | 'kind'>, userIds: readonly number[]): Promise<ReadonlySet<number>>;
}

/**
 * Why a team was not changed. `gone`: the team does not exist, or the user who asks is not a member any more. `not_allowed`: they
 * do not have the role (any more). `not_member`: the other user is not a member. `last_owner`: a team must have one. `too_many`:
 * they own as many teams as one user may.
 */
export type TeamRefusal = 'gone' | 'not_allowed' | 'not_member' | 'last_owner' | 'too_many';

/** What ended with a change: the open invitations that the member could not send any more. */
export interface MemberChanged {
  readonly endedInvitations: readonly EndedInvitation[];
}

/** Every act checks the role of `actorId` again under the team's lock: the check at the door may be half a minute old. */
export interface MembersStore extends MembersRead {
  /** A team with its first owner. `gone`: the user is disabled or deleted. `too_many`: they own `limit` teams already. */
  createTeam(input: {
    name: string;
    ownerId: number;
    limit: number;
    nowMs: number;
    event: EventDraft;
  }): Promise<{ readonly id: number } | 'gone' | 'too_many'>;
  renameTeam(input: {
    accountId: number;
    actorId: number;
    name: string;
    event: EventDraft;
  }): Promise<'done' | 'gone' | 'not_allowed'>;
  /**
   * Sets another role, or (`role` null) removes the member; `userId` may be `actorId`. Setting the current role changes nothing.
   */
  changeMember(input: {
    accountId: number;
    actorId: number;
    userId: number;
    role: Role | null;
    event: EventDraft;
  }): Promise<MemberChanged | TeamRefusal>;
  /**
   * Another member becomes an owner, and the user who asks an admin. `owner`: they are one already. `last_owner`: they are
   * disabled.
   */
  transferTeam(input: {
    accountId: number;
    actorId: number;
    userId: number;
    event: EventDraft;
  }): Promise<MemberChanged | 'owner' | TeamRefusal>;
  /** Ends everything of a team at once: keys, their JWTs, invitations, memberships. The account stays as a tombstone. */
  deleteTeam(input: {
    accountId: number;
    actorId: number;
    nowMs: number;
    event: EventDraft;
  }): Promise<'done' | 'gone' | 'not_allowed'>;
}
