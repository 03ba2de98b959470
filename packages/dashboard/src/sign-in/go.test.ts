import { expect, test } from 'vitest';
import { ownPathOr } from './go.ts';

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
