import { describe, expect, it } from 'vitest';
import { openMemoryLimiter } from '../../store/limiter.ts';
import type { Limiter, RegistrationAdmission } from './sign-in-limits.ts';
import { createSignInLimits, networkOf } from './sign-in-limits.ts';

function open(known: readonly string[] = [], limiter: Limiter = openMemoryLimiter()) {
  const asked: number[] = [];
  const limits = createSignInLimits({
    limiter,
    accounts: {
      knownAddresses: async () => [],
      async knowsAddress(userId, hash) {
        asked.push(userId);
        return known.includes(`${userId}:${hash}`);
      },
    },
    signIns: { knowsBrowser: async (userId, hash) => ({ known: known.includes(`${userId}:browser:${hash}`), first: false }) },
    clock: { now: () => 0 },
    addressKey: Buffer.alloc(32, 1),
  });
  const attempt = async (
    address: string,
    emailKey: string,
    password: boolean,
    userId: number | null = null,
  ): Promise<'in' | 'wrong' | 'refused'> => {
    const admission = await limits.admit({ userId, emailKey, address });
    if (!admission.ok) return 'refused';
    await new Promise((resume) => setTimeout(resume, 1));
    await admission.settle(password ? 'not_failed' : 'failed');
    return password ? 'in' : 'wrong';
  };
  return { limits, asked, attempt };
}

const count = (answers: readonly string[]) => ({
  in: answers.filter((one) => one === 'in').length,
  wrong: answers.filter((one) => one === 'wrong').length,
  refused: answers.filter((one) => one === 'refused').length,
});

describe('somebody who guesses passwords', () => {
  it('has ten tries from one address in five minutes, at however many users', async () => {
    const { attempt } = open();
    const answers = [];
    for (let index = 0; index < 12; index++) answers.push(await attempt('203.0.113.7', `user${index}@x`, false));
    expect(count(answers)).toEqual({ in: 0, wrong: 10, refused: 2 });
    expect(await attempt('203.0.113.8', 'user1@x', false)).toBe('wrong');
  });

  it('has ten tries at one user, from however many addresses, whether the user exists or not', async () => {
    for (const userId of [7, null]) {
      const { attempt } = open();
      const answers = [];
      for (let index = 0; index < 12; index++) answers.push(await attempt(`203.0.113.${index}`, 'ann@x', false, userId));
      expect(count(answers)).toEqual({ in: 0, wrong: 10, refused: 2 });
    }
  });

  it('has no more than ten in a race of a hundred', async () => {
    const { attempt } = open();
    const answers = await Promise.all(Array.from({ length: 100 }, () => attempt('203.0.113.7', 'ann@x', false)));
    expect(count(answers)).toEqual({ in: 0, wrong: 10, refused: 90 });
  });

  it('gains nothing by walking through one /64, or by writing IPv4 as IPv6', async () => {
    const { attempt } = open();
    for (let index = 0; index < 10; index++) await attempt(`2001:db8::${index + 1}`, `user${index}@x`, false);
    expect(await attempt('2001:db8::ffff:ffff', 'new@x', false)).toBe('refused');
    expect(await attempt('2001:db8:0:1::1', 'new@x', false)).toBe('wrong');
    expect(networkOf('::ffff:203.0.113.7')).toBe('203.0.113.7');
  });

  it('cannot lock the owner out who has signed in from an address before', async () => {
    const first = open();
    const admission = await first.limits.admit({ userId: 7, emailKey: 'ann@x', address: '198.51.100.1' });
    if (!admission.ok) throw new Error('refused');
    await admission.settle('not_failed');
    const { attempt } = open([`7:${admission.addressHash}`]);
    for (let index = 0; index < 20; index++) await attempt(`203.0.113.${index}`, 'ann@x', false, 7);
    expect(await attempt('192.0.2.1', 'ann@x', true, 7)).toBe('refused');
    expect(await attempt('198.51.100.1', 'ann@x', true, 7)).toBe('in');
  });

  it('learns nothing from what is asked of the store: the same for a user who does not exist', async () => {
    const { attempt, asked } = open();
    await attempt('203.0.113.7', 'nobody@x', false);
    await attempt('203.0.113.7', 'ann@x', false, 7);
    expect(asked).toEqual([0, 7]);
  });
});

