/**
 * Wall clocks that are set while everything runs: Keyhouse's, and the guard's. Nothing that was revoked or had expired becomes
 * valid again.
 */
import { expect, it } from 'vitest';
import { eachDatabase } from '../../../server/test/databases.ts';
import { bindGuard, type Guard } from '../../src/guard.ts';
import { readOptions } from '../../src/options.ts';
import { startWorld, type World } from '../adapters/world.ts';
import { endAfterEach, statusAt, statusAtServer } from './guarded-world.ts';

const MINUTE = 60_000;
const TEN_YEARS = 10 * 365 * 24 * 60 * MINUTE;

eachDatabase('a clock that is set', (makeDatabase) => {
  const ends = endAfterEach();

  async function open(guardAheadMs = 0): Promise<{ world: World; guard: Guard; said: string[] }> {
    const world = await startWorld(await makeDatabase());
    const said: string[] = [];
    const options = readOptions({ ...world.options, log: (sentence) => said.push(sentence) });
    const guard = bindGuard(options, { nowMs: () => Date.now() + guardAheadMs, monotonicMs: () => performance.now() });
    ends.push(
      () => world.stop(),
      () => guard.close(),
    );
    await guard.ready();
    return { world, guard, said };
  }

  it('ten years ahead and back: what is revoked stays so, what is good is good, and no job stands still', async () => {
    const { world, guard } = await open();
    const { keyhouse } = world;
    const key = await world.key();
    const good = await world.mint(key, ['invoices.read']);
    const revoked = await world.mint(key, ['invoices.read']);
    const late = [await world.mint(key, ['invoices.read']), (await world.key()).text];
    await world.revoke(revoked);
    await expect.poll(() => statusAt(guard, revoked)).toBe(401);
    const { epoch } = keyhouse.keyhouse.revocations.follower;

    keyhouse.setClock(TEN_YEARS);
    // Everything has expired by that clock. All sweeps run.
    expect(await statusAtServer(world.keyhouse, good)).toBe(401);
    for (const text of late) await world.revoke(text);
    for (let i = 0; i < 3; i++) await keyhouse.keyhouse.sweep();
    const second = await startWorld(keyhouse.database);
    ends.push(() => second.stop());
    second.keyhouse.setClock(TEN_YEARS);
    await second.keyhouse.keyhouse.sweep();
    keyhouse.setClock(-TEN_YEARS);
    second.keyhouse.setClock(-TEN_YEARS);

    await expect.poll(() => keyhouse.keyhouse.revocations.follower.epoch).not.toBe(epoch);
    for (const at of [world, second])
      for (const text of [revoked, ...late]) await expect.poll(() => statusAtServer(at.keyhouse, text)).toBe(401);
    await expect.poll(() => statusAtServer(world.keyhouse, good)).toBe(200);
    const introspected = await keyhouse.request('/auth/introspect', {
      bearer: (await keyhouse.key(1, { permissions: ['keyhouse.verify'] })).text,
      body: { token: revoked },
    });
    expect(introspected.json.active).toBe(false);
    await expect.poll(() => statusAt(guard, good)).toBe(200);
    expect(await statusAt(guard, revoked)).toBe(401);
    // A guard that starts now receives the same.
    const young = bindGuard(readOptions({ ...world.options, log: () => {} }), {
      nowMs: () => Date.now(),
      monotonicMs: () => performance.now(),
    });
    ends.push(() => young.close());
    await young.ready();
    expect([await statusAt(young, good), await statusAt(young, revoked)]).toEqual([200, 401]);
    const { leases } = keyhouse.store;
    const nowMs = keyhouse.now();
    expect(await leases.takeLease({ job: 'sweep', holder: 'another', nowMs, forMs: 10 * MINUTE })).toBe(true);
  });

  it('half an hour back: what had ended is not good again', async () => {
    const { world } = await open();
    const { keyhouse } = world;
    const { accountId } = await keyhouse.register();
    const key = await keyhouse.key(accountId, { expiresAtMs: keyhouse.now() + 20 * MINUTE });
    const expires = new Date(keyhouse.now() + 10 * MINUTE).toISOString();
    const minted = await keyhouse.request('/auth', { bearer: key.text, body: { permissions: ['invoices.read'], expires } });
    const jwt: string = minted.json.token;
    expect([await statusAtServer(world.keyhouse, key.text), await statusAtServer(world.keyhouse, jwt)]).toEqual([200, 200]);
    keyhouse.advance(25 * MINUTE);
    expect([await statusAtServer(world.keyhouse, key.text), await statusAtServer(world.keyhouse, jwt)]).toEqual([401, 401]);
    keyhouse.setClock(-30 * MINUTE);
    expect([await statusAtServer(world.keyhouse, key.text), await statusAtServer(world.keyhouse, jwt)]).toEqual([401, 401]);
  });

  it('of a guard’s machine: it says so, and goes by Keyhouse’s', async () => {
    for (const aheadMs of [5 * MINUTE, -5 * MINUTE, TEN_YEARS]) {
      const { world, guard, said } = await open(aheadMs);
      const { keyhouse } = world;
      const key = await world.key();
      const expires = new Date(keyhouse.now() + MINUTE).toISOString();
      const minted = await keyhouse.request('/auth', { bearer: key.text, body: { permissions: ['invoices.read'], expires } });
      expect(await statusAt(guard, minted.json.token)).toBe(200);
      expect(said).toEqual([
        expect.stringMatching(/^The clock of this machine is about \d+ minutes (ahead of|behind) that of Keyhouse/),
      ]);
      expect(Math.round(guard.metrics().clock_ahead_seconds ?? 0)).toBeCloseTo(aheadMs / 1000, -1);
      keyhouse.advance(2 * MINUTE);
      await expect.poll(() => statusAt(guard, minted.json.token)).toBe(401);
    }
  });
});
