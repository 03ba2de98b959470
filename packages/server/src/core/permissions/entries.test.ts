import { expect, it } from 'vitest';
import { type Members, readEntries, unknownMembers } from './entries.ts';

const readName = (members: Members) =>
  typeof members.name === 'string' ? { value: members.name } : { faults: ['.name: must be text.', ': has no name.'] };
const read = (value: unknown, most = 10) => readEntries('things', value, most, readName, (name) => name.toLowerCase());

it('gives the good entries in their order, and every fault of the others with its place', () => {
  expect(read([{ name: 'b' }, 7, { name: 1 }, null, [], { name: 'a' }])).toEqual({
    value: ['b', 'a'],
    faults: [
      ...['things[1]: must be an object.', 'things[2].name: must be text.', 'things[2]: has no name.'],
      ...['things[3]: must be an object.', 'things[4]: must be an object.'],
    ],
  });
});

it('finds the second of two entries that are the same thing', () => {
  expect(read([{ name: 'a' }, { name: 'b' }, { name: 'A' }]).faults).toEqual(['things[2]: a is listed twice.']);
});

it('reads a list and nothing else, and none that is longer than it may be', () => {
  for (const value of [undefined, null, {}, 'a', { length: 1 }]) expect(read(value).faults).toEqual(['things: must be a list.']);
  const many = Array.from({ length: 11 }, (_, nth) => ({ name: `${nth}` }));
  expect(read(many)).toEqual({ value: [], faults: ['things: can have at most 10 entries.'] });
  expect(read(many.slice(1)).faults).toEqual([]);
});

it('names members that are not known, so that a misspelled one is not ignored', () => {
  expect(unknownMembers({ name: 'a', grantabel: true, constructor: 1 }, ['name', 'grantable'])).toEqual([
    ...['.grantabel: unknown member.', '.constructor: unknown member.'],
  ]);
});
