import { RevocationList } from '@keyhouse/protocol';
import { describe, expect, it } from 'vitest';
import { type House, OPERATOR, openHouse } from '../../test/house.ts';
import { newApplication, openSession, signIn } from '../../test/house-sessions.ts';
import { asUser, mailsOf, mintFrom, userNow } from '../../test/house-things.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './lib/clock.ts';
import { createSweep, SWEEP_EVERY_MS } from './sweep.ts';

/** One server that sweeps the store of a house, with clocks of its own. */
function serverOver({ store, clock }: House, holder = 'one') {
  const time = { passedMs: 0, aheadMs: 0 };
  const warned: string[] = [];
  const beginMs = clock.now();
  const revocations = new RevocationList();
  const sweep = createSweep({
    ...{ store, follower: { revocations }, holder },
    clock: { now: () => beginMs + time.passedMs + time.aheadMs },
    monotonicMs: () => time.passedMs,
    log: { info: () => {}, error: () => {}, warn: (_fields, message) => void warned.push(message) },
  });
  return { time, warned, revocations, ...sweep };
}

/** As if it had swept in all that time, every few minutes. */
async function sweepAfter({ store, clock }: House, { time, run }: ReturnType<typeof serverOver>, passedMs: number) {
  time.passedMs += passedMs;
  await store.leases.moveSweepHorizon({ nowMs: clock.now() + time.passedMs, maxMs: passedMs });
  await run();
}

describe('the sweep', () => {
  it('deletes what has expired for as long as something may still be asked about it, and nothing before', async () => {
    const house = await openHouse();
    const { store, clock, keyhouse } = house;
    const user = await house.user();
    const key = await house.key(user.accountId);
    const jwt = await mintFrom(house, key.text, { permissions: ['a.read'], expiresAtMs: clock.now() + HOUR_MS });
    const longJwt = await mintFrom(house, key.text, { permissions: ['a.read'], expiresAtMs: clock.now() + 300 * DAY_MS });
    const opened = await signIn(house, user);
    const application = await newApplication(house, user.accountId, { absoluteSeconds: 3600 });
    const session = await openSession(house, { user, opened, application });
    await keyhouse.users.askForEmail(await userNow(house, user), 'new@example.com', asUser(user));
    const server = serverOver(house);
    await server.run();
    const left = async () => ({
      jwt: (await store.jwts.findJwt(jwt.jti)) !== null,
      longJwt: (await store.jwts.findJwt(longJwt.jti)) !== null,
      session: (await store.sessions.findSession(session.id)) !== null,
      mails: (await mailsOf(house)).length > 0,
    });
    expect(await left()).toEqual({ jwt: true, longJwt: true, session: true, mails: true });
    await sweepAfter(house, server, 2 * HOUR_MS);
    await sweepAfter(house, server, 30 * DAY_MS - 2 * HOUR_MS);
    expect(await left()).toEqual({ jwt: true, longJwt: true, session: true, mails: true });
    await sweepAfter(house, server, HOUR_MS + 1);
    expect(await left()).toEqual({ jwt: false, longJwt: true, session: true, mails: false });
    await sweepAfter(house, server, HOUR_MS);
    expect(await left()).toEqual({ jwt: false, longJwt: true, session: false, mails: false });
  });

  it('ends sessions whose limit has passed though nobody refreshed them', async () => {
    const house = await openHouse();
    const user = await house.user();
    const application = await newApplication(house, user.accountId, { idleSeconds: 3600 });
    const { id } = await openSession(house, { user, opened: await signIn(house, user), application });
    const server = serverOver(house);
    server.time.passedMs += 3600_000 - 1;
    await server.run();
    expect((await house.store.sessions.findSession(id))?.endReason).toBeNull();
    server.time.passedMs += SWEEP_EVERY_MS;
    await server.run();
    expect((await house.store.sessions.findSession(id))?.endReason).toBe('idle');
  });

  it('is done by one server at a time, and by another when that one is gone', async () => {
    const house = await openHouse();
    const [one, other] = [serverOver(house, 'one'), serverOver(house, 'other')];
    await one.run();
    const horizonMs = await one.horizonMs();
    for (const { time } of [one, other]) time.passedMs += SWEEP_EVERY_MS - 1;
    await other.run();
    expect(await one.horizonMs()).toBe(horizonMs);
    for (const { time } of [one, other]) time.passedMs += 1;
    await other.run();
    expect(await one.horizonMs()).toBe((horizonMs ?? 0) + SWEEP_EVERY_MS);
  });
});

describe('a clock that is set', () => {
  it('stops all deleting while it is away from the other clock, and says so', async () => {
    const house = await openHouse();
    const user = await house.user();
    const key = await house.key(user.accountId);
    const jwt = await mintFrom(house, key.text, { permissions: ['a.read'], expiresAtMs: house.clock.now() + HOUR_MS });
    await house.keyhouse.jwts.revokeOfKey({ keyId: key.id, accountId: user.accountId }, OPERATOR);
    const server = serverOver(house);
    server.revocations.add({ kind: 'credential', id: '7', beforeMs: house.clock.now(), endsAtMs: house.clock.now() + HOUR_MS });
    await server.run();
    server.time.aheadMs = 3650 * DAY_MS;
    server.time.passedMs += SWEEP_EVERY_MS;
    await server.run();
    expect(await server.horizonMs()).toBeNull();
    expect(server.warned.length).toBeGreaterThan(0);
    expect(await house.store.jwts.findJwt(jwt.jti)).not.toBeNull();
    expect(server.revocations.size).toBe(1);
    server.time.aheadMs = 0;
    expect(await server.horizonMs()).toBe(house.clock.now());
  });

  it('is believed once it has gone evenly for a day, and an ordinary correction at once', async () => {
    const house = await openHouse();
    const server = serverOver(house);
    await server.run();
    server.time.aheadMs = 5 * MINUTE_MS;
    expect(await server.horizonMs()).not.toBeNull();
    server.time.aheadMs = 5 * MINUTE_MS + 1;
    expect(await server.horizonMs()).toBeNull();
    server.time.passedMs += DAY_MS;
    expect(await server.horizonMs()).toBeNull();
    server.time.passedMs += 1;
    expect(await server.horizonMs()).not.toBeNull();
  });
});
