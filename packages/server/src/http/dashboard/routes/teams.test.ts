import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newApplication, openSession } from '../../../../test/applications.ts';
import { newEmail } from '../../../../test/browser.ts';
import { browserFor } from '../../../../test/dashboard-browser.ts';
import { linkIn } from '../../../../test/mails.ts';
import { newMember, newPerson, newTeam } from '../../../../test/people.ts';
import { startTestServer, type TestServer } from '../../../../test/server.ts';

describe('teams', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());

  it('are made by anybody, who then owns them, and grow by invitations that came by mail', async () => {
    const [ada, bo] = [await newPerson(server), await newPerson(server)];
    const made = await ada.ask('/accounts', { body: { name: 'Engines' } });
    expect(made.status).toBe(200);
    const team = `/accounts/${made.json.id}`;

    const invited = await ada.ask(`${team}/invitations`, { body: { email: bo.email, role: 'developer' } });
    expect(invited.status, invited.text).toBe(200);
    expect(invited.json).toMatchObject({ email: bo.email, role: 'developer' });

    const ticket = await linkIn(server, bo.email, '/invitation#');
    const check = await bo.ask('/invitation/check', { body: { ticket } });
    expect(check.json).toEqual({
      email: bo.email,
      account: { name: 'Engines', role: 'developer' },
      invited_by: expect.any(String),
      registered: true,
      may_register: true,
    });
    expect((await bo.ask(`${team}/members`)).status).toBe(404);
    expect((await bo.ask('/invitation/accept', { body: { ticket } })).json).toEqual({ account: made.json.id });

    const { json } = await ada.ask(`${team}/members`);
    expect(json.members.map((member: { email: string; role: string }) => [member.email, member.role])).toEqual([
      [ada.email, 'owner'],
      [bo.email, 'developer'],
    ]);
    expect(json.invitations).toEqual([]);
    expect((await bo.ask('/me')).json.user.email_verified).toBe(true);
  });

  it('show addresses, invitations and who was here when to those who manage the members, and to nobody else', async () => {
    const ada = await newPerson(server);
    const team = await newTeam(ada);
    const base = `/accounts/${team}`;
    const people = await Promise.all(
      (['admin', 'developer', 'viewer'] as const).map((role) => newMember(server, ada, team, role)),
    );
    const stranger = newEmail();
    await ada.ask(`${base}/invitations`, { body: { email: stranger, role: 'viewer' } });
    const [admin, developer, viewer] = people;
    if (admin === undefined || developer === undefined || viewer === undefined) throw new Error('Three have joined.');
    for (const manager of [ada, admin]) {
      const { json } = await manager.ask(`${base}/members`);
      expect(json.members.map(({ email }: { email: string }) => email)).toEqual([ada, ...people].map(({ email }) => email));
      expect(json.invitations).toHaveLength(1);
    }
    for (const reader of [developer, viewer]) {
      const answer = await reader.ask(`${base}/members`);
      for (const other of [ada, ...people, { email: stranger }])
        expect(answer.text.includes(other.email), other.email).toBe(other.email === reader.email);
      for (const member of answer.json.members) if (member.user_id !== reader.id) expect(member.last_seen_at).toBeNull();
      expect(answer.json.invitations).toEqual([]);
      // Not through the log either: names that people chose, and no address instead of one.
      const log = await reader.ask(`${base}/audit`);
      expect(log.json.events.length).toBeGreaterThan(3);
      for (const other of [ada, ...people, { email: stranger }])
        if (other.email !== reader.email) expect(log.text).not.toContain(other.email);
    }
  });

  it('let a viewer see what happened, but not from where people act', async () => {
    const ada = await newPerson(server);
    const team = await newTeam(ada);
    const viewer = await newMember(server, ada, team, 'viewer');
    const placesSeenBy = async (person: typeof ada): Promise<string[]> => {
      const { json } = await person.ask(`/accounts/${team}/audit`);
      const seen = json.events.filter(
        ({ address, user_agent }: Record<string, unknown>) => address !== null || user_agent !== null,
      );
      return [...new Set<string>(seen.map(({ actor }: { actor: string }) => actor))];
    };
    expect(await placesSeenBy(ada)).toContain(`user:${ada.id}`);
    expect(await placesSeenBy(viewer)).toEqual([`user:${viewer.id}`]);
  });

  it('change hands: roles, transfer, leaving; the keys stay', async () => {
    const ada = await newPerson(server);
    const team = await newTeam(ada);
    const base = `/accounts/${team}`;
    const bo = await newMember(server, ada, team, 'developer');
    const key = await server.key(team);
    expect((await ada.ask(`${base}/leave`, { method: 'POST' })).status).toBe(422);
    expect((await ada.ask(`${base}/transfer`, { body: { user_id: bo.id } })).status).toBe(200);
    const { json } = await bo.ask(`${base}/members`);
    expect(json.members.map(({ user_id, role }: { user_id: number; role: string }) => [user_id, role])).toEqual([
      [bo.id, 'owner'],
      [ada.id, 'admin'],
    ]);
    expect((await ada.ask(base, { method: 'PATCH', body: { name: 'Looms' } })).status).toBe(204);
    expect((await bo.ask('/me')).json.accounts).toContainEqual({
      ...{ id: team, kind: 'team', name: 'Looms', role: 'owner', suspension: null },
    });
    expect((await ada.ask(`${base}/leave`, { method: 'POST' })).status).toBe(200);
    expect((await ada.ask(`${base}/members`)).status).toBe(404);
    const verified = await server.request('/verify?permission=a.read', { bearer: key.text });
    expect([verified.status, verified.headers['x-keyhouse-account']]).toEqual([200, String(team)]);
    const events = await server.store.audit.list({ accountId: team, limit: 20 });
    expect(events.map(({ event, userId }) => [event, userId])).toEqual([
      ['member.left', ada.id],
      ['account.renamed', null],
      ['account.transferred', bo.id],
      ['key.created', null],
      ['invitation.accepted', bo.id],
      ['invitation.sent', null],
      ['account.created', ada.id],
    ]);
  });

  it('tell whoever removes a member, and the member, how many sessions end with it, and nobody else', async () => {
    const ada = await newPerson(server);
    const team = await newTeam(ada);
    const [member, viewer] = [await newMember(server, ada, team, 'developer'), await newMember(server, ada, team, 'viewer')];
    const own = await newApplication(server, team);
    const foreign = await newApplication(server, (await newPerson(server)).accountId);
    for (const application of [own, foreign]) await openSession(server, member, application, { consent: { account: team } });
    // Of their personal account, which stays.
    await openSession(server, member, foreign, { rest: { prompt: 'consent' }, consent: { account: member.accountId } });
    const path = `/accounts/${team}/members/${member.id}/ends`;
    const counted = { application_sessions: 1, sessions: 1, keys: 0 };
    for (const person of [ada, member]) expect((await person.ask(path)).json).toMatchObject(counted);
    expect((await viewer.ask(path)).status).toBe(404);
    expect((await (await newPerson(server)).ask(path)).status).toBe(404);
    expect((await ada.ask(`/accounts/${team}/members/${member.id}`, { method: 'DELETE' })).status).toBe(200);
    expect((await ada.ask(path)).json).toMatchObject({ application_sessions: 0, sessions: 0 });
  });

  it('are not reached by the tokens of their members, which speak for the personal account alone', async () => {
    const user = await server.register();
    const ada = { ...(await browserFor(server, user.id)), ...user };
    await newTeam(ada);
    const verified = await server.request('/verify?permission=a.read', { bearer: user.token });
    expect(verified.headers).toMatchObject({ 'x-keyhouse-account': String(user.accountId), 'x-keyhouse-user': String(user.id) });
  });

  it('are deleted by an owner who types the name; keys and their JWTs are dead on every server within two seconds', async () => {
    const other = await startTestServer({ database: server.database });
    const ada = await newPerson(server);
    const team = await newTeam(ada, 'Engines');
    const key = await server.key(team);
    const minted = await other.request('/auth', { bearer: key.text, body: { permissions: ['a.read'] } });
    expect(minted.status).toBe(200);
    const at = (where: TestServer, bearer: string) => where.request('/verify?permission=a.read', { bearer });
    // Both have it in their caches.
    for (const where of [server, other])
      for (const bearer of [key.text, minted.json.token]) expect((await at(where, bearer)).status).toBe(200);

    expect((await ada.ask(`/accounts/${team}`, { method: 'DELETE', body: { name: 'engines' } })).status).toBe(422);
    expect((await ada.ask(`/accounts/${team}`, { method: 'DELETE', body: { name: 'Engines' } })).status).toBe(204);
    for (const bearer of [key.text, minted.json.token]) {
      expect((await at(server, bearer)).status).toBe(401);
      await expect.poll(async () => (await at(other, bearer)).status).toBe(401);
    }
    expect((await other.request('/auth', { bearer: key.text, body: { permissions: ['a.read'] } })).status).toBe(401);
    expect((await ada.ask(`/accounts/${team}/members`)).status).toBe(404);
    expect((await ada.ask('/me')).json.accounts.map(({ id }: { id: number }) => id)).not.toContain(team);
  });

  it('refuse names that nobody can read, and fields that nobody knows', async () => {
    const ada = await newPerson(server);
    for (const name of ['   ', 'a\u0000b', 'two\nlines', '\ud800']) {
      const { status, json } = await ada.ask('/accounts', { body: { name } });
      expect([status, Object.keys(json.errors ?? {})], JSON.stringify(name)).toEqual([422, ['name']]);
    }
    expect((await ada.ask('/accounts', { body: { name: 'x'.repeat(101) } })).status).toBe(422);
    expect((await ada.ask('/accounts', { body: { name: 'x', kind: 'operator' } })).status).toBe(422);
    const team = await newTeam(ada);
    for (const body of [{ email: 'no address', role: 'viewer' }, { email: 'a@example.com', role: 'root' }, { role: 'viewer' }])
      expect((await ada.ask(`/accounts/${team}/invitations`, { body })).status).toBe(422);
    expect(
      (await ada.ask(`/accounts/${team}/invitations`, { body: { email: ada.email, role: 'viewer' } })).json.errors.email,
    ).toHaveLength(1);
  });
});
