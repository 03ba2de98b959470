/** What administrators do to accounts in the dashboard, and what members of a suspended account see and cannot do. */
import { beforeAll, expect, it } from 'vitest';
import { newApplication, openSession } from '../../../../test/applications.ts';
import { eachDatabase } from '../../../../test/databases.ts';
import { mailsOf } from '../../../../test/mails.ts';
import { invite, newAdministrator, newMember, newPerson, newTeam, type Person } from '../../../../test/people.ts';
import { OPERATOR, startTestServer, type TestServer } from '../../../../test/server.ts';

const WISH = { name: 'x', environment: 'live', permissions: null, addresses: null, expires_at: null };

eachDatabase('accounts at the operator’s pages', (makeDatabase) => {
  let server: TestServer;
  let admin: Person;
  let owner: Person;
  let team: number;
  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase() });
    [admin, owner] = [await newAdministrator(server), await newPerson(server)];
    team = await newTeam(owner, 'Looms');
    return () => server.stop();
  });
  const suspend = (id: number, reason: string | null = null) =>
    admin.ask(`/operator/accounts/${id}/suspend`, { body: { reason } });
  const resume = (id: number) => admin.ask(`/operator/accounts/${id}/resume`, { method: 'POST' });

  it('are suspended with a reason that members read and owners get by mail, on record with who and why', async () => {
    const viewer = await newMember(server, owner, team, 'viewer');
    expect((await suspend(team, 'An invoice is open.')).status).toBe(204);
    for (const { ask } of [owner, viewer]) {
      const { accounts } = (await ask('/me')).json;
      expect(accounts.find(({ id }: { id: number }) => id === team).suspension).toMatchObject({ reason: 'An invoice is open.' });
      expect((await ask(`/accounts/${team}/keys`)).status).toBe(200);
      expect((await ask(`/accounts/${team}/audit`)).status).toBe(200);
    }
    const told = (await mailsOf(server, owner.email)).find(({ kind }) => kind === 'account-suspended');
    expect(told?.text).toContain('An invoice is open.');
    const { events } = (await admin.ask(`/operator/audit?account=${team}`)).json;
    expect(events.find(({ event }: { event: string }) => event === 'account.suspended')).toMatchObject({
      ...{ actor: `user:${admin.id}`, details: { why: 'operator', reason: 'An invoice is open.' } },
    });
    expect((await admin.ask(`/operator/accounts/${team}`)).json.account.suspension).toMatchObject({
      reason: 'An invoice is open.',
    });
    expect((await resume(team)).status).toBe(204);
    expect((await mailsOf(server, owner.email)).map(({ kind }) => kind)).toContain('account-resumed');
  });

  it('let members change nothing while they are suspended, but end access, which then does not come back', async () => {
    const kept = await server.key(team);
    const leaked = await server.key(team);
    await suspend(team);
    const changes: readonly (readonly [string, { method?: string; body?: unknown }])[] = [
      [`/accounts/${team}/keys`, { body: WISH }],
      [`/accounts/${team}/keys/${kept.id}`, { method: 'PATCH', body: { name: 'y' } }],
      [`/accounts/${team}/keys/${kept.id}/rotate`, { body: { overlap_seconds: 0, revoke_jwts: false } }],
      [`/accounts/${team}`, { method: 'PATCH', body: { name: 'y' } }],
      [`/accounts/${team}`, { method: 'DELETE', body: { name: 'Looms' } }],
      [`/accounts/${team}/invitations`, { body: { email: 'new@example.com', role: 'viewer' } }],
    ];
    for (const [path, asked] of changes) {
      const { status, json } = await owner.ask(path, asked);
      expect([path, status, json.message]).toEqual([path, 403, 'This account is suspended.']);
    }
    expect((await owner.ask(`/accounts/${team}/keys/${leaked.id}`, { method: 'DELETE' })).status).toBe(204);
    await resume(team);
    const statusOf = async (bearer: string) => (await server.request('/verify?permission=a.read', { bearer })).status;
    expect([await statusOf(kept.text), await statusOf(leaked.text)]).toEqual([200, 401]);
  });

  it('let the user of a suspended personal account create no token and no team, and work in the teams of others', async () => {
    const person = await newPerson(server);
    await suspend(person.accountId);
    const { environment: _, ...wish } = WISH;
    expect((await person.ask('/tokens', { body: wish })).status).toBe(403);
    // A new team would be a way around it.
    const made = await person.ask('/accounts', { body: { name: 'Round about' } });
    expect([made.status, made.json.message]).toEqual([403, 'This account is suspended.']);
    const login = await server.request('/api/v1/auth/login', {
      body: { email: person.email, password: 'correct horse battery staple', device_name: 'x' },
    });
    expect([login.status, login.json.errors]).toEqual([422, { email: ['This account is suspended.'] }]);
    const client = await newApplication(server, owner.accountId);
    // Their only account is suspended: there is nothing that they could grant.
    await expect(openSession(server, person, client)).rejects.toThrow('access_denied');
    // A team of other users continues: disabling the user is what stops the person.
    const ticket = await invite(server, owner, team, person.email, 'developer');
    expect((await person.ask('/invitation/accept', { body: { ticket } })).status).toBe(200);
    expect((await person.ask(`/accounts/${team}/keys`, { body: WISH })).status).toBe(200);
    await resume(person.accountId);
    expect((await person.ask('/accounts', { body: { name: 'Straight' } })).status).toBe(200);
  });

  it('are deleted when their name is typed, with everything that was counted before', async () => {
    const boss = await newPerson(server);
    const doomed = await newTeam(boss, 'Doomed');
    await newMember(server, boss, doomed, 'viewer');
    const key = await server.key(doomed);
    await server.request('/auth', { bearer: key.text, body: { permissions: ['a.read'] } });
    const application = await newApplication(server, doomed);
    await openSession(server, await newPerson(server), application);
    const counted = { keys: 1, tokens: 0, jwts: 1, applications: 1, application_sessions: 1, sessions: 0, members: 2 };
    expect((await admin.ask(`/operator/accounts/${doomed}`)).json.ends).toEqual({
      ...counted,
      invitations: 0,
      teams: 0,
      sign_ins: 0,
    });
    expect((await boss.ask(`/accounts/${doomed}/ends`)).json).toMatchObject(counted);
    expect((await boss.ask(`/accounts/${doomed}/applications/${application.id}/ends`)).json).toMatchObject({
      application_sessions: 1,
    });
    expect((await boss.ask(`/accounts/${doomed}/keys/${key.id}/ends`)).json).toMatchObject({ jwts: 1 });
    expect((await boss.ask(`/accounts/${team}/keys/${key.id}/ends`)).status).toBe(404);
    await boss.ask(`/accounts/${doomed}/invitations`, { body: { email: 'somebody@example.com', role: 'viewer' } });
    expect((await boss.ask('/me/ends')).json).toMatchObject({ teams: 1, invitations: 1 });
    const remove = (name: string) => admin.ask(`/operator/accounts/${doomed}`, { method: 'DELETE', body: { name } });
    expect((await remove('doomed')).status).toBe(422);
    expect((await remove('Doomed')).status).toBe(204);
    expect((await admin.ask(`/operator/accounts/${doomed}`)).status).toBe(404);
    expect((await mailsOf(server, boss.email)).map(({ kind }) => kind)).toContain('account-deleted');
  });

  it('keep what a team would lose its owner by, and the operator’s own account', async () => {
    const { json } = await admin.ask(`/operator/accounts/${owner.accountId}`);
    const body = { name: json.account.owner };
    expect((await admin.ask(`/operator/accounts/${owner.accountId}`, { method: 'DELETE', body })).json.errors.account[0]).toMatch(
      /only owner of a team/,
    );
    expect((await suspend(1)).status).toBe(422);
    const own = await admin.ask(`/operator/accounts/${admin.accountId}`, { method: 'DELETE', body: { name: admin.email } });
    expect(own.status).toBe(422);
    for (const path of [`/operator/accounts/${team}/suspend`, `/operator/accounts/${team}/resume`])
      expect(
        (await owner.ask(path, { body: path.endsWith('suspend') ? { reason: null } : undefined, method: 'POST' })).status,
      ).toBe(403);
  });

  it('show who created a key to its people, and nothing of them once they are deleted', async () => {
    const maker = await newMember(server, owner, team, 'developer');
    const made = (await maker.ask(`/accounts/${team}/keys`, { body: WISH })).json.credential;
    expect(made.created_by).toMatchObject({ actor: `user:${maker.id}` });
    expect(made.created_by.name).not.toBeNull();
    const byOperator = await server.keyhouse.credentials.createKey(
      {
        ...{ accountId: team, name: 'op', environment: 'live', permissions: null, addresses: null },
        expiresAtMs: null,
        source: 'command-line',
      },
      OPERATOR,
    );
    expect(byOperator.ok).toBe(true);
    expect((await maker.ask('/me', { method: 'DELETE', body: { email: maker.email } })).status).toBe(204);
    const { credentials } = (await owner.ask(`/accounts/${team}/keys`)).json;
    const creators = credentials.map(({ created_by }: { created_by: unknown }) => created_by);
    expect(creators).toContainEqual({ actor: `user:${maker.id}`, name: null });
    expect(creators).toContainEqual({ actor: 'operator', name: null });
  });
});
