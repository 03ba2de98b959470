import { expect, it } from 'vitest';
import { SECRET } from '../../../test/house.ts';
import { MasterSecret } from '../lib/master-secret.ts';
import { type AuthorizationRequest, openRequest, sealRequest } from './request.ts';

const AT_MS = 5_000_000;
const REQUEST: AuthorizationRequest = {
  ...{ clientId: 'app_x', redirectUri: 'https://app.example.com/callback', isRedirectUriNamed: true, state: 'of the app' },
  ...{ nonce: null, challenge: 'c', permissions: ['invoices.read'], scopes: ['openid'], prompt: ['login'] },
  ...{ maxAgeSeconds: 5, loginHint: 'ada@example.com', hintedUserId: 7, atMs: AT_MS },
};

it('comes back from the browser as it was, and nobody can read or change it on the way', () => {
  const sealed = sealRequest(SECRET, REQUEST);
  expect(openRequest([SECRET], sealed, AT_MS)).toEqual(REQUEST);
  expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toContain('app.example.com');
  const changed = `${sealed.slice(0, -1)}${sealed.endsWith('A') ? 'B' : 'A'}`;
  for (const text of [changed, '', 'nothing']) expect(openRequest([SECRET], text, AT_MS), text).toBeNull();
  expect(openRequest([new MasterSecret('another master secret for the tests, long enough')], sealed, AT_MS)).toBeNull();
});

it('waits for an hour and not a millisecond longer', () => {
  const sealed = sealRequest(SECRET, REQUEST);
  expect(openRequest([SECRET], sealed, AT_MS + 3_600_000)).toEqual(REQUEST);
  expect(openRequest([SECRET], sealed, AT_MS + 3_600_001)).toBeNull();
});

it('stays short enough for a line of eight kilobytes with the longest state that is taken', () => {
  const long = { ...REQUEST, state: Buffer.alloc(4500, 'keyhouse').toString('base64url') };
  const sealed = sealRequest(SECRET, long);
  expect(openRequest([SECRET], sealed, AT_MS)).toEqual(long);
  expect(sealed.length).toBeLessThan(8000);
});
