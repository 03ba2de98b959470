/**
 * The database is set back under running servers and guards: a fail-over to a standby that lagged, a recovery to a point in time, a restored copy.
 * What was committed after that moment is lost. What is revoked from then on is refused everywhere, as ever.
 */
import { afterEach, expect, it } from 'vitest';
import { eachDatabase } from '../../../server/test/databases.ts';
import { startTestServer, type TestServer } from '../../../server/test/server.ts';
import { createGuard, type Guard } from '../../src/index.ts';
import { startWorld, type World } from '../adapters/world.ts';

eachDatabase('a database that is set back', (makeDatabase) => {
  let ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.reverse()) await end();
    ends = [];
  });

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

  const verify = async (server: TestServer, bearer: string): Promise<number> =>
    (await server.request('/verify?permission=invoices.read', { bearer })).status;

  const guarded = async (guard: Guard, bearer: string): Promise<number> => {
    const decision = await guard.judge(
      {
        ...{ method: 'GET', target: '/anything', headers: ['Authorization', `Bearer ${bearer}`] },
        peer: { address: '127.0.0.1', isEncrypted: false },
      },
      { permission: 'invoices.read' },
    );
    return decision.ok ? 200 : decision.status;
  };

  it('is noticed by whoever is behind it, and by whoever the new list has overtaken', async () => {
    const { world, second, guard } = await open();
    const key = await world.key();
    const others = await Promise.all(Array.from({ length: 3 }, () => world.key()));
    const jwt = await world.mint(key, ['invoices.read']);
    const setBack = await world.keyhouse.database.copy();
    const { epoch } = world.keyhouse.keyhouse.follower;
    // These revocations will be lost, and by their numbers others will be known.
    for (const other of others) await untilWorks(() => revoke(world.keyhouse, other.text));
    for (const server of [world.keyhouse, second])
      await expect.poll(() => server.keyhouse.follower.position).toBeGreaterThanOrEqual(3);
    for (const server of [world.keyhouse, second]) await expect.poll(() => verify(server, jwt)).toBe(200);
    await expect.poll(() => guarded(guard, jwt)).toBe(200);

    await setBack();
    await untilWorks(() => revoke(second, key.text));
    for (let i = 0; i < 5; i++) await revoke(second, (await world.key()).text);

    for (const server of [world.keyhouse, second]) await expect.poll(() => verify(server, jwt)).toBe(401);
    for (const server of [world.keyhouse, second]) await expect.poll(() => verify(server, key.text)).toBe(401);
    await expect.poll(() => guarded(guard, jwt)).toBe(401);
    await expect.poll(() => second.keyhouse.follower.epoch).not.toBe(epoch);
  });

  it('serves no key whose row is lost, and mints nothing with it', async () => {
    const { world, second, guard } = await open();
    const setBack = await world.keyhouse.database.copy();
    const key = await untilWorks(() => world.key());
    for (const server of [world.keyhouse, second]) await expect.poll(() => verify(server, key.text)).toBe(200);
    await expect.poll(() => guarded(guard, key.text)).toBe(200);
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
      await expect.poll(() => verify(server, key.text)).toBe(401);
    }
    await expect.poll(() => guarded(guard, key.text)).toBe(401);
  });
});

const revoke = async (server: TestServer, token: string): Promise<void> => {
  const { status } = await server.request('/auth/revoke', { body: { token } });
  if (status !== 200) throw new Error(`The revocation was answered ${status}.`);
};

/** While the database is away and its servers come back to it. */
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
