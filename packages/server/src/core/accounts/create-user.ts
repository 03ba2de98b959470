/** Makes a user at the operator's word: the command line and the first start. No sign-up rule, but the same password rules. */

import { no, type Outcome, ok } from '@keyhouse/protocol';
import type { By } from '../audit/event.ts';
import type { Clock } from '../lib/clock.ts';
import type { AccountsStore, User } from './account.ts';
import { localPart, readEmail } from './email.ts';
import { findPasswordFault, type PasswordFault } from './password.ts';
import type { PasswordHashing } from './password-hashing.ts';

export interface CreateUserPorts {
  readonly accounts: Pick<AccountsStore, 'createUser'>;
  readonly passwords: PasswordHashing;
  readonly clock: Clock;
}

export interface CreateUserInput {
  readonly email: string;
  readonly password: string;
  readonly isAdministrator: boolean;
  readonly by: By;
}

/** `display_name` starts as the part of the address before the `@`. A `PasswordFault` has its sentence in `PASSWORD_SENTENCES`. */
export async function createUser(
  { accounts, passwords, clock }: CreateUserPorts,
  { email: typed, password, isAdministrator, by }: CreateUserInput,
): Promise<Outcome<User, 'invalid-email' | 'taken' | 'busy' | PasswordFault>> {
  const email = readEmail(typed);
  if (email === null) return no('invalid-email');
  const displayName = localPart(email.email);
  const fault = await findPasswordFault(passwords, password, { email: email.email, names: [displayName] });
  if (fault !== null) return no(fault);
  const hash = await passwords.hashPassword(password);
  if (!hash.ok) return hash;
  const atMs = clock.now();
  const user = await accounts.createUser({
    user: {
      email: email.email,
      emailKey: email.key,
      passwordHash: hash.value,
      displayName,
      firstName: '',
      lastName: '',
      isAdministrator,
      createdAtMs: atMs,
    },
    event: { event: 'user.created', atMs, by, details: { administrator: isAdministrator } },
  });
  return user === null ? no('taken') : ok(user);
}
