/**
 * Taking rights away takes effect at once, like ending access: JWTs that hold more are refused, and the next refresh gives a
 * narrower one.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  askTokens,
  claimsOf,
  newApplication,
  openSession,
  refresh,
  type TestApplication,
  type TestSession,
  withSecret,
} from '../applications.ts';
import { type Browser, registered } from '../browser.ts';
import { eachWay } from '../databases.ts';
import { invite, newPerson, newTeam, type Person } from '../people.ts';
import { OPERATOR, startTestServer, type TestServer } from '../server.ts';

const BOTH = 'invoices.read invoices.write';

eachWay('what is taken away is gone at once:', (makeDatabase) => {
  let server: TestServer;
  let ada: { browser: Browser; email: string; id: number };
  let owner: Person;
  let verifyingKey: string;

  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase() });
    [ada, owner] = [await registered(server), await newPerson(server)];
    verifyingKey = (await server.key(1, { permissions: ['keyhouse.verify'] })).text;
    return () => server.stop();
  });

  const open = (client: TestApplication, scope = BOTH, more: object = {}): Promise<TestSession> =>
    openSession(server, ada.browser, client, { rest: { scope, ...more } });
  const statusOf = async (jwt: string): Promise<number> => (await server.request('/verify/api/invoices', { bearer: jwt })).status;
  const isActive = async (jwt: string): Promise<boolean> =>
    (await server.request('/auth/introspect', { bearer: verifyingKey, body: { token: jwt } })).json.active;
  const position = async () => (await server.store.changes.activeRevocations(0)).position;
  const changesSince = async (before: number) =>
    (await server.store.changes.changesAfter(before, 1000)).filter(({ beforeMs }) => beforeMs !== null);

  /** The JWT is refused, and the session continues with `left`, in a JWT that is valid at once. */
  async function expectNarrowed(client: TestApplication, session: TestSession, left: readonly string[]): Promise<string> {
    expect([await statusOf(session.jwt), await isActive(session.jwt)]).toEqual([401, false]);
    const next = await refresh(server, client, session.refreshToken);
    expect(next.status).toBe(200);
    expect(claimsOf(next.json.access_token).permissions).toEqual(left);
    expect(await isActive(next.json.access_token)).toBe(true);
    return next.json.refresh_token;
  }

  async function expectUntouched(session: TestSession): Promise<void> {
    expect([await statusOf(session.jwt), await isActive(session.jwt)]).toEqual([200, true]);
  }

  it('by a lower role in a team; what only reads, and what is of other accounts, goes on', async () => {
    const client = await newApplication(server, owner.accountId);
    const team = await newTeam(owner);
    const email = `u${crypto.randomUUID()}@example.com`;
    const member = await registered(server, email);
    const ticket = await invite(server, owner, team, email, 'admin');
    expect((await member.browser.ask('/invitation/accept', { body: { ticket } })).status).toBe(200);
    const openIn = (account: number | null, scope: string, of = client) =>
      openSession(server, member.browser, of, { rest: { scope }, ...(account === null ? {} : { consent: { account } }) });
    const reading = await openIn(team, 'invoices.read', await newApplication(server, owner.accountId));
    const elsewhere = await openIn(null, BOTH, await newApplication(server, owner.accountId));
    const writing = await openIn(team, BOTH);
    const setRole = async (role: string) =>
      expect(
        (await owner.ask(`/accounts/${team}/members/${member.id}`, { method: 'PATCH', body: { role } })).status,
      ).toBeLessThan(300);
    await setRole('developer');
    await expectUntouched(writing);
    await setRole('viewer');
    const next = await expectNarrowed(client, writing, ['invoices.read']);
    for (const session of [reading, elsewhere]) await expectUntouched(session);
    await setRole('developer');
    const raised = await refresh(server, client, next);
    expect(claimsOf(raised.json.access_token).permissions).toEqual(['invoices.read', 'invoices.write']);
    expect(await statusOf(raised.json.access_token)).toBe(200);
  });

  it('by clearing a permission on the consent page', async () => {
    const client = await newApplication(server, owner.accountId, {
      permissions: ['invoices.read', 'invoices.write'],
      optionalPermissions: ['invoices.write'],
    });
    const [session, reading] = [await open(client), await open(client, 'invoices.read')];
    const again = await openSession(server, ada.browser, client, {
      rest: { scope: BOTH, prompt: 'consent' },
      consent: { permissions: ['invoices.read'] },
    });
    expect(claimsOf(again.jwt).permissions).toEqual(['invoices.read']);
    await expectNarrowed(client, session, ['invoices.read']);
    await expectUntouched(again);
    await expectUntouched(reading);
  });

  it('by a shorter list of what an application may ask for: one change, however many sessions there are', async () => {
    const [client, other] = [await newApplication(server, owner.accountId), await newApplication(server, owner.accountId)];
    const sessions = [await open(client), await open(client), await open(client)];
    const untouched = await open(other);
    const before = await position();
    await update(client, { permissions: ['invoices.read'] });
    expect((await changesSince(before)).map(({ kind, id }) => [kind, id])).toEqual([['application', client.clientId]]);
    for (const session of sessions) await expectNarrowed(client, session, ['invoices.read']);
    await expectUntouched(untouched);
  });

  it('and nothing is refused because of a change that takes nothing away', async () => {
    const client = await newApplication(server, owner.accountId, { permissions: ['invoices.read', 'invoices.write'] });
    const session = await open(client);
    const before = await position();
    await update(client, {
      name: 'Another name',
      permissions: ['invoices.write', 'invoices.read', 'crm.read'],
      idleSeconds: null,
    });
    expect(await changesSince(before)).toEqual([]);
    await expectUntouched(session);
  });

  it('by a shorter list of what an application may do by itself', async () => {
    const client = await newApplication(server, owner.accountId, {
      kind: 'confidential',
      ownPermissions: ['invoices.read', 'invoices.write'],
    });
    const own = async () => (await askTokens(server, { grant_type: 'client_credentials', ...withSecret(client) })).json;
    const before = await own();
    expect(await statusOf(before.access_token)).toBe(200);
    await update(client, { ownPermissions: ['invoices.read'] });
    expect([await statusOf(before.access_token), await isActive(before.access_token)]).toEqual([401, false]);
    const after = await own();
    expect(after.scope).toBe('invoices.read');
    expect(await statusOf(after.access_token)).toBe(200);
    expect(after.expires_in * 1000).toBeGreaterThanOrEqual(claimsOf(after.access_token).exp * 1000 - server.now() - 1000);
  });

  it('by shorter limits of its sessions: no JWT lasts longer than they do now', async () => {
    const client = await newApplication(server, owner.accountId);
    const session = await open(client);
    await update(client, { absoluteSeconds: 120 });
    expect(await statusOf(session.jwt)).toBe(401);
    const next = (await refresh(server, client, session.refreshToken)).json;
    expect(next.expires_in).toBeLessThanOrEqual(120);
    expect(await statusOf(next.access_token)).toBe(200);
    server.advance(121_000);
    expect(await statusOf(next.access_token)).toBe(401);
  });

  describe('in the catalogue,', () => {
    const entry = (name: string, more: object = {}) => ({ name, sentence: name, isGrantable: true, isSensitive: false, ...more });
    const setCatalogue = (...catalogue: ReturnType<typeof entry>[]) =>
      server.keyhouse.permissions.setCatalogue({ catalogue, by: OPERATOR });
    const ALL = ['invoices.read', 'invoices.write', 'crm.read', 'reports.read'].map((name) => entry(name));
    const without = (name: string) => ALL.filter((each) => each.name !== name);

    it('by making one permission ungrantable, sensitive, or unknown; nobody is asked to refresh who does not hold it', async () => {
      await setCatalogue(...ALL);
      for (const change of [{ isGrantable: false }, { isSensitive: true }, null]) {
        await setCatalogue(...ALL);
        const [client, other] = [await newApplication(server, owner.accountId), await newApplication(server, owner.accountId)];
        const [session, untouched] = [await open(client), await open(other, 'invoices.read crm.read')];
        await setCatalogue(...without('invoices.write'), ...(change === null ? [] : [entry('invoices.write', change)]));
        await expectNarrowed(client, session, ['invoices.read']);
        await expectUntouched(untouched);
      }
      await setCatalogue();
    });

    it('by taking out what an application may do by itself', async () => {
      await setCatalogue(...ALL);
      const client = await newApplication(server, owner.accountId, {
        kind: 'confidential',
        ownPermissions: ['invoices.read', 'reports.read'],
      });
      const own = async () => (await askTokens(server, { grant_type: 'client_credentials', ...withSecret(client) })).json;
      const before = await own();
      await setCatalogue(...without('reports.read'));
      expect(await statusOf(before.access_token)).toBe(401);
      const after = await own();
      expect([after.scope, await statusOf(after.access_token)]).toEqual(['invoices.read', 200]);
      await setCatalogue();
    });

    it('by withdrawing *verified* from an application that holds sensitive permissions', async () => {
      await setCatalogue(...without('invoices.write'), entry('invoices.write', { isSensitive: true }));
      const client = await newApplication(server, owner.accountId, { isVerified: true });
      const session = await open(client);
      await server.keyhouse.applications.verify(client, false, OPERATOR);
      await expectNarrowed(client, session, ['invoices.read']);
      await setCatalogue();
    });
  });

  it('of one user with very many sessions by one change', async () => {
    const client = await newApplication(server, owner.accountId, { optionalPermissions: ['invoices.write'] });
    const sessions: TestSession[] = [];
    for (let count = 0; count < 51; count++) sessions.push(await open(client));
    const before = await position();
    await openSession(server, ada.browser, client, {
      rest: { scope: BOTH, prompt: 'consent' },
      consent: { permissions: ['invoices.read'] },
    });
    expect((await changesSince(before)).map(({ kind, id }) => [kind, id])).toEqual([['user', String(ada.id)]]);
    for (const session of [sessions[0], sessions[50]])
      if (session !== undefined) await expectNarrowed(client, session, ['invoices.read']);
  });

  async function update(application: TestApplication, settings: object): Promise<void> {
    const updated = await server.keyhouse.applications.update({ application, settings }, OPERATOR);
    if (!updated.ok) throw new Error(JSON.stringify(updated));
  }
});

