import { createHash } from 'node:crypto';
import { FEED_MAX_REVOCATIONS } from '@keyhouse/protocol';
import { describe, expect, it } from 'vitest';
import { memoryChanges } from '../../../test/memory-changes.ts';
import type { Change } from './change.ts';
import { Feed, type SignedMessage } from './feed.ts';
import { ChangeFollower, TRUST_FOR_MS } from './follower.ts';

const ISSUER = 'https://keys.example.com';
const NOW_MS = 1_800_000_000_000;

/** A feed over a list in memory. What is signed is kept as it is, so that a test can read it. */
async function open(before = 0) {
  const state = {
    ...{ atMs: NOW_MS, epoch: 'first', list: [] as Change[], isAway: false, pages: [] as number[] },
    onRead: () => {
      if (state.isAway) throw new Error('away');
    },
  };
  const changes = memoryChanges(state);
  for (let id = 1; id <= before; id++) changes.append('credential', `${id}`, NOW_MS);
  const follower = new ChangeFollower({
    ...{ changes, clock: { now: () => state.atMs }, monotonicMs: () => state.atMs },
    ...{ onError: () => {}, onWentBack: () => {} },
  });
  const feed = new Feed({
    ...{ follower, clock: { now: () => state.atMs }, monotonicMs: () => state.atMs, issuer: ISSUER, sign: (text) => text },
    changes: {
      changesAfter: (after, limit) => {
        state.pages.push(limit);
        return changes.changesAfter(after, limit);
      },
    },
  });
  await follower.poll();
  const revoke = async (id: string, kind: Change['kind'] = 'credential') => {
    const { number } = changes.append(kind, id, NOW_MS);
    await follower.poll();
    return number;
  };
  return { state, changes, follower, feed, revoke };
}

const bodyOf = ({ bytes }: SignedMessage) => JSON.parse(bytes.toString());
const idsOf = (message: SignedMessage): string[] => bodyOf(message).revocations.map(({ id }: { id: string }) => id);

describe('the feed', () => {
  it('sends what was revoked after a position, nothing older, and is empty if nothing was revoked', async () => {
    const { feed, revoke } = await open(2);
    const from = feed.position();
    expect(idsOf(await feed.ask(from))).toEqual([]);
    const end = await revoke('3');
    await revoke('', 'permissions');
    const message = await feed.ask(from);
    expect(message).toMatchObject({ epoch: 'first', position: end + 1, whole: false });
    expect(bodyOf(message)).toMatchObject({ after: 2, position: end + 1, at: NOW_MS, whole: false });
    expect(idsOf(message)).toEqual(['3']);
  });

  it('gives the whole list to a reader that has none, or has one of another epoch', async () => {
    const { feed } = await open(2);
    for (const from of [null, { epoch: 'another', position: 2 }]) {
      const message = await feed.ask(from);
      expect([message.whole, message.position, idsOf(message)]).toEqual([true, 2, ['1', '2']]);
    }
  });

  it('signs the hash of the very bytes, with the issuer, the position and the moment of the reading', async () => {
    const { feed, state } = await open(1);
    state.atMs += 700;
    for (const message of [await feed.ask(null), await feed.ask(feed.position())]) {
      const sha256 = createHash('sha256').update(message.bytes).digest('base64url');
      expect(JSON.parse(message.signature)).toEqual({ iss: ISSUER, epoch: 'first', position: 1, at: NOW_MS, sha256 });
    }
  });

  it('says nothing while it cannot know what is revoked', async () => {
    const { feed, state } = await open();
    state.isAway = true;
    state.atMs += TRUST_FOR_MS + 1;
    expect(feed.isFresh()).toBe(false);
    await expect(feed.ask(null)).rejects.toThrow('away');
    await expect(feed.ask(feed.position())).rejects.toThrow('away');
  });

  it('reads further first for a reader whom another server has told more', async () => {
    const { feed, changes } = await open(1);
    const { number } = changes.append('credential', 'elsewhere', NOW_MS);
    const message = await feed.ask({ epoch: 'first', position: number });
    expect([message.whole, message.position]).toEqual([false, number]);
  });

  it('calls its listeners with every reading of the list', async () => {
    const { feed, revoke } = await open();
    let calls = 0;
    feed.listen(() => {
      calls += 1;
    });
    await revoke('1');
    await revoke('2');
    expect(calls).toBe(2);
  });
});

describe('a list that was set back', () => {
  it('gets another epoch when a reader has read further than it goes, so that nobody waits for positions that come again', async () => {
    const { feed } = await open(1);
    const message = await feed.ask({ epoch: 'first', position: 99 });
    expect([message.whole, message.epoch]).toEqual([true, 'first+']);
    expect((await feed.ask({ epoch: 'first', position: 1 })).whole).toBe(true);
  });

  it('gets no more than one in a minute, whatever readers claim', async () => {
    const { feed, state } = await open(1);
    const claim = async () => (await feed.ask({ ...feed.position(), position: 99 })).epoch;
    expect([await claim(), await claim(), await claim()]).toEqual(['first+', 'first+', 'first+']);
    state.atMs += 60_000;
    expect(await claim()).toBe('first++');
  });
});

describe('a reader that is far behind', () => {
  it('gets one message after the other without a gap, the old part from the database', async () => {
    const { feed, state, changes, follower } = await open();
    for (let id = 1; id <= 3 * FEED_MAX_REVOCATIONS + 6000; id++) changes.append('credential', `${id}`, NOW_MS);
    await follower.poll();
    const seen: string[] = [];
    let position = 0;
    for (let messages = 0; position < follower.position; messages++) {
      expect(messages).toBeLessThan(10);
      const message = await feed.ask({ epoch: 'first', position });
      expect([message.whole, bodyOf(message).after]).toEqual([false, position]);
      expect(idsOf(message).length).toBeLessThanOrEqual(FEED_MAX_REVOCATIONS);
      seen.push(...idsOf(message));
      position = message.position;
    }
    expect(seen).toEqual(state.list.map(({ id }) => id));
    expect(new Set(state.pages)).toEqual(new Set([FEED_MAX_REVOCATIONS]));
  });

  it('shares one whole list with all who ask at the same time, and never gives an older one', async () => {
    const { feed, revoke } = await open(3);
    const [one, other] = await Promise.all([feed.ask(null), feed.ask(null)]);
    expect(other).toBe(one);
    const before = feed.ask(null);
    await revoke('4');
    const [after, afterToo] = await Promise.all([feed.ask(null), feed.ask(null)]);
    expect(idsOf(after)).toEqual(['1', '2', '3', '4']);
    expect(afterToo).toBe(after);
    await before;
  });
});
