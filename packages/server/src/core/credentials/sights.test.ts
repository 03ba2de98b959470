import { expect, it } from 'vitest';
import { sha256Hex } from '../lib/sha256.ts';
import { Sights } from './sights.ts';

it('knows a hash that was seen lately, and none that was not', () => {
  const sights = new Sights();
  const hashes = Array.from({ length: 2_000 }, (_, number) => sha256Hex(`${number}`));
  const first = hashes.filter((hash) => sights.isSecond(hash));
  expect(first).toEqual([]);
  const again = hashes.filter((hash) => sights.isSecond(hash));
  // Two of them may have the same place.
  expect(again.length).toBeGreaterThan(1_900);
});

it('has forgotten what was seen a million hashes ago', () => {
  const sights = new Sights();
  const [old, ...others] = Array.from({ length: 1_000_000 }, (_, number) => sha256Hex(`${number}`));
  for (const hash of [old ?? '', ...others]) sights.isSecond(hash);
  expect(sights.isSecond(old ?? '')).toBe(false);
});

it('also knows a hash whose mark would be nothing', () => {
  const sights = new Sights();
  const hash = `00000001${'0'.repeat(56)}`;
  expect([sights.isSecond(hash), sights.isSecond(hash)]).toEqual([false, true]);
});
