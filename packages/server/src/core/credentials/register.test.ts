import { describe, expect, it } from 'vitest';
import { openHouse } from '../../../test/house.ts';
import { fromAddress, PASSWORD } from '../../../test/house-proofs.ts';
import { mailsOf, verdictOf } from '../../../test/house-things.ts';
import { DAY_MS } from '../lib/clock.ts';
import { newToken } from './register.ts';
import { hashSecret, UNUSED_TOKEN_DAYS } from './verify.ts';

const INPUT = { password: PASSWORD, deviceName: 'phone', by: fromAddress('203.0.113.7') };

describe('registering by API', () => {
  it('gives a user with a token of full access in one act, and mails the link that verifies the address', async () => {
    const house = await openHouse();
    const { credentials } = house.keyhouse;
    const outcome = await credentials.register({ ...INPUT, email: 'ada@example.com' });
    if (!outcome.ok) throw new Error(outcome.reason);
    const { user, token, text } = outcome;
    expect(token).toMatchObject({
      name: 'phone',
      userId: user.id,
      accountId: user.accountId,
      permissions: null,
      expiresAtMs: null,
    });
    expect(await verdictOf(house, text)).toBe('ok');
    expect(await mailsOf(house)).toEqual([{ kind: 'verify-email', to: 'ada@example.com' }]);
    expect(await house.events(user.accountId)).toEqual(['user.email_verification_sent', 'token.created', 'user.created']);
    // A phone that was lost: its token ends when nothing uses it.
    house.clock.atMs += UNUSED_TOKEN_DAYS * DAY_MS + 1;
    expect(await verdictOf(house, text)).toBe('unused');
  });

  it('creates neither user nor token where one of the two cannot be created', async () => {
    const house = await openHouse();
    const { credentials, users } = house.keyhouse;
    await house.user('taken@example.com');
    const fieldsOf = async (wish: Partial<Parameters<typeof credentials.register>[0]>) => {
      const outcome = await credentials.register({ ...INPUT, email: 'ada@example.com', ...wish });
      return !outcome.ok && outcome.reason === 'invalid' ? outcome.faults.map(({ field }) => field) : outcome;
    };
    expect(await fieldsOf({ deviceName: 'x'.repeat(101) })).toEqual(['deviceName']);
    expect(await fieldsOf({ deviceName: '', password: 'short' })).toEqual(['password', 'deviceName']);
    expect(await fieldsOf({ email: 'Taken@example.com' })).toEqual(['email']);
    expect(await users.findByEmail('ada@example.com')).toBeNull();
    expect(await credentials.list({ kind: 'token', withRevoked: true, limit: 10 })).toEqual([]);
    expect(await mailsOf(house)).toEqual([]);
  });
});

it('is closed as the pages are, to everyone without an invitation', async () => {
  const house = await openHouse({ signup: 'invite', teamInvitationsRegister: true });
  const outcome = await house.keyhouse.credentials.register({ ...INPUT, email: 'ada@example.com' });
  expect(outcome).toEqual({ ok: false, reason: 'sign-up-closed' });
});

it('keeps of a token’s secret only its hash', () => {
  const token = newToken('phone', 'login', 'the secret', 5);
  expect(token).toMatchObject({
    kind: 'token',
    environment: 'live',
    source: 'login',
    hash: hashSecret('the secret'),
    createdAtMs: 5,
  });
  expect(JSON.stringify(token)).not.toContain('the secret');
});
