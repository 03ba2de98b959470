/** The columns that count as imported are those that are read: every other column is reported as left behind. */
import { expect, it } from 'vitest';
import { KEY_FORMATS, readKeyCells, takenOfKeys } from './key-formats.ts';
import { takenOfTokens, takenOfUsers } from './sanctum-columns.ts';

/** Read only to refuse such a key, or to count it: they are not stored. */
const LIMITS: Readonly<Record<string, readonly string[]>> = {
  csv: [],
  'better-auth': ['rateLimitEnabled', 'rate_limit_enabled', 'remaining'],
  unkey: ['credits', 'ratelimit', 'ratelimits', 'remaining', 'remaining_requests'],
};

it.each(KEY_FORMATS)('names each member that is read: %s', (format) => {
  const read = new Set<string>();
  // Empty under any name, so that every other name is tried too.
  const cells = new Proxy<Record<string, unknown>>({}, { get: (_, name) => void read.add(String(name)) });
  readKeyCells(format, cells);
  expect([...read].sort()).toEqual([...takenOfKeys(format), ...(LIMITS[format] ?? [])].sort());
});

it('takes the names that a table of users has, and leaves those that it does not need', () => {
  const names = (...columns: string[]) => takenOfUsers(columns).filter((column) => !takenOfUsers([]).includes(column));
  expect(names('name', 'username')).toEqual(['name']);
  expect(names('first_name', 'last_name', 'username')).toEqual(['first_name', 'last_name']);
  expect(names('name', 'first_name', 'last_name')).toEqual(['name', 'first_name', 'last_name']);
  expect(names('username', 'nickname')).toEqual(['username']);
  expect(names('firstname', 'surname', 'full_name')).toEqual(['full_name', 'firstname', 'surname']);
  expect(names()).toEqual([]);
  expect(takenOfTokens()).not.toContain('updated_at');
});
