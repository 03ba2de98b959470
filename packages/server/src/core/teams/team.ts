/** Teams: created by any user, managed by their admins, deleted by their owners. `member.ts` says who may do what to a member. */
import { type By, happened } from '../audit/event.ts';
import { CEILINGS } from '../lib/ceilings.ts';
import type { MembersStore, Role } from './member.ts';
import type { TeamsPorts } from './ports.ts';

export type TeamPorts = Pick<TeamsPorts, 'members' | 'clock'>;

/** A member of a team who does something in it. */
interface InTeam {
  readonly accountId: number;
  readonly actorId: number;
  readonly by: By;
}

/** The one who creates it is its owner. */
export function createTeam(
  { members, clock }: TeamPorts,
  { name, ownerId, by }: { readonly name: string; readonly ownerId: number; readonly by: By },
): ReturnType<MembersStore['createTeam']> {
  const nowMs = clock.now();
  const event = happened(by, nowMs, 'account.created', { userId: ownerId, details: { name } });
  return members.createTeam({ name, ownerId, limit: CEILINGS.teamsOfOwner, nowMs, event });
}

export function renameTeam({ members, clock }: TeamPorts, { name, by, ...team }: InTeam & { readonly name: string }) {
  const { accountId } = team;
  const event = happened(by, clock.now(), 'account.renamed', { accountId, details: { name } });
  return members.renameTeam({ ...team, name, event });
}

interface OnMember extends InTeam {
  readonly userId: number;
}

export function changeRole({ members, clock }: TeamPorts, { role, by, ...member }: OnMember & { readonly role: Role }) {
  const { accountId, userId } = member;
  const event = happened(by, clock.now(), 'member.role_changed', { accountId, userId, details: { role } });
  return members.changeMember({ ...member, role, event });
}

/** Also to oneself: then the member leaves. */
export function removeMember({ members, clock }: TeamPorts, { by, ...member }: OnMember) {
  const { accountId, userId, actorId } = member;
  const name = userId === actorId ? 'member.left' : 'member.removed';
  const event = happened(by, clock.now(), name, { accountId, userId });
  return members.changeMember({ ...member, role: null, event });
}

/** `userId`: the member who becomes its owner. */
export function transferTeam({ members, clock }: TeamPorts, { by, ...member }: OnMember) {
  const { accountId, userId } = member;
  const event = happened(by, clock.now(), 'account.transferred', { accountId, userId });
  return members.transferTeam({ ...member, event });
}

export function deleteTeam({ members, clock }: TeamPorts, { by, ...team }: InTeam) {
  const nowMs = clock.now();
  const event = happened(by, nowMs, 'account.deleted', { accountId: team.accountId });
  return members.deleteTeam({ ...team, nowMs, event });
}
