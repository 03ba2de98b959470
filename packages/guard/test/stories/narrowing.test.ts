/** A guard is notified of rights that were taken away as it is of revocations, and remembers no answer for longer than it may. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { newApplication, openSession, refresh } from '../../../server/test/applications.ts';
import { registered } from '../../../server/test/browser.ts';
import { eachDatabase } from '../../../server/test/databases.ts';
import { newPerson } from '../../../server/test/people.ts';
import { OPERATOR } from '../../../server/test/server.ts';
import { createGuard, type Guard } from '../../src/index.ts';
import type { World } from '../adapters/world.ts';
import { startGuardedWorld, statusAt } from './guarded-world.ts';

const BOTH = 'invoices.read invoices.write';

eachDatabase('a guard', (makeDatabase) => {
  let world: World;
  let guard: Guard;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    ({ world, guard, stop } = await startGuardedWorld(await makeDatabase()));
  });
  afterAll(() => stop());

  const statusOf = (bearer: string, permission?: string, judging = guard): Promise<number> =>
    statusAt(judging, bearer, permission);

  it('refuses the JWTs of a narrowed application, lets in what they get at the next refresh, and a session that was not narrowed', async () => {
    const { keyhouse } = world;
    const owner = await newPerson(keyhouse);
    const [client, other] = [await newApplication(keyhouse, owner.accountId), await newApplication(keyhouse, owner.accountId)];
    const { browser } = await registered(keyhouse);
    const session = await openSession(keyhouse, browser, client, { rest: { scope: BOTH } });
    const untouched = await openSession(keyhouse, browser, other, { rest: { scope: BOTH } });
    expect(await statusOf(session.jwt, 'invoices.write')).toBe(200);
    await keyhouse.keyhouse.applications.update({ application: client, settings: { permissions: ['invoices.read'] } }, OPERATOR);
    await expect.poll(() => statusOf(session.jwt), { interval: 2 }).toBe(401);
    const next = (await refresh(keyhouse, client, session.refreshToken)).json.access_token;
    expect([await statusOf(next), await statusOf(next, 'invoices.write'), await statusOf(untouched.jwt)]).toEqual([
      200, 403, 200,
    ]);
    // One that starts now gets the same from the whole list.
    const late = createGuard({ ...world.options, log: () => {} });
    await late.ready();
    expect([await statusOf(session.jwt, undefined, late), await statusOf(next, undefined, late)]).toEqual([401, 200]);
    await late.close();
  });

  it('refuses one session that lost a permission on the consent page, and lets it in again with the rest', async () => {
    const { keyhouse } = world;
    const owner = await newPerson(keyhouse);
    const client = await newApplication(keyhouse, owner.accountId, { optionalPermissions: ['invoices.write'] });
    const { browser } = await registered(keyhouse);
    const session = await openSession(keyhouse, browser, client, { rest: { scope: BOTH } });
    expect(await statusOf(session.jwt)).toBe(200);
    await openSession(keyhouse, browser, client, {
      rest: { scope: BOTH, prompt: 'consent' },
      consent: { permissions: ['invoices.read'] },
    });
    await expect.poll(() => statusOf(session.jwt), { interval: 2 }).toBe(401);
    const next = (await refresh(keyhouse, client, session.refreshToken)).json.access_token;
    expect([await statusOf(next), await statusOf(next, 'invoices.write')]).toEqual([200, 403]);
  });

  it('honours an old secret no longer than its overlap, even when nobody can be asked', async () => {
    const key = await world.key(['invoices.read']);
    const credential = await world.keyhouse.store.credentials.getCredential('key', key.id);
    if (credential === null) throw new Error('There is no such key.');
    const input = { credential, currentHash: credential.hash, overlapSeconds: 300, revokeJwts: false };
    expect((await world.keyhouse.keyhouse.credentials.rotate(input, OPERATOR)).ok).toBe(true);
    let isAway = false;
    const patient = createGuard({
      ...{ ...world.options, log: () => {}, whenAway: { honourSeconds: 600 }, whenStale: 'allow' },
      fetch: (request, init) => (isAway ? Promise.reject(new Error('away')) : fetch(request, init)),
    });
    await patient.ready();
    expect(await statusOf(key.text, 'invoices.read', patient)).toBe(200);
    isAway = true;
    expect(await statusOf(key.text, 'invoices.read', patient), 'remembered').toBe(200);
    const [wallMs, monotonicMs] = [Date.now() + 301_000, performance.now() + 301_000];
    const clocks = [
      vi.spyOn(Date, 'now').mockImplementation(() => wallMs),
      vi.spyOn(performance, 'now').mockImplementation(() => monotonicMs),
    ];
    expect(await statusOf(key.text, 'invoices.read', patient)).not.toBe(200);
    for (const clock of clocks) clock.mockRestore();
    isAway = false;
    await patient.close();
  });
});
