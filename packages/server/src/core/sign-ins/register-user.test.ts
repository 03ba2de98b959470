import { afterAll, describe, expect, it } from 'vitest';
import { type House, openHouse } from '../../../test/house.ts';
import { fromAddress, PASSWORD } from '../../../test/house-proofs.ts';
import { openMemoryLimiter } from '../../store/limiter.ts';
import { openPasswordHashing } from '../passwords/password-hashing.ts';
import type { NewUser } from '../users/account.ts';
import { findUserFaults, type RegisterUserPorts, registerUser } from './register-user.ts';
import { createSignInLimits } from './sign-in-limits.ts';

const passwords = openPasswordHashing({ threads: 1 });
afterAll(() => passwords.close());

const INPUT = { email: 'Ada.L@Example.com', password: PASSWORD, by: fromAddress('203.0.113.7') };

/** The ports, and in which order they were used. */
function portsOf({ store, clock }: House) {
  const steps: string[] = [];
  const limits = createSignInLimits({
    ...{ limiter: openMemoryLimiter(clock.now), accounts: store.accounts, signIns: store.signIns, clock },
    addressKey: Buffer.alloc(32, 1),
  });
  const ports: RegisterUserPorts = {
    clock,
    passwords: {
      ...passwords,
      hashPassword: (...asked) => {
        steps.push('hash');
        return passwords.hashPassword(...asked);
      },
    },
    limits: {
      ...limits,
      admitRegistration: async (address) => {
        const admission = await limits.admitRegistration(address);
        if (!admission.ok) return admission;
        const settle: typeof admission.settle = (result) => {
          steps.push(result);
          return admission.settle(result);
        };
        return { ...admission, settle };
      },
    },
  };
  return { ports, steps };
}

describe('registering a user', () => {
  it('stores the address as it was typed and as it is compared, a hash, and a name', async () => {
    const house = await openHouse();
    const { ports } = portsOf(house);
    const made: NewUser[] = [];
    const make = async (user: NewUser) => made.push(user);
    expect(await registerUser(ports, INPUT, make)).toMatchObject({ ok: true, made: 1 });
    await registerUser(ports, { ...INPUT, displayName: '  Ada Lovelace ' }, make);
    expect(made.map(({ displayName }) => displayName)).toEqual(['Ada.L', 'Ada Lovelace']);
    expect(made[0]).toMatchObject({
      ...{ email: 'Ada.L@Example.com', emailKey: 'ada.l@example.com', isAdministrator: false },
      ...{ passwordHash: expect.stringMatching(/^\$argon2id\$/), createdAtMs: house.clock.now() },
    });
    expect(JSON.stringify(made)).not.toContain(PASSWORD);
  });

  it('hashes before it asks whether the address is taken, and counts the three ends apart', async () => {
    const { ports, steps } = portsOf(await openHouse());
    const ask = async (answer: number | null | Error) => {
      steps.length = 0;
      const make = async () => {
        steps.push('make');
        if (answer instanceof Error) throw answer;
        return answer;
      };
      const outcome = await registerUser(ports, INPUT, make).catch((error: Error) => error.message);
      return [outcome, ...steps];
    };
    expect((await ask(7)).slice(1)).toEqual(['hash', 'make', 'registered']);
    const taken = { ok: false, reason: 'invalid', faults: [{ field: 'email', sentence: 'The email has already been taken.' }] };
    expect(await ask(null)).toEqual([taken, 'hash', 'make', 'taken']);
    expect(await ask(new Error('away'))).toEqual(['away', 'hash', 'make', 'neither']);
  });

  it('tells every fault at once, and neither hashes nor counts what can never be stored', async () => {
    const { ports, steps } = portsOf(await openHouse());
    const wish = { ...INPUT, email: 'nobody', password: 'short', displayName: 'x'.repeat(101) };
    const refused = await registerUser(ports, wish, async () => 1);
    if (refused.ok || refused.reason !== 'invalid') throw new Error(JSON.stringify(refused));
    expect(refused.faults.map(({ field }) => field)).toEqual(['email', 'password', 'displayName']);
    expect(steps).toEqual([]);
  });

  it('accepts no password that is the name or the address of the one who registers', async () => {
    const faultsOf = async (password: string, displayName = '') => {
      const faults = await findUserFaults({ passwords }, { email: 'countess@example.com', password, displayName });
      return faults === 'busy' ? faults : faults.map(({ field }) => field);
    };
    expect(await faultsOf('countess2026')).toEqual(['password']);
    expect(await faultsOf('LovelaceAda1', 'Ada Lovelace')).toEqual(['password']);
    expect(await faultsOf(PASSWORD, 'Ada Lovelace')).toEqual([]);
  });
});
