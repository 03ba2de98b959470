/** What a user reads before they delete their account: what prevents it. */
import { beforeAll, expect, it } from 'vitest';
import { browserFor } from '../../../../test/dashboard-browser.ts';
import { eachDatabase } from '../../../../test/databases.ts';
import { invite, newAdministrator, newPerson, newTeam } from '../../../../test/people.ts';
import { OPERATOR, startTestServer, type TestServer } from '../../../../test/server.ts';
import { SIGN_IN_IDLE_MS } from '../../../core/sign-ins/sign-in.ts';

eachDatabase('what stands in the way of deleting an account', (makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase() });
    return () => server.stop();
  });

  it('names the teams that nobody else owns, as deleting judges them', async () => {
    const [ada, bo] = [await newPerson(server), await newPerson(server)];
    const team = await newTeam(ada, 'Alone');
    const ends = async () => (await ada.ask('/me/ends')).json;
    expect(await ends()).toMatchObject({
      ...{ teams: 1, sign_ins: 1 },
      in_the_way: { only_owner_of: ['Alone'], last_administrator: false },
    });
    expect((await ada.ask('/me', { method: 'DELETE', body: { email: ada.email } })).status).toBe(422);
    const ticket = await invite(server, ada, team, bo.email, 'owner');
    expect((await bo.ask('/invitation/accept', { body: { ticket } })).status).toBe(200);
    expect((await ends()).in_the_way.only_owner_of).toEqual([]);
    // An owner who is disabled cannot act.
    await server.keyhouse.users.disable({ userId: bo.id, by: OPERATOR });
    expect((await ends()).in_the_way.only_owner_of).toEqual(['Alone']);
    expect((await ada.ask(`/accounts/${team}`, { method: 'DELETE', body: { name: 'Alone' } })).status).toBe(204);
    expect((await ends()).in_the_way.only_owner_of).toEqual([]);
    expect((await ada.ask('/me', { method: 'DELETE', body: { email: ada.email } })).status).toBe(204);
  });

  it('counts no browser that has not been seen for so long that it is signed out', async () => {
    const ada = await newPerson(server);
    server.advance(SIGN_IN_IDLE_MS + 1000);
    expect((await ada.ask('/me/ends')).status).toBe(401);
    const again = await browserFor(server, ada.id);
    expect((await again.ask('/me/ends')).json.sign_ins).toBe(1);
  });

  it('says that somebody is the last administrator, as deleting judges it', async () => {
    const first = await newAdministrator(server);
    const ends = async () => (await first.ask('/me/ends')).json.in_the_way;
    expect(await ends()).toEqual({ only_owner_of: [], last_administrator: true });
    expect((await first.ask('/me', { method: 'DELETE', body: { email: first.email } })).status).toBe(422);
    await newAdministrator(server);
    expect(await ends()).toEqual({ only_owner_of: [], last_administrator: false });
    expect((await first.ask('/me', { method: 'DELETE', body: { email: first.email } })).status).toBe(204);
  });
});
