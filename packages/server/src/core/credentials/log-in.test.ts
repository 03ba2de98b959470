import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash as argon2 } from '@node-rs/argon2';
import { hashSync as bcrypt } from 'bcryptjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMemoryLimiter } from '../../store/limiter.ts';
import { openStore } from '../../store/open.ts';
import type { By } from '../audit/event.ts';
import type { RefusalNote } from '../audit/refusals.ts';
import { MasterSecret } from '../lib/master-secret.ts';
import { createCompose } from '../mail/compose.ts';
import { openPasswordHashing } from '../passwords/password-hashing.ts';
import { resetPassword } from '../sign-ins/reset-password.ts';
import { createSignInLimits } from '../sign-ins/sign-in-limits.ts';
import { createUser } from '../users/create-user.ts';
import { disableUser, enableUser } from '../users/disable-user.ts';
import { logIn } from './log-in.ts';
import { register } from './register.ts';
import { hashSecret } from './verify.ts';

const PASSWORD = 'correct horse battery';
const OPERATOR: By = { actor: 'operator', requestId: null, person: {} };
const from = (address: string): By => ({ actor: 'anonymous', requestId: 'request', person: { address } });

const folder = mkdtempSync(join(tmpdir(), 'keyhouse-log-in-'));
const passwords = openPasswordHashing({ threads: 1 });
let store: Awaited<ReturnType<typeof openStore>>;
const clock = { at: Date.parse('2026-11-22T00:00:00Z'), now: () => clock.at };

beforeAll(async () => {
  store = await openStore({ url: `sqlite:${join(folder, 'keyhouse.db')}`, onWarning: () => {} });
});
afterAll(async () => {
  await store.close();
  await passwords.close();
  rmSync(folder, { recursive: true });
});

async function hashOf(password: string): Promise<string> {
  const hash = await passwords.hashPassword(password);
  if (!hash.ok) throw new Error(hash.reason);
  return hash.value;
}

/** The ports with limits of their own, so that one test does not use up another's attempts. */
function open() {
  const notes: RefusalNote[] = [];
  const limits = createSignInLimits({
    limiter: openMemoryLimiter(),
    accounts: store.accounts,
    signIns: store.signIns,
    clock,
    addressKey: Buffer.alloc(32, 1),
  });
  const refusals = { record: (note: RefusalNote) => void notes.push(note) };
  const ports = {
    accounts: store.accounts,
    credentials: store.credentials,
    factors: store.factors,
    secrets: [new MasterSecret('a master secret for the tests, long enough')],
    passwords,
    limits,
    refusals,
    clock,
    signup: 'open',
    teamInvitationsRegister: false,
  } as const;
  const enter = (email: string, password: string, address = '203.0.113.7') =>
    logIn(ports, { email, password, deviceName: 'laptop', by: from(address) });
  const join = (email: string, password = PASSWORD) =>
    register(ports, { email, password, deviceName: 'laptop', by: from('203.0.113.7') });
  return { ports, notes, enter, join };
}

describe('registering', () => {
  it('gives a user named after the address, and a token that is stored hashed', async () => {
    const outcome = await open().join('Ann.Lee@example.com');
    if (!outcome.ok) throw new Error(outcome.reason);
    expect(outcome.user).toMatchObject({
      email: 'Ann.Lee@example.com',
      displayName: 'Ann.Lee',
      firstName: '',
      isAdministrator: false,
    });
    const [id, secret = ''] = outcome.text.split('|');
    const token = await store.credentials.findTokenById(Number(id));
    expect(token).toMatchObject({
      name: 'laptop',
      source: 'register',
      permissions: null,
      userId: outcome.user.id,
      hash: hashSecret(secret),
    });
  });

  it('tells that an address is taken, in any case, ten times from one address', async () => {
    const { join, ports } = open();
    const again = await join('ann.LEE@example.com');
    expect(again).toMatchObject({
      ok: false,
      reason: 'invalid',
      faults: [{ field: 'email', sentence: 'The email has already been taken.' }],
    });
    for (let index = 0; index < 9; index++) await join('ann.lee@example.com');
    expect(await join('new@example.com')).toMatchObject({ ok: false, reason: 'too-many-tries' });
    const elsewhere = { email: 'new@example.com', password: PASSWORD, deviceName: 'x', by: from('203.0.113.8') };
    expect(await register(ports, elsewhere)).toMatchObject({ ok: true });
  });

  it('tells all faults together', async () => {
    const { ports } = open();
    const outcome = await register(ports, { email: 'nothing', password: 'short', deviceName: ' ', by: from('203.0.113.7') });
    expect(outcome).toMatchObject({
      reason: 'invalid',
      faults: [{ field: 'email' }, { field: 'password' }, { field: 'deviceName' }],
    });
  });

  it('is refused where sign-up is not open', async () => {
    const { ports } = open();
    const input = { email: 'x@example.com', password: PASSWORD, deviceName: 'x', by: from('203.0.113.7') };
    for (const signup of ['invite', 'closed'] as const) {
      expect(await register({ ...ports, signup }, input)).toEqual({ ok: false, reason: 'sign-up-closed' });
    }
  });

  it('makes one user of ten racers', async () => {
    const { join } = open();
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => join('racer@example.com')));
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
  });
});

