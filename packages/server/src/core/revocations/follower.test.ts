import { describe, expect, it } from 'vitest';
import { memoryChanges } from '../../../test/memory-changes.ts';
import { StoreUnavailable } from '../unavailable.ts';
import type { Change } from './change.ts';
import { ChangeFollower, TRUST_FOR_MS } from './follower.ts';

const HALF_A_DAY_MS = 12 * 60 * 60 * 1000;

/** A list of changes in memory, a clock that is moved by hand, and a store that can be unreachable. */
function open() {
  const state = {
    ...{
      atMs: 0,
      wallMs: null as number | null,
      isAway: false,
      moved: true,
      reads: 0,
      epoch: 'epoch',
      wentBackAt: [] as (number | 'clock')[],
    },
    ...{ list: [] as Change[], errors: [] as unknown[], events: 0 },
    /** While it is set, no read is answered. */
    hang: null as PromiseWithResolvers<void> | null,
    onRead: () => {
      state.reads += 1;
      if (state.isAway) throw new Error('away');
    },
  };
  const changes = memoryChanges(state);
  const { hints, append, commitHere } = changes;
  const follower = new ChangeFollower({
    changes,
    clock: { now: () => state.wallMs ?? state.atMs },
    monotonicMs: () => state.atMs,
    onError: (error) => state.errors.push(error),
    onWentBack: (what, position) => state.wentBackAt.push(what === 'clock' ? what : position),
  });
  const heard: string[] = [];
  let resets = 0;
  follower.listen({
    onChange: ({ kind, id }) => void heard.push(`${kind}:${id}`),
    onReset: () => {
      resets += 1;
    },
  });
  return { state, follower, heard, hints, append, commitHere, resets: () => resets };
}

