import { expect, it } from 'vitest';
import { keepNewest } from './keep-newest.ts';

/** Reads that answer when the test says so. */
function slowReads() {
  const answers: ((value: string) => void)[] = [];
  const kept: string[] = [];
  const load = keepNewest(
    () => new Promise<string>((resolve) => void answers.push(resolve)),
    (value) => void kept.push(value),
  );
  return { load, kept, answer: (index: number, value: string) => answers[index]?.(value) };
}

it('does not let a slow read replace what a later one has found', async () => {
  const { load, kept, answer } = slowReads();
  const [old, changed] = [load(), load()];
  answer(1, 'after the change');
  await changed;
  answer(0, 'before the change');
  await old;
  expect(kept).toEqual(['after the change']);
  const next = load();
  answer(2, 'after the next');
  await next;
  expect(kept).toEqual(['after the change', 'after the next']);
});

it('keeps each that comes in order, and goes on after one that failed', async () => {
  let count = 0;
  const kept: number[] = [];
  const load = keepNewest(
    async () => {
      count += 1;
      if (count === 2) throw new Error('The store is away.');
      return count;
    },
    (value) => void kept.push(value),
  );
  await load();
  await expect(load()).rejects.toThrow('The store is away.');
  await load();
  expect(kept).toEqual([1, 3]);
});
