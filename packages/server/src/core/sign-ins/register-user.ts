/**
 * Creates a user, for every way to register: through the API, which also creates a token, and through the pages, which sign in.
 * Whether an address is taken is the only thing that a stranger can learn here; it costs a hash each time, and each client
 * address gets only a few such answers.
 */

import type { By } from '../audit/event.ts';
import { EMAIL_SENTENCE, localPart, readEmail } from '../lib/email.ts';
import type { Fault } from '../lib/fault.ts';
import { findOptionalNameFault } from '../lib/name.ts';
import type { Claim } from '../passwords/fair-queue.ts';
import { findPasswordFault, PASSWORD_SENTENCES } from '../passwords/password.ts';
import type { NewUser } from '../users/account.ts';
import type { SignInsPorts } from './ports.ts';
import { networksOf } from './sign-in-limits.ts';

export type RegisterUserPorts = Pick<SignInsPorts, 'passwords' | 'limits' | 'clock'>;

export interface RegisterUserInput {
  readonly email: string;
  readonly password: string;
  /** Left out or empty: the part of the address before the `@`. */
  readonly displayName?: string;
  /** `person.address` is the client's address, by which attempts are limited. */
  readonly by: By;
}

export type RegisterUserFault = Fault<'email' | 'password' | 'displayName'>;

export type RegisterUserRefusal =
  | { readonly ok: false; readonly reason: 'invalid'; readonly faults: readonly RegisterUserFault[] }
  | { readonly ok: false; readonly reason: 'too-many-tries' | 'busy'; readonly retryAfterSeconds: number };

export const EMAIL_TAKEN_SENTENCE = 'The email has already been taken.';
export const DISPLAY_NAME_SENTENCE = 'The display name can have at most 100 characters, without invisible or control characters.';
const BUSY = { ok: false, reason: 'busy', retryAfterSeconds: 1 } as const;

export async function findUserFaults(
  { passwords }: Pick<RegisterUserPorts, 'passwords'>,
  { email, password, displayName = '' }: Pick<RegisterUserInput, 'email' | 'password' | 'displayName'>,
  claim?: Claim,
): Promise<readonly RegisterUserFault[] | 'busy'> {
  const faults: RegisterUserFault[] = [];
  if (readEmail(email) === null) faults.push({ field: 'email', sentence: EMAIL_SENTENCE });
  const fault = await findPasswordFault(passwords, password, { email, names: displayName === '' ? [] : [displayName] }, claim);
  if (fault === 'busy') return fault;
  if (fault !== null) faults.push({ field: 'password', sentence: PASSWORD_SENTENCES[fault] });
  if (findOptionalNameFault(displayName) !== null) faults.push({ field: 'displayName', sentence: DISPLAY_NAME_SENTENCE });
  return faults;
}

const claimFor = ({ by }: RegisterUserInput): Claim => ({
  isKnown: false,
  networks: by.person.address === undefined ? [] : networksOf(by.person.address),
  person: 'registration',
});

/**
 * `make` stores the user; null: the address is taken. The hash is computed before anything is looked up: both answers take the
 * same time.
 */
export async function registerUser<Made>(
  ports: RegisterUserPorts,
  input: RegisterUserInput,
  make: (user: NewUser, addressHash: string | null) => Promise<Made | null>,
): Promise<{ readonly ok: true; readonly made: Made; readonly passwordHash: string } | RegisterUserRefusal> {
  const claim = claimFor(input);
  const faults = await findUserFaults(ports, input, claim);
  if (faults === 'busy') return BUSY;
  const email = readEmail(input.email);
  if (faults.length > 0 || email === null) return { ok: false, reason: 'invalid', faults };
  const admission = await ports.limits.admitRegistration(input.by.person.address ?? null);
  if (!admission.ok) return { ok: false, reason: 'too-many-tries', retryAfterSeconds: admission.retryAfterSeconds };
  let result: 'registered' | 'taken' | 'neither' = 'neither';
  try {
    const hash = await ports.passwords.hashPassword(input.password, claim);
    if (!hash.ok) return BUSY;
    const made = await make(
      {
        email: email.email,
        emailKey: email.key,
        passwordHash: hash.value,
        displayName: input.displayName?.trim() || localPart(email.email),
        firstName: '',
        lastName: '',
        isAdministrator: false,
        createdAtMs: ports.clock.now(),
      },
      admission.addressHash,
    );
    result = made === null ? 'taken' : 'registered';
    if (made !== null) return { ok: true, made, passwordHash: hash.value };
    return { ok: false, reason: 'invalid', faults: [{ field: 'email', sentence: EMAIL_TAKEN_SENTENCE }] };
  } finally {
    await admission.settle(result);
  }
}