describe('the follower', () => {
  it('starts with what is revoked, and hears what comes after, in order and once', async () => {
    const { follower, append, heard, resets } = open();
    append('credential', '1', 5);
    await follower.poll();
    expect([resets(), heard]).toEqual([1, []]);
    expect(follower.revocations.size).toBe(1);
    for (let i = 0; i < 2500; i++) append('credential', `${i}`);
    await follower.poll();
    await follower.poll();
    expect(heard).toEqual(Array.from({ length: 2500 }, (_, i) => `credential:${i}`));
    expect(resets()).toBe(1);
  });

  it('starts with all that is revoked, however many pages that takes', async () => {
    const { follower, append, heard } = open();
    for (let i = 1; i <= 5001; i++) append('credential', `${i}`, 5);
    await follower.poll();
    expect([follower.revocations.sizeOf('credential'), heard, follower.position]).toEqual([5001, [], 5001]);
  });

  it('is trusted for a moment after it has polled, and then polls first', async () => {
    const { state, follower } = open();
    await follower.poll();
    state.atMs += TRUST_FOR_MS;
    expect(follower.whenFresh()).toBeUndefined();
    state.atMs += 1;
    await follower.whenFresh();
    expect(follower.lagMs).toBe(0);
  });

  it('never says that it is fresh when it cannot poll, and hears what it missed when it can again', async () => {
    const { state, follower, append, heard } = open();
    await follower.poll();
    state.isAway = true;
    append('jti', 'x', 1);
    state.atMs += TRUST_FOR_MS + 1;
    await expect(follower.whenFresh()).rejects.toThrow('away');
    // The hint that something changed was used up by the read that failed.
    state.moved = false;
    state.isAway = false;
    await follower.whenFresh();
    expect(heard).toEqual(['jti:x']);
  });

  it('lets nobody wait when the last poll failed or this one hangs, and trusts again once a poll succeeds', async () => {
    const { state, follower, hints } = open();
    await follower.start(3_600_000);
    const poll = () => {
      for (const hint of hints) hint();
    };
    try {
      // A read that succeeds in time is waited for, for example after this process was suspended.
      state.atMs += TRUST_FOR_MS + 1;
      await follower.whenFresh();
      state.hang = Promise.withResolvers<void>();
      const before = state.reads;
      poll();
      await expect.poll(() => state.reads).toBe(before + 1);
      state.atMs += TRUST_FOR_MS + 1;
      const refused = Array.from({ length: 50 }, () => follower.whenFresh());
      for (const each of refused) await expect(each).rejects.toThrow(StoreUnavailable);
      expect(state.reads).toBe(before + 1);
      state.hang.reject(new Error('away'));
      await expect.poll(() => state.errors.length).toBe(1);
      state.hang = null;
      await expect(follower.whenFresh()).rejects.toThrow('away');
      poll();
      await expect.poll(() => follower.isFresh).toBe(true);
      expect(follower.whenFresh()).toBeUndefined();
    } finally {
      follower.stop();
    }
  });

  it('lets no more than a bounded number wait for one poll', async () => {
    const { state, follower } = open();
    await follower.start(3_600_000);
    state.hang = Promise.withResolvers<void>();
    state.atMs += TRUST_FOR_MS + 1;
    const asked = Array.from({ length: 5000 }, () =>
      Promise.resolve(follower.whenFresh()).then(
        () => 'fresh',
        () => 'refused',
      ),
    );
    await expect(follower.whenFresh()).rejects.toThrow(StoreUnavailable);
    state.hang.resolve();
    const answers = await Promise.all(asked);
    expect(answers.filter((answer) => answer === 'fresh')).toHaveLength(1000);
    follower.stop();
  });

  it('counts its freshness from before the read, however long the read took', async () => {
    const { state, follower } = open();
    const polling = follower.poll();
    state.atMs += 1000;
    await polling;
    expect(follower.lagMs).toBe(1000);
  });

  it('does not read when nothing can have moved', async () => {
    const { state, follower } = open();
    await follower.poll();
    state.moved = false;
    const { reads } = state;
    await follower.poll();
    expect(state.reads).toBe(reads);
  });

  it('lets whoever asks during a poll wait for the next one, which may be the one that sees the change', async () => {
    const { state, follower, append, heard } = open();
    await follower.poll();
    const { reads } = state;
    const first = follower.poll();
    append('user', '7');
    const [second, third] = [follower.poll(), follower.poll()];
    await Promise.all([first, second, third]);
    expect(heard).toContain('user:7');
    expect(state.reads - reads).toBeLessThanOrEqual(2);
  });

  it('takes in what this process did before the list is read, and a cache fill can tell', async () => {
    const { follower, append, commitHere } = open();
    await follower.poll();
    const { heard } = follower;
    commitHere(append('credential', '3', 9));
    expect(follower.heard).toBe(heard + 1);
    expect(follower.revocations.isRevoked({ jti: 'a', keyId: 3, accountId: 1, issuedAtMs: 9 })).toBe(true);
  });

  it('hands on what it read without a gap, and its own changes not before all that was committed earlier', async () => {
    const { follower, append, commitHere } = open();
    append('credential', '1', 5);
    const read: [after: number, position: number, ids: string[]][] = [];
    const anew: number[] = [];
    follower.listenToReads({
      onRead: ({ after, position, changes }) => void read.push([after, position, changes.map(({ id }) => id)]),
      onAnew: (position) => void anew.push(position),
    });
    await follower.poll();
    expect([anew, read, follower.position, follower.epoch]).toEqual([[1], [], 1, 'epoch']);
    // Number 2 is another server's, and has not been read yet.
    append('credential', '2', 5);
    commitHere(append('credential', '3', 5));
    expect([follower.isBehindItself, follower.position, read]).toEqual([true, 1, []]);
    await follower.poll();
    expect([follower.isBehindItself, follower.position]).toEqual([false, 3]);
    expect(read).toEqual([[1, 3, ['2', '3']]]);
  });

  it('polls at once after a commit of its own, as long as it follows', async () => {
    const { state, follower, append, commitHere } = open();
    const { reads } = state;
    commitHere(append('credential', '1', 5));
    expect(state.reads).toBe(reads);
    await follower.start(60_000);
    commitHere(append('credential', '2', 5));
    await expect.poll(() => follower.position).toBe(2);
    follower.stop();
    commitHere(append('credential', '3', 5));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(follower.position).toBe(2);
  });

  it('says when it read by a wall clock that stands still when it is set back by some seconds', async () => {
    const { state, follower } = open();
    const readAt = async (wallMs: number): Promise<number> => {
      state.wallMs = wallMs;
      await follower.poll();
      return follower.readAtMs;
    };
    expect([await readAt(500_000), await readAt(480_000), await readAt(400_000)]).toEqual([500_000, 500_000, 400_000]);
    expect(state.wentBackAt).toEqual([]);
  });

  it('reads anew, and lets everybody read anew, what a clock that was years ahead took for ended', async () => {
    const { state, follower, append, resets } = open();
    append('credential', '1', 5);
    state.wallMs = 10 * 365 * 24 * HALF_A_DAY_MS;
    await follower.poll();
    state.wallMs = 1000;
    await follower.poll();
    expect([resets(), follower.epoch, follower.readAtMs, state.wentBackAt]).toEqual([2, 'epoch+', 1000, ['clock']]);
    await follower.poll();
    expect(resets()).toBe(2);
  });

  it('does not say that everybody starts over while the database takes no other epoch', async () => {
    const { state, follower } = open();
    state.wallMs = 10 * HALF_A_DAY_MS;
    await follower.poll();
    state.wallMs = 1000;
    state.isAway = true;
    for (let times = 0; times < 3; times++) await expect(follower.poll()).rejects.toThrow('away');
    expect(state.wentBackAt).toEqual([]);
    state.isAway = false;
    await follower.poll();
    expect([follower.epoch, state.wentBackAt]).toEqual(['epoch+', ['clock']]);
  });

  it('finds out that the database went back, forgets what was learnt from it, and gives the list another epoch', async () => {
    const { state, follower, append, resets } = open();
    for (let i = 1; i <= 5; i++) append('credential', `${i}`, 5);
    await follower.poll();
    // Behind what was read: nothing else has happened yet.
    state.list.splice(3);
    await follower.poll();
    expect([resets(), follower.position, follower.epoch, state.wentBackAt]).toEqual([2, 3, 'epoch+', [5]]);
    expect(follower.revocations.size, 'what was revoked stays so').toBe(5);
    // Overtaken before anyone read it: number 3 is another change now.
    state.list.splice(2);
    for (const id of ['11', '12', '13', '14']) append('user', id, 7);
    await follower.poll();
    expect([resets(), follower.position, follower.epoch]).toEqual([3, 6, 'epoch++']);
    expect(follower.revocations.isRevoked({ jti: 'a', userId: 11, accountId: 1, issuedAtMs: 7 })).toBe(true);
    // Another server noticed it first.
    state.list.splice(1);
    state.epoch = 'other';
    await follower.poll();
    expect([resets(), follower.position, follower.epoch, state.wentBackAt]).toEqual([4, 1, 'other', [5, 3]]);
  });

  it('finds it out by an event that is gone, when no change was lost', async () => {
    const { state, follower, append, resets } = open();
    append('credential', '1', 5);
    state.events = 7;
    await follower.poll();
    state.events = 6;
    await follower.poll();
    expect([resets(), follower.position, follower.epoch]).toEqual([2, 1, 'epoch+']);
    state.events = 9;
    await follower.poll();
    expect([resets(), follower.epoch]).toEqual([2, 'epoch+']);
  });

  it('does not wait for ever for what it did itself and the database has lost', async () => {
    const { state, follower, append, commitHere } = open();
    append('credential', '1', 5);
    await follower.poll();
    commitHere(append('credential', '2', 5));
    state.list.splice(1);
    await follower.poll();
    expect(follower.isBehindItself).toBe(true);
    state.epoch = 'other';
    await follower.poll();
    expect(follower.isBehindItself).toBe(false);
  });

  it('starts anew without another epoch when what it read last was swept', async () => {
    const { state, follower, append, resets } = open();
    append('credential', '1', 5);
    await follower.poll();
    append('credential', '2', 5);
    state.list.shift();
    await follower.poll();
    expect([resets(), follower.position, follower.epoch, state.wentBackAt]).toEqual([2, 2, 'epoch', []]);
  });

  it('is not fresh while it cannot tell the others that the list went back', async () => {
    const { state, follower, append } = open();
    append('credential', '1', 5);
    await follower.poll();
    state.list.splice(0);
    state.isAway = true;
    await expect(follower.poll()).rejects.toThrow('away');
    state.atMs += TRUST_FOR_MS + 1;
    expect(follower.isFresh).toBe(false);
    state.isAway = false;
    await follower.whenFresh();
    expect([follower.isFresh, follower.epoch]).toEqual([true, 'epoch+']);
  });

  it('starts anew when it has slept so long that changes may have been swept', async () => {
    const { state, follower, append, resets } = open();
    await follower.poll();
    append('credential', '1', 5);
    state.atMs += HALF_A_DAY_MS + 1;
    await follower.whenFresh();
    expect(resets()).toBe(2);
    expect(follower.revocations.size).toBe(1);
  });

  it('is woken by a hint, tells what went wrong, and is quiet once stopped', async () => {
    const { state, follower, append, heard, hints } = open();
    await follower.start(60_000);
    append('permissions', '');
    for (const hint of hints) hint();
    await expect.poll(() => heard).toEqual(['permissions:']);
    state.isAway = true;
    for (const hint of hints) hint();
    await expect.poll(() => state.errors).toHaveLength(1);
    follower.stop();
    expect(hints.size).toBe(0);
  });
});
