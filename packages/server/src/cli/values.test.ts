import { describe, expect, it } from 'vitest';
import { end, idNumber, list, moment, wholeNumber } from './values.ts';

describe('values', () => {
  it('reads dates as their first moment in UTC, and times with their zone', () => {
    expect(moment('--since')('2027-01-31')).toBe(Date.UTC(2027, 0, 31));
    expect(moment('--since')('2027-01-31T12:00:00+02:00')).toBe(Date.UTC(2027, 0, 31, 10));
  });

  it.each(['2027-02-31', '2027-13-01', '31.01.2027', '2027-01-31 12:00', '', 'soon', '2027-01-31T25:00:00Z'])(
    'refuses %j as a date',
    (text) => {
      expect(() => moment('--since')(text)).toThrow('--since must be a date');
    },
  );

  it('reads spans from now on', () => {
    const before = Date.now();
    const spanMs = end('--expires')('90d') - 90 * 86_400_000;
    expect(spanMs).toBeGreaterThanOrEqual(before);
    expect(spanMs).toBeLessThanOrEqual(Date.now());
  });

  it.each(['0d', '2020-01-01', '-1d', '9999999d', '90', 'd'])('refuses %j as an end', (text) => {
    expect(() => end('--expires')(text)).toThrow('--expires must');
  });

  it('refuses numbers out of their range, and anything that is no plain number', () => {
    expect(wholeNumber('--limit', 1, 500)('500')).toBe(500);
    for (const text of ['0', '501', '1e2', '-1', ' 1', '0x10', '1.5', ''])
      expect(() => wholeNumber('--limit', 1, 500)(text)).toThrow();
  });

  it('does not repeat what was typed, which may be a secret', () => {
    expect(() => idNumber('The ID of a key')('hunter2')).toThrow(/^(?!.*hunter2)/);
  });

  it('refuses empty items of a list', () => {
    expect(list('--permissions')('a.read, b.read')).toEqual(['a.read', 'b.read']);
    expect(() => list('--permissions')('a.read,,b.read')).toThrow('empty');
  });
});
