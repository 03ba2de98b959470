import { expect, test } from 'vitest';
import { groupByResource } from './permission-groups.ts';

test('a list is read out by resource', () => {
  expect(groupByResource(['invoices.read', 'invoices.write', '*.read', 'keyhouse.verify'])).toEqual([
    { resource: 'invoices', read: true, write: true },
    { resource: '*', read: true, write: false },
    { resource: 'keyhouse.verify', read: true, write: true },
  ]);
});
