/** Users of a `House` who can prove who they are: with a password, an authenticator app, a passkey. */
import { hash } from '@node-rs/argon2';
import { Secret, TOTP } from 'otpauth';
import type { By } from '../src/core/audit/event.ts';
import { ARGON2_PARAMETERS } from '../src/core/passwords/password-work.ts';
import { type Authenticator, createAuthenticator } from './authenticator.ts';
import { type House, ISSUER } from './house.ts';
import { asUser, type HouseUser, userNow } from './house-things.ts';

export const PASSWORD = 'correct horse battery';

/** Hashing is slow on purpose, so it is done once for a file. */
let hashed: Promise<string> | undefined;
export function hashOfPassword(): Promise<string> {
  hashed ??= hash(PASSWORD, ARGON2_PARAMETERS);
  return hashed;
}

/** A user whose password is `PASSWORD`. */
export const userWithPassword = async (
  house: House,
  email?: string,
  wish: Parameters<House['user']>[1] = {},
): Promise<HouseUser> => await house.user(email, { passwordHash: await hashOfPassword(), ...wish });

/** Somebody who is not signed in yet. */
export const fromAddress = (address: string): By => ({ actor: 'anonymous', requestId: null, person: { address } });

export const totpCode = (base32: string, atMs: number): string =>
  new TOTP({ secret: Secret.fromBase32(base32), digits: 6, period: 30 }).generate({ timestamp: atMs });

/** Turns two-step verification on with an authenticator app. The clock goes on by a minute, so that the next code is a new one. */
export async function turnTotpOn(
  house: House,
  user: HouseUser,
): Promise<{ readonly code: () => string; readonly recoveryCodes: readonly string[] }> {
  const { factors } = house.keyhouse;
  const begun = await factors.beginTotp(await userNow(house, user), asUser(user));
  if (begun === null) throw new Error('The user has an authenticator app.');
  const code = (): string => totpCode(begun.secret, house.clock.now());
  const recoveryCodes = await factors.confirmTotp(await userNow(house, user), code(), asUser(user));
  if (recoveryCodes === null) throw new Error('The code is refused.');
  house.clock.atMs += 60_000;
  return { code, recoveryCodes };
}

export async function addPasskey(house: House, user: HouseUser): Promise<Authenticator> {
  const { factors } = house.keyhouse;
  const authenticator = createAuthenticator(ISSUER);
  const options = await factors.newPasskeyOptions(await userNow(house, user));
  const added = await factors.addPasskey(await userNow(house, user), 'phone', authenticator.register(options), asUser(user));
  if (added === null || added === 'too_many') throw new Error('The passkey is refused.');
  return authenticator;
}
