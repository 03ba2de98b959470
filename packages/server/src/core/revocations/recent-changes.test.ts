import { FEED_MAX_REVOCATIONS } from '@keyhouse/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change, ChangeKind } from './change.ts';
import { RecentChanges, stepOf } from './recent-changes.ts';

const change = (number: number, kind: ChangeKind = 'credential'): Change => ({
  ...{ number, kind, id: kind === 'jti' ? 'j'.repeat(30) : String(number), beforeMs: 1, endsAtMs: null },
});
const stretch = (after: number, position: number) => ({
  ...{ after, position },
  changes: Array.from({ length: position - after }, (_, index) => change(after + index + 1)),
});

describe('the recent changes', () => {
  it('tell whoever is at any position all that came after it, once and in order', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.array(fc.constantFrom<ChangeKind>('credential', 'jti', 'brand', 'permissions', 'signing-keys'), { minLength: 1 }),
        ),
        fc.nat(),
        fc.integer({ min: 1, max: 50 }),
        (stretches, start, far) => {
          const recent = new RecentChanges();
          recent.startAt(start);
          let position = start;
          const all: Change[] = [];
          for (const kinds of stretches) {
            const changes = kinds.map((kind, index) => change(position + index + 1, kind));
            recent.add({ after: position, position: position + kinds.length, changes });
            position += kinds.length;
            all.push(...changes);
          }
          for (let after = start; after <= position; after++) {
            const told = all.filter(({ number, kind }) => number > after && kind !== 'brand' && kind !== 'permissions');
            const step = recent.stepFrom(after);
            expect(step?.position).toBe(position);
            expect(step?.revocations.map(({ kind, id }) => [kind, id])).toEqual(
              told.map(({ kind, id }) => [kind, kind === 'jti' ? id.slice(0, 20) : id]),
            );
          }
          if (start >= far) expect(recent.stepFrom(start - far)).toBeNull();
        },
      ),
    );
  });

  it('end a step where a message is full, and go on from there', () => {
    const recent = new RecentChanges();
    recent.startAt(0);
    recent.add(stretch(0, FEED_MAX_REVOCATIONS + 10));
    const first = recent.stepFrom(0);
    expect([first?.position, first?.revocations.length]).toEqual([FEED_MAX_REVOCATIONS, FEED_MAX_REVOCATIONS]);
    expect(recent.stepFrom(FEED_MAX_REVOCATIONS)).toMatchObject({
      position: FEED_MAX_REVOCATIONS + 10,
      revocations: { length: 10 },
    });
  });

  it('are bounded: of what is too long ago they say that they do not know', () => {
    const recent = new RecentChanges();
    recent.startAt(0);
    for (let after = 0; after < 50_000; after += 1000) recent.add(stretch(after, after + 1000));
    expect(recent.stepFrom(0)).toBeNull();
    expect(recent.stepFrom(49_990)?.revocations).toHaveLength(10);
    let [known, position] = [0, 0];
    for (let after = 0; after < 50_000 && known === 0; after += 100) if (recent.stepFrom(after) !== null) known = after;
    position = known;
    // From the first known one on, none is missing.
    const seen: string[] = [];
    while (position < 50_000) {
      const step = recent.stepFrom(position);
      if (step === null) throw new Error(`A gap at ${position}.`);
      seen.push(...step.revocations.map(({ id }) => id));
      position = step.position;
    }
    expect(seen).toEqual(Array.from({ length: 50_000 - known }, (_, index) => String(known + index + 1)));
    recent.startAt(60_000);
    expect(recent.stepFrom(49_990)).toBeNull();
    expect(recent.stepFrom(60_000)).toEqual({ position: 60_000, revocations: [] });
  });

  it('of what is no revocation only the position is told', () => {
    expect(stepOf([change(1, 'brand'), change(2, 'imports'), change(3, 'master-secret')], 3)).toEqual({
      position: 3,
      revocations: [],
    });
  });
});
