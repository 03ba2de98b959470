import { expect, test } from 'vitest';
import { clientName } from './client-name.ts';

test('programs are named with their version, browsers with their system', () => {
  expect(clientName('curl/8.5.0')).toBe('curl 8.5.0');
  expect(clientName('python-requests/2.32.3')).toBe('python-requests 2.32.3');
  expect(clientName('node')).toBe('node');
  expect(clientName('GitHub-Hookshot')).toBe('GitHub-Hookshot');
  expect(
    clientName(
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0',
    ),
  ).toBe('Edge on Windows');
  expect(
    clientName('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile/15E148 Safari/604.1'),
  ).toBe('Safari on iPhone');
});

test('a user agent as long as a book is cut', () => {
  expect(clientName('x'.repeat(500))).toHaveLength(40);
});
