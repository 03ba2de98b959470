/** Two servers on one database: what happens at one is true at the other within the promised two seconds. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MasterSecret } from '../../src/core/lib/master-secret.ts';
import { newApplication, openSession, refresh } from '../applications.ts';
import { registered } from '../browser.ts';
import { eachDatabase } from '../databases.ts';
import { OPERATOR, startTestServer, type TestServer } from '../server.ts';

eachDatabase('of two servers the other', (makeDatabase) => {
  let here: TestServer;
  let there: TestServer;
  beforeAll(async () => {
    const database = await makeDatabase();
    [here, there] = await Promise.all([startTestServer({ database }), startTestServer({ database })]);
  });
  afterAll(async () => {
    await there.stop().catch(() => {});
    await here.stop().catch(() => {});
  });
  const statusAt = async (server: TestServer, bearer: string) =>
    (await server.request('/verify/api/invoices', { bearer })).status;

  it('signs with the same keys, and takes what the first one made', async () => {
    const user = await here.register();
    const key = await here.key(user.accountId);
    const minted = await here.request('/auth', { bearer: key.text, body: { permissions: ['invoices.read'] } });
    for (const bearer of [user.token, key.text, minted.json.token]) expect(await statusAt(there, bearer)).toBe(200);
  });

  it('hears of a revoked key, of its JWTs and of a disabled user, with everything in its cache', async () => {
    for (const end of ['revoke', 'disable'] as const) {
      const user = await here.register();
      const key = await here.key(user.accountId);
      const minted = await there.request('/auth', { bearer: key.text, body: { permissions: ['invoices.read'] } });
      const bearers = [key.text, minted.json.token as string, ...(end === 'disable' ? [user.token] : [])];
      for (const bearer of bearers) expect(await statusAt(there, bearer)).toBe(200);
      if (end === 'revoke') await here.keyhouse.credentials.revoke({ kind: 'key', id: key.id }, OPERATOR);
      else await here.keyhouse.users.disable({ userId: user.id, by: OPERATOR });
      // Here at once, there within the time of a poll.
      for (const bearer of bearers) expect(await statusAt(here, bearer)).toBe(401);
      for (const bearer of bearers) await expect.poll(() => statusAt(there, bearer), { interval: 20 }).toBe(401);
    }
  });

  it('goes on with a session that was opened at the first, and hears of its end and of its application’s', async () => {
    for (const end of ['session', 'application'] as const) {
      const { browser, id: userId } = await registered(here);
      const owner = await here.register();
      const client = await newApplication(here, owner.accountId);
      const session = await openSession(here, browser, client);
      expect(await statusAt(there, session.jwt)).toBe(200);
      const next = await refresh(there, client, session.refreshToken);
      expect(next.status).toBe(200);
      if (end === 'session') await here.keyhouse.sessions.end({ id: session.id, userId, reason: 'revoked' }, OPERATOR);
      else await here.keyhouse.applications.delete(client, OPERATOR);
      for (const jwt of [session.jwt, next.json.access_token]) {
        expect(await statusAt(here, jwt)).toBe(401);
        await expect.poll(() => statusAt(there, jwt), { interval: 20 }).toBe(401);
      }
      expect((await refresh(there, client, next.json.refresh_token)).status).toBeGreaterThanOrEqual(400);
    }
  });
});

eachDatabase('sessions under another master secret', (makeDatabase) => {
  it('go on where they were, with the keys of their tokens sealed anew', async () => {
    const [from, to] = ['the master secret of before, long enough', 'the master secret from now on, long enough'];
    const database = await makeDatabase();
    const before = await startTestServer({ database, secret: from });
    const { browser } = await registered(before);
    const owner = await before.register();
    const client = await newApplication(before, owner.accountId);
    const session = await openSession(before, browser, client);
    const rotated = await before.keyhouse.signingKeys.rotateMasterSecret({
      from: new MasterSecret(from),
      to: new MasterSecret(to),
      by: OPERATOR,
    });
    expect(rotated.ok).toBe(true);
    const after = await startTestServer({ database, secret: to });
    expect((await refresh(after, client, session.refreshToken)).status).toBe(200);
    await after.stop();
    await before.stop().catch(() => {});
  });
});
