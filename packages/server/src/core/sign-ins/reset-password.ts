/**
 * Sets a new password on the operator's order. Sign-ins, and tokens created by log-ins and registrations, end in the same act.
 */

import { no, type Outcome, ok } from '@keyhouse/protocol';
import { type By, happened } from '../audit/event.ts';
import { findPasswordFault, type PasswordFault } from '../passwords/password.ts';
import type { User } from '../users/account.ts';
import { circumstancesOf } from '../users/circumstances.ts';
import type { SignInsPorts } from './ports.ts';

export type ResetPasswordPorts = Pick<SignInsPorts, 'accounts' | 'passwords' | 'compose' | 'clock'>;

/** Returns the user as it was before. A disabled user may get a new password too, and stays disabled. */
export async function resetPassword(
  { accounts, passwords, compose, clock }: ResetPasswordPorts,
  { userId, password, by }: { readonly userId: number; readonly password: string; readonly by: By },
): Promise<Outcome<User, 'unknown_user' | 'busy' | PasswordFault>> {
  const user = await accounts.findUser(userId);
  if (user === null) return no('unknown_user');
  const names = [user.displayName, user.firstName, user.lastName];
  const fault = await findPasswordFault(passwords, password, { email: user.email, names });
  if (fault !== null) return no(fault);
  const hash = await passwords.hashPassword(password);
  if (!hash.ok) return hash;
  const nowMs = clock.now();
  const replaced = await accounts.setPasswordHash({
    userId,
    passwordHash: hash.value,
    nowMs,
    endTokensOfLogins: true,
    event: happened(by, nowMs, 'user.password_changed', {
      userId,
      accountId: user.accountId,
      mails: [compose('password-changed', { email: user.email, userId }, circumstancesOf(by, nowMs))],
    }),
  });
  return replaced ? ok(user) : no('unknown_user');
}
