/** A shortened list says how many entries there are. */
import { beforeAll, describe, expect, it } from 'vitest';
import { browserFor } from '../../../../test/dashboard-browser.ts';
import { eachDatabase } from '../../../../test/databases.ts';
import { newPerson } from '../../../../test/people.ts';
import { startTestServer, type TestServer } from '../../../../test/server.ts';
import { describeLeast } from './credentials.ts';

const DAY = 86_400_000;

eachDatabase('the first page of an account with many credentials', (makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase() });
    return () => server.stop();
  });

  it('judges all of them, shows the most urgent 20, and says how many there are', async () => {
    const { accountId, id: userId } = await newPerson(server);
    const { credentials } = server.store;
    const key = (name: string, permissions?: string[]) =>
      server.key(accountId, { name, ...(permissions === undefined ? {} : { permissions }) });
    const used = (id: number, permissions: readonly string[]) => {
      const at = { requests: 1, lastUsedAtMs: server.now(), day: Math.floor(server.now() / DAY) };
      const use = { credentialId: id, ...at, lastAddress: null, lastUserAgent: null, previousRequests: 0 };
      const previous = { previousLastUsedAtMs: null, previousLastAddress: null, previousLastUserAgent: null };
      return credentials.recordUse({
        uses: [{ ...use, ...previous }],
        permissions: permissions.map((permission) => ({ credentialId: id, permission, ...at })),
      });
    };
    const home = async () => (await (await browserFor(server, userId)).ask(`/accounts/${accountId}/home`)).json;
    const said = async () => {
      const { notices, notices_total: total } = await home();
      return [
        total,
        notices.map((each: { kind: string; credential: { name: string } }) => `${each.kind}: ${each.credential.name}`),
      ];
    };
    const [wide, fitting, untold] = [
      await key('wide', ['a.read', 'b.read']),
      await key('fitting', ['a.read', 'b.read']),
      await key('untold', ['a.read', 'b.read']),
    ];
    await key('idle');
    server.advance(100 * DAY);
    for (let made = 0; made < 130; made++) await key(`new ${made}`);
    for (let day = 0; day < 3; day++) {
      await used(wide.id, ['a.read', 'z.read']);
      await used(fitting.id, ['a.read', 'b.read']);
      await used(untold.id, ['a.read', '']);
      server.advance(DAY);
    }
    // The token is that of the registration.
    expect(await said()).toEqual([3, ['too-wide: wide', 'unused: test', 'unused: idle']]);
    server.advance(91 * DAY);
    const [total, shown] = await said();
    // What was used is forgotten by then, so nothing is too wide: all 134 and the token are unused.
    expect([total, shown.length]).toEqual([135, 20]);
    expect(shown.slice(0, 2)).toEqual(['unused: test', 'unused: idle']);
  });
});

describe('what is shown of many', () => {
  it('lists every permission that was used, and no thousand that were not', () => {
    const row = (name: string, used: number) => ({
      ...{ name, granted: true, requests30Days: used, requests90Days: used },
      lastUsedAtMs: used === 0 ? null : 1,
    });
    const unused = Array.from({ length: 1000 }, (_, at) => row(`r${at}.read`, 0));
    const used = Array.from({ length: 50 }, (_, at) => row(`used${at}.read`, 3));
    const least = describeLeast({
      permissions: [...unused, ...used],
      observedSinceMs: 0,
      watchedSinceMs: 0,
      watchedDays: 30,
      suggestsFromMs: null,
      untoldRequests: 0,
      narrowTo: null,
    });
    expect(least.permissions).toHaveLength(70);
    expect(least.permissions.filter(({ requests_90_days }) => requests_90_days > 0)).toHaveLength(50);
    expect(least.more_unused).toBe(980);
  });
});
