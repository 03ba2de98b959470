import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChangeDraft } from './change.ts';
import { RevocationList } from './revocation-list.ts';

const CLIENT = 'app_0123456789abcdefghijAB';
const jwt = { jti: 'j'.repeat(20), accountId: 12, issuedAtMs: 100, clientId: CLIENT };
const suspended = (kind: 'suspended-account' | 'suspended-application', id: string, beforeMs: number | null): ChangeDraft => ({
  ...{ kind, id, beforeMs, endsAtMs: null },
});
const account = (beforeMs: number | null) => suspended('suspended-account', '12', beforeMs);
const whole = (position: number, revocations: readonly ChangeDraft[]) => ({
  ...{ jtis: [], position },
  revocations: revocations.map((each) => ({ ...each, kind: each.kind as 'suspended-account' })),
});

describe('what is suspended', () => {
  it('hits JWTs of the account and of the application whenever they were issued, and nothing else', () => {
    for (const change of [account(1), suspended('suspended-application', CLIENT, 1)]) {
      const list = new RevocationList();
      list.add(change, 1);
      expect([list.isRevoked(jwt), list.isSuspended(jwt), list.hasEnded(jwt)]).toEqual([true, true, false]);
      expect(list.isRevoked({ ...jwt, accountId: 13, clientId: 'app_x' })).toBe(false);
      list.add({ ...change, beforeMs: null }, 2);
      expect(list.isRevoked(jwt)).toBe(false);
    }
  });

  it('is what was said last in the list of changes, in whichever order it is heard', () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }).chain((said) =>
          fc.record({
            said: fc.constant(said),
            order: fc.array(fc.nat({ max: said.length - 1 }), { maxLength: 30 }),
          }),
        ),
        ({ said, order }) => {
          const list = new RevocationList();
          const hear = (place: number): void => list.add(account(said[place] === true ? 5 : null), place + 1);
          for (const place of order) hear(place);
          // Each at least once, the newest first.
          for (let place = said.length - 1; place >= 0; place--) hear(place);
          expect(list.isRevoked(jwt)).toBe(said.at(-1));
        },
      ),
    );
  });

  it('does not bring back what was revoked for good', () => {
    const list = new RevocationList();
    list.add({ kind: 'account', id: '12', beforeMs: 100, endsAtMs: null }, 1);
    list.add(account(5), 2);
    list.add(account(null), 3);
    expect([list.isRevoked(jwt), list.hasEnded(jwt)]).toEqual([true, true]);
  });

  it('ends when a whole list of the same epoch does not name it, and lasts when the epoch is another', () => {
    const list = new RevocationList();
    list.add(account(150), 7);
    list.addWhole(whole(9, []), { isNewEpoch: true });
    expect(list.isRevoked(jwt)).toBe(true);
    // Positions of the old list say nothing about the new one.
    list.add(account(null), 3);
    expect(list.isRevoked(jwt)).toBe(false);
    list.add(account(5), 4);
    list.addWhole(whole(5, [account(5)]));
    expect(list.isRevoked(jwt)).toBe(true);
    list.addWhole(whole(6, []));
    expect(list.isRevoked(jwt)).toBe(false);
  });

  it('is not lifted by a list that a backup had forgotten it in, whichever list comes after', () => {
    const list = new RevocationList();
    list.add(account(150), 7);
    list.addWhole(whole(2, []), { isNewEpoch: true });
    list.addWhole(whole(3, []));
    expect(list.isRevoked(jwt)).toBe(true);
  });

  it('of a list that was lost does not hit what is issued later: its id may be another account’s by now', () => {
    const list = new RevocationList();
    list.add(account(150), 7);
    const later = { ...jwt, issuedAtMs: 151 };
    expect(list.isRevoked(later)).toBe(true);
    list.addWhole(whole(2, []), { isNewEpoch: true });
    expect([list.isRevoked(jwt), list.isRevoked(later)]).toEqual([true, false]);
    // And it is not passed on to readers that ask for the whole list from now on.
    expect(list.snapshot(0).revocations).toEqual([]);
    list.add(account(160), 3);
    expect(list.isRevoked(later)).toBe(true);
  });

  it('is among what others are told, and forgotten once it is lifted', () => {
    const list = new RevocationList();
    list.add(account(5), 1);
    list.sweep(Number.MAX_SAFE_INTEGER);
    expect(list.snapshot(Number.MAX_SAFE_INTEGER).revocations).toEqual([account(5)]);
    expect([list.size, list.sizeOf('suspended-account')]).toEqual([1, 1]);
  });

  it('is told for a day that it was lifted, and then forgotten', () => {
    const list = new RevocationList();
    list.add(account(5), 1);
    list.add(account(null), 2);
    expect(list.snapshot(0).revocations).toEqual([account(null)]);
    for (const nowMs of [1000, 86_400_999]) list.sweep(nowMs);
    expect(list.snapshot(0).revocations).toEqual([account(null)]);
    list.sweep(86_401_000);
    expect([list.size, list.snapshot(0).revocations]).toEqual([0, []]);
  });

  it('of a list that was lost is lifted by a whole list of the one that came after it', () => {
    const reader = new RevocationList();
    reader.add(account(105), 9);
    expect(reader.isRevoked(jwt)).toBe(true);
    const source = new RevocationList();
    source.add(account(7), 1);
    source.add(account(null), 2);
    const { revocations } = source.snapshot(0);
    reader.addWhole({ jtis: [], revocations, position: 2 }, { isNewEpoch: true });
    expect(reader.isRevoked(jwt)).toBe(false);
  });
});
