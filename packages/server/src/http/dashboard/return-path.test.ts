import { expect, test } from 'vitest';
import { ownPath } from './return-path.ts';

test('pages of the dashboard are places to return to', () => {
  for (const path of [
    '/dashboard',
    '/dashboard/',
    '/dashboard?x=1',
    '/dashboard/accounts/7/audit?event=key.made&since=2026-11-01T00:00:00Z',
    // Links from mails, for users who first sign in with another provider.
    ...['/invitation#Ab-_9', '/verify-email#Ab-_9', '/new-email#Ab-_9'],
  ])
    expect(ownPath(path)).toBe(path);
});

test('whatever a browser might take for another place is none', () => {
  for (const text of [
    null,
    '',
    '/',
    '/login',
    ...[
      '/invitation',
      '/invitation#',
      '/invitation#a/b',
      '/reset#Ab-_9',
      '//evil.example/invitation#Ab',
      `/invitation#${'a'.repeat(201)}`,
    ],
    '//evil.example',
    '/dashboardevil',
    '/dashboard.evil.example',
    'https://evil.example/dashboard',
    '/dashboard//evil.example',
    '/dashboard/\\evil.example',
    '/dashboard/\tx',
    '/dashboard/\nx',
    '/dashboard/ x',
    '/dashboard/é',
    '/dashboard\\x',
    `/dashboard/${'a'.repeat(1000)}`,
  ])
    expect(ownPath(text), String(text)).toBeNull();
});
