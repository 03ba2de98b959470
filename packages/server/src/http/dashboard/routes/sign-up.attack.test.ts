/** Every way of becoming a user, under each of the three settings. */
import { expect, it } from 'vitest';
import { browserWith } from '../../../../test/dashboard-browser.ts';
import { linkIn, mailsTo } from '../../../../test/mails.ts';
import { invite, newAdministrator, newTeam } from '../../../../test/people.ts';
import { PASSWORD, startTestServer, type TestServer } from '../../../../test/server.ts';

const newAddress = () => `${crypto.randomUUID()}@example.com`;
const registerWith = (server: TestServer, email: string, invitation?: string) =>
  browserWith(server, '').ask('/register', {
    body: { email, password: PASSWORD, ...(invitation === undefined ? {} : { invitation }) },
  });
const mayRegister = async (server: TestServer, ticket: string) =>
  (await browserWith(server, '').ask('/invitation/check', { body: { ticket } })).json.may_register;

it('lets anybody register who comes alone, where sign-up is open and nowhere else', async () => {
  for (const [signup, status] of [
    ['open', 200],
    ['invite', 403],
    ['closed', 403],
  ] as const) {
    const server = await startTestServer({ signup });
    expect((await registerWith(server, newAddress())).status, signup).toBe(status);
    const byApi = { email: newAddress(), password: PASSWORD, device_name: 'a' };
    const answered = (await server.request('/api/v1/auth/register', { body: byApi })).status;
    expect(answered, signup).toBe(status === 200 ? 201 : 403);
    await server.stop();
  }
});

it('lets nobody in who is invited to register and comes when sign-up is closed by then', async () => {
  const server = await startTestServer({ signup: 'invite' });
  const admin = await newAdministrator(server);
  const email = newAddress();
  expect((await admin.ask('/operator/invitations', { body: { email } })).status).toBe(204);
  const ticket = await linkIn(server, email, '/invitation#');
  expect(await mayRegister(server, ticket)).toBe(true);
  const closed = await startTestServer({ signup: 'closed', database: server.database });
  expect(await mayRegister(closed, ticket)).toBe(false);
  expect((await registerWith(closed, email, ticket)).status).toBe(403);
  expect((await admin.ask('/operator/invitations', { body: { email: newAddress() } })).status).toBe(204);
  expect((await registerWith(server, email, ticket)).status).toBe(200);
  await server.stop();
});

it('sends no invitation to register where sign-up is closed, and says why', async () => {
  const server = await startTestServer({ signup: 'closed' });
  const admin = await newAdministrator(server);
  const email = newAddress();
  const answer = await admin.ask('/operator/invitations', { body: { email } });
  expect(answer.status).toBe(422);
  expect(answer.json.errors.email[0]).toContain('closed');
  expect(mailsTo(server, email)).toEqual([]);
  await server.stop();
});

it('answers a team that invites the same for a user and for a stranger, and mails only the user', async () => {
  for (const signup of ['invite', 'closed'] as const) {
    const server = await startTestServer({ signup });
    const owner = await newAdministrator(server);
    const team = await newTeam(owner);
    const user = await newAdministrator(server);
    const stranger = newAddress();
    const [known, unknown] = await Promise.all(
      [user.email, stranger].map((email) => owner.ask(`/accounts/${team}/invitations`, { body: { email, role: 'viewer' } })),
    );
    expect(unknown?.status).toBe(known?.status);
    expect(Object.keys(unknown?.json)).toEqual(Object.keys(known?.json));
    expect(mailsTo(server, user.email).map(({ kind }) => kind)).toContain('invitation');
    expect((await owner.ask(`/accounts/${team}/invitations/${unknown?.json.id}/send`, { method: 'POST' })).status).toBe(204);
    expect(mailsTo(server, stranger)).toEqual([]);
    const { invitations, invites_users_only } = (await owner.ask(`/accounts/${team}/members`)).json;
    expect(invitations.length).toBe(2);
    expect(invites_users_only).toBe(true);
    await server.stop();
  }
});

it('opens registration by an invitation to a team only where the operator allows it, judged when it is used', async () => {
  const server = await startTestServer({ signup: 'invite', teamInvitationsRegister: true });
  const owner = await newAdministrator(server);
  const email = newAddress();
  const ticket = await invite(server, owner, await newTeam(owner), email, 'viewer');
  const strict = await startTestServer({ signup: 'invite', database: server.database });
  expect(await mayRegister(strict, ticket)).toBe(false);
  expect((await registerWith(strict, email, ticket)).status).toBe(403);
  expect(await mayRegister(server, ticket)).toBe(true);
  expect((await registerWith(server, email, ticket)).status).toBe(200);
  await server.stop();
});

it("creates users at the operator's word under each setting", async () => {
  for (const signup of ['open', 'invite', 'closed'] as const) {
    const server = await startTestServer({ signup });
    expect((await newAdministrator(server)).id).toBeGreaterThan(0);
    await server.stop();
  }
});
