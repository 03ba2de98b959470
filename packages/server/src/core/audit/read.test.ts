import { expect, it } from 'vitest';
import { type House, OPERATOR, openHouse } from '../../../test/house.ts';
import { happened } from './event.ts';
import { readAudit, readWholeAudit } from './read.ts';

const portsOf = ({ store }: House) => ({ audit: store.audit, breathe: async () => {} });

/** Events of two accounts, alternating, a second apart. */
async function written(house: House, times: number): Promise<readonly [number, number]> {
  const [one, other] = [(await house.user()).accountId, (await house.user()).accountId];
  const events = Array.from({ length: times }, (_, nth) =>
    happened(OPERATOR, house.clock.now() + nth * 1000, nth % 2 === 0 ? 'key.renamed' : 'key.revoked', {
      ...{ accountId: nth % 2 === 0 ? one : other, details: { nth } },
    }),
  );
  await house.store.audit.record({ events });
  return [one, other];
}

const nthOf = (events: readonly { readonly details: string }[]) => events.map(({ details }) => JSON.parse(details).nth);

it('reads page by page, the newest first, and says when there is nothing more', async () => {
  const house = await openHouse();
  const [accountId] = await written(house, 6);
  const first = await readAudit(portsOf(house), { accountId, limit: 2 });
  expect(nthOf(first.events)).toEqual([4, 2]);
  const second = await readAudit(portsOf(house), { accountId, limit: 2, beforeId: first.nextId ?? 0 });
  expect(nthOf(second.events)[0]).toBe(0);
  expect(second.events.at(-1)?.event).toBe('user.created');
  expect(second.nextId).toBeNull();
});

it('finds by name and by time what no index answers, also page by page', async () => {
  const house = await openHouse();
  await written(house, 6);
  const sinceMs = house.clock.now() + 2000;
  const found = await readAudit(portsOf(house), { event: 'key.revoked', sinceMs, limit: 1 });
  expect(nthOf(found.events)).toEqual([5]);
  const rest = await readAudit(portsOf(house), { event: 'key.revoked', sinceMs, limit: 10, beforeId: found.nextId ?? 0 });
  expect(nthOf(rest.events)).toEqual([3]);
  expect(rest.nextId).toBeNull();
  expect((await readAudit(portsOf(house), { actor: 'user:999', limit: 10 })).events).toEqual([]);
});

it('reads the whole log, each event once', async () => {
  const house = await openHouse();
  await written(house, 600);
  const pages: number[] = [];
  const ids = new Set<number>();
  for await (const page of readWholeAudit(portsOf(house), {})) {
    pages.push(page.length);
    for (const { id } of page) ids.add(id);
  }
  expect(pages[0]).toBe(500);
  expect(ids.size).toBe(pages.reduce((sum, each) => sum + each, 0));
  expect(ids.size).toBeGreaterThan(600);
});