describe('logging in', () => {
  it('gives another token, and knows the address in any case', async () => {
    const { enter } = open();
    const outcome = await enter('ANN.lee@Example.com', PASSWORD);
    expect(outcome).toMatchObject({
      ok: true,
      user: { email: 'Ann.Lee@example.com' },
      token: { source: 'login', name: 'laptop' },
    });
    const events = await store.audit.list({ limit: 10, event: 'user.signed_in' });
    expect(events[0]).toMatchObject({ actor: outcome.ok ? `user:${outcome.user.id}` : '', person: { address: '203.0.113.7' } });
  });

  it('answers the same for nobody, a wrong password, a disabled user and what is no address; only the log knows', async () => {
    const { enter, notes } = open();
    const made = await createUser(
      { accounts: store.accounts, passwords, clock },
      { email: 'off@example.com', password: PASSWORD, isAdministrator: false, by: OPERATOR },
    );
    if (!made.ok) throw new Error(made.reason);
    const ports = { accounts: store.accounts, clock };
    expect(await disableUser(ports, { userId: made.value.id, by: OPERATOR })).toMatchObject({ ok: true });
    expect(await disableUser(ports, { userId: made.value.id, by: OPERATOR })).toEqual({ ok: false, reason: 'already_so' });
    for (const [email, password] of [
      ['nobody@example.com', PASSWORD],
      ['ann.lee@example.com', 'wrong'],
      ['off@example.com', PASSWORD],
      ['not an address\0', PASSWORD],
      ['ann.lee@example.com', 'x'.repeat(100_000)],
    ] as const) {
      expect(await enter(email, password)).toEqual({ ok: false, reason: 'no_match' });
    }
    expect(notes.map(({ reason }) => reason)).toEqual([
      'unknown-user',
      'wrong-password',
      'disabled',
      'unknown-user',
      'wrong-password',
    ]);
    expect(JSON.stringify(notes)).not.toContain('nobody@');
    await enableUser(ports, { userId: made.value.id, by: OPERATOR });
    expect(await enter('off@example.com', PASSWORD)).toMatchObject({ ok: true });
  });

  it('hashes anew what was hashed with other parameters, and keeps the tokens', async () => {
    const { enter } = open();
    const first = await enter('ann.lee@example.com', PASSWORD);
    if (!first.ok) throw new Error(first.reason);
    const weak = await argon2(PASSWORD, { memoryCost: 8192, timeCost: 1, parallelism: 1 });
    const event = { event: 'user.password_rehashed', atMs: clock.at, by: OPERATOR, userId: first.user.id } as const;
    await store.accounts.setPasswordHash({
      userId: first.user.id,
      passwordHash: weak,
      nowMs: clock.at,
      endTokensOfLogins: false,
      event,
    });
    expect(await enter('ann.lee@example.com', PASSWORD)).toMatchObject({ ok: true });
    const user = await store.accounts.findUserByEmail('ann.lee@example.com');
    expect(user?.passwordHash).toContain('m=19456,t=2,p=1');
    expect(await enter('ann.lee@example.com', PASSWORD)).toMatchObject({ ok: true });
    expect(await store.credentials.findTokenById(first.token.id)).toMatchObject({ revokedAtMs: null });
  });

  it('with a wrong end that an imported hash does not read lets the owner in afterwards, and keeps the hash until the password is changed', async () => {
    const { enter, ports } = open();
    const own = `${'long pass '.repeat(7)}ph and the end of it`;
    const made = await createUser(ports, { email: 'long@example.com', password: PASSWORD, isAdministrator: false, by: OPERATOR });
    if (!made.ok) throw new Error(made.reason);
    const old = bcrypt(own, 4);
    const event = { event: 'user.password_changed', atMs: clock.at, by: OPERATOR, userId: made.value.id } as const;
    const how = { userId: made.value.id, nowMs: clock.at, endTokensOfLogins: false, event } as const;
    await store.accounts.setPasswordHash({ ...how, passwordHash: old });
    expect(await enter('long@example.com', `${own.slice(0, 72)}another end`)).toMatchObject({ ok: true });
    expect(await enter('long@example.com', own)).toMatchObject({ ok: true });
    expect((await store.accounts.findUserByEmail('long@example.com'))?.passwordHash).toBe(old);
    expect(await enter('long@example.com', own.slice(0, 71))).toEqual({ ok: false, reason: 'no_match' });
    await store.accounts.setPasswordHash({ ...how, passwordHash: await hashOf(`${own}, changed`) });
    expect(await enter('long@example.com', own)).toEqual({ ok: false, reason: 'no_match' });
    expect(await enter('long@example.com', `${own}, changed`)).toMatchObject({ ok: true });
  });

  it('with a right password is never refused for others’ failures elsewhere, once it worked from here', async () => {
    const { enter } = open();
    expect(await enter('ann.lee@example.com', PASSWORD, '198.51.100.1')).toMatchObject({ ok: true });
    for (let index = 0; index < 11; index++) await enter('ann.lee@example.com', 'guess', `192.0.2.${index}`);
    expect(await enter('ann.lee@example.com', PASSWORD, '192.0.2.99')).toMatchObject({ reason: 'too-many-tries' });
    expect(await enter('ann.lee@example.com', PASSWORD, '198.51.100.1')).toMatchObject({ ok: true });
  });
});

