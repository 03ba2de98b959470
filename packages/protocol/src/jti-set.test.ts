import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JtiSet, type JtiSnapshot } from './jti-set.ts';

const HOUR_MS = 3_600_000;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
// Few letters, so that names share beginnings and ends, and collide in the table.
const name = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'A_'), minLength: 20, maxLength: 20 }),
  fc.string({ unit: fc.constantFrom(...ALPHABET), minLength: 20, maxLength: 20 }),
);
const namesOf = (snapshot: JtiSnapshot): Record<string, number> => {
  const bytes = new Uint8Array(20);
  return Object.fromEntries(
    Array.from({ length: snapshot.size }, (_, place) => {
      snapshot.writeName(place, bytes, 0);
      return [Buffer.from(bytes).toString('latin1'), snapshot.endsAtSeconds(place)];
    }),
  );
};

describe('the set of revoked JWTs', () => {
  it('holds what a map of names and hours would hold, however it came in and whatever was swept', () => {
    const action = fc.oneof(
      fc.record({ add: name, hour: fc.integer({ min: 1, max: 20 }) }),
      fc.record({ group: fc.array(name, { minLength: 1, maxLength: 30 }), hour: fc.integer({ min: 1, max: 20 }) }),
      fc.record({ sweep: fc.integer({ min: 0, max: 20 }) }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), fc.array(name), (actions, others) => {
        const set = new JtiSet();
        const model = new Map<string, number>();
        const put = (jti: string, hour: number) => void model.set(jti, Math.max(model.get(jti) ?? 0, hour));
        for (const each of actions) {
          if ('add' in each) {
            set.add(`${each.add}0123456789`, each.hour * HOUR_MS);
            put(each.add, each.hour);
          } else if ('group' in each) {
            set.addGroup({ endsAtSeconds: each.hour * 3600, ids: each.group.join('') });
            for (const jti of each.group) put(jti, each.hour);
          } else {
            set.sweep(each.sweep * HOUR_MS);
            for (const [jti, hour] of model) if (hour < each.sweep) model.delete(jti);
          }
        }
        expect(set.size).toBe(model.size);
        expect(namesOf(set.snapshot())).toEqual(Object.fromEntries([...model].map(([jti, hour]) => [jti, hour * 3600])));
        for (const jti of [...model.keys(), ...others]) expect(set.has(`${jti}0123456789`)).toBe(model.has(jti));
      }),
    );
  });

  it('keeps a JWT until the end of the hour in which it ends, and one without an end always', () => {
    const set = new JtiSet();
    set.add('a'.repeat(30), HOUR_MS + 1);
    set.add('b'.repeat(30), null);
    set.sweep(2 * HOUR_MS);
    expect(set.size).toBe(2);
    set.sweep(2 * HOUR_MS + 1);
    expect([set.has('a'.repeat(30)), set.has('b'.repeat(30))]).toEqual([false, true]);
    set.sweep(Date.UTC(9999, 0));
    expect(set.size).toBe(1);
  });

  it('leaves a snapshot as it was, whatever comes and goes', () => {
    const set = new JtiSet();
    const names = Array.from({ length: 100 }, (_, index) => String(index).padStart(20, 'x'));
    for (const jti of names.slice(0, 50)) set.add(jti, HOUR_MS);
    const snapshot = set.snapshot();
    const before = namesOf(snapshot);
    for (const jti of names) set.add(jti, 3 * HOUR_MS);
    expect(namesOf(snapshot)).toEqual(before);
    set.sweep(10 * HOUR_MS);
    expect([set.size, Object.keys(namesOf(snapshot)).length]).toEqual([0, 50]);
  });
});
