import { expect, it } from 'vitest';
import { sha256Base64Url, sha256Hex, sha256InSlices } from './sha256.ts';

/** FIPS 180-4, of "abc". */
const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

it('is SHA-256, of a text as UTF-8 or of bytes', () => {
  expect([sha256Hex('abc'), sha256Hex(Buffer.from('abc'))]).toEqual([ABC, ABC]);
  expect(sha256Base64Url('abc')).toBe(Buffer.from(ABC, 'hex').toString('base64url'));
  expect(sha256Hex('ä')).toBe(sha256Hex(Buffer.from('c3a4', 'hex')));
});

it('is the same in slices, at every length around one', async () => {
  const slice = 1 << 20;
  for (const length of [0, 1, slice - 1, slice, slice + 1, 2 * slice, 2 * slice + 7]) {
    const bytes = Buffer.alloc(length, 'keyhouse');
    expect(await sha256InSlices(bytes), `${length}`).toBe(sha256Base64Url(bytes));
  }
});

it('lets others have their turn between two slices', async () => {
  let turns = 0;
  const turn = (): void => {
    turns += 1;
    if (turns < 100) setImmediate(turn);
  };
  setImmediate(turn);
  await sha256InSlices(Buffer.alloc(3 << 20));
  expect(turns).toBeGreaterThanOrEqual(2);
});
