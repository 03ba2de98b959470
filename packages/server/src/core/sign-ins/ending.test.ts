import { expect, it } from 'vitest';
import { type Ending, isSameEnding } from './ending.ts';

const ENDING: Ending = { keys: ['ci'], tokens: ['laptop'], applications: [], sessions: 2, passkeys: 0, totp: false };

it('is the same only while every member is: a person is never told of less than what ends', () => {
  expect(isSameEnding(ENDING, structuredClone(ENDING))).toBe(true);
  const others: readonly Partial<Ending>[] = [
    ...[{ keys: ['ci', 'planted'] }, { keys: ['cd'] }, { tokens: [] }, { applications: ['Ledger'] }],
    ...[{ sessions: 3 }, { passkeys: 1 }, { totp: true }],
  ];
  for (const other of others) expect(isSameEnding(ENDING, { ...ENDING, ...other }), JSON.stringify(other)).toBe(false);
});
