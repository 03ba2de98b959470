/** Teams: made by anybody, run by their admins, ended by their owners. Who may do what to a member stands in `member.ts`. */
import type { By, EventDraft } from '../audit/event.ts';
import { CEILINGS } from '../lib/ceilings.ts';
import type { Clock } from '../lib/clock.ts';
import type { MembersStore, Role } from './member.ts';

interface Ports {
  readonly members: MembersStore;
  readonly clock: Clock;
}

/** A user of a team who does something in it. */
interface InTeam {
  readonly accountId: number;
  readonly actorId: number;
  readonly by: By;
}

export type TeamVerbs = ReturnType<typeof teamVerbs>;

export function teamVerbs({ members, clock }: Ports) {
  const event = (name: EventDraft['event'], by: By, more: Partial<EventDraft>): EventDraft => ({
    event: name,
    atMs: clock.now(),
    by,
    ...more,
  });

  return {
    /** The one who makes it is its owner. */
    createTeam: ({ name, ownerId, by }: { name: string; ownerId: number; by: By }) =>
      members.createTeam({
        name,
        ownerId,
        limit: CEILINGS.teamsOfOwner,
        nowMs: clock.now(),
        event: event('account.created', by, { userId: ownerId, details: { name } }),
      }),

    renameTeam: ({ accountId, actorId, name, by }: InTeam & { name: string }) =>
      members.renameTeam({
        accountId,
        actorId,
        name,
        event: event('account.renamed', by, { accountId, details: { name } }),
      }),

    changeRole: ({ accountId, actorId, userId, role, by }: InTeam & { userId: number; role: Role }) =>
      members.changeMember({
        accountId,
        actorId,
        userId,
        role,
        event: event('member.role_changed', by, { accountId, userId, details: { role } }),
      }),

    removeMember: ({ accountId, actorId, userId, by }: InTeam & { userId: number }) =>
      members.changeMember({
        accountId,
        actorId,
        userId,
        role: null,
        event: event(userId === actorId ? 'member.left' : 'member.removed', by, { accountId, userId }),
      }),

    transferTeam: ({ accountId, actorId, userId, by }: InTeam & { userId: number }) =>
      members.transferTeam({
        accountId,
        actorId,
        userId,
        event: event('account.transferred', by, { accountId, userId }),
      }),

    deleteTeam: ({ accountId, actorId, by }: InTeam) => {
      const nowMs = clock.now();
      return members.deleteTeam({
        accountId,
        actorId,
        nowMs,
        event: event('account.deleted', by, { accountId }),
      });
    },
  };
}
