import { expect, test } from 'vitest';
import { dayOf, expiresAt } from './expiry.ts';

const NOW = new Date('2026-11-23T10:20:30.456Z');

test('never is null, and a preset counts whole days from now', () => {
  expect(expiresAt('never', '', NOW)).toBeNull();
  expect(expiresAt('7', '', NOW)).toBe('2026-11-30T10:20:30Z');
  expect(expiresAt('365', '', NOW)).toBe('2027-11-23T10:20:30Z');
});

test('a date counts to the end of that day where the reader is', () => {
  const end = expiresAt('date', '2026-12-31', NOW);
  expect(Date.parse(end ?? '')).toBe(new Date(2027, 0, 1).getTime());
});

test('a date that is missing, half typed or does not exist is none', () => {
  for (const date of ['', '2026-12', '31.12.2026', '2027-02-31', '2026-13-01'])
    expect(expiresAt('date', date, NOW)).toBeUndefined();
});

test("the reader's day is written as a date field takes it", () => {
  expect(dayOf(new Date(2026, 0, 5, 23, 59))).toBe('2026-01-05');
});
