import { describe, expect, it } from 'vitest';
import type { EventDraft } from './event.ts';
import { createRefusalRecorder, type RefusalNote } from './refusals.ts';

const note = (credentialId: number | null, reason = 'expired'): RefusalNote => ({
  event: 'request.refused',
  reason,
  by: { actor: 'anonymous', requestId: 'r', person: {} },
  subject: credentialId === null ? null : { credentialId },
});

function open() {
  const written: EventDraft[] = [];
  const state = { broken: false };
  const clock = { at: 60_000_000, now: () => clock.at };
  const audit = {
    async record({ events }: { events: readonly EventDraft[] }) {
      if (state.broken) throw new Error('The store is away.');
      written.push(...events);
    },
  };
  return { written, state, clock, recorder: createRefusalRecorder({ audit, clock }) };
}

const counted = (written: readonly EventDraft[]) =>
  Object.fromEntries(
    written.filter(({ event }) => event === 'request.refusals_counted').map(({ reason, details }) => [reason, details?.count]),
  );

describe('refusals', () => {
  it('of a known credential are recorded one by one, ten a minute, and counted beyond', async () => {
    const { recorder, written, clock } = open();
    for (let index = 0; index < 15; index++) recorder.record(note(7));
    await recorder.flush();
    expect(written).toHaveLength(10);
    clock.at += 60_000;
    recorder.record(note(7));
    await recorder.flush();
    expect(written.filter(({ event }) => event === 'request.refused')).toHaveLength(11);
    expect(counted(written)).toEqual({ 'request.refused: expired': 5 });
  });

  it('of all together are recorded twenty a second at most', async () => {
    const { recorder, written, clock } = open();
    for (let id = 1; id <= 100; id++) recorder.record(note(id));
    clock.at += 1000;
    for (let id = 1; id <= 100; id++) recorder.record(note(id));
    await recorder.flush({ end: true });
    expect(written.filter(({ event }) => event === 'request.refused')).toHaveLength(40);
    expect(counted(written)).toEqual({ 'request.refused: expired': 160 });
  });

  it('of nobody in particular become one event for each reason and minute, however many they are', async () => {
    const { recorder, written, clock } = open();
    for (let index = 0; index < 50_000; index++) recorder.record(note(null, index % 2 === 0 ? 'unknown' : 'malformed'));
    await recorder.flush();
    expect(written).toEqual([]);
    clock.at += 60_000;
    await recorder.flush();
    expect(counted(written)).toEqual({ 'request.refused: unknown': 25_000, 'request.refused: malformed': 25_000 });
    expect(written).toHaveLength(2);
  });

  it('are not lost when the store is away for a moment', async () => {
    const { recorder, written, state } = open();
    recorder.record(note(7));
    state.broken = true;
    await expect(recorder.flush()).rejects.toThrow('away');
    state.broken = false;
    recorder.record(note(8));
    await Promise.all([recorder.flush(), recorder.flush()]);
    expect(written.map(({ credentialId }) => credentialId)).toEqual([7, 8]);
  });

  it('stay bounded in memory while the store is away: what has no room is counted', async () => {
    const { recorder, written, clock } = open();
    for (let second = 0; second < 200; second++) {
      clock.at += 1000;
      for (let id = 0; id < 20; id++) recorder.record(note(second * 20 + id, `reason ${id * second}`));
    }
    await recorder.flush({ end: true });
    expect(written.filter(({ event }) => event === 'request.refused')).toHaveLength(1000);
    // A hundred reasons and "other", in the five minutes that this covers.
    expect(written.filter(({ event }) => event === 'request.refusals_counted').length).toBeLessThanOrEqual(5 * 101);
    const total = written.reduce((sum, { details }) => sum + Number(details?.count ?? 0), 0);
    expect(total).toBe(3000);
  });
});
