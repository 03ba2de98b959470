import { describe, expect, it } from 'vitest';
import { meaningOf, watchColumns } from './columns.ts';
import type { SourceRow } from './run.ts';

describe('columns that were not taken', () => {
  it('are counted by the rows that have something there, and no row is changed', async () => {
    const rows: readonly SourceRow[] = [
      { at: 'line 2', cells: { id: '1', phone: '+44', note: ' ', meta: null } },
      { at: 'line 3', cells: null, fault: 'broken' },
      { at: 'line 4', cells: { id: '2', phone: '', note: '', meta: {}, more: [1] } },
      { at: 'line 5', cells: { id: '3', phone: '0', note: 'x', meta: { a: 1 }, more: false } },
    ];
    const left = new Map<string, number>();
    const source = async function* () {
      yield rows.slice(0, 2);
      yield rows.slice(2);
    };
    const seen: SourceRow[] = [];
    for await (const batch of watchColumns(source(), left, () => ['id'])) seen.push(...batch);
    expect(seen).toEqual(rows);
    expect(Object.fromEntries(left)).toEqual({ phone: 2, note: 1, meta: 1, more: 2 });
  });

  it.each([
    ['is_banned', /disabled there/],
    ['banned_at', /disabled there/],
    ['status', /disabled there/],
    ['active', /disabled there/],
    ['is_inactive', /disabled there/],
    ['revoked_at', /disabled there/],
    ['allowed_ips', /allowed addresses/],
    ['role_id', /role/],
    ['is_admin', /role/],
    ['two_factor_secret', /second factor/],
    ['remember_token', /sign in/],
    ['rateLimitEnabled', /limits/],
    ['bank_account', null],
    ['status_message', null],
    ['estate', null],
    ['clock', null],
    ['phone', null],
  ])('that say who is disabled, or what is lost, say so: %s', (column, expected) => {
    if (expected === null) expect(meaningOf(column)).toBeNull();
    else expect(meaningOf(column)).toMatch(expected);
  });
});
