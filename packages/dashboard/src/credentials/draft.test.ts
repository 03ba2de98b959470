import { expect, test } from 'vitest';
import { EMPTY_DRAFT, wishOf } from './draft.ts';

const AROUND = { catalogue: [], operator: false, now: new Date('2026-11-23T10:00:00Z') };

test('a name alone is a whole wish: everything, from anywhere, for ever', () => {
  expect(wishOf({ ...EMPTY_DRAFT, name: ' Laptop ' }, AROUND)).toEqual({
    wish: { name: 'Laptop', expires_at: null, permissions: null, addresses: null },
  });
});

test('every fault is told at once, at its field', () => {
  const draft = {
    ...EMPTY_DRAFT,
    name: ' ',
    expiry: { choice: 'date', date: '2026-11-01' },
    permissions: { all: false, chosen: [], text: 'invoices' },
  } as const;
  expect(Object.keys(Reflect.get(wishOf(draft, AROUND), 'errors'))).toEqual(['name', 'expires_at', 'permissions']);
});

test('while there is no catalogue the typed names count, with it the ticked ones', () => {
  const draft = { ...EMPTY_DRAFT, name: 'x', permissions: { all: false, chosen: ['crm.read'], text: 'invoices.read' } };
  expect(wishOf(draft, AROUND)).toMatchObject({ wish: { permissions: ['invoices.read', 'crm.read'] } });
  const catalogue = [{ name: 'crm.read', sentence: '' }];
  expect(wishOf(draft, { ...AROUND, catalogue })).toMatchObject({ wish: { permissions: ['crm.read'] } });
});
