import { expect, test } from 'vitest';
import { hasControlCharacters, isWellFormedText } from './text.ts';

test.each(['a\0b', 'a\tb', 'a\r\nb', '\x7f', '\x85', '\x9f'])('finds the control character in %j', (text) => {
  expect(hasControlCharacters(text)).toBe(true);
  expect(isWellFormedText(text)).toBe(false);
});

test.each(['', 'Ada Lovelace', 'Zoë', '山田', '👩‍🚀', 'a\u00a0b'])('accepts %j as a name', (text) => {
  expect(hasControlCharacters(text)).toBe(false);
  expect(isWellFormedText(text)).toBe(true);
});

test.each(['\ud800', 'a\udc00b', '\udc00\ud800'])('refuses lone surrogates: %j', (text) => {
  expect(isWellFormedText(text)).toBe(false);
});
