import { expect, test } from 'vitest';
import { ownPathOr, waitingOf, withWaiting } from './go.ts';

test.each(['/dashboard', '/dashboard/accounts/7/audit?event=key.made&before=12', '/dashboard/', '/verify-email', '/'])(
  'goes where the server says, when that is a path of its own: %s',
  (path) => expect(ownPathOr(path)).toBe(path),
);

test.each([
  '//evil.example',
  '/\\evil.example',
  'https://evil.example',
  'javascript:alert(1)',
  '/dashboard/../..//evil.example',
  '/dash\tboard',
  '/?a\\b',
  '',
  'dashboard',
])('goes home instead of to %s', (path) => expect(ownPathOr(path)).toBe('/dashboard'));

test('takes along what an application waits for, and the address that it named', () => {
  const waiting = waitingOf('?request=v1.Ab-_9&login_hint=ada%40example.com');
  expect(waiting).toEqual({ request: 'v1.Ab-_9', hint: 'ada@example.com' });
  expect(waitingOf(withWaiting('/register', waiting).slice('/register'.length))).toEqual(waiting);
  expect(withWaiting('/register', { request: null, hint: 'ada@example.com' })).toBe('/register');
});

test.each([
  '',
  '?request=',
  '?request=a%2F..%2F..',
  '?request=a%26b',
  '?request=//evil.example',
  '?request=a&request=b',
  `?request=${'a'.repeat(12_001)}`,
])('takes nothing for a request that the server cannot have sealed: %.40s', (search) =>
  expect(waitingOf(search).request).toBeNull(),
);

test('takes no address that nobody can have', () => expect(waitingOf(`?login_hint=${'a'.repeat(255)}`).hint).toBe(''));
