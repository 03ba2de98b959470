import { expect, it } from 'vitest';
import { fewRandomBytes } from './random-pool.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

it('gives as many as it is asked for, and none twice, also across the end of the pool', () => {
  const given = Array.from({ length: 3_000 }, (_, call) => fewRandomBytes(8 + (call % 9)));
  expect(given.map(({ length }) => length)).toEqual(Array.from({ length: 3_000 }, (_, call) => 8 + (call % 9)));
  expect(new Set(given.map((bytes) => hex(bytes.subarray(0, 8)))).size).toBe(3_000);
});

it('gives copies: what is given earlier does not change', () => {
  const first = fewRandomBytes(16);
  const before = hex(first);
  for (let call = 0; call < 1_000; call++) fewRandomBytes(16);
  expect(hex(first)).toBe(before);
});

it('gives a whole pool, and refuses more', () => {
  expect(fewRandomBytes(4096)).toHaveLength(4096);
  expect(() => fewRandomBytes(4097)).toThrow(RangeError);
});
