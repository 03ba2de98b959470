/** Those that come at once for the same thing share a round trip, and nobody waits for another thing. */
import { expect, it } from 'vitest';
import { InTurns } from './in-turns.ts';

interface Lot {
  readonly inputs: readonly number[];
  resolve(result: string | null): void;
  reject(error: Error): void;
}

/** What is performed waits until the test says how it went. */
function open({ maxTogether = 10, maxWaiting = 10 } = {}) {
  const lots: Lot[] = [];
  const turns = new InTurns<number, string>(
    (inputs) => new Promise((resolve, reject) => void lots.push({ inputs, resolve, reject })),
    { maxTogether, maxWaiting },
  );
  return { turns, lots, inputs: () => lots.map((lot) => lot.inputs) };
}

it('does the first at once, and those that come meanwhile together', async () => {
  const { turns, lots, inputs } = open();
  const all = [1, 2, 3].map((input) => turns.add('a', input));
  expect(inputs()).toEqual([[1]]);
  lots[0]?.resolve('first');
  await all[0];
  expect(inputs()).toEqual([[1], [2, 3]]);
  lots[1]?.resolve('second');
  expect(await Promise.all(all)).toEqual(['first', 'second', 'second']);
  void turns.add('a', 4);
  expect(inputs()).toEqual([[1], [2, 3], [4]]);
});

it('lets no group wait for another', () => {
  const { turns, inputs } = open();
  for (const group of ['a', 'b', 'a']) void turns.add(group, 1);
  expect(inputs()).toEqual([[1], [1]]);
});

it('takes no more together, and lets no more wait, than it may', async () => {
  const { turns, lots, inputs } = open({ maxTogether: 2, maxWaiting: 3 });
  const all = [1, 2, 3, 4, 5].map((input) => turns.add('a', input));
  expect(await all[4]).toBeNull();
  for (const index of [0, 1, 2]) {
    lots[index]?.resolve('done');
    await Promise.all(all.slice(0, 1 + 2 * index));
  }
  expect(inputs()).toEqual([[1], [2, 3], [4]]);
});

it('fails those that were in the lot, and makes nobody wait for the next failure', async () => {
  const { turns, lots, inputs } = open();
  const all = [1, 2].map((input) => turns.add('a', input));
  lots[0]?.reject(new Error('lost'));
  await expect(all[0]).rejects.toThrow('lost');
  expect(await all[1]).toBeNull();
  void turns.add('a', 3);
  expect(inputs()).toEqual([[1], [3]]);
});
