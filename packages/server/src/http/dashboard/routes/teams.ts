/** Teams and their members. The table says who may ask; what a role may do to another is judged in the act. */

import { findNameFault } from '../../../core/lib/name.ts';
import { Refusal } from '../../../core/refusal.ts';
import { includesRole, type Member, type MemberChanged, type TeamRefusal } from '../../../core/teams/member.ts';
import { invalid } from '../../faults.ts';
import { toOptionalTimestamp, toTimestamp } from '../../schemas.ts';
import type { DashboardPorts, Serve } from '../serve.ts';
import { describeInvitation } from './invitations.ts';
import { readId, refuseOthers } from './refuse.ts';

export function teamsRoutes(serve: Serve, { keyhouse }: DashboardPorts): void {
  serve('POST /accounts', async ({ body: { name }, signIn: { user }, by }) => {
    refuseName(name);
    const team = await keyhouse.teams.create({ name, ownerId: user.id, by });
    if (team === 'gone') throw new Refusal({ code: 'not_signed_in' });
    if (team === 'too_many') throw invalid('name', 'You have reached the limit of teams that you can own.');
    return { id: team.id };
  });

  serve('PATCH /accounts/:account', async ({ account, body: { name }, signIn: { user }, by }) => {
    refuseOthers(account);
    refuseName(name);
    settle(await keyhouse.teams.rename({ accountId: account.id, actorId: user.id, name, by }));
  });

  serve('DELETE /accounts/:account', async ({ account, body: { name }, signIn: { user }, by }) => {
    refuseOthers(account);
    if (name !== account.name) throw invalid('name', 'The name does not match. Type the name of the team exactly.');
    settle(await keyhouse.teams.delete({ accountId: account.id, actorId: user.id, by }));
  });

  serve('GET /accounts/:account/members', async ({ account, signIn: { user } }) => {
    const manages = includesRole(account.role, 'admin');
    const [{ members, hasMore }, invitations] = await Promise.all([
      keyhouse.teams.listMembers(account),
      account.kind === 'team' && manages ? keyhouse.teams.listInvitations(account.id) : [],
    ]);
    return {
      members: members.map((member) => describe(member, manages || member.userId === user.id)),
      more_members: hasMore,
      invitations: invitations.map(describeInvitation),
      invites_users_only: keyhouse.teams.inviteUsersOnly,
    };
  });

  serve('PATCH /accounts/:account/members/:user', async ({ account, params, body: { role }, signIn: { user }, by }) => {
    refuseOthers(account);
    return describeChange(
      await keyhouse.teams.changeRole({ accountId: account.id, actorId: user.id, userId: readId(params.user), role, by }),
    );
  });

  serve('DELETE /accounts/:account/members/:user', async ({ account, params, signIn: { user }, by }) => {
    refuseOthers(account);
    return describeChange(
      await keyhouse.teams.removeMember({ accountId: account.id, actorId: user.id, userId: readId(params.user), by }),
    );
  });

  serve('POST /accounts/:account/leave', async ({ account, signIn: { user }, by }) => {
    refuseOthers(account);
    return describeChange(await keyhouse.teams.removeMember({ accountId: account.id, actorId: user.id, userId: user.id, by }));
  });

  serve('POST /accounts/:account/transfer', async ({ account, body, signIn: { user }, by }) => {
    refuseOthers(account);
    const outcome = await keyhouse.teams.transfer({ accountId: account.id, actorId: user.id, userId: body.user_id, by });
    if (outcome === 'not_member') throw invalid('user_id', 'Only a member can become the owner. Invite them first.');
    if (outcome === 'last_owner')
      throw invalid('user_id', 'The operator has disabled this user, so they cannot become the owner.');
    if (outcome === 'owner') throw invalid('user_id', 'They are already an owner.');
    return describeChange(outcome);
  });
}

function refuseName(name: string): void {
  const fault = findNameFault(name);
  if (fault !== null) throw invalid('name', fault);
}

function settle(outcome: 'done' | TeamRefusal): void {
  if (outcome !== 'done') throw refusalOf(outcome);
}

function refusalOf(refusal: TeamRefusal): Refusal {
  switch (refusal) {
    case 'not_allowed':
      return new Refusal({ code: 'not_allowed' });
    case 'last_owner':
      return invalid('account', 'You’re the only owner. Add another owner or delete the team.');
    case 'too_many':
      return invalid('account', 'They have reached the limit of teams that one user can own.');
    case 'gone':
    case 'not_member':
      return new Refusal({ code: 'not_found' });
  }
}

/** The answer to a change of members: the invitations that ended with it. */
function describeChange(outcome: MemberChanged | TeamRefusal) {
  if (typeof outcome === 'string') throw refusalOf(outcome);
  return { ended_invitations: outcome.endedInvitations.map(({ id, email, role }) => ({ id, email, role })) };
}

/** The address and when they were last seen are shown only to those who manage members, and to the member (`isWhole`). */
const describe = (member: Member, isWhole: boolean) => ({
  user_id: member.userId,
  email: isWhole ? member.email : null,
  display_name: member.displayName,
  role: member.role,
  since: toTimestamp(member.sinceMs),
  last_seen_at: isWhole ? toOptionalTimestamp(member.lastSeenAtMs) : null,
});
