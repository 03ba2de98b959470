/**
 * Factors: what a user signs in with apart from a password. Passkeys (a way in by themselves), an authenticator app and recovery
 * codes (the second step, where two-step verification is on), and accounts at other OpenID providers.
 *
 * Owns: adding, renaming and removing them, and turning two-step verification on and off. Signing in with them belongs to
 * `sign-ins`, linking a provider to `providers`.
 * Used by: `/dashboard/api/me/…`.
 */
import type { By } from '../audit/event.ts';
import type { User } from '../users/account.ts';
import {
  addPasskey,
  beginTotp,
  confirmTotp,
  type OwnFactorsPorts,
  removePasskey,
  removeTotp,
  renamePasskey,
  replaceRecoveryCodes,
  turnTwoStepOff,
  turnTwoStepOn,
  unlinkIdentity,
} from './change-factors.ts';
import { newPasskeyOptions } from './passkeys.ts';

export type Factors = ReturnType<typeof bindFactors>;

export function bindFactors(ports: OwnFactorsPorts) {
  const { factors } = ports;
  return {
    /** All factors of a user. */
    list: async (userId: number) => {
      const [passkeys, totp, recoveryCodes, identities] = await Promise.all([
        factors.listPasskeys(userId),
        factors.findTotp(userId),
        factors.countRecoveryCodes(userId),
        factors.listIdentities(userId),
      ]);
      return { passkeys, totp, recoveryCodes, identities };
    },
    newPasskeyOptions: (user: User) => newPasskeyOptions(ports, user),
    addPasskey: (user: User, name: string, response: unknown, by: By) => addPasskey(ports, user, { name, response }, by),
    renamePasskey: (user: User, id: string, name: string, by: By) => renamePasskey(ports, user, id, name, by),
    removePasskey: (user: User, id: string, by: By) => removePasskey(ports, user, id, by),
    beginTotp: (user: User, by: By) => beginTotp(ports, user, by),
    confirmTotp: (user: User, code: string, by: By) => confirmTotp(ports, user, code, by),
    removeTotp: (user: User, by: By) => removeTotp(ports, user, by),
    turnTwoStepOn: (user: User, by: By) => turnTwoStepOn(ports, user, by),
    turnTwoStepOff: (user: User, by: By) => turnTwoStepOff(ports, user, by),
    createRecoveryCodes: (user: User, by: By) => replaceRecoveryCodes(ports, user, by),
    unlinkIdentity: (user: User, provider: string, by: By) => unlinkIdentity(ports, user, provider, by),
  };
}
