/** Creates a user on the operator's order: the command line and the first start. No sign-up rule, but the same password rules. */

import { no, type Outcome, ok } from '@keyhouse/protocol';
import { type By, happened } from '../audit/event.ts';
import { localPart, readEmail } from '../lib/email.ts';
import { findPasswordFault, type PasswordFault } from '../passwords/password.ts';
import type { AccountsStore, User } from './account.ts';
import type { UsersPorts } from './ports.ts';

export type CreateUserPorts = Pick<UsersPorts, 'accounts' | 'passwords' | 'clock'>;

export interface CreateUserInput {
  readonly email: string;
  readonly password: string;
  readonly isAdministrator: boolean;
  readonly by: By;
}

/**
 * `display_name` starts as the part of the address before the `@`. The sentence of a `PasswordFault` is in `PASSWORD_SENTENCES`.
 */
export async function createUser(ports: CreateUserPorts, input: CreateUserInput): Promise<Outcome<User, CreateUserRefusal>> {
  const wish = await readWish(ports, input);
  if (!wish.ok) return wish;
  const user = await ports.accounts.createUser(wish.value);
  return user === null ? no('taken') : ok(user);
}

/**
 * The administrator from the settings, unless an administrator is enabled already: then null. Several servers may call it at
 * once; one creates.
 */
export async function createMissingAdministrator(
  ports: CreateUserPorts,
  input: Omit<CreateUserInput, 'isAdministrator'>,
): Promise<Outcome<User | null, CreateUserRefusal>> {
  const wish = await readWish(ports, { ...input, isAdministrator: true });
  if (!wish.ok) return wish;
  const made = await ports.accounts.createMissingAdministrator(wish.value);
  if (made === 'taken') return no(made);
  return ok(made === 'exists' ? null : made);
}

export type CreateUserRefusal = 'invalid_email' | 'taken' | 'busy' | PasswordFault;

async function readWish(
  { passwords, clock }: CreateUserPorts,
  { email: typed, password, isAdministrator, by }: CreateUserInput,
): Promise<Outcome<Parameters<AccountsStore['createUser']>[0], Exclude<CreateUserRefusal, 'taken'>>> {
  const email = readEmail(typed);
  if (email === null) return no('invalid_email');
  const displayName = localPart(email.email);
  const fault = await findPasswordFault(passwords, password, { email: email.email, names: [displayName] });
  if (fault !== null) return no(fault);
  const hash = await passwords.hashPassword(password);
  if (!hash.ok) return hash;
  const atMs = clock.now();
  return ok({
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
    event: happened(by, atMs, 'user.created', { details: { administrator: isAdministrator } }),
  });
}
