import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../lib/clock.ts';
import { judgeWish, type Wish } from './wish.ts';

const NOW = Date.parse('2026-11-22T00:00:00.000Z');
const RULES = { catalogue: new Set<string>(), audience: 'https://keys.example.com', maxJwtDays: 366, nowMs: NOW };

function judge(wish: Partial<Wish>, key: Partial<Parameters<typeof judgeWish>[1]> = {}, rules: Partial<typeof RULES> = {}) {
  return judgeWish(
    { ...RULES, ...rules },
    { permissions: null, expiresAtMs: null, ...key },
    { permissions: ['a.read'], ...wish },
  );
}
const endOf = (...asked: Parameters<typeof judge>) => {
  const judged = judge(...asked);
  return judged.ok ? new Date(judged.value.expiresAt * 1000).toISOString() : judged.reason;
};
const faultsOf = (...asked: Parameters<typeof judge>) => {
  const judged = judge(...asked);
  return !judged.ok && judged.reason === 'invalid' ? judged.faults.map(({ field }) => field) : judged;
};

describe('the expiry of a JWT', () => {
  it('is the same day of the next year unless it is asked for, and the 1st of March after the 29th of February', () => {
    expect(endOf({})).toBe('2027-11-22T00:00:00.000Z');
    expect(endOf({}, {}, { nowMs: Date.parse('2028-02-29T12:00:00Z') })).toBe('2029-03-01T12:00:00.000Z');
  });

  it('is never later than the server and the key allow: shortened where it was not asked for, refused where it was', () => {
    expect(endOf({}, {}, { maxJwtDays: 30 })).toBe('2026-12-22T00:00:00.000Z');
    expect(endOf({}, { expiresAtMs: NOW + DAY_MS })).toBe('2026-11-23T00:00:00.000Z');
    expect(endOf({ expiresAtMs: NOW + 30 * DAY_MS }, {}, { maxJwtDays: 30 })).toBe('2026-12-22T00:00:00.000Z');
    expect(faultsOf({ expiresAtMs: NOW + 30 * DAY_MS + 1000 }, {}, { maxJwtDays: 30 })).toEqual(['expires']);
    expect(faultsOf({ expiresAtMs: NOW + 2 * DAY_MS }, { expiresAtMs: NOW + DAY_MS })).toEqual(['expires']);
  });

  it('lies in the future, in whole seconds', () => {
    expect(endOf({ expiresAtMs: NOW + 1999 })).toBe('2026-11-22T00:00:01.000Z');
    for (const expiresAtMs of [NOW + 999, NOW, NOW - DAY_MS, Number.NaN, Number.POSITIVE_INFINITY])
      expect(faultsOf({ expiresAtMs }), `${expiresAtMs}`).toEqual(['expires']);
  });
});

describe('the permissions of a JWT', () => {
  it('are those asked for, each once, and all of them held by the key', () => {
    expect(judge({ permissions: ['a.read', 'a.read', 'b.write'] })).toMatchObject({
      ok: true,
      value: { permissions: ['a.read', 'b.write'] },
    });
    expect(judge({ permissions: ['a.read', 'b.read'] }, { permissions: ['a.read'] })).toEqual({
      ...{ ok: false, reason: 'forbidden', permissions: ['b.read'] },
    });
    expect(judge({ permissions: ['a.read'] }, { permissions: ['*.read'] }).ok).toBe(true);
  });

  it('hold a wildcard only where the key holds this very one', () => {
    expect(judge({ permissions: ['*.read'] })).toMatchObject({ reason: 'forbidden', permissions: ['*.read'] });
    expect(judge({ permissions: ['*.read'] }, { permissions: ['*'] })).toMatchObject({ reason: 'forbidden' });
    expect(judge({ permissions: ['*.read'] }, { permissions: ['*.read'] }).ok).toBe(true);
  });

  it('are well formed, exist, are not reserved, and at least one and at most as many as a list may have', () => {
    const catalogue = new Set(['a.read']);
    expect(faultsOf({ permissions: [] })).toEqual(['permissions']);
    expect(faultsOf({ permissions: ['nothing'] })).toEqual(['permissions']);
    expect(faultsOf({ permissions: ['keyhouse.verify'] }, { permissions: ['keyhouse.verify'] })).toEqual(['permissions']);
    expect(faultsOf({ permissions: ['b.read'] }, {}, { catalogue })).toEqual(['permissions']);
    expect(judge({ permissions: ['a.read'] }, {}, { catalogue }).ok).toBe(true);
    expect(faultsOf({ permissions: Array.from({ length: 101 }, (_, nth) => `p${nth}.read`) })).toEqual(['permissions']);
  });
});

it('names every fault of the wish at once, before it looks at what the key may', () => {
  const wish = { permissions: ['nothing'], expiresAtMs: NOW, subject: 'a b', resource: 'https://other.example' };
  expect(faultsOf(wish, { permissions: [] })).toEqual(['permissions', 'expires', 'subject', 'resource']);
  expect(judge({ subject: 'customer-77', resource: 'https://keys.example.com/' })).toMatchObject({
    ...{ ok: true, value: { subject: 'customer-77' } },
  });
});
