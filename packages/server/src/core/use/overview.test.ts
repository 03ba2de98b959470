import { parseCredential } from '@keyhouse/protocol';
import { expect, it } from 'vitest';
import { OPERATOR, openHouse } from '../../../test/house.ts';
import { DAY_MS } from '../lib/clock.ts';

it('shows the requests of thirty days, today last, and the last one', async () => {
  const house = await openHouse();
  const { use, verify, flush } = house.keyhouse;
  const { accountId } = await house.user();
  expect(await use.overviewOf(accountId)).toEqual({
    ...{ hasToken: false, hasKey: false, hasRequest: false, last: null, notices: [], noticesInAll: 0 },
    requestsByDay: Array.from({ length: 30 }, () => 0),
  });
  const key = await house.key(accountId, { name: 'deploy' });
  const request = async () => await verify(parseCredential(key.text), { address: '203.0.113.7', userAgent: 'curl' });
  await request();
  await flush();
  house.clock.atMs += 29 * DAY_MS;
  await request();
  await request();
  await flush();
  const overview = await use.overviewOf(accountId);
  expect([overview.requestsByDay[0], overview.requestsByDay[29], overview.requestsByDay.length]).toEqual([1, 2, 30]);
  expect(overview.last).toEqual({ atMs: house.clock.now(), credentialName: 'deploy', address: '203.0.113.7', userAgent: 'curl' });
  house.clock.atMs += DAY_MS;
  expect((await use.overviewOf(accountId)).requestsByDay.slice(-2)).toEqual([2, 0]);
});

it('lists the most urgent notices first, at most twenty, counts all, and none of what was revoked', async () => {
  const house = await openHouse();
  const { use, credentials } = house.keyhouse;
  const { accountId } = await house.user();
  const begunAtMs = house.clock.now();
  for (let nth = 1; nth <= 21; nth++) await house.key(accountId, { name: `unused ${nth}` });
  const soon = await house.key(accountId, { name: 'soon', expiresAtMs: begunAtMs + 95 * DAY_MS });
  house.clock.atMs += 90 * DAY_MS;
  const overview = await use.overviewOf(accountId);
  expect(overview.notices).toHaveLength(20);
  expect(overview.notices[0]).toMatchObject({
    kind: 'expires-soon',
    credential: { name: 'soon' },
    atMs: begunAtMs + 95 * DAY_MS,
  });
  expect(overview.notices[1]).toMatchObject({ kind: 'unused', credential: { name: 'unused 1' }, atMs: begunAtMs });
  expect(overview.noticesInAll).toBe(23);
  await credentials.revoke({ kind: 'key', id: soon.id, accountId }, OPERATOR);
  expect((await use.overviewOf(accountId)).noticesInAll).toBe(21);
});