eachWay('of two servers the other', (makeDatabase) => {
  let here: TestServer;
  let there: TestServer;
  beforeAll(async () => {
    const database = await makeDatabase();
    [here, there] = [await startTestServer({ database }), await startTestServer({ database })];
    return async () => {
      await there.stop().catch(() => {});
      await here.stop().catch(() => {});
    };
  });

  it('gives out nothing wider in the moment after a narrowing, though it has not heard of it, and what it gives is good', async () => {
    const { browser } = await registered(here);
    const owner = await here.register();
    for (const narrow of ['application', 'catalogue'] as const) {
      const client = await newApplication(here, owner.accountId, { kind: 'confidential', ownPermissions: ['invoices.write'] });
      const session = await openSession(here, browser, client, { rest: { scope: BOTH } });
      const first = (await refresh(there, client, session.refreshToken)).json;
      const takeAway = async () =>
        narrow === 'application'
          ? await here.keyhouse.applications.update(
              { application: client, settings: { permissions: ['invoices.read'] } },
              OPERATOR,
            )
          : await here.keyhouse.permissions.setCatalogue({
              catalogue: [{ name: 'invoices.read', sentence: 'See invoices', isGrantable: true, isSensitive: false }],
              by: OPERATOR,
            });
      await takeAway();
      const next = (await refresh(there, client, first.refresh_token)).json;
      expect(claimsOf(next.access_token).permissions, narrow).toEqual(['invoices.read']);
      for (const server of [here, there])
        expect((await server.request('/verify/api/invoices', { bearer: next.access_token })).status, narrow).toBe(200);
      const status = async () => (await there.request('/verify/api/invoices', { bearer: first.access_token })).status;
      await expect.poll(status, { interval: 20 }).toBe(401);
    }
  });
});