describe('honest people', () => {
  it('come in all at once from one address: only failures count', async () => {
    const { attempt } = open();
    const answers = await Promise.all(Array.from({ length: 60 }, (_, index) => attempt('203.0.113.7', `user${index}@x`, true)));
    expect(count(answers)).toEqual({ in: 60, wrong: 0, refused: 0 });
    for (let round = 0; round < 30; round++) expect(await attempt('203.0.113.7', 'ann@x', true)).toBe('in');
  });

  it('are told when to come again', async () => {
    const { attempt, limits } = open();
    for (let index = 0; index < 10; index++) await attempt('203.0.113.7', 'ann@x', false);
    const admission = await limits.admit({ userId: null, emailKey: 'ann@x', address: '203.0.113.7' });
    expect(admission.ok).toBe(false);
    if (admission.ok) return;
    expect(admission.retryAfterSeconds).toBeGreaterThan(290);
    expect(admission.retryAfterSeconds).toBeLessThanOrEqual(300);
  });
});

describe('a browser that somebody has signed in with before', () => {
  it('gets in while a stranger at the same address guesses, and has ten wrong attempts of its own', async () => {
    const { limits, attempt } = open(['7:browser:mark']);
    for (let index = 0; index < 20; index++) await attempt('203.0.113.7', `user${index}@x`, false);
    const own = { userId: 7, emailKey: 'ada@x', address: '203.0.113.7', browserHash: 'mark' };
    const admission = await limits.admit(own);
    expect(admission.ok).toBe(true);
    if (admission.ok) {
      expect(admission.claim.isKnown).toBe(true);
      await admission.settle('failed');
    }
    expect((await limits.admit({ ...own, browserHash: 'another' })).ok).toBe(false);
    for (let index = 0; index < 9; index++) {
      const more = await limits.admit(own);
      if (more.ok) await more.settle('failed');
    }
    expect((await limits.admit(own)).ok).toBe(false);
    await limits.clear({ userId: 7, emailKey: 'ada@x' });
    expect((await limits.admit(own)).ok).toBe(true);
  });
});

describe('registrations', () => {
  const settle = async (admission: RegistrationAdmission, result: 'registered' | 'taken' | 'neither'): Promise<boolean> => {
    if (admission.ok) await admission.settle(result);
    return admission.ok;
  };

  it('are ten in five minutes from one address, however good they are, and refused ones count for nothing', async () => {
    const { limits } = open();
    for (let index = 0; index < 30; index++)
      expect(await settle(await limits.admitRegistration('203.0.113.7'), 'neither')).toBe(true);
    for (let index = 0; index < 10; index++)
      expect(await settle(await limits.admitRegistration('203.0.113.7'), 'registered')).toBe(true);
    const refused = await limits.admitRegistration('203.0.113.7');
    expect(refused).toMatchObject({ ok: false, retryAfterSeconds: expect.any(Number) });
    expect(await settle(await limits.admitRegistration('203.0.113.8'), 'registered')).toBe(true);
  });

  it('are ten of a hundred that arrive at once', async () => {
    const { limits } = open();
    const answers = await Promise.all(
      Array.from({ length: 60 }, async () => settle(await limits.admitRegistration('203.0.113.9'), 'registered')),
    );
    expect(answers.filter((isIn) => isIn).length).toBe(10);
  });

  it('let others wait for nobody after the limiter failed while it settled', async () => {
    const memory = openMemoryLimiter();
    const giveBack = async (bucket: string): Promise<void> => {
      await memory.giveBack(bucket);
      if (bucket.startsWith('register:')) throw new Error('away');
    };
    const { limits } = open([], { ...memory, giveBack });
    for (let round = 0; round < 10; round++) {
      const admission = await limits.admitRegistration('203.0.113.7');
      if (!admission.ok) throw new Error('refused');
      await expect(admission.settle('neither')).rejects.toThrow('away');
    }
    expect((await limits.admitRegistration('203.0.113.7')).ok).toBe(true);
  });

  it('count an IPv6 /48 as one place', async () => {
    const { limits } = open();
    for (let index = 0; index < 10; index++) await settle(await limits.admitRegistration(`2001:db8:7:${index}::1`), 'registered');
    expect(await settle(await limits.admitRegistration('2001:db8:7:ff::1'), 'registered')).toBe(false);
    expect(await settle(await limits.admitRegistration('2001:db8:8::1'), 'registered')).toBe(true);
  });
});
