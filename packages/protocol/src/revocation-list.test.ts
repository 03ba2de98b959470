import { describe, expect, it } from 'vitest';
import type { ChangeKind } from './change.ts';
import { RevocationList } from './revocation-list.ts';

const jwt = { jti: 'j', keyId: 5, accountId: 12, issuedAtMs: 100 };
const change = (kind: ChangeKind, id: string, beforeMs: number | null, endsAtMs: number | null = null) => ({
  number: 1,
  kind,
  id,
  beforeMs,
  endsAtMs,
});
const listOf = (...changes: ReturnType<typeof change>[]): RevocationList => {
  const list = new RevocationList();
  for (const each of changes) list.add(each);
  return list;
};

describe('the list of revocations', () => {
  it('hits a JWT by its own id, by its key and by its account, and by nothing else', () => {
    expect(listOf().isRevoked(jwt)).toBe(false);
    for (const [kind, id] of [
      ['jti', 'j'],
      ['credential', '5'],
      ['account', '12'],
    ] as const)
      expect(listOf(change(kind, id, 100)).isRevoked(jwt), kind).toBe(true);
    for (const [kind, id] of [
      ['jti', '5'],
      ['credential', '12'],
      ['account', '5'],
      ['user', '12'],
    ] as const)
      expect(listOf(change(kind, id, 100)).isRevoked(jwt), kind).toBe(false);
  });

  it('leaves alone what was issued after the moment', () => {
    expect(listOf(change('credential', '5', 99)).isRevoked(jwt)).toBe(false);
    expect(listOf(change('credential', '5', null)).isRevoked(jwt)).toBe(false);
  });

  it('of two for one subject keeps the later moment and the later end, in whichever order they come', () => {
    const [early, late] = [change('account', '12', 50, 1000), change('account', '12', 100, 200)];
    for (const list of [listOf(early, late), listOf(late, early)]) {
      expect(list.isRevoked(jwt)).toBe(true);
      list.sweep(500);
      expect(list.isRevoked(jwt)).toBe(true);
      list.sweep(1001);
      expect(list.size).toBe(0);
    }
  });

  it('never forgets what has no end', () => {
    const list = listOf(change('credential', '5', 100, 200), change('credential', '5', 100));
    list.sweep(Number.MAX_SAFE_INTEGER);
    expect(list.isRevoked(jwt)).toBe(true);
  });
});
