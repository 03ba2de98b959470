import { afterAll, describe, expect, it } from 'vitest';
import { type House, OPERATOR, openHouse } from '../../../test/house.ts';
import { fromAddress } from '../../../test/house-proofs.ts';
import { userNow } from '../../../test/house-things.ts';
import { openPasswordHashing } from '../passwords/password-hashing.ts';
import { createMissingAdministrator, createUser } from './create-user.ts';

const PASSWORD = 'four unrelated words';

// One for the file: a thread reads the dictionary of common passwords when it is first asked.
const passwords = openPasswordHashing({ threads: 1 });
afterAll(() => passwords.close());
const portsOf = ({ store, clock }: House) => ({ accounts: store.accounts, clock, passwords });

async function create(house: House, email: string, password = PASSWORD, isAdministrator = false) {
  const outcome = await createUser(portsOf(house), { email, password, isAdministrator, by: OPERATOR });
  return outcome.ok ? outcome.value : outcome.reason;
}

describe('creating a user on the operator’s order', () => {
  it('needs no sign-up that is open, and gives a user named after the address who can sign in', async () => {
    const house = await openHouse({ signup: 'closed' });
    const user = await create(house, 'Ada.L@example.com', PASSWORD, true);
    expect(user).toMatchObject({
      ...{ email: 'Ada.L@example.com', displayName: 'Ada.L', firstName: '', lastName: '', isAdministrator: true },
      ...{ emailVerifiedAtMs: null, disabledAtMs: null, createdAtMs: house.clock.now() },
    });
    const credentials = { email: 'ada.l@EXAMPLE.com', password: PASSWORD, browser: null, by: fromAddress('203.0.113.7') };
    expect(await house.keyhouse.signIns.signInWithPassword(credentials)).toMatchObject({ ok: true, next: 'done' });
    const [, event] = await house.store.audit.list({ limit: 2 });
    expect(event).toMatchObject({ event: 'user.created', actor: 'operator', details: '{"administrator":true}' });
  });

  it('refuses an address that is none or is taken, in any spelling, and passwords as everywhere', async () => {
    const house = await openHouse();
    await house.user('ada@example.com');
    expect(await create(house, 'nobody')).toBe('invalid_email');
    expect(await create(house, 'ADA@example.com')).toBe('taken');
    const passwords = ['short', 'x'.repeat(129), 'countess12', 'password1', 'half \ud800 a character'];
    const refused: unknown[] = [];
    for (const password of passwords) refused.push(await create(house, 'countess@example.com', password));
    expect(refused).toEqual(['too_short', 'too_long', 'personal', 'common', 'malformed']);
    expect(await house.keyhouse.users.findByEmail('countess@example.com')).toBeNull();
  });
});

describe('the administrator from the settings', () => {
  const createMissing = async (house: House, email = 'root@example.com') => {
    const outcome = await createMissingAdministrator(portsOf(house), { email, password: PASSWORD, by: OPERATOR });
    return outcome.ok ? (outcome.value?.id ?? null) : outcome.reason;
  };

  it('is created once when two servers start together, and not while another administrator is enabled', async () => {
    const house = await openHouse();
    const made = await Promise.all([createMissing(house), createMissing(house)]);
    expect(made.filter((id) => id !== null)).toHaveLength(1);
    expect(await createMissing(house, 'other@example.com')).toBeNull();
    expect(await house.keyhouse.users.countAdministrators()).toBe(1);
  });

  it('never makes an administrator of somebody who registered with that address', async () => {
    const house = await openHouse();
    const user = await house.user('root@example.com');
    expect(await createMissing(house)).toBe('taken');
    expect(await userNow(house, user)).toMatchObject({ isAdministrator: false });
    expect(await house.keyhouse.users.countAdministrators()).toBe(0);
  });
});
