import { expect, it } from 'vitest';
import { forwardClock, STANDS_STILL_MS } from './forward-clock.ts';

it('goes with the clock, stands still while that is behind by up to an hour, and follows one that was plainly wrong', () => {
  let wallMs = 1000;
  const now = forwardClock(() => wallMs);
  const at = (ms: number): number => {
    wallMs = ms;
    return now();
  };
  expect([at(1000), at(5000), at(4000), at(4999), at(6000)]).toEqual([1000, 5000, 5000, 5000, 6000]);
  expect(at(6000 + STANDS_STILL_MS)).toBe(6000 + STANDS_STILL_MS);
  expect(at(6000)).toBe(6000 + STANDS_STILL_MS);
  expect(at(5999)).toBe(5999);
});
