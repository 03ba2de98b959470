import { hash as argon2 } from '@node-rs/argon2';
import { afterAll, describe, expect, it } from 'vitest';
import { type House, OPERATOR, openHouse } from '../../../test/house.ts';
import { fromAddress, PASSWORD, userWithPassword } from '../../../test/house-proofs.ts';
import { openMemoryLimiter } from '../../store/limiter.ts';
import { happened } from '../audit/event.ts';
import type { RefusalNote } from '../audit/refusals.ts';
import { openPasswordHashing } from '../passwords/password-hashing.ts';
import { createSignInLimits } from './sign-in-limits.ts';
import { admitted, type Proved, type ProvePasswordPorts, provePassword, type Settled } from './verify-password.ts';

const BY = fromAddress('203.0.113.7');
const NO_MATCH = { ok: false, reason: 'no_match' };

const passwords = openPasswordHashing({ threads: 1 });
afterAll(() => passwords.close());

/** The ports of one server, with limits of their own; how often a password was verified, and what was noted. */
function portsOf({ store, clock }: House, hashing = passwords) {
  const notes: RefusalNote[] = [];
  const counted = { verifications: 0 };
  const ports: ProvePasswordPorts = {
    ...{ accounts: store.accounts, clock, refusals: { record: (note) => void notes.push(note) } },
    limits: createSignInLimits({
      ...{ limiter: openMemoryLimiter(clock.now), accounts: store.accounts, signIns: store.signIns, clock },
      addressKey: Buffer.alloc(32, 1),
    }),
    passwords: {
      ...hashing,
      verifyPassword: (...asked) => {
        counted.verifications += 1;
        return hashing.verifyPassword(...asked);
      },
    },
  };
  return { ports, notes, counted };
}

const settle = async ({ user }: Proved): Promise<Settled<number>> => ({ failed: false, result: user.id });

describe('verifying a password', () => {
  it('answers and works the same for an unknown user, a wrong password and a disabled user; only the log knows why', async () => {
    const house = await openHouse();
    const { ports, notes, counted } = portsOf(house);
    const [user, disabled] = [await userWithPassword(house), await userWithPassword(house)];
    await house.keyhouse.users.disable({ userId: disabled.id, by: OPERATOR });
    const prove = (email: string, password = PASSWORD) => provePassword(ports, { email, password, by: BY }, settle);
    expect(await prove('my password, in the wrong field')).toEqual(NO_MATCH);
    expect(await prove('nobody@example.com')).toEqual(NO_MATCH);
    expect(await prove(user.email, 'wrong')).toEqual(NO_MATCH);
    expect(await prove(disabled.email)).toEqual(NO_MATCH);
    expect(counted.verifications).toBe(4);
    expect(notes.map(({ reason }) => reason)).toEqual(['unknown-user', 'unknown-user', 'wrong-password', 'disabled']);
    expect(notes.map(({ subject }) => subject?.userId ?? null)).toEqual([null, null, user.id, disabled.id]);
    expect(JSON.stringify(notes)).not.toMatch(/wrong field|nobody@/);
    expect(await prove(user.email.toUpperCase())).toBe(user.id);
  });

  it('does not let a hash that is made again bring back a password that was changed in between', async () => {
    const house = await openHouse();
    const old = await argon2(PASSWORD, { memoryCost: 64, timeCost: 1, parallelism: 1 });
    const user = await house.user(undefined, { passwordHash: old });
    const changed = {
      ...passwords,
      hashPassword: async (password: string) => {
        const nowMs = house.clock.now();
        const event = happened(OPERATOR, nowMs, 'user.password_changed', { userId: user.id });
        const change = { userId: user.id, passwordHash: 'the newest', nowMs, endTokensOfLogins: true, event };
        await house.store.accounts.setPasswordHash(change);
        return await passwords.hashPassword(password);
      },
    };
    const { ports } = portsOf(house, changed);
    const verified: string[] = [];
    await provePassword(ports, { email: user.email, password: PASSWORD, by: BY }, async ({ passwordHash }) => {
      verified.push(passwordHash);
      return { failed: false, result: null };
    });
    expect((await house.store.accounts.findUserByEmail(user.email))?.passwordHash).toBe('the newest');
    // Whatever is opened now is opened with the old one, which the act refuses.
    expect(verified).toEqual([old]);
  });

  it('is no failed attempt, and proves nothing, where there is no room to verify it', async () => {
    const house = await openHouse();
    const user = await userWithPassword(house);
    const full = openPasswordHashing({ threads: 1, queue: 0 });
    try {
      const { ports, notes } = portsOf(house, full);
      const prove = () => provePassword(ports, { email: user.email, password: PASSWORD, by: BY }, settle);
      const [one, other] = await Promise.all([prove(), prove()]);
      expect([one, other]).toEqual([user.id, { ok: false, reason: 'busy', retryAfterSeconds: 1 }]);
      expect(notes).toEqual([]);
    } finally {
      await full.close();
    }
  });
});

describe('the limit of attempts', () => {
  const attempt = { userId: null, emailKey: 'ada@example.com', address: '203.0.113.7' };

  it('takes a point for what failed, and gives it back for what did not, and for what broke', async () => {
    const house = await openHouse();
    const { ports, notes } = portsOf(house);
    const attempts = async (count: number, work: () => Promise<Settled<string>>) => {
      const results: unknown[] = [];
      for (let nth = 0; nth < count; nth++)
        results.push(await admitted(ports, { attempt, user: null, by: BY }, work).catch(() => 'broke'));
      return results;
    };
    expect(await attempts(11, async () => ({ failed: false, result: 'fine' }))).toEqual(Array(11).fill('fine'));
    expect(await attempts(11, () => Promise.reject(new Error('The store is away.')))).toEqual(Array(11).fill('broke'));
    const failed = await attempts(11, async () => ({ failed: true, result: 'failed' }));
    expect(failed).toEqual([...Array(10).fill('failed'), { ok: false, reason: 'too-many-tries', retryAfterSeconds: 300 }]);
    expect(notes.map(({ reason }) => reason)).toEqual(['too-many-tries']);
    house.clock.atMs += 300_000;
    expect(await attempts(1, async () => ({ failed: false, result: 'fine' }))).toEqual(['fine']);
  });
});
