/**
 * Who holds a permission that is about to be removed from the catalogue: everyone who is named keeps it, or loses it, as the
 * dialog says.
 */
import { beforeAll, expect, it } from 'vitest';
import { newApplication, openSession, refresh } from '../../../../test/applications.ts';
import { eachDatabase } from '../../../../test/databases.ts';
import { newAdministrator, newPerson, newTeam, type Person } from '../../../../test/people.ts';
import { OPERATOR, startTestServer, type TestServer } from '../../../../test/server.ts';

const DAY = 86_400_000;
const entry = (name: string) => ({ name, sentence: `Use ${name}`, grantable: true, sensitive: false });

eachDatabase('the holders of a permission', (makeDatabase) => {
  let server: TestServer;
  let admin: Person;
  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase() });
    admin = await newAdministrator(server);
    return () => server.stop();
  });

  const setCatalogue = async (...names: string[]) => {
    const set = await admin.ask('/operator/permissions', { method: 'PUT', body: { permissions: names.map(entry) } });
    expect(set.status, set.text).toBe(204);
  };
  const holdersOf = async (...permissions: string[]) =>
    (await admin.ask('/operator/permissions/holders', { body: { permissions } })).json;
  const NOBODY = { count: 0, first: [] };

  it('are those that hold it by name and are active, however many are not', async () => {
    const person = await newPerson(server);
    const team = await newTeam(person, 'Engines');
    const named = (name: string, kind: 'team' | 'personal') => ({
      name,
      account: { id: kind === 'team' ? team : person.accountId, kind, name: expect.any(String) },
    });
    const { credentials } = server.store;
    // More than one slice of ended rows comes first.
    const ended: { id: number }[] = [];
    while (ended.length < 600)
      ended.push(...(await Promise.all(Array.from({ length: 25 }, () => server.key(team, { permissions: ['ships.read'] })))));
    for (const { id } of ended)
      await credentials.revoke({
        ...{ kind: 'key', id, nowMs: server.now() },
        event: { event: 'key.revoked', atMs: server.now(), by: OPERATOR, accountId: team },
      });
    await server.key(team, { name: 'over', permissions: ['ships.read'], expiresAtMs: server.now() + 60_000 });
    server.advance(60_000);
    expect(await holdersOf('ships.read')).toEqual({
      ...{ keys: NOBODY, tokens: NOBODY, applications: NOBODY },
      ...{ sessions: 0, whole: true },
    });
    await server.key(team, { name: 'first', permissions: ['ships.read', 'ships.write'] });
    await server.key(team, { name: 'ends later', permissions: ['ships.read'], expiresAtMs: server.now() + DAY });
    await server.key(team, { name: 'everything' });
    await server.key(team, { name: 'any', permissions: ['*'] });
    await server.key(team, { name: 'longer name', permissions: ['ships.read.more.read'] });
    const wish = { name: 'mine', permissions: ['ships.write'], addresses: null, expiresAtMs: null, source: 'dashboard' } as const;
    await server.keyhouse.credentials.createToken({ ...wish, accountId: person.accountId, userId: person.id }, OPERATOR);
    expect(await holdersOf('ships.read', 'ships.write')).toEqual({
      keys: { count: 2, first: [named('first', 'team'), named('ends later', 'team')] },
      tokens: { count: 1, first: [named('mine', 'personal')] },
      ...{ applications: NOBODY, sessions: 0, whole: true },
    });
    expect(await holdersOf('ships.write')).toMatchObject({ keys: { count: 1 }, tokens: { count: 1 } });
    expect(await holdersOf()).toMatchObject({ keys: NOBODY, tokens: NOBODY });
    for (let made = 0; made < 12; made++) await server.key(team, { name: `Key ${made}`, permissions: ['ships.read'] });
    const { keys } = await holdersOf('ships.read');
    expect([keys.count, keys.first.length, keys.first[9].name]).toEqual([14, 10, 'Key 7']);
  });

  it('lose it if they are applications and their sessions, and keep it if they are keys', async () => {
    await setCatalogue('trains.read', 'planes.read');
    const owner = await newPerson(server);
    const user = await newPerson(server);
    const key = await server.key(owner.accountId, { name: 'keeps', permissions: ['trains.read'] });
    // One names it; the other may ask for everything, and was granted it.
    await newApplication(server, owner.accountId, { name: 'Names it', optionalPermissions: ['trains.read'] });
    const client = await newApplication(server, owner.accountId, { name: 'Was granted it' });
    const session = await openSession(server, user, client, { rest: { scope: 'trains.read planes.read' } });
    expect((await holdersOf('trains.read')).sessions).toBe(1);
    const { keys, applications, sessions } = await holdersOf('trains.read', 'planes.read');
    expect([keys.count, applications.count, sessions]).toEqual([1, 2, 1]);
    expect(applications.first.map(({ name }: { name: string }) => name)).toEqual(['Names it', 'Was granted it']);

    await setCatalogue('planes.read');
    const verify = async (path: string, bearer: string) => (await server.request(`/verify${path}`, { bearer })).status;
    expect(await verify('/api/trains', key.text)).toBe(200);
    expect(await verify('/api/trains', session.jwt)).toBe(401);
    server.advance(5000);
    const next = await refresh(server, client, session.refreshToken);
    expect([next.status, next.json.scope]).toEqual([200, 'planes.read']);
    await setCatalogue();
  });

  it('are told to administrators alone', async () => {
    const person = await newPerson(server);
    const asked = await person.ask('/operator/permissions/holders', { body: { permissions: ['ships.read'] } });
    expect(asked.status).toBe(403);
  });
});
