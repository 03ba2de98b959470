import { expect, test } from 'vitest';
import { accepts } from './accepts.ts';

test.each([
  ['gzip', true],
  ['br, GZIP;q=0.5', true],
  ['deflate,gzip ; q=1', true],
  ['gzip;q=0', false],
  ['gzip; Q=0.000', false],
  ['x-gzip', false],
  ['*', false],
  ['', false],
  [undefined, false],
])('the list "%s" takes gzip: %s', (header, expected) => {
  expect(accepts(header, 'gzip')).toBe(expected);
});
