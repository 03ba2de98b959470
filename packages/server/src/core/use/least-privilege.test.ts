import { covers } from '@keyhouse/protocol';
import { describe, expect, it } from 'vitest';
import type { PermissionSums } from '../credentials/credential.ts';
import { judgeLeast } from './least-privilege.ts';

const DAY = 86_400_000;
const NOW = 20_000 * DAY + 1_000;
const use = (permission: string, requests = 1, recentRequests = requests, lastUsedAtMs = NOW): PermissionSums => ({
  credentialId: 1,
  permission,
  requests,
  recentRequests,
  lastUsedAtMs,
});
const judge = (
  held: readonly string[] | null,
  uses: readonly PermissionSums[],
  { catalogue = [] as string[], createdDaysAgo = 50, countedForDays = 400, changedDaysAgo = null as number | null } = {},
) =>
  judgeLeast(
    {
      credential: {
        id: 1,
        permissions: held,
        createdAtMs: NOW - createdDaysAgo * DAY,
        permissionsChangedAtMs: changedDaysAgo === null ? null : NOW - changedDaysAgo * DAY,
      },
      uses,
    },
    { nowMs: NOW, countedSinceMs: NOW - countedForDays * DAY, catalogue: new Set(catalogue) },
  );

describe('least privilege', () => {
  it('sets what was used in the last 30 and 90 days beside what was granted', () => {
    const least = judge(['a.read', 'b.read'], [use('a.read', 11, 4), use('c.read', 1, 1, NOW - DAY)]);
    expect(least.permissions).toEqual([
      { name: 'a.read', granted: true, requests30Days: 4, requests90Days: 11, lastUsedAtMs: NOW },
      { name: 'b.read', granted: true, requests30Days: 0, requests90Days: 0, lastUsedAtMs: null },
      { name: 'c.read', granted: false, requests30Days: 1, requests90Days: 1, lastUsedAtMs: NOW - DAY },
    ]);
    expect(least.narrowTo).toEqual(['a.read']);
  });

  it('suggests nothing as long as some requests did not say what they needed, and does not show them as a permission', () => {
    const least = judge(['a.read', 'b.read'], [use('a.read', 11, 4), use('', 2)]);
    expect([least.narrowTo, least.untoldRequests, least.permissions.map(({ name }) => name)]).toEqual([
      null,
      2,
      ['a.read', 'b.read'],
    ]);
  });

  it.each<[string, readonly string[] | null, readonly string[], readonly string[], readonly string[] | null]>([
    ['nothing was used', ['a.read', 'b.read'], [], [], null],
    ['all was used', ['a.read'], ['a.read'], [], null],
    ['no list, no catalogue', null, ['a.read'], [], ['a.read']],
    ['a wildcard, no catalogue', ['*.read'], ['a.read', 'b.read'], [], ['a.read', 'b.read']],
    ['no list, some of the catalogue', null, ['a.read'], ['a.read', 'a.write'], ['a.read']],
    ['no list, all of the catalogue', null, ['a.read', 'a.write'], ['a.read', 'a.write'], null],
    ['a wildcard, all that it stands for', ['*.read'], ['a.read'], ['a.read', 'a.write'], null],
    ['held by name, gone from the catalogue', ['a.read', 'old.read'], ['old.read'], ['a.read'], ['old.read']],
    ['not to be named any more', null, ['old.read'], ['a.read'], null],
    ['handed on as a wildcard', ['*', 'keyhouse.verify'], ['*'], [], ['*']],
    ['more than a list may hold', null, Array.from({ length: 101 }, (_, n) => `r${n}.read`), [], null],
  ])('suggests what is left when %s', (_, held, used, catalogue, expected) => {
    const { narrowTo } = judge(
      held,
      used.map((name) => use(name)),
      { catalogue: [...catalogue] },
    );
    expect(narrowTo).toEqual(expected);
    if (narrowTo !== null) expect([covers(held, narrowTo), covers(narrowTo, held)]).toEqual([true, false]);
  });

  it.each<[string, Parameters<typeof judge>[2], number]>([
    ['it was created', { createdDaysAgo: 29 }, 29],
    ['its permissions changed', { changedDaysAgo: 12 }, 12],
    ['use is counted', { countedForDays: 6 }, 6],
  ])('suggests nothing before it has watched for 30 days since %s, and says when it will', (_, since, days) => {
    const least = judge(null, [use('a.read')], since);
    expect(least).toMatchObject({ narrowTo: null, watchedDays: days, suggestsFromMs: NOW + (30 - days) * DAY });
  });

  it('suggests after 30 days of watching', () => {
    for (const since of [{ createdDaysAgo: 30 }, { changedDaysAgo: 30 }, { countedForDays: 30 }])
      expect(judge(null, [use('a.read')], since)).toMatchObject({ narrowTo: ['a.read'], watchedDays: 30, suggestsFromMs: null });
  });
});
