/**
 * Teams: accounts with members, roles and invitations. A personal account is an account with one member; administrators own the
 * operator's.
 *
 * Owns: who may do what in an account (`member.ts`), invitations, and what ends with an account, a member, a key or an
 * application (`what-ends.ts`). Suspending and deleting accounts of others belongs to `administration`.
 * Used by: `/dashboard/api/accounts/…`, and every endpoint that asks for a role.
 */
import { mayRegister, teamsInviteStrangers } from '../sign-ins/sign-up-rule.ts';
import type { Account, User } from '../users/account.ts';
import { hashTicket } from '../users/ticket.ts';
import type { Invitation } from './invitation.ts';
import { acceptInvitation, invite, inviteToRegister, sendInvitationAgain, takeInvitationBack } from './invite.ts';
import { MAX_LISTED_MEMBERS, type Member } from './member.ts';
import type { TeamsPorts } from './ports.ts';
import { changeRole, createTeam, deleteTeam, removeMember, renameTeam, transferTeam } from './team.ts';
import type { ToBeDeleted } from './what-ends.ts';

export type Teams = ReturnType<typeof bindTeams>;

export function bindTeams(ports: TeamsPorts) {
  const { members, invitations, ends, clock } = ports;
  return {
    /** The accounts that a user can reach, the personal one first. */
    accountsOf: (user: Pick<User, 'id' | 'isAdministrator'>) => members.accountsOf(user),
    /** Null when the account does not exist, or the user is not a member of it: one answer for both. */
    findAccountOf: (user: Pick<User, 'id' | 'isAdministrator'>, accountId: number) => members.findAccountOf(user, accountId),
    /** Owners first. `hasMore`: there are more than are listed. */
    listMembers: async (account: Pick<Account, 'id' | 'kind'>): Promise<{ members: readonly Member[]; hasMore: boolean }> => {
      const found = await members.listMembers(account, { limit: MAX_LISTED_MEMBERS + 1 });
      return { members: found.slice(0, MAX_LISTED_MEMBERS), hasMore: found.length > MAX_LISTED_MEMBERS };
    },
    /** Which of these users are members of the account. */
    membersAmong: (account: Pick<Account, 'id' | 'kind'>, userIds: readonly number[]): Promise<ReadonlySet<number>> =>
      members.membersAmong(account, userIds),

    create: (input: Parameters<typeof createTeam>[1]) => createTeam(ports, input),
    rename: (input: Parameters<typeof renameTeam>[1]) => renameTeam(ports, input),
    changeRole: (input: Parameters<typeof changeRole>[1]) => changeRole(ports, input),
    removeMember: (input: Parameters<typeof removeMember>[1]) => removeMember(ports, input),
    transfer: (input: Parameters<typeof transferTeam>[1]) => transferTeam(ports, input),
    delete: (input: Parameters<typeof deleteTeam>[1]) => deleteTeam(ports, input),

    /**
     * Whether invitations to teams are mailed only to people who are users already. The sender does not learn whether the
     * recipient was one.
     */
    inviteUsersOnly: !teamsInviteStrangers(ports),
    /** Whether a person may register with this invitation. */
    mayRegisterWith: (invitation: Pick<Invitation, 'accountId'>): boolean => mayRegister(ports, invitation),
    invite: (input: Parameters<typeof invite>[1]) => invite(ports, input),
    inviteToRegister: (input: Parameters<typeof inviteToRegister>[1]) => inviteToRegister(ports, input),
    sendInvitationAgain: (input: Parameters<typeof sendInvitationAgain>[1]) => sendInvitationAgain(ports, input),
    takeInvitationBack: (input: Parameters<typeof takeInvitationBack>[1]) => takeInvitationBack(ports, input),
    acceptInvitation: (input: Parameters<typeof acceptInvitation>[1]) => acceptInvitation(ports, input),
    listInvitations: (accountId: number) => invitations.listInvitations(accountId, clock.now()),
    listInvitationsBy: (userId: number) => invitations.listInvitationsBy(userId, clock.now()),
    /** What the link is for, without using it up. */
    findInvitation: (ticket: string) => invitations.findInvitationByTicket(hashTicket(ticket), clock.now()),

    /** What ends with something that is about to be deleted, as it is now. */
    whatEnds: (subject: ToBeDeleted) => ends.whatEnds(subject, clock.now()),
    /** Why a user cannot be deleted in the current state. */
    inTheWayOf: (userId: number) => ends.inTheWayOf(userId),
  };
}
