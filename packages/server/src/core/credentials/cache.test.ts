import { expect, it } from 'vitest';
import { memoryChanges } from '../../../test/memory-changes.ts';
import type { Change } from '../revocations/change.ts';
import { ChangeFollower } from '../revocations/follower.ts';
import { CredentialCache } from './cache.ts';
import type { CredentialWithOwner } from './credential.ts';

const entry = (id: number) => ({ credential: { id } as CredentialWithOwner });

function open() {
  const changes = memoryChanges({ epoch: 'epoch', list: [], moved: false });
  const follower = new ChangeFollower({
    ...{ changes, clock: { now: () => 0 }, monotonicMs: () => 0 },
    ...{ onError: () => {}, onWentBack: () => {} },
  });
  const hear = (kind: Change['kind'], id: string) => changes.commitHere(changes.append(kind, id));
  return { follower, hear, cache: new CredentialCache<ReturnType<typeof entry>>(follower) };
}

it('keeps what was read, and not what was not found', async () => {
  const { cache } = open();
  await cache.fill('a', async () => entry(1));
  await cache.fill('b', async () => null);
  expect([cache.get('a'), cache.get('b')]).toEqual([entry(1), undefined]);
});

it('does not keep what was read while a change was heard: it may be older than the change', async () => {
  const { cache, hear } = open();
  const filled = await cache.fill('a', async () => {
    hear('credential', '2');
    return entry(1);
  });
  expect(filled).toEqual(entry(1));
  expect(cache.get('a')).toBeUndefined();
});

it('forgets every secret of a credential that changed, and no other', async () => {
  const { cache, hear } = open();
  for (const [hash, id] of [
    ['new', 1],
    ['old', 1],
    ['other', 2],
  ] as const)
    await cache.fill(hash, async () => entry(id));
  hear('credential', '1');
  expect(['new', 'old', 'other'].map((hash) => cache.get(hash)?.credential.id)).toEqual([undefined, undefined, 2]);
});

it('forgets all when an owner changed, and when everything heard may be stale', async () => {
  const { cache, hear, follower } = open();
  for (const forget of [() => hear('user', '9'), () => hear('account', '9'), () => follower.poll()]) {
    await cache.fill('a', async () => entry(1));
    await forget();
    expect(cache.get('a')).toBeUndefined();
  }
});
