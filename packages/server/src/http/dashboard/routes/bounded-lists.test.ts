/** What is shown of many says how many it is. */
import { beforeAll, describe, expect, it } from 'vitest';
import { newPerson } from '../../../../test/people.ts';
import { startTestServer, type TestServer } from '../../../../test/server.ts';
import { describeLeast } from './credentials.ts';

describe('what is shown of many', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
    return () => server.stop();
  });

  it('says of the things to look at that only the newest were judged, as soon as there are more', async () => {
    const person = await newPerson(server);
    for (let made = 0; made < 100; made++) await server.key(person.accountId);
    const judged = async () => (await person.ask(`/accounts/${person.accountId}/home`)).json.judged_newest;
    expect(await judged()).toBeNull();
    await server.key(person.accountId);
    expect(await judged()).toBe(100);
  });

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
