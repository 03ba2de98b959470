import { expect, it } from 'vitest';
import { DAY_MS } from '../lib/clock.ts';
import { isSecondFactor, liveSince, type ProofMethod } from './sign-in.ts';

it('takes a passkey, an app and a recovery code for a second factor, and neither a password nor what somebody else vouches for', () => {
  const methods: readonly ProofMethod[] = ['password', 'totp', 'recovery-code', 'passkey', 'provider', 'setup'];
  expect(methods.filter(isSecondFactor)).toEqual(['totp', 'recovery-code', 'passkey']);
});

it('looks for sign-ins that were seen in the last thirty days and opened in the last 180', () => {
  const nowMs = 1000 * DAY_MS;
  expect(liveSince(nowMs)).toEqual({ seenMs: 970 * DAY_MS, createdMs: 820 * DAY_MS });
});
