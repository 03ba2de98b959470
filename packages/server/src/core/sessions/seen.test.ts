import { describe, expect, it } from 'vitest';
import { SeenSessions } from './seen.ts';

/** Where they are written; it can be away, or slow. */
function open() {
  const state = {
    ...{ isAway: false, hang: null as Promise<void> | null, onWrite: () => {} },
    written: [] as (readonly { id: string; atMs: number }[])[],
  };
  const sessions = {
    recordSeen: async ({ sessions: seen }: { sessions: readonly { readonly id: string; readonly atMs: number }[] }) => {
      state.onWrite();
      await state.hang;
      if (state.isAway) throw new Error('away');
      state.written.push(seen);
    },
  };
  return { state, sessions, seen: new SeenSessions() };
}

describe('when sessions were seen', () => {
  it('is written once for each session, with the latest time, however often it was seen', async () => {
    const { state, sessions, seen } = open();
    for (const atMs of [5, 9, 7]) seen.record('a', atMs);
    seen.record('b', 1);
    await seen.flush(sessions);
    await seen.flush(sessions);
    expect(state.written).toEqual([
      [
        { id: 'a', atMs: 9 },
        { id: 'b', atMs: 1 },
      ],
    ]);
  });

  it('is kept while the store is away, and does not put an older time over a newer one', async () => {
    const { state, sessions, seen } = open();
    for (let id = 0; id < 501; id++) seen.record(`${id}`, 5);
    state.isAway = true;
    await expect(seen.flush(sessions)).rejects.toThrow('away');
    seen.record('0', 9);
    state.isAway = false;
    await seen.flush(sessions);
    expect(state.written.map((batch) => batch.length)).toEqual([500, 1]);
    const times = new Map(state.written.flat().map(({ id, atMs }) => [id, atMs]));
    expect([times.size, times.get('0'), times.get('1')]).toEqual([501, 9, 5]);
  });

  it('is written by one flush at a time, and what is seen during one comes with the next', async () => {
    const { state, sessions, seen } = open();
    const [hang, begun] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    state.hang = hang.promise;
    state.onWrite = begun.resolve;
    seen.record('a', 1);
    const first = seen.flush(sessions);
    await begun.promise;
    seen.record('a', 2);
    const second = seen.flush(sessions);
    hang.resolve();
    await Promise.all([first, second]);
    expect(state.written).toEqual([[{ id: 'a', atMs: 1 }], [{ id: 'a', atMs: 2 }]]);
  });

  it('is dropped for new sessions, and for none that is known, where there are too many', async () => {
    const { state, sessions, seen } = open();
    for (let id = 0; id < 100_000; id++) seen.record(`${id}`, 1);
    seen.record('new', 2);
    seen.record('0', 2);
    await seen.flush(sessions);
    const times = new Map(state.written.flat().map(({ id, atMs }) => [id, atMs]));
    expect([times.size, times.get('new'), times.get('0')]).toEqual([100_000, undefined, 2]);
  });
});
