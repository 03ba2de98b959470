/**
 * Verifies a password, for every caller that needs one: the API's log-in, the browser's, and the proof that it is still you. A
 * stranger cannot tell why it failed: an unknown user, a wrong password and a disabled user take the same steps and the same
 * time, and get the same answer. What comes after the password (a second factor) counts with it: a failure there is a failed
 * attempt.
 */
import { type By, happened } from '../audit/event.ts';
import { emailKey } from '../lib/email.ts';
import type { Claim } from '../passwords/fair-queue.ts';
import type { User } from '../users/account.ts';
import { hashTicket } from '../users/ticket.ts';
import type { SignInsPorts } from './ports.ts';
import type { SignInTry } from './sign-in-limits.ts';

export type ProvePasswordPorts = Pick<SignInsPorts, 'accounts' | 'passwords' | 'limits' | 'refusals' | 'clock'>;

export type KnownUser = User & { readonly passwordHash: string };

export interface Proved {
  readonly user: User;
  /** What the password was verified against: nothing that is opened with it may outlive its change. */
  readonly passwordHash: string;
  /** The network as the limits know it; remembered if everything succeeds. */
  readonly addressHash: string | null;
}

export type ProofFailure =
  | { readonly ok: false; readonly reason: 'no_match' }
  | { readonly ok: false; readonly reason: 'too-many-tries' | 'busy'; readonly retryAfterSeconds: number };

export const NO_MATCH_SENTENCE = 'These credentials do not match our records.';
export const BUSY: ProofFailure = { ok: false, reason: 'busy', retryAfterSeconds: 1 };
export const NO_MATCH: ProofFailure = { ok: false, reason: 'no_match' };

/** What follows a correct password. `failed`: it was one more failed attempt. */
export interface Settled<Result> {
  readonly failed: boolean;
  readonly result: Result;
}

export interface PasswordAttempt {
  readonly email: string;
  readonly password: string;
  /**
   * The browser's mark, from its cookie. A browser that the user has signed in with is not slowed down by strangers at the same
   * address.
   */
  readonly browser?: string | null;
  readonly by: By;
}

export async function provePassword<Result>(
  ports: ProvePasswordPorts,
  { email, password, browser = null, by }: PasswordAttempt,
  then: (proved: Proved) => Promise<Settled<Result>>,
): Promise<Result | ProofFailure> {
  const key = emailKey(email);
  const user = await ports.accounts.findUserByEmail(key);
  // Invalid addresses have no key, so they are limited by the raw text.
  const attempt = {
    userId: user?.id ?? null,
    emailKey: key === '' ? email : key,
    address: by.person.address ?? null,
    browserHash: browser === null ? null : hashTicket(browser),
  };
  return await admitted<Result | ProofFailure>(ports, { attempt, user, by }, async (addressHash, claim) => {
    const proof = await ports.passwords.verifyPassword(user?.passwordHash ?? null, password, claim);
    if (!proof.ok) return { failed: false, result: BUSY };
    const reason =
      user === null ? 'unknown-user' : !proof.value.matches ? 'wrong-password' : user.disabledAtMs !== null ? 'disabled' : null;
    if (user === null || reason !== null) {
      noteFailure(ports, user, by, reason ?? 'unknown-user');
      return { failed: true, result: NO_MATCH };
    }
    const passwordHash = proof.value.needsRehash ? await rehash(ports, password, by, user) : user.passwordHash;
    return await then({ user, passwordHash, addressHash });
  });
}

/** Takes a point of the limits, does the work, and gives the point back unless it failed. */
export async function admitted<Result>(
  ports: Pick<ProvePasswordPorts, 'limits' | 'refusals'>,
  { attempt, user, by }: { readonly attempt: SignInTry; readonly user: User | null; readonly by: By },
  work: (addressHash: string | null, claim: Claim) => Promise<Settled<Result>>,
): Promise<Result | ProofFailure> {
  const admission = await ports.limits.admit(attempt);
  if (!admission.ok) {
    noteFailure(ports, user, by, 'too-many-tries');
    return { ok: false, reason: 'too-many-tries', retryAfterSeconds: admission.retryAfterSeconds };
  }
  let failed = false;
  try {
    const settled = await work(admission.addressHash, admission.claim);
    failed = settled.failed;
    return settled.result;
  } finally {
    await admission.settle(failed ? 'failed' : 'not_failed');
  }
}

/** Never the address that was typed: people type their password there. */
export function noteFailure({ refusals }: Pick<ProvePasswordPorts, 'refusals'>, user: User | null, by: By, reason: string): void {
  const subject = user === null ? null : { userId: user.id, accountId: user.accountId };
  refusals.record({ event: 'user.sign_in_failed', reason, by, subject });
}

/**
 * Hashes again with today's parameters, unless the pool is full or the password was changed in the meantime. Returns the stored
 * hash.
 */
async function rehash(
  { accounts, passwords, clock }: ProvePasswordPorts,
  password: string,
  by: By,
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
    event: happened(by, nowMs, 'user.password_rehashed', { userId: user.id, accountId: user.accountId }),
  });
  return replaced ? hash.value : user.passwordHash;
}
