import { expect, it } from 'vitest';
import { Lru } from './lru.ts';

it('keeps what was used last, and says what it drops', () => {
  const dropped: string[] = [];
  const cache = new Lru<string, number>({ max: 2, dispose: (_, key) => void dropped.push(key) });
  expect(cache.get('a')).toBeUndefined();
  cache.delete('a');
  cache.clear();
  cache.set('a', 1);
  cache.set('b', 2);
  expect(cache.get('a')).toBe(1);
  cache.set('c', 3);
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([1, undefined, 3]);
  cache.delete('a');
  expect(cache.get('a')).toBeUndefined();
  cache.clear();
  expect(cache.get('c')).toBeUndefined();
  expect(dropped.sort()).toEqual(['a', 'b', 'c']);
});
