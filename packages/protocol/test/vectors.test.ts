import { expect, test } from 'vitest';
import { haveNaughtyStrings, NEEDS_VECTORS, naughtyStrings } from './vectors.ts';

test('there are always naughty strings to try, and some of each kind', () => {
  expect(naughtyStrings.length).toBeGreaterThan(30);
  expect(naughtyStrings).toContain('');
  for (const kind of [/<script>/i, /DROP TABLE/i, /\u202e/, /\p{Cc}/u, /\p{Emoji_Presentation}/u])
    expect(
      naughtyStrings.some((text) => kind.test(text)),
      String(kind),
    ).toBe(true);
});

test.skipIf(!haveNaughtyStrings)(`${NEEDS_VECTORS} every text that a stranger can send is tried with the whole big list`, () => {
  expect(naughtyStrings.length).toBeGreaterThan(400);
});
