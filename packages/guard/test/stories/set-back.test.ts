/**
 * The database is set back while servers and guards run: a fail-over to a standby that lagged, a recovery to a point in time, a
 * restored copy. What was committed after that moment is lost. What is revoked from then on is refused everywhere, as always.
 */
import { expect, it } from 'vitest';
import { newApplication, openSession, refresh } from '../../../server/test/applications.ts';
import { eachDatabase } from '../../../server/test/databases.ts';
import { newPerson } from '../../../server/test/people.ts';
import { OPERATOR, startTestServer, type TestServer } from '../../../server/test/server.ts';
import { createGuard, type Guard } from '../../src/index.ts';
import { startWorld, type World } from '../adapters/world.ts';
import { endAfterEach, statusAt, statusAtServer } from './guarded-world.ts';

eachDatabase('a database that is set back', (makeDatabase) => {
  const ends = endAfterEach();

  async function open(): Promise<{ world: World; second: TestServer; guard: Guard }> {
    const database = await makeDatabase();
    const world = await startWorld(database);
    const second = await startTestServer({ database, url: world.keyhouse.url });
    const guard = createGuard({ ...world.options, log: () => {} });
    ends.push(
      () => world.stop(),
      () => second.stop(),
      () => guard.close(),
    );
    await guard.ready();
    return { world, second, guard };
  }

  it('is noticed by whoever is behind it, and by whoever the new list has overtaken', async () => {
    const { world, second, guard } = await open();
    const key = await world.key();
    const others = await Promise.all(Array.from({ length: 3 }, () => world.key()));
    const jwt = await world.mint(key, ['invoices.read']);
    const setBack = await world.keyhouse.database.copy();
    const { epoch } = world.keyhouse.keyhouse.revocations.follower;
    // These revocations will be lost, and their numbers will be used for others.
    for (const other of others) await untilWorks(() => revoke(world.keyhouse, other.text));
    for (const server of [world.keyhouse, second])
      await expect.poll(() => server.keyhouse.revocations.follower.position).toBeGreaterThanOrEqual(3);
    for (const server of [world.keyhouse, second]) await expect.poll(() => statusAtServer(server, jwt)).toBe(200);
    await expect.poll(() => statusAt(guard, jwt)).toBe(200);

    await setBack();
    await untilWorks(() => revoke(second, key.text));
    for (let i = 0; i < 5; i++) await revoke(second, (await world.key()).text);

    for (const server of [world.keyhouse, second]) await expect.poll(() => statusAtServer(server, jwt)).toBe(401);
    for (const server of [world.keyhouse, second]) await expect.poll(() => statusAtServer(server, key.text)).toBe(401);
    await expect.poll(() => statusAt(guard, jwt)).toBe(401);
    await expect.poll(() => second.keyhouse.revocations.follower.epoch).not.toBe(epoch);
  });

  it('serves no key whose row is lost, and mints nothing with it', async () => {
    const { world, second, guard } = await open();
    const setBack = await world.keyhouse.database.copy();
    const key = await untilWorks(() => world.key());
    for (const server of [world.keyhouse, second]) await expect.poll(() => statusAtServer(server, key.text)).toBe(200);
    await expect.poll(() => statusAt(guard, key.text)).toBe(200);
    await setBack();
    for (const server of [world.keyhouse, second]) {
      // Not a 500, and not for longer than the list is trusted.
      const answers = new Set<number>();
      await expect
        .poll(async () => {
          const { status } = await server.request('/auth', { bearer: key.text, body: { permissions: ['invoices.read'] } });
          answers.add(status);
          return status;
        })
        .toBe(401);
      expect([...answers].filter((status) => ![200, 401, 503].includes(status))).toEqual([]);
      await expect.poll(() => statusAtServer(server, key.text)).toBe(401);
    }
    await expect.poll(() => statusAt(guard, key.text)).toBe(401);
  });

  it('revokes what is handed in, though its record or an earlier revocation of it was lost, for servers that start later too', async () => {
    const { world, second, guard } = await open();
    const [person, key] = [await newPerson(world.keyhouse), await world.key()];
    const client = await newApplication(world.keyhouse, person.accountId);
    const known = await openSession(world.keyhouse, person, client);
    const onRecord = await world.mint(key, ['invoices.read']);
    const setBack = await world.keyhouse.database.copy();
    const lost = await untilWorks(() => openSession(world.keyhouse, person, client));
    const another: string = (await refresh(world.keyhouse, client, lost.refreshToken)).json.access_token;
    const unrecorded = await untilWorks(async () => {
      const text = await world.mint(key, ['invoices.read']);
      if (text === undefined) throw new Error('Nothing was minted.');
      return text;
    });
    const revokeAll = async (): Promise<void> => {
      for (const text of [onRecord, unrecorded]) await untilWorks(() => revoke(second, text));
      for (const text of [known.jwt, lost.jwt]) await untilWorks(() => revoke(second, text, client.clientId));
    };
    await revokeAll();
    for (const text of [onRecord, unrecorded, known.jwt, lost.jwt, another]) expect(await statusAtServer(second, text)).toBe(401);
    await setBack();
    // They are still known as revoked here, and nowhere else.
    await revokeAll();

    const third = await startTestServer({ database: world.keyhouse.database, url: world.keyhouse.url });
    ends.push(() => third.stop());
    for (const text of [onRecord, unrecorded, known.jwt, lost.jwt, another]) {
      expect(await statusAtServer(third, text)).toBe(401);
      await expect.poll(() => statusAt(guard, text)).toBe(401);
    }
    // A repetition adds nothing to the list.
    const { position } = third.keyhouse.revocations.follower;
    await revokeAll();
    await third.keyhouse.revocations.follower.poll();
    expect(third.keyhouse.revocations.follower.position).toBe(position);
  });

  it('accepts what was issued before a suspension that was lost, once the account is resumed all the same', async () => {
    const { world, second, guard } = await open();
    const person = await newPerson(world.keyhouse);
    const jwt = await jwtOf(world, person.accountId);
    const setBack = await world.keyhouse.database.copy();
    const { epoch } = world.keyhouse.keyhouse.revocations.follower;
    const suspension = { accountId: person.accountId, reason: null, by: OPERATOR };
    await untilWorks(() => world.keyhouse.keyhouse.administration.suspendAccount(suspension));
    for (const server of [world.keyhouse, second]) await expect.poll(() => statusAtServer(server, jwt)).toBe(401);
    await expect.poll(() => statusAt(guard, jwt)).toBe(401);
    await setBack();
    for (const server of [world.keyhouse, second])
      await expect.poll(() => server.keyhouse.revocations.follower.epoch).not.toBe(epoch);
    // The guard follows the new list once it receives what is revoked there.
    const other = await untilWorks(() => jwtOf(world, person.accountId));
    await expect.poll(() => statusAt(guard, other)).toBe(200);
    await untilWorks(() => revoke(second, other));
    await expect.poll(() => statusAt(guard, other)).toBe(401);
    // Nobody has lifted it yet.
    for (const server of [world.keyhouse, second]) expect(await statusAtServer(server, jwt)).toBe(401);

    expect(await untilWorks(() => second.keyhouse.administration.resumeAccount(suspension))).toBe('already');
    for (const server of [world.keyhouse, second]) await expect.poll(() => statusAtServer(server, jwt)).toBe(200);
    await expect.poll(() => statusAt(guard, jwt)).toBe(200);
  });

  it('gives no account the id of one that was suspended and lost', async () => {
    const { world, second, guard } = await open();
    const setBack = await world.keyhouse.database.copy();
    const { epoch } = world.keyhouse.keyhouse.revocations.follower;
    const lost = await untilWorks(() => world.keyhouse.register());
    const ofLost = await jwtOf(world, lost.accountId);
    await world.keyhouse.keyhouse.administration.suspendAccount({ accountId: lost.accountId, reason: null, by: OPERATOR });
    for (const server of [world.keyhouse, second]) await expect.poll(() => statusAtServer(server, ofLost)).toBe(401);
    await expect.poll(() => statusAt(guard, ofLost)).toBe(401);
    await setBack();
    for (const server of [world.keyhouse, second])
      await expect.poll(() => server.keyhouse.revocations.follower.epoch).not.toBe(epoch);

    const next = await untilWorks(() => world.keyhouse.register());
    // A JWT or a revocation of the lost account must not come to mean this one.
    expect(next.accountId).toBeGreaterThan(lost.accountId);
    expect(next.id).toBeGreaterThan(lost.id);
    const jwt = await jwtOf(world, next.accountId);
    for (const server of [world.keyhouse, second]) expect(await statusAtServer(server, jwt)).toBe(200);
    await expect.poll(() => statusAt(guard, jwt)).toBe(200);
    for (const server of [world.keyhouse, second]) expect(await statusAtServer(server, ofLost)).toBe(401);
  });
});

const jwtOf = async ({ keyhouse, mint }: World, accountId: number): Promise<string> =>
  await mint(await keyhouse.key(accountId), ['invoices.read']);

const revoke = async (server: TestServer, token: string, clientId?: string): Promise<void> => {
  const { status } = await server.request('/auth/revoke', {
    body: { token, ...(clientId === undefined ? {} : { client_id: clientId }) },
  });
  if (status !== 200) throw new Error(`The revocation was answered ${status}.`);
};

/** While the database is away and its servers reconnect to it. */
async function untilWorks<Value>(attempt: () => Promise<Value>): Promise<Value> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (tries > 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
