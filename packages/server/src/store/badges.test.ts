/** Badges on both databases: what is not the operator's own is never treated as such, and no change of owners forgets them. */
import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { newApplication } from '../../test/applications.ts';
import { eachDatabase, runStatements, type TestDatabase } from '../../test/databases.ts';
import { startTestServer, type TestServer } from '../../test/server.ts';
import { badgesAndOrigins } from './migrations/0009-badges-and-origins.ts';
import { POSTGRES_TYPES, SQLITE_TYPES } from './migrations/migration.ts';

eachDatabase('first-party', (makeDatabase) => {
  let database: TestDatabase;
  let server: TestServer;
  beforeAll(async () => {
    database = await makeDatabase();
    server = await startTestServer({ database });
    return () => server.stop();
  });

  it('is taken from every application of another account, and not believed where a row still says it', async () => {
    const { accountId } = await server.register();
    const { applications } = server.store;
    const [own, theirs] = [
      await newApplication(server, 1, { isFirstParty: true }),
      await newApplication(server, accountId, { isVerified: true }),
    ];
    await runStatements(database, [`UPDATE applications SET is_first_party = 1 WHERE id = ${theirs.id}`]);
    expect((await applications.findApplication(theirs.id))?.isFirstParty).toBe(false);
    expect((await applications.findClient(theirs.clientId))?.isFirstParty).toBe(false);
    expect(
      (await applications.listApplications({ accountId, limit: 1, nowMs: server.now() })).map(({ isFirstParty }) => isFirstParty),
    ).toEqual([false]);
    const types = database.kind === 'sqlite' ? SQLITE_TYPES : POSTGRES_TYPES;
    for (const statement of badgesAndOrigins.statements(types))
      if (statement.startsWith('UPDATE')) await runStatements(database, [statement]);
    expect(await applications.findApplication(own.id)).toMatchObject({ isFirstParty: true, lostBadges: null });
    expect(await applications.findApplication(theirs.id)).toMatchObject({
      ...{ isFirstParty: false, verifiedAtMs: theirs.verifiedAtMs },
      lostBadges: { badges: ['first_party'], changed: ['owner'], atMs: expect.any(Number) },
    });
  });
});

it('writes who owns an account, and what it is called, in one place alone', () => {
  const writes = /(?:insertInto|updateTable|deleteFrom)\('members'\)|updateTable\('accounts'\)\s*\.set\(\{ name/;
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  const writers = files.filter((name) => writes.test(readFileSync(`${import.meta.dirname}/${name}`, 'utf8')));
  // A deleted user loses the name; the applications have ended.
  expect(writers).toEqual(['profile.ts', 'teams.ts']);
});
