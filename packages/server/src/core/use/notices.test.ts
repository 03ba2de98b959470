import { describe, expect, it } from 'vitest';
import type { JudgedCredential } from '../credentials/credential.ts';
import { DAY_MS } from '../lib/clock.ts';
import { noticesOf } from './notices.ts';

const NOW = 1000 * DAY_MS;

/** Kind and moment (in days from now) of each notice. */
function noticesFor(given: Partial<JudgedCredential>, known: Partial<Parameters<typeof noticesOf>[1]> = {}, oldSecretDays = 365) {
  const credential: JudgedCredential = {
    ...{ id: 1, kind: 'key', name: 'deploy', createdAtMs: NOW, rotatedAtMs: null, expiresAtMs: null },
    ...{ use: { lastUsedAtMs: null }, ...given },
  };
  const found = noticesOf(credential, { tooWideSinceMs: null, refusedLastAtMs: undefined, ...known }, NOW, { oldSecretDays });
  return found.map(({ kind, atMs }) => `${kind} ${(atMs - NOW) / DAY_MS}`);
}

describe('a notice', () => {
  it('says of a good credential nothing, and of one that has expired nothing any more', () => {
    expect(noticesFor({})).toEqual([]);
    expect(noticesFor({ expiresAtMs: NOW, createdAtMs: 0 }, { refusedLastAtMs: NOW })).toEqual([]);
  });

  it('says that it expires within fourteen days', () => {
    expect(noticesFor({ expiresAtMs: NOW + 14 * DAY_MS })).toEqual(['expires-soon 14']);
    expect(noticesFor({ expiresAtMs: NOW + 14 * DAY_MS + 1 })).toEqual([]);
    expect(noticesFor({ expiresAtMs: NOW + DAY_MS / 2 })).toEqual(['expires-soon 0.5']);
  });

  it('says that it was not used for ninety days, counted from its creation where it never was', () => {
    expect(noticesFor({ createdAtMs: NOW - 90 * DAY_MS })).toEqual(['unused -90']);
    expect(noticesFor({ createdAtMs: NOW - 90 * DAY_MS + 1 })).toEqual([]);
    expect(noticesFor({ createdAtMs: NOW - 100 * DAY_MS, use: { lastUsedAtMs: NOW - 89 * DAY_MS } })).toEqual([]);
  });

  it('says that its secret is old, as the operator says what is old, counted from the last rotation', () => {
    const used = { use: { lastUsedAtMs: NOW } };
    expect(noticesFor({ ...used, createdAtMs: NOW - 365 * DAY_MS })).toEqual(['old-secret -365']);
    expect(noticesFor({ ...used, createdAtMs: NOW - 365 * DAY_MS, rotatedAtMs: NOW - DAY_MS })).toEqual([]);
    expect(noticesFor({ ...used, createdAtMs: NOW - 30 * DAY_MS }, {}, 30)).toEqual(['old-secret -30']);
    expect(noticesFor({ ...used, createdAtMs: 0 }, {}, 0)).toEqual([]);
  });

  it('says that it was refused often, and that it could be narrowed', () => {
    expect(noticesFor({}, { refusedLastAtMs: NOW - DAY_MS })).toEqual(['refusals -1']);
    expect(noticesFor({}, { tooWideSinceMs: NOW - 40 * DAY_MS })).toEqual(['too-wide -40']);
  });
});
