/**
 * Proves a password and gives a token [A4–A6]. A stranger cannot tell why it did not work: no such user, a wrong password and
 * a disabled user take the same steps, the same time, and get the same answer. The audit log knows.
 */
import { randomBytes } from 'node:crypto';
import { formatToken, makeTokenSecret } from '@keyhouse/protocol';
import type { AccountsStore, User } from '../accounts/account.ts';
import { emailKey } from '../accounts/email.ts';
import type { PasswordHashing } from '../accounts/password-hashing.ts';
import type { SignInLimits } from '../accounts/sign-in-limits.ts';
import type { By } from '../audit/event.ts';
import type { RefusalRecorder } from '../audit/refusals.ts';
import type { Clock } from '../lib/clock.ts';
import type { Credential, CredentialsStore } from './credential.ts';
import { newToken } from './register.ts';
import { checkName } from './wish.ts';

export interface LogInPorts {
  readonly accounts: Pick<AccountsStore, 'findUserByEmail' | 'setPasswordHash'>;
  readonly credentials: Pick<CredentialsStore, 'issueAtSignIn'>;
  readonly passwords: PasswordHashing;
  readonly limits: Pick<SignInLimits, 'admit'>;
  readonly refusals: Pick<RefusalRecorder, 'record'>;
  readonly clock: Clock;
}

export interface LogInInput {
  readonly email: string;
  readonly password: string;
  readonly deviceName: string;
  /** `person.address` is the client's address, by which failures are limited. */
  readonly by: By;
}

export type LogInOutcome =
  /** `text` is the token as its owner is handed it, once. */
  | { readonly ok: true; readonly user: User; readonly token: Credential; readonly text: string }
  | { readonly ok: false; readonly reason: 'invalid-device-name' | 'no-match' }
  | { readonly ok: false; readonly reason: 'too-many-tries' | 'busy'; readonly retryAfterSeconds: number };

type KnownUser = User & { readonly passwordHash: string };

export const NO_MATCH_SENTENCE = 'These credentials do not match our records.';
const BUSY: LogInOutcome = { ok: false, reason: 'busy', retryAfterSeconds: 1 };
const NO_MATCH: LogInOutcome = { ok: false, reason: 'no-match' };

export async function logIn(ports: LogInPorts, input: LogInInput): Promise<LogInOutcome> {
  if (checkName(input.deviceName).length > 0) return { ok: false, reason: 'invalid-device-name' };
  const key = emailKey(input.email);
  const user = await ports.accounts.findUserByEmail(key);
  // What is no address has no key; by its own text it is still limited like any other.
  const attempt = {
    userId: user?.id ?? null,
    emailKey: key === '' ? input.email : key,
    address: input.by.person.address ?? null,
  };
  const admission = await ports.limits.admit(attempt);
  if (!admission.ok) {
    note(ports, input, user, 'too-many-tries');
    return { ok: false, reason: 'too-many-tries', retryAfterSeconds: admission.retryAfterSeconds };
  }
  let failed = false;
  try {
    const outcome = await prove(ports, input, user, admission.addressHash);
    failed = !outcome.ok && outcome.reason === 'no-match';
    return outcome;
  } finally {
    await admission.settle(failed ? 'failed' : 'not-failed');
  }
}

async function prove(
  ports: LogInPorts,
  input: LogInInput,
  user: KnownUser | null,
  addressHash: string | null,
): Promise<LogInOutcome> {
  const proof = await ports.passwords.verifyPassword(user?.passwordHash ?? null, input.password);
  if (!proof.ok) return BUSY;
  if (user === null) return refuse(ports, input, user, 'unknown-user');
  if (!proof.value.matches) return refuse(ports, input, user, 'wrong-password');
  if (user.disabledAtMs !== null) return refuse(ports, input, user, 'disabled');
  const passwordHash = proof.value.needsRehash ? await rehash(ports, input, user) : user.passwordHash;
  const by: By = { ...input.by, actor: `user:${user.id}` };
  const atMs = ports.clock.now();
  const secret = makeTokenSecret(randomBytes);
  const issued = await ports.credentials.issueAtSignIn({
    userId: user.id,
    passwordHash,
    addressHash,
    token: newToken(input.deviceName, 'login', secret, atMs),
    events: [
      { event: 'user.signed_in', atMs, by },
      { event: 'token.created', atMs, by, details: { source: 'login' } },
    ],
  });
  // Disabled, or given another password, while we were hashing.
  if (issued === null) return refuse(ports, input, user, 'changed-meanwhile');
  return { ok: true, ...issued, text: formatToken(issued.token.id, secret) };
}

/** Hashes anew with today's parameters, unless the pool is full or the password was changed meanwhile. Returns what now stands. */
async function rehash(
  { accounts, passwords, clock }: LogInPorts,
  { password, by }: LogInInput,
  user: KnownUser,
): Promise<string> {
  const hash = await passwords.hashPassword(password);
  if (!hash.ok) return user.passwordHash;
  const nowMs = clock.now();
  const replaced = await accounts.setPasswordHash({
    userId: user.id,
    passwordHash: hash.value,
    onlyIfHash: user.passwordHash,
    nowMs,
    endTokensOfLogins: false,
    event: { event: 'user.password_rehashed', atMs: nowMs, by, userId: user.id, accountId: user.accountId },
  });
  return replaced ? hash.value : user.passwordHash;
}

function refuse(ports: LogInPorts, input: LogInInput, user: KnownUser | null, reason: string): LogInOutcome {
  note(ports, input, user, reason);
  return NO_MATCH;
}

/** Never the address that was typed: people type their password there. */
function note({ refusals }: LogInPorts, { by }: LogInInput, user: KnownUser | null, reason: string): void {
  const subject = user === null ? null : { userId: user.id, accountId: user.accountId };
  refusals.record({ event: 'user.sign_in_failed', reason, by, subject });
}