describe('a reset by the operator', () => {
  const secret = new MasterSecret('a master secret for the tests, long enough');
  const branding = () => ({ name: 'Keyhouse', accent: '#3451b2' });
  const compose = createCompose({ secret, clock, branding, url: 'https://keys.example.com' });
  it('ends the old password and the tokens of log-ins', async () => {
    const { enter } = open();
    const before = await enter('ann.lee@example.com', PASSWORD);
    if (!before.ok) throw new Error(before.reason);
    const ports = { accounts: store.accounts, passwords, compose, clock };
    const reset = (password: string) => resetPassword(ports, { userId: before.user.id, password, by: OPERATOR });
    expect(await reset('ann.lee2026')).toEqual({ ok: false, reason: 'personal' });
    expect(await reset('another good password')).toMatchObject({ ok: true });
    expect(await enter('ann.lee@example.com', PASSWORD)).toEqual({ ok: false, reason: 'no_match' });
    expect(await enter('ann.lee@example.com', 'another good password')).toMatchObject({ ok: true });
    expect((await store.credentials.findTokenById(before.token.id))?.revokedAtMs).not.toBeNull();
  });

  it('while a log-in with the old password is under way leaves no token of it, and the new password stands', async () => {
    const { ports } = open();
    const user = await store.accounts.findUserByEmail('ann.lee@example.com');
    if (user === null) throw new Error('No such user.');
    const resetMeanwhile = {
      ...passwords,
      async verifyPassword(hash: string | null, password: string) {
        const answer = await passwords.verifyPassword(hash, password);
        await resetPassword(
          { accounts: store.accounts, passwords, compose, clock },
          { userId: user.id, password: 'the newest password', by: OPERATOR },
        );
        return answer;
      },
    };
    const input = { email: 'ann.lee@example.com', password: 'another good password', deviceName: 'x', by: from('203.0.113.7') };
    expect(await logIn({ ...ports, passwords: resetMeanwhile }, input)).toEqual({ ok: false, reason: 'no_match' });
    expect(await logIn(ports, { ...input, password: 'the newest password' })).toMatchObject({ ok: true });
  });
});
