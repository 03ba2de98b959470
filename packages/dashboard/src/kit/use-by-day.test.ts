import { expect, test } from 'vitest';
import { barsOf, busiest, dayAt, sumOf } from './use-by-day.ts';

const NOW = new Date('2026-11-23T10:00:00Z');

test('the busiest day is as high as the plot, a day with one request is still seen, an empty day is not', () => {
  const bars = barsOf([0, 1, 1000], 30, 20);
  expect(bars).toHaveLength(2);
  expect(bars[0]).toEqual({ x: 10, y: 19, width: 7.5, height: 1 });
  expect(bars[1]).toEqual({ x: 20, y: 0, width: 7.5, height: 20 });
  expect(barsOf([0, 0], 30, 20)).toEqual([]);
  expect(barsOf([], 30, 20)).toEqual([]);
});

test('the last count is today in UTC, and the busiest day is told', () => {
  expect(dayAt([1, 2, 3], 2, NOW).toISOString()).toBe('2026-11-23T00:00:00.000Z');
  expect(dayAt([1, 2, 3], 0, NOW).toISOString()).toBe('2026-11-21T00:00:00.000Z');
  expect(busiest([4, 9, 9, 0], NOW)?.day.toISOString()).toBe('2026-11-22T00:00:00.000Z');
  expect(busiest([0, 0], NOW)).toBeNull();
  expect(sumOf([4, 9, 9])).toBe(22);
});
