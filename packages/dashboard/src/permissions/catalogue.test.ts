import { expect, test } from 'vitest';
import { changesOf, paste, toCatalogue, toRows } from './catalogue.ts';

const CATALOGUE = [
  { name: 'invoices.write', sentence: 'Change invoices', grantable: true, sensitive: true },
  { name: 'crm.leads.read', sentence: 'See leads', grantable: false, sensitive: false },
  { name: 'invoices.read', sentence: 'See invoices', grantable: true, sensitive: false },
];

test('a catalogue is shown by resource, read beside write, and comes back whole', () => {
  const rows = toRows(CATALOGUE);
  expect(rows.map(({ resource, read, write }) => [resource, read, write])).toEqual([
    ['crm.leads', 'See leads', ''],
    ['invoices', 'See invoices', 'Change invoices'],
  ]);
  const { catalogue } = toCatalogue(rows);
  expect(changesOf(CATALOGUE, catalogue)).toEqual({ added: [], changed: [], gone: [] });
});

test.each([
  ['leads.read See leads', 'a space'],
  ['leads.read\tSee leads', 'a tab'],
  ['leads.read,"See leads"', 'a comma and quotes'],
  ['"leads.read": "See leads"', 'JSON'],
  ['  leads.read = See leads  ', 'an equals sign'],
])('takes many lines as they come: %j (%s)', (line) => {
  const pasted = paste([], line);
  expect('rows' in pasted && pasted.rows.map(({ resource, read }) => [resource, read])).toEqual([['leads', 'See leads']]);
});

test('names the lines that cannot be read, and takes none then', () => {
  expect(paste([], 'leads.read See leads\nleads.delete Delete\n\nleads.write')).toEqual({ badLines: [2, 4] });
});

test('what was pasted replaces the sentence that stands there, and leaves the rest', () => {
  const pasted = paste(toRows(CATALOGUE), 'invoices.read Look at invoices');
  expect('rows' in pasted && changesOf(CATALOGUE, toCatalogue(pasted.rows).catalogue)).toEqual({
    added: [],
    changed: ['invoices.read'],
    gone: [],
  });
});

test('another answer to which applications may ask is a change, and new ones are closed to them', () => {
  const rows = toRows(CATALOGUE).map((row) =>
    row.resource === 'invoices' ? { ...row, audience: { read: 'none', write: 'any' } as const } : row,
  );
  const { catalogue } = toCatalogue(rows);
  expect(changesOf(CATALOGUE, catalogue)).toEqual({ added: [], changed: ['invoices.read', 'invoices.write'], gone: [] });
  expect(catalogue.map(({ grantable, sensitive }) => [grantable, sensitive])).toEqual([
    [false, false],
    [false, false],
    [true, false],
  ]);
  const pasted = paste(rows, 'new.read See what is new');
  expect('rows' in pasted && toCatalogue(pasted.rows).catalogue.at(-1)).toMatchObject({ name: 'new.read', grantable: false });
});
