import { describe, expect, it } from 'vitest';
import type { ChangeKind } from './change.ts';
import { KEPT_AFTER_END_MS, RevocationList } from './revocation-list.ts';

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
      list.sweep(500 + KEPT_AFTER_END_MS);
      expect(list.isRevoked(jwt)).toBe(true);
      list.sweep(1001 + KEPT_AFTER_END_MS);
      expect(list.size).toBe(0);
    }
  });

  it('never forgets what has no end', () => {
    const list = listOf(change('credential', '5', 100, 200), change('credential', '5', 100));
    list.sweep(Number.MAX_SAFE_INTEGER);
    expect(list.isRevoked(jwt)).toBe(true);
  });

  it('knows a JWT by the start of its id, and one whose own id was revoked whatever the moment', () => {
    const jti = 'AZq1Zz0123456789-_ab0123456789';
    const list = listOf(change('jti', jti.slice(0, 20), 1, 3_600_000));
    expect(list.isRevoked({ ...jwt, jti })).toBe(true);
    expect(list.isRevoked({ ...jwt, jti: `B${jti.slice(1)}` })).toBe(false);
    expect([list.size, list.sizeOf('jti'), list.sizeOf('user')]).toEqual([1, 1, 0]);
  });

  it('of a session hits what was issued until a moment: all that there can ever be where it ended, the JWTs of before where it was narrowed', () => {
    const list = listOf(change('session', 's', 100));
    expect(list.isRevoked({ ...jwt, sessionId: 's', issuedAtMs: 100 })).toBe(true);
    expect(list.isRevoked({ ...jwt, sessionId: 's', issuedAtMs: 101 })).toBe(false);
    expect(list.isRevoked({ ...jwt, sessionId: 't', issuedAtMs: 50 })).toBe(false);
    list.add(change('session', 's', 700_000));
    expect(list.isRevoked({ ...jwt, sessionId: 's', issuedAtMs: 600_000 })).toBe(true);
  });

  it('takes in a whole list without forgetting what it knew', () => {
    const list = listOf(change('credential', '5', 100));
    const { jtis, revocations } = {
      jtis: [{ endsAtSeconds: 3600, ids: 'a'.repeat(20) }],
      revocations: [change('user', '7', 100)],
    };
    list.addWhole({ position: 9, jtis, revocations: revocations.map((each) => ({ ...each, kind: 'user' as const })) });
    expect(list.isRevoked(jwt)).toBe(true);
    expect(list.isRevoked({ ...jwt, keyId: 6, userId: 7 })).toBe(true);
    expect(list.isRevoked({ ...jwt, keyId: 6, jti: 'a'.repeat(30) })).toBe(true);
    expect(list.size).toBe(3);
  });

  it('passes over what is no revocation', () => {
    expect(listOf(change('permissions', '', 1), change('signing-keys', '', null), change('brand', '', 1)).size).toBe(0);
  });

  it('shows all that has not ended, for whoever tells others', () => {
    const list = listOf(
      change('user', '7', 1, 50),
      change('account', '12', 2, null),
      change('jti', 'a'.repeat(30), 3, 3_600_000),
    );
    const { jtis, revocations } = list.snapshot(51);
    expect(revocations).toEqual([{ kind: 'account', id: '12', beforeMs: 2, endsAtMs: null }]);
    expect(jtis.size).toBe(1);
  });
});
