/** Two servers on one database: what happens at one is true at the other within the two seconds that are promised. */
import { afterAll, beforeAll, expect, it } from 'vitest';
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
      if (end === 'revoke') await here.keyhouse.revoke({ kind: 'key', id: key.id }, OPERATOR);
      else await here.keyhouse.disableUser({ userId: user.id, by: OPERATOR });
      // Here at once, there within the time of a poll.
      for (const bearer of bearers) expect(await statusAt(here, bearer)).toBe(401);
      for (const bearer of bearers) await expect.poll(() => statusAt(there, bearer), { timeout: 2000, interval: 20 }).toBe(401);
    }
  });
});
