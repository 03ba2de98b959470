import { expect, it } from 'vitest';
import { rarely } from './rarely.ts';

it('tells of the first at once, then of one in a while, with how many it left out', () => {
  let nowMs = 0;
  const told: [number, string][] = [];
  const note = rarely(
    1000,
    () => nowMs,
    (omitted, what: string) => void told.push([omitted, what]),
  );
  for (const what of ['a', 'b', 'c']) note(what);
  expect(told).toEqual([[0, 'a']]);
  nowMs = 999;
  note('d');
  nowMs = 1000;
  note('e');
  note('f');
  nowMs = 2500;
  note('g');
  expect(told).toEqual([
    [0, 'a'],
    [3, 'e'],
    [1, 'g'],
  ]);
});
