import { expect, it } from 'vitest';
import { OPERATOR, openHouse } from '../../../test/house.ts';
import { happened } from './event.ts';
import { verifyAudit } from './verify.ts';

it('finds the chain whole after everything that happened, and still when the data of a person were erased', async () => {
  const house = await openHouse();
  const { audit } = house.keyhouse;
  const user = await house.user();
  const by = { ...OPERATOR, person: { address: '203.0.113.7' } };
  await house.store.audit.record({ events: [happened(by, house.clock.now(), 'limits.cleared', { userId: user.id })] });
  await audit.chain();
  const whole = await verifyAudit(house.store.audit);
  const head = await audit.head();
  expect(whole).toEqual({ ok: true, entries: head.number, personsErased: 0, head });
  const erased = happened(OPERATOR, house.clock.now(), 'user.erased', { userId: user.id });
  expect(await house.store.audit.erasePerson({ userId: user.id, event: erased })).toBe(1);
  await audit.chain();
  expect(await verifyAudit(house.store.audit, { noted: [head] })).toMatchObject({ ok: true, personsErased: 1 });
});

it('does not find a head that was noted of another chain', async () => {
  const [house, other] = [await openHouse(), await openHouse()];
  other.clock.atMs += 1;
  for (const each of [house, other]) {
    await each.user();
    await each.keyhouse.audit.chain();
  }
  const noted = [await other.keyhouse.audit.head()];
  expect(await verifyAudit(house.store.audit, { noted })).toMatchObject({
    ok: false,
    fault: 'other_chain',
    number: 3,
  });
});
