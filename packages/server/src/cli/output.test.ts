import { describe, expect, it } from 'vitest';
import { facts, printable, readableTime, table } from './output.ts';

describe('output for people', () => {
  it('aligns columns, numbers to the right', () => {
    const text = table(
      ['id', 'name'],
      [
        [7, 'ERP'],
        [12, 'Shop'],
      ],
      'none',
    );
    expect(text).toBe('ID  NAME\n 7  ERP\n12  Shop');
  });

  it('says what to do when a list is empty', () => {
    expect(table(['id'], [], 'There are none: make one.')).toBe('There are none: make one.');
  });

  it('lets no stranger steer the terminal', () => {
    expect(printable('\u001b]0;owned\u0007 \u202egnp.exe\n')).not.toMatch(/\p{Cc}|\p{Cf}/u);
    expect(facts([['name', '\u001b[2J']])).not.toContain('\u001b');
  });

  it('shows times without a guess about the zone', () => {
    expect(readableTime(Date.UTC(2026, 10, 23, 1, 47))).toBe('2026-11-23 01:47 UTC');
    expect(readableTime(null, 'never')).toBe('never');
  });
});
