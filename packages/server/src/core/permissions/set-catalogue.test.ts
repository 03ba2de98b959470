import { describe, expect, it } from 'vitest';
import { OPERATOR, openHouse } from '../../../test/house.ts';
import { readPermissions } from './set-catalogue.ts';

const ENTRY = { name: 'invoices.read', sentence: 'See your invoices' };
const placesOf = (entry: unknown): string[] => readPermissions([entry]).faults.map((fault) => fault.split(':')[0] ?? '');

describe('an entry of the catalogue', () => {
  it('opens a permission to applications only where it says so', () => {
    const { value, faults } = readPermissions([
      ENTRY,
      { ...ENTRY, name: 'a.write', grantable: true },
      { ...ENTRY, name: 'b.write', grantable: true, sensitive: true },
    ]);
    expect(faults).toEqual([]);
    expect(value.map(({ name, isGrantable, isSensitive }) => [name, isGrantable, isSensitive])).toEqual([
      ['invoices.read', false, false],
      ['a.write', true, false],
      ['b.write', true, true],
    ]);
    expect(placesOf({ ...ENTRY, sensitive: true })).toEqual(['permissions[0].sensitive']);
    expect(placesOf({ ...ENTRY, sensitive: true, grantable: false })).toEqual(['permissions[0].sensitive']);
  });

  it('has a permission that exists by its form, a sentence that fits into a line, and nothing else', () => {
    for (const name of ['invoices', 'invoices.delete', '*.read', 'keyhouse.read', 'Keyhouse.read', '', 7, undefined])
      expect(placesOf({ ...ENTRY, name }), String(name)).toEqual(['permissions[0].name']);
    for (const sentence of ['', '  ', 'x'.repeat(201), 'two\nlines', 7, undefined])
      expect(placesOf({ ...ENTRY, sentence }), String(sentence)).toEqual(['permissions[0].sentence']);
    expect(placesOf({ ...ENTRY, sentence: '🔑'.repeat(200) })).toEqual([]);
    expect(placesOf({ ...ENTRY, grantable: 'yes', sensitive: 1, Grantable: true })).toEqual([
      ...['permissions[0].Grantable', 'permissions[0].grantable', 'permissions[0].sensitive'],
    ]);
  });
});

it('replaces the whole catalogue, and is on record with how many there are', async () => {
  const house = await openHouse();
  const { permissions } = house.keyhouse;
  const set = async (names: readonly string[]) => {
    const { value } = readPermissions(names.map((name) => ({ ...ENTRY, name })));
    await permissions.setCatalogue({ catalogue: value, by: OPERATOR });
    return (await permissions.list()).map(({ name }) => name);
  };
  expect(await set(['b.read', 'a.read'])).toHaveLength(2);
  expect(await set(['c.read'])).toEqual(['c.read']);
  expect(await set([])).toEqual([]);
  expect(permissions.exists('anything.read')).toBe(true);
  const events = await house.store.audit.list({ event: 'permission.catalogue_set', limit: 5 });
  expect(events.map(({ details }) => details)).toEqual(['{"count":0}', '{"count":1}', '{"count":2}']);
});
