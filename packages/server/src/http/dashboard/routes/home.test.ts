import { beforeAll, expect, it } from 'vitest';
import { eachDatabase } from '../../../../test/databases.ts';
import { newPerson } from '../../../../test/people.ts';
import { startTestServer, type TestServer } from '../../../../test/server.ts';

eachDatabase('the requests on the home page', (makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase() });
    return () => server.stop();
  });

  it('say whether they are those of all credentials, or of the newest alone', async () => {
    const { ask, accountId } = await newPerson(server);
    const ofNewest = async () => (await ask(`/accounts/${accountId}/home`)).json.requests_of_newest;
    for (let made = 0; made < 250; made += 25) await Promise.all(Array.from({ length: 25 }, () => server.key(accountId)));
    expect(await ofNewest()).toBeNull();
    await server.key(accountId);
    expect(await ofNewest()).toBe(250);
  });
});
