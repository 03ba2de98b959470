/** What each role may do, and what happens when members try to do more. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserWith } from '../../../../test/dashboard-browser.ts';
import { linkIn } from '../../../../test/mails.ts';
import { invite, newAdministrator, newMember, newPerson, newTeam, type Person } from '../../../../test/people.ts';
import { startTestServer, type TestServer } from '../../../../test/server.ts';
import { IN_THE_ACT } from '../../../core/authority.ts';
import { api } from '../api/index.ts';

describe('who wants more than they may', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());

  const stranger = (): string => `s${crypto.randomUUID()}@example.com`;
  const rolesIn = async (person: Person, team: number): Promise<Record<number, string>> => {
    const { json } = await person.ask(`/accounts/${team}/members`);
    return Object.fromEntries(json.members.map((member: { user_id: number; role: string }) => [member.user_id, member.role]));
  };

  it('lets each role do what it may and nothing else, at every endpoint of a team', async () => {
    const owner = await newPerson(server);
    const team = await newTeam(owner);
    const [admin, developer, viewer, victim] = [
      await newMember(server, owner, team, 'admin'),
      await newMember(server, owner, team, 'developer'),
      await newMember(server, owner, team, 'viewer'),
      await newMember(server, owner, team, 'viewer'),
    ];
    const outsider = await newPerson(server);
    const administrator = await newAdministrator(server);
    await owner.ask(`/accounts/${team}/invitations`, { body: { email: stranger(), role: 'owner' } });
    const { json } = await owner.ask(`/accounts/${team}/members`);
    const ownersInvitation = json.invitations[0].id;

    /** Status for: owner, admin, developer, viewer, another user, an administrator of the platform, no user. */
    const walk: [string, string, unknown, [number, number, number, number, number, number, number]][] = [
      ['GET', '/members', undefined, [200, 200, 200, 200, 404, 404, 401]],
      ['PATCH', '', { name: 'Engines' }, [204, 204, 403, 403, 404, 404, 401]],
      ['POST', '/invitations', { email: stranger(), role: 'viewer' }, [200, 422, 403, 403, 404, 404, 401]],
      ['POST', '/invitations', { email: stranger(), role: 'owner' }, [200, 403, 403, 403, 404, 404, 401]],
      ['POST', `/invitations/${ownersInvitation}/send`, undefined, [204, 403, 403, 403, 404, 404, 401]],
      ['PATCH', `/members/${victim.id}`, { role: 'developer' }, [200, 200, 403, 403, 404, 404, 401]],
      ['PATCH', `/members/${victim.id}`, { role: 'owner' }, [200, 403, 403, 403, 404, 404, 401]],
      ['PATCH', `/members/${victim.id}`, { role: 'viewer' }, [200, 200, 403, 403, 404, 404, 401]],
      ['PATCH', `/members/${owner.id}`, { role: 'viewer' }, [422, 403, 403, 403, 404, 404, 401]],
      ['DELETE', `/members/${owner.id}`, undefined, [422, 403, 403, 403, 404, 404, 401]],
      ['POST', '/transfer', { user_id: outsider.id }, [422, 403, 403, 403, 404, 404, 401]],
      ['DELETE', '', { name: 'Not its name' }, [422, 403, 403, 403, 404, 404, 401]],
      ['DELETE', `/invitations/${ownersInvitation}`, undefined, [204, 404, 403, 403, 404, 404, 401]],
    ];
    const nobody = browserWith(server, '');
    const callers = [owner, admin, developer, viewer, outsider, administrator, nobody];
    for (const [method, path, body, statuses] of walk) {
      for (const [index, caller] of callers.entries()) {
        const answer = await caller.ask(`/accounts/${team}${path}`, { method, body });
        expect(answer.status, `${method} ${path} ${JSON.stringify(body)} by caller ${index}: ${answer.text}`).toBe(
          statuses[index],
        );
      }
    }
    expect(await rolesIn(owner, team)).toMatchObject({
      [owner.id]: 'owner',
      [admin.id]: 'admin',
      [developer.id]: 'developer',
      [viewer.id]: 'viewer',
    });
  });

  it('shows a viewer at no endpoint from where others act, with what, or how to reach them', async () => {
    const place = await startTestServer({ trustedProxies: ['127.0.0.1/32'] });
    const owner = await newPerson(place);
    const team = await newTeam(owner);
    const [developer, viewer] = [await newMember(place, owner, team, 'developer'), await newMember(place, owner, team, 'viewer')];
    const agent = `agent-${crypto.randomUUID()}`;
    const headers = { 'x-forwarded-for': '198.51.100.77', 'user-agent': agent };
    const wish = { name: 'key', environment: 'live', expires_at: null, permissions: null, addresses: null };
    const made = await developer.ask(`/accounts/${team}/keys`, { body: wish, headers });
    const [keyId, bearer] = [made.json.credential.id, made.json.secret];
    await place.request('/verify/api/x', { bearer, headers });
    await place.request('/auth', { bearer, headers, body: { permissions: ['x.read'] } });
    await place.request('/auth', { bearer, headers, body: {} });
    await developer.ask(`/accounts/${team}/keys/${keyId}/rotate`, {
      body: { overlap_seconds: 3600, revoke_jwts: false },
      headers,
    });
    await place.request('/verify/api/x', { bearer, headers });
    const shown = async (who: Person): Promise<string[]> => {
      const seen: string[] = [];
      for (const name of Object.keys(api).filter((each) => each.startsWith('GET /accounts/:account'))) {
        const path = name
          .slice(4)
          .replace(':account', String(team))
          .replace(':id', String(keyId))
          .replace(':user', String(who.id));
        const { status, text } = await who.ask(path.endsWith('/export') ? `${path}?format=jsonl` : path);
        if (!path.includes('applications/')) expect(status, path).toBe(200);
        for (const secret of ['198.51.100.77', agent, owner.email, developer.email]) if (text.includes(secret)) seen.push(path);
      }
      return [...new Set(seen)];
    };
    // What is counted in memory is written after the answers.
    await expect.poll(() => shown(developer)).toContain(`/accounts/${team}/keys`);
    expect(await shown(developer)).toContain(`/accounts/${team}/home`);
    expect(await shown(viewer)).toEqual([]);
    await place.stop();
  });

  it('lets nobody lift their own role, by a change, by an invitation to another address, or by making owners', async () => {
    const owner = await newPerson(server);
    const team = await newTeam(owner);
    const admin = await newMember(server, owner, team, 'admin');
    const base = `/accounts/${team}`;
    expect((await admin.ask(`${base}/members/${admin.id}`, { method: 'PATCH', body: { role: 'owner' } })).status).toBe(403);
    expect((await admin.ask(`${base}/invitations`, { body: { email: stranger(), role: 'owner' } })).status).toBe(403);
    expect((await admin.ask(`${base}/transfer`, { body: { user_id: admin.id } })).status).toBe(403);
    // Invited as an owner by an owner, and then taken over by an admin: neither sent again nor revoked.
    const email = stranger();
    await invite(server, owner, team, email, 'owner');
    const { json } = await owner.ask(`${base}/members`);
    const { id } = json.invitations[0];
    expect((await admin.ask(`${base}/invitations/${id}/send`, { method: 'POST' })).status).toBe(403);
    expect((await admin.ask(`${base}/invitations/${id}`, { method: 'DELETE' })).status).toBe(403);
    // A member who changes to an invited address keeps the role that they have.
    const second = await newPerson(server);
    const ticket = await invite(server, owner, team, second.email, 'viewer');
    await second.ask('/invitation/accept', { body: { ticket } });
    expect(await rolesIn(owner, team)).toEqual({ [owner.id]: 'owner', [admin.id]: 'admin', [second.id]: 'viewer' });
  });

  it('does not find the members and invitations of another team', async () => {
    const [ada, eve] = [await newPerson(server), await newPerson(server)];
    const [hers, other] = [await newTeam(ada), await newTeam(eve)];
    const member = await newMember(server, ada, hers, 'viewer');
    await invite(server, ada, hers, stranger(), 'viewer');
    const { id } = (await ada.ask(`/accounts/${hers}/members`)).json.invitations[0];
    for (const [method, path, body] of [
      ['PATCH', `/members/${member.id}`, { role: 'admin' }],
      ['DELETE', `/members/${member.id}`, undefined],
      ['POST', `/invitations/${id}/send`, undefined],
      ['DELETE', `/invitations/${id}`, undefined],
      ['PATCH', '/members/0', { role: 'viewer' }],
      ['DELETE', '/members/1e3', undefined],
      ['DELETE', `/members/${'9'.repeat(30)}`, undefined],
    ] as const) {
      const answer = await eve.ask(`/accounts/${other}${path}`, { method, body });
      expect(answer.status, `${method} ${path}`).toBe(404);
    }
    expect((await eve.ask(`/accounts/${other}/transfer`, { body: { user_id: member.id } })).status).toBe(422);
    expect(await rolesIn(ada, hers)).toEqual({ [ada.id]: 'owner', [member.id]: 'viewer' });
  });

  it('lets only the invited address accept, once, and not after it was taken back, sent again, or is over', async () => {
    const [owner, bo, eve] = [await newPerson(server), await newPerson(server), await newPerson(server)];
    const team = await newTeam(owner);
    const accept = (who: Person, ticket: string) => who.ask('/invitation/accept', { body: { ticket } });
    const open = async () => (await owner.ask(`/accounts/${team}/members`)).json.invitations[0].id;

    const first = await invite(server, owner, team, bo.email, 'viewer');
    const stolen = await accept(eve, first);
    expect(stolen.status).toBe(422);
    expect(stolen.json.errors.ticket).toHaveLength(1);
    expect((await browserWith(server, '').ask('/invitation/accept', { body: { ticket: first } })).status).toBe(401);

    expect((await owner.ask(`/accounts/${team}/invitations/${await open()}/send`, { method: 'POST' })).status).toBe(204);
    const second = await linkIn(server, bo.email, '/invitation#');
    expect(second).not.toBe(first);
    expect((await accept(bo, first)).status).toBe(422);
    expect((await bo.ask('/invitation/check', { body: { ticket: first } })).status).toBe(422);

    expect((await owner.ask(`/accounts/${team}/invitations/${await open()}`, { method: 'DELETE' })).status).toBe(204);
    expect((await accept(bo, second)).status).toBe(422);

    const third = await invite(server, owner, team, bo.email, 'viewer');
    const both = await Promise.all([accept(bo, third), accept(bo, third)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 422]);
    expect((await accept(bo, third)).status).toBe(422);

    await bo.ask(`/accounts/${team}/leave`, { method: 'POST' });
    const fourth = await invite(server, owner, team, bo.email, 'viewer');
    server.advance(7 * 86_400_000 + 1);
    try {
      expect((await accept(bo, fourth)).status).toBe(422);
    } finally {
      server.advance(-7 * 86_400_000 - 1);
    }
  });

  it('ends an invitation with the right of whoever sent it, says so before and after, and opens nothing when they come back', async () => {
    const owner = await newPerson(server);
    const team = await newTeam(owner);
    const admin = await newMember(server, owner, team, 'admin');
    const bo = await newPerson(server);
    const ticket = await invite(server, admin, team, bo.email, 'viewer');
    const { json } = await owner.ask(`/accounts/${team}/members`);
    expect(json.invitations[0].invited_by).toBe((await admin.ask('/me')).json.user.display_name);
    expect(json.invitations[0].invited_by_user_id).toBe(admin.id);
    const removed = await owner.ask(`/accounts/${team}/members/${admin.id}`, { method: 'DELETE' });
    expect(removed.json).toEqual({ ended_invitations: [{ id: json.invitations[0].id, email: bo.email, role: 'viewer' }] });
    expect((await bo.ask('/invitation/check', { body: { ticket } })).status).toBe(422);
    expect((await bo.ask('/invitation/accept', { body: { ticket } })).status).toBe(422);
    const back = await invite(server, owner, team, admin.email, 'admin');
    expect((await admin.ask('/invitation/accept', { body: { ticket: back } })).status).toBe(200);
    expect((await bo.ask('/invitation/accept', { body: { ticket } })).status).toBe(422);
  });

  it('shows an administrator which invitations end with a user, and ends them when they disable the user', async () => {
    const owner = await newPerson(server);
    const team = await newTeam(owner);
    const admin = await newMember(server, owner, team, 'admin');
    const operator = await newAdministrator(server);
    const bo = await newPerson(server);
    const ticket = await invite(server, admin, team, bo.email, 'viewer');
    const { json } = await operator.ask(`/operator/users/${admin.id}`);
    expect(json.open_invitations).toEqual([{ email: bo.email, team: 'Engines' }]);
    expect((await operator.ask(`/operator/users/${admin.id}/disable`, { method: 'POST' })).status).toBeLessThan(300);
    expect((await bo.ask('/invitation/accept', { body: { ticket } })).status).toBe(422);
    expect((await operator.ask(`/operator/users/${admin.id}/enable`, { method: 'POST' })).status).toBeLessThan(300);
    expect((await bo.ask('/invitation/accept', { body: { ticket } })).status).toBe(422);
  });

  it('looks at the role again when the act is done: a request that a demoted owner held open does nothing', async () => {
    const owner = await newPerson(server);
    const team = await newTeam(owner);
    const second = await newMember(server, owner, team, 'owner');
    const by = { actor: `user:${second.id}`, requestId: null, person: {}, authority: IN_THE_ACT } as const;
    await owner.ask(`/accounts/${team}/members/${second.id}`, { method: 'PATCH', body: { role: 'viewer' } });
    const { keyhouse } = server;
    const held = { accountId: team, actorId: second.id, by };
    expect(await keyhouse.teams.delete(held)).toBe('not_allowed');
    expect(await keyhouse.teams.rename({ ...held, name: 'Mine' })).toBe('not_allowed');
    expect(await keyhouse.teams.changeRole({ ...held, userId: owner.id, role: 'viewer' })).toBe('not_allowed');
    expect(await keyhouse.teams.transfer({ ...held, userId: owner.id })).toBe('not_allowed');
    const account = { id: team, name: 'Engines' };
    const inviter = { id: second.id, email: second.email, displayName: '' };
    expect(await keyhouse.teams.invite({ account, inviter, email: stranger(), role: 'viewer', by })).toBe('not_allowed');
    await owner.ask(`/accounts/${team}/members/${second.id}`, { method: 'DELETE' });
    expect(await keyhouse.teams.delete(held)).toBe('gone');
    expect(await keyhouse.teams.invite({ account, inviter, email: stranger(), role: 'viewer', by })).toBe('gone');
  });

  it('asks for the password again before members are changed, invited, or a team is handed over or deleted', async () => {
    const owner = await newPerson(server);
    const team = await newTeam(owner);
    const open = await owner.ask(`/accounts/${team}/invitations`, { body: { email: stranger(), role: 'viewer' } });
    server.advance(10 * 60_000 + 1);
    try {
      for (const [method, path, body] of [
        ['POST', '/invitations', { email: stranger(), role: 'viewer' }],
        ['POST', `/invitations/${open.json.id}/send`, undefined],
        ['PATCH', `/members/${owner.id}`, { role: 'owner' }],
        ['POST', '/transfer', { user_id: owner.id }],
        ['DELETE', '', { name: 'Engines' }],
      ] as const) {
        const answer = await owner.ask(`/accounts/${team}${path}`, { method, body });
        expect([answer.status, answer.json.proof], `${method} ${path}`).toEqual([403, 'required']);
      }
    } finally {
      server.advance(-10 * 60_000 - 1);
    }
  });

  it('refuses to make a team of a personal account or of the operator’s', async () => {
    const [ada, administrator] = [await newPerson(server), await newAdministrator(server)];
    for (const [caller, account] of [
      [ada, ada.accountId],
      [administrator, 1],
    ] as const) {
      const { json } = await caller.ask(`/accounts/${account}/members`);
      expect(json.members.map((member: { user_id: number }) => member.user_id)).toContain(caller.id);
      for (const [method, path, body] of [
        ['PATCH', '', { name: 'Mine' }],
        ['DELETE', '', { name: 'Operator' }],
        ['POST', '/invitations', { email: stranger(), role: 'viewer' }],
        ['POST', '/leave', undefined],
        ['POST', '/transfer', { user_id: caller.id }],
        ['DELETE', `/members/${caller.id}`, undefined],
        ['PATCH', `/members/${caller.id}`, { role: 'viewer' }],
      ] as const) {
        const answer = await caller.ask(`/accounts/${account}${path}`, { method, body });
        expect([answer.status, Object.keys(answer.json.errors ?? {})], `${method} ${path}`).toEqual([422, ['account']]);
      }
    }
    expect((await ada.ask('/accounts/1/members')).status).toBe(404);
  });

  it('lets one person send twenty invitations a day, sending again included', async () => {
    const owner = await newPerson(server);
    const [team, other] = [await newTeam(owner), await newTeam(owner)];
    for (let sent = 0; sent < 20; sent += 5) {
      await invite(server, owner, team, stranger(), 'viewer');
      const { id } = (await owner.ask(`/accounts/${team}/members`)).json.invitations[0];
      for (let again = 0; again < 4; again++)
        expect((await owner.ask(`/accounts/${team}/invitations/${id}/send`, { method: 'POST' })).status).toBe(204);
    }
    const answer = await owner.ask(`/accounts/${other}/invitations`, { body: { email: stranger(), role: 'viewer' } });
    expect(answer.status).toBe(429);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });
});
