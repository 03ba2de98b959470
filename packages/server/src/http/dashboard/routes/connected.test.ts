/** What a user has connected, on both databases: seen, disconnected, and ended from every side. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newApplication, openSession, refresh, type TestApplication, type TestSession } from '../../../../test/applications.ts';
import { loggedIn } from '../../../../test/browser.ts';
import { eachDatabase } from '../../../../test/databases.ts';
import { newPerson, newTeam, type Person } from '../../../../test/people.ts';
import { OPERATOR, startTestServer, type TestServer } from '../../../../test/server.ts';

eachDatabase('connected applications', (makeDatabase) => {
  let server: TestServer;
  let owner: Person;
  beforeAll(async () => {
    server = await startTestServer({ trustedProxies: ['127.0.0.1'], database: await makeDatabase() });
    owner = await newPerson(server);
  });
  afterAll(() => server.stop());

  const signedIn = async (person: Person, client: TestApplication, scope = 'openid invoices.read') =>
    openSession(server, await loggedIn(server, person.email), client, { rest: { scope } });
  const lives = async (client: TestApplication, { refreshToken }: TestSession): Promise<boolean> =>
    (await refresh(server, client, refreshToken)).status === 200;
  /** The JWT is revoked with its session, at most two seconds later on other servers, at once here. */
  const works = async ({ jwt }: TestSession): Promise<boolean> =>
    (await server.request('/auth/userinfo', { bearer: jwt })).status === 200;

  it('tell what each may do, for which account, and are ended by their own user alone', async () => {
    const [ada, stranger] = [await newPerson(server), await newPerson(server)];
    const client = await newApplication(server, owner.accountId, { homePage: 'https://ledger.example.com', isVerified: true });
    const session = await signedIn(ada, client);
    const [connected] = (await ada.ask('/me/applications')).json.applications;
    expect(connected).toMatchObject({
      name: 'Ledger',
      client_id: client.clientId,
      home_page: 'https://ledger.example.com',
      verified: true,
      first_party: false,
      permissions: ['invoices.read'],
      scopes: ['openid'],
      live_sessions: 1,
      last_used_at: expect.any(String),
    });
    const [own] = (await ada.ask('/me/sessions')).json.sessions;
    expect(own).toMatchObject({ id: session.id, application: 'Ledger', permissions: ['invoices.read'] });
    expect((await stranger.ask('/me/applications')).json.applications).toEqual([]);

    const end = (by: Person, path: string) => by.ask(path, { method: 'DELETE' });
    expect((await end(stranger, `/me/applications/${connected.id}`)).status).toBe(404);
    expect((await end(stranger, `/me/sessions/${session.id}`)).status).toBe(404);
    expect((await end(owner, `/me/sessions/${session.id}`)).status).toBe(404);
    expect((await end(ada, '/me/applications/x')).status).toBe(404);
    expect(await works(session)).toBe(true);
    expect((await end(ada, `/me/sessions/${session.id}`)).status).toBe(204);
    expect([await works(session), await lives(client, session)]).toEqual([false, false]);

    // The grant stays: the next sign-in asks nothing.
    const again = await signedIn(ada, client);
    expect((await end(ada, `/me/applications/${connected.id}`)).status).toBe(204);
    expect((await end(ada, `/me/applications/${connected.id}`)).status).toBe(404);
    expect([await works(again), await lives(client, again)]).toEqual([false, false]);
    expect((await ada.ask('/me/applications')).json.applications).toEqual([]);
  });

  it('are seen by the owner of the application without where people are, and ended one by one', async () => {
    const [ada, ben] = [await newPerson(server), await newPerson(server)];
    const [client, another] = [await newApplication(server, owner.accountId), await newApplication(server, owner.accountId)];
    const sessions = [await signedIn(ada, client), await signedIn(ben, client)] as const;
    const elsewhere = await signedIn(ada, another);
    const path = `/accounts/${owner.accountId}/applications/${client.id}`;
    const seen = await owner.ask(path);
    expect(seen.json.sessions.map(({ id }: { id: string }) => id).sort()).toEqual(sessions.map(({ id }) => id).sort());
    expect(seen.json.live_sessions).toBe(2);
    expect(seen.text).not.toContain('127.0.0.1');
    expect(seen.text).not.toContain('@example.com');
    expect((await owner.ask(`${path}/sessions/${elsewhere.id}`, { method: 'DELETE' })).status).toBe(404);
    expect((await owner.ask(`${path}/sessions/${sessions[0].id}`, { method: 'DELETE' })).status).toBe(204);
    expect([await works(sessions[0]), await works(sessions[1]), await works(elsewhere)]).toEqual([false, true, true]);
  });

  it('end with the application, at once and for good', async () => {
    const ada = await newPerson(server);
    const client = await newApplication(server, owner.accountId);
    const session = await signedIn(ada, client);
    expect((await owner.ask(`/accounts/${owner.accountId}/applications/${client.id}`, { method: 'DELETE' })).status).toBe(204);
    expect([await works(session), await lives(client, session)]).toEqual([false, false]);
    expect((await ada.ask('/me/applications')).json.applications).toEqual([]);
    expect((await ada.ask('/me/sessions')).json.sessions).toEqual([]);
  });

  it('end with the team that registered the application', async () => {
    const ada = await newPerson(server);
    const team = await newTeam(owner);
    const client = await newApplication(server, team);
    const session = await signedIn(ada, client);
    const gone = await owner.ask(`/accounts/${team}`, { method: 'DELETE', body: { name: 'Engines' } });
    expect(gone.status).toBe(204);
    expect([await works(session), await lives(client, session)]).toEqual([false, false]);
  });

  it('can do nothing while the user who registered the application is disabled, and live on afterwards', async () => {
    const [ada, maker] = [await newPerson(server), await newPerson(server)];
    const client = await newApplication(server, maker.accountId);
    const session = await signedIn(ada, client);
    await server.keyhouse.users.disable({ userId: maker.id, by: OPERATOR });
    expect(await lives(client, session)).toBe(false);
    await server.keyhouse.users.enable({ userId: maker.id, by: OPERATOR });
    expect(await lives(client, session)).toBe(true);
  });

  it('lose what the application may no longer ask for with the next refresh', async () => {
    const ada = await newPerson(server);
    const client = await newApplication(server, owner.accountId, { permissions: ['invoices.read', 'invoices.write'] });
    const session = await signedIn(ada, client, 'invoices.read invoices.write');
    const path = `/accounts/${owner.accountId}/applications/${client.id}`;
    expect((await owner.ask(path, { method: 'PATCH', body: { permissions: ['invoices.read'] } })).status).toBe(200);
    expect((await refresh(server, client, session.refreshToken)).json.scope).toBe('invoices.read');
  });
});
