/**
 * A user with a team and data of their own, created without passwords to hash: a new one for each attack, who then loses the
 * right that they act by.
 */

import type { EventDraft, EventName } from '../../src/core/audit/event.ts';
import { DAY_MS } from '../../src/core/lib/clock.ts';
import { emailKey } from '../../src/core/lib/email.ts';
import { hashTicket, makeTicketText, type TicketPurpose } from '../../src/core/users/ticket.ts';
import { newEmail } from '../browser.ts';
import { browserFor, type DashboardBrowser } from '../dashboard-browser.ts';
import { OPERATOR, type TestServer } from '../server.ts';

export interface Actor extends DashboardBrowser {
  readonly id: number;
  readonly email: string;
  readonly accountId: number;
  readonly signInId: number;
}

export interface Scene {
  readonly server: TestServer;
  readonly actor: Actor;
  /** In which the actor is an owner, together with another. */
  readonly team: number;
  readonly otherOwner: number;
  /** A viewer of the team, who uses nothing. */
  readonly viewer: number;
  /** A user of no team. */
  readonly stranger: number;
  /** An administrator who stays. */
  readonly root: number;
}

export const eventOf = (server: TestServer, event: EventName): EventDraft => ({ event, atMs: server.now(), by: OPERATOR });

async function newUser(server: TestServer, isAdministrator = false): Promise<{ id: number; email: string; accountId: number }> {
  const email = newEmail();
  const names = { displayName: 'Ada', firstName: '', lastName: '' };
  const user = await server.store.accounts.createUser({
    user: {
      email,
      emailKey: emailKey(email),
      passwordHash: 'no password fits it',
      ...names,
      isAdministrator,
      createdAtMs: server.now(),
    },
    event: eventOf(server, 'user.created'),
  });
  if (user === null) throw new Error('The address is taken.');
  return user;
}

export const newRoot = async (server: TestServer): Promise<number> => (await newUser(server, true)).id;

export async function newScene(server: TestServer, root: number, isAlone = false): Promise<Scene> {
  const [owner, person] = [await newUser(server), await newUser(server, true)];
  const team = await server.keyhouse.teams.create({ name: 'Engines', ownerId: owner.id, by: OPERATOR });
  if (typeof team === 'string') throw new Error(team);
  const viewer = await newUser(server);
  if (!isAlone) await join(server, team.id, owner.id, person, 'owner');
  await join(server, team.id, owner.id, viewer, 'viewer');
  const browser = await browserFor(server, person.id);
  const [signIn] = (await server.keyhouse.signIns.list(person.id)).signIns;
  if (signIn === undefined) throw new Error('Nobody is signed in.');
  const stranger = (await newUser(server)).id;
  const actor = { ...browser, ...person, signInId: signIn.id };
  return { server, actor, team: team.id, otherOwner: owner.id, viewer: viewer.id, stranger, root };
}

/** An invitation to the team, and its ticket. */
export async function invitationTo(
  server: TestServer,
  { team, by, email, role }: { team: number; by: number; email: string; role: 'viewer' | 'owner' },
): Promise<{ id: number; ticket: string }> {
  const { text, hash } = makeTicketText();
  const invited = await server.store.invitations.invite({
    accountId: team,
    invitation: {
      ...{ email, emailKey: emailKey(email), role, invitedBy: by, ticketHash: hash },
      ...{ createdAtMs: server.now(), expiresAtMs: server.now() + DAY_MS },
    },
    limit: 100,
    usersOnly: false,
    event: eventOf(server, 'invitation.sent'),
  });
  if (typeof invited === 'string') throw new Error(invited);
  return { id: invited.id, ticket: text };
}

async function join(
  server: TestServer,
  team: number,
  by: number,
  { id, email }: { id: number; email: string },
  role: 'viewer' | 'owner',
): Promise<void> {
  const { ticket } = await invitationTo(server, { team, by, email, role });
  const accepted = await server.store.invitations.acceptInvitation({
    ...{ ticketHash: hashTicket(ticket), userId: id, nowMs: server.now() },
    event: eventOf(server, 'invitation.accepted'),
  });
  if (typeof accepted === 'string') throw new Error(accepted);
}

export async function ticketFor(
  { server, actor }: Scene,
  purpose: TicketPurpose,
  data: Readonly<Record<string, unknown>>,
): Promise<string> {
  const { text, hash } = makeTicketText();
  const nowMs = server.now();
  await server.store.tickets.issueTicket({
    ticket: { hash, purpose, userId: actor.id, data, createdAtMs: nowMs, endsAtMs: nowMs + DAY_MS },
    ...{ replace: false, event: null },
  });
  return text;
}

/** Ways to lose the right that one acts by, and what the door answers after that. */
export const WAYS = {
  'whose sign-in was ended': {
    status: 401,
    end: ({ server, actor }: Scene) => server.keyhouse.administration.endSignInsOf({ userId: actor.id, by: OPERATOR }),
  },
  'who was disabled': {
    status: 401,
    end: ({ server, actor }: Scene) => server.keyhouse.users.disable({ userId: actor.id, by: OPERATOR }),
  },
  'who was removed from the team': { status: 404, end: (scene: Scene) => changeRole(scene, null) },
  'who is a mere viewer by now': { status: 403, end: (scene: Scene) => changeRole(scene, 'viewer') },
  'who is no administrator any more': {
    status: 403,
    end: ({ server, actor, root }: Scene) =>
      server.keyhouse.administration.setAdministrator({ userId: actor.id, actorId: root, isAdministrator: false, by: OPERATOR }),
  },
} as const;

export type Way = keyof typeof WAYS;

async function changeRole({ server, actor, team, otherOwner }: Scene, role: 'viewer' | null): Promise<void> {
  const changed = await server.store.members.changeMember({
    ...{ accountId: team, actorId: otherOwner, userId: actor.id, role },
    event: eventOf(server, role === null ? 'member.removed' : 'member.role_changed'),
  });
  if (typeof changed === 'string') throw new Error(changed);
}
