import { expect, it } from 'vitest';
import { memoryChanges } from '../../../test/memory-changes.ts';
import { sha256Hex } from '../lib/sha256.ts';
import type { Change } from '../revocations/change.ts';
import { ChangeFollower } from '../revocations/follower.ts';
import { CredentialCache } from './cache.ts';
import type { CredentialWithOwner } from './credential.ts';

const [A, B, C] = ['a', 'b', 'c'].map(sha256Hex) as [string, string, string];
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

/** Asks twice: what is asked for once is not kept. */
async function keep(cache: CredentialCache<ReturnType<typeof entry>>, hash: string, id: number): Promise<void> {
  for (let times = 0; times < 2; times++) await cache.fill(hash, async () => entry(id));
}

it('keeps what is read a second time, and not what was not found', async () => {
  const { cache } = open();
  expect(await cache.fill(A, async () => entry(1))).toEqual(entry(1));
  expect(cache.get(A)).toBeUndefined();
  expect(await cache.fill(A, async () => entry(1))).toEqual(entry(1));
  for (let times = 0; times < 2; times++) await cache.fill(B, async () => null);
  expect([cache.get(A), cache.get(B)]).toEqual([entry(1), undefined]);
});

it('gives what is there at once without a promise', () => {
  const { cache } = open();
  expect([cache.fill(A, () => entry(1)), cache.fill(A, () => entry(1)), cache.get(A)]).toEqual([entry(1), entry(1), entry(1)]);
});

it('does not keep what was read while a change was heard: it may be older than the change', async () => {
  const { cache, hear } = open();
  await cache.fill(A, async () => entry(1));
  const filled = await cache.fill(A, async () => {
    hear('credential', '2');
    return entry(1);
  });
  expect(filled).toEqual(entry(1));
  expect(cache.get(A)).toBeUndefined();
});

it('forgets every secret of a credential that changed, and no other', async () => {
  const { cache, hear } = open();
  for (const [hash, id] of [
    [A, 1],
    [B, 1],
    [C, 2],
  ] as const)
    await keep(cache, hash, id);
  hear('credential', '1');
  expect([A, B, C].map((hash) => cache.get(hash)?.credential.id)).toEqual([undefined, undefined, 2]);
});

it('forgets all when an owner changed, and when everything heard may be stale', async () => {
  const { cache, hear, follower } = open();
  for (const forget of [() => hear('user', '9'), () => hear('account', '9'), () => follower.poll()]) {
    await keep(cache, A, 1);
    expect(cache.get(A)).toEqual(entry(1));
    await forget();
    expect(cache.get(A)).toBeUndefined();
  }
});
