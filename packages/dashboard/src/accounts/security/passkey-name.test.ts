import { expect, test } from 'vitest';
import { suggestName } from './passkey-name.ts';

test.each([
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15', 'iPhone'],
  ['Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/131.0 Mobile', 'Android phone'],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36', 'Mac'],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0', 'Windows PC'],
  ['something else', 'Passkey'],
])('suggests the device as the name of a passkey: %s', (userAgent, name) => expect(suggestName(userAgent, [])).toBe(name));

test('suggests no name twice', () => {
  expect(suggestName('Macintosh', ['Mac', 'Mac 2'])).toBe('Mac 3');
});
