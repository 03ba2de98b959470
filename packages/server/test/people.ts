/** Users with a browser each, and teams of them, for the tests of the private API. */

import { browserFor, type DashboardBrowser } from './dashboard-browser.ts';
import { linkIn } from './mails.ts';
import type { TestServer } from './server.ts';
import { OPERATOR } from './server.ts';

export interface Person extends DashboardBrowser {
  readonly id: number;
  readonly email: string;
  /** The personal account. */
  readonly accountId: number;
}

export async function newPerson(server: TestServer, email?: string): Promise<Person> {
  const user = await server.register(email);
  return { ...(await browserFor(server, user.id)), id: user.id, email: user.email, accountId: user.accountId };
}

export async function newAdministrator(server: TestServer, email = `admin-${crypto.randomUUID()}@example.com`): Promise<Person> {
  const created = await server.keyhouse.users.create({
    email,
    password: 'an administrator has a long one',
    isAdministrator: true,
    by: OPERATOR,
  });
  if (!created.ok) throw new Error(created.reason);
  const { id, accountId } = created.value;
  return { ...(await browserFor(server, id)), id, email, accountId };
}

export async function newTeam(owner: Person, name = 'Engines'): Promise<number> {
  const made = await owner.ask('/accounts', { body: { name } });
  if (made.status !== 200) throw new Error(made.text);
  return made.json.id;
}

/** Invites, and returns the ticket of the mail. */
export async function invite(server: TestServer, by: Person, team: number, email: string, role: string): Promise<string> {
  const invited = await by.ask(`/accounts/${team}/invitations`, { body: { email, role } });
  if (invited.status !== 200) throw new Error(invited.text);
  return await linkIn(server, email, '/invitation#');
}

/** A new user who has joined the team by invitation. */
export async function newMember(server: TestServer, by: Person, team: number, role: string): Promise<Person> {
  const person = await newPerson(server);
  const ticket = await invite(server, by, team, person.email, role);
  const accepted = await person.ask('/invitation/accept', { body: { ticket } });
  if (accepted.status !== 200) throw new Error(accepted.text);
  return person;
}
