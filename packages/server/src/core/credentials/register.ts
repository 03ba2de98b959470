/**
 * Makes a user, the personal account and a first token in one act [A11]. Whether an address is taken is the one thing that a
 * stranger can learn here; it costs a hash each time, and a few of these questions from one address are all it answers.
 */
import { randomBytes } from 'node:crypto';
import { formatToken, makeTokenSecret } from '@keyhouse/protocol';
import type { User } from '../accounts/account.ts';
import { EMAIL_SENTENCE, localPart, readEmail } from '../accounts/email.ts';
import { findPasswordFault, PASSWORD_SENTENCES } from '../accounts/password.ts';
import type { PasswordHashing } from '../accounts/password-hashing.ts';
import type { SignInLimits } from '../accounts/sign-in-limits.ts';
import type { By } from '../audit/event.ts';
import type { Clock } from '../lib/clock.ts';
import type { Credential, CredentialsStore } from './credential.ts';
import { hashSecret } from './verify.ts';
import { checkName } from './wish.ts';

export interface RegisterPorts {
  readonly credentials: Pick<CredentialsStore, 'register'>;
  readonly passwords: PasswordHashing;
  readonly limits: Pick<SignInLimits, 'admitRegistration'>;
  readonly clock: Clock;
  readonly signup: 'open' | 'invite' | 'closed';
}

export interface RegisterInput {
  readonly email: string;
  readonly password: string;
  readonly deviceName: string;
  /** `person.address` is the client's address, by which tries are limited. */
  readonly by: By;
}

export type RegisterFault = { readonly field: 'email' | 'password' | 'deviceName'; readonly sentence: string };

export type RegisterOutcome =
  /** `text` is the token as its owner is handed it, once. */
  | { readonly ok: true; readonly user: User; readonly token: Credential; readonly text: string }
  | { readonly ok: false; readonly reason: 'sign-up-closed' }
  /** A taken address is one of the faults. */
  | { readonly ok: false; readonly reason: 'invalid'; readonly faults: readonly RegisterFault[] }
  | { readonly ok: false; readonly reason: 'too-many-tries' | 'busy'; readonly retryAfterSeconds: number };

export const EMAIL_TAKEN_SENTENCE = 'The email has already been taken.';
export const DEVICE_NAME_SENTENCE = 'The device name must have 1 to 100 characters, none of them a control character.';
const BUSY: RegisterOutcome = { ok: false, reason: 'busy', retryAfterSeconds: 1 };

export async function register(ports: RegisterPorts, input: RegisterInput): Promise<RegisterOutcome> {
  if (ports.signup !== 'open') return { ok: false, reason: 'sign-up-closed' };
  const faults = await findFaults(ports, input);
  if (faults === 'busy') return BUSY;
  if (faults.length > 0) return { ok: false, reason: 'invalid', faults };
  const admission = await ports.limits.admitRegistration(input.by.person.address ?? null);
  if (!admission.ok) return { ok: false, reason: 'too-many-tries', retryAfterSeconds: admission.retryAfterSeconds };
  let taken = false;
  try {
    const outcome = await make(ports, input, admission.addressHash);
    taken = !outcome.ok && outcome.reason === 'invalid';
    return outcome;
  } finally {
    await admission.settle(taken ? 'failed' : 'not-failed');
  }
}

async function findFaults(
  { passwords }: RegisterPorts,
  { email, password, deviceName }: RegisterInput,
): Promise<readonly RegisterFault[] | 'busy'> {
  const faults: RegisterFault[] = [];
  if (readEmail(email) === null) faults.push({ field: 'email', sentence: EMAIL_SENTENCE });
  const fault = await findPasswordFault(passwords, password, { email, names: [] });
  if (fault === 'busy') return fault;
  if (fault !== null) faults.push({ field: 'password', sentence: PASSWORD_SENTENCES[fault] });
  if (checkName(deviceName).length > 0) faults.push({ field: 'deviceName', sentence: DEVICE_NAME_SENTENCE });
  return faults;
}

/** The hash is made before anybody looks whether the address is taken: both answers take the same time. */
async function make(ports: RegisterPorts, input: RegisterInput, addressHash: string | null): Promise<RegisterOutcome> {
  const email = readEmail(input.email);
  if (email === null) throw new Error('An address that was found good is good no longer.');
  const hash = await ports.passwords.hashPassword(input.password);
  if (!hash.ok) return BUSY;
  const atMs = ports.clock.now();
  const secret = makeTokenSecret(randomBytes);
  const made = await ports.credentials.register({
    user: {
      email: email.email,
      emailKey: email.key,
      passwordHash: hash.value,
      displayName: localPart(email.email),
      firstName: '',
      lastName: '',
      isAdministrator: false,
      createdAtMs: atMs,
    },
    addressHash,
    token: newToken(input.deviceName, 'register', secret, atMs),
    events: [
      { event: 'user.created', atMs, by: input.by },
      { event: 'token.created', atMs, by: input.by, details: { source: 'register' } },
    ],
  });
  if (made === null) return { ok: false, reason: 'invalid', faults: [{ field: 'email', sentence: EMAIL_TAKEN_SENTENCE }] };
  return { ok: true, ...made, text: formatToken(made.token.id, secret) };
}

/** A token of full access, as a log-in and a registration give it [A3]. */
export function newToken(
  name: string,
  source: 'login' | 'register',
  secret: string,
  atMs: number,
): Parameters<CredentialsStore['register']>[0]['token'] {
  return {
    kind: 'token',
    environment: 'live',
    name,
    source,
    permissions: null,
    addresses: null,
    hash: hashSecret(secret),
    createdAtMs: atMs,
    expiresAtMs: null,
  };
}
