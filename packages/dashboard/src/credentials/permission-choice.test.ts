import { expect, test } from 'vitest';
import { columnsOf, faultOf, isChosen, isCovered, lostBy, readNames, resourcesOf, toggle } from './permission-choice.ts';

const CATALOGUE = [
  { name: 'invoices.read', sentence: 'See invoices.' },
  { name: 'invoices.write', sentence: 'Make and change invoices.' },
  { name: 'crm.leads.read', sentence: 'See leads.' },
];

test('the catalogue becomes one row a resource, with a gap where a permission does not exist', () => {
  expect(resourcesOf(CATALOGUE)).toEqual([
    { name: 'invoices', read: CATALOGUE[0], write: CATALOGUE[1] },
    { name: 'crm.leads', read: CATALOGUE[2], write: null },
  ]);
});

test('narrowing offers only what is held', () => {
  expect(resourcesOf(CATALOGUE, ['invoices.read'])).toEqual([{ name: 'invoices', read: CATALOGUE[0], write: null }]);
  expect(resourcesOf(CATALOGUE, ['*.read']).map(({ name }) => name)).toEqual(['invoices', 'crm.leads']);
  expect(columnsOf(['*.read', 'invoices.write'])).toEqual(['*.read']);
  expect(columnsOf(null)).toEqual(['*.read', '*.write']);
  expect(columnsOf(['invoices.read'])).toEqual([]);
});

test('a wildcard swallows what it covers, and gives nothing back when it goes', () => {
  const some = toggle(toggle([], 'invoices.read'), 'invoices.write');
  const wide = toggle(some, '*.read');
  expect(wide).toEqual(['*.read', 'invoices.write']);
  expect(isChosen(wide, 'crm.leads.read')).toBe(true);
  expect(isCovered(wide, 'crm.leads.read')).toBe(true);
  expect(isCovered(wide, 'invoices.write')).toBe(false);
  expect(toggle(wide, '*.read')).toEqual(['invoices.write']);
});

test('no wildcard swallows keyhouse.verify', () => {
  expect(toggle(['keyhouse.verify'], '*')).toEqual(['*', 'keyhouse.verify']);
});

test('typed names are judged like the server does, the first fault by name', () => {
  const judge = { catalogue: [] };
  expect(faultOf(readNames('invoices.read\n crm.leads.write, *.read'), judge)).toBeNull();
  expect(faultOf([], judge)).toEqual({ reason: 'none' });
  expect(faultOf(['invoices'], judge)).toEqual({ reason: 'malformed', name: 'invoices' });
  expect(faultOf(['Keyhouse.verify'], judge)).toEqual({ reason: 'reserved', name: 'Keyhouse.verify' });
  expect(faultOf(['keyhouse.verify'], { ...judge, operator: true })).toBeNull();
  expect(faultOf(['crm.read'], { ...judge, held: ['*.write'] })).toEqual({ reason: 'wider', name: 'crm.read' });
  expect(faultOf(['crm.read'], { catalogue: CATALOGUE })).toEqual({ reason: 'unknown', name: 'crm.read' });
});

test('what goes when a list becomes narrower is named; of everything it cannot be', () => {
  expect(lostBy(['invoices.read', 'invoices.write'], ['invoices.read'])).toEqual(['invoices.write']);
  expect(lostBy(['*.read'], ['invoices.read'])).toEqual(['*.read']);
  expect(lostBy(null, ['invoices.read'])).toBeNull();
});
