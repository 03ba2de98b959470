/**
 * A proof that it is still the same person, which sensitive actions require again after ten minutes: by password, by passkey (or
 * by a provider).
 */
import { type By, happened } from '../audit/event.ts';
import { checkPasskey, type PasskeyPorts } from '../factors/passkeys.ts';
import type { User } from '../users/account.ts';
import type { SignInsPorts } from './ports.ts';
import type { ProofMethod } from './sign-in.ts';
import { type ProofFailure, type ProvePasswordPorts, provePassword } from './verify-password.ts';

export type ProveAgainPorts = ProvePasswordPorts & PasskeyPorts & Pick<SignInsPorts, 'signIns' | 'profile' | 'providers'>;

/** True if it is the user's password; counted and limited like a log-in. */
export const proveWithPassword = (
  ports: ProveAgainPorts,
  user: User,
  signInId: number,
  password: string,
  by: By,
): Promise<true | ProofFailure> =>
  provePassword<true | ProofFailure>(ports, { email: user.email, password, by }, async (proved) => {
    const isTheirs = proved.user.id === user.id && (await record(ports, user, signInId, proved, by));
    return isTheirs ? { failed: false, result: true } : { failed: true, result: { ok: false, reason: 'no_match' } };
  });

export async function proveWithPasskey(
  ports: ProveAgainPorts,
  user: User,
  signInId: number,
  response: unknown,
  by: By,
): Promise<boolean> {
  const passkey = await checkPasskey(ports, 'proof', user.id, response);
  return passkey !== null && (await record(ports, user, signInId, { passkey: passkey.id }, by));
}

/** How this user can prove who they are. A provider that the operator removed from the settings does not count any more. */
export async function proofMethodsOf(
  { profile, factors, providers }: Pick<ProveAgainPorts, 'profile' | 'factors' | 'providers'>,
  user: User,
): Promise<readonly ('password' | 'passkey' | 'provider')[]> {
  const [hash, passkeys, identities] = await Promise.all([
    profile.findPasswordHash(user.id),
    factors.listPasskeys(user.id),
    factors.listIdentities(user.id),
  ]);
  return [
    ...(hash === null ? [] : (['password'] as const)),
    ...(passkeys.length === 0 ? [] : (['passkey'] as const)),
    ...(identities.some(({ provider }) => providers.some(({ id }) => id === provider)) ? (['provider'] as const) : []),
  ];
}

/**
 * The act checks what the proof was given with: a password that was changed in between, or a passkey that was removed, proves
 * nothing. False: that, or the sign-in has ended.
 */
function record(
  { signIns, clock }: ProveAgainPorts,
  user: User,
  signInId: number,
  shown: { readonly passwordHash: string } | { readonly passkey: string },
  by: By,
): Promise<boolean> {
  const method: ProofMethod = 'passkey' in shown ? 'passkey' : 'password';
  const nowMs = clock.now();
  return signIns.proveSignIn({
    id: signInId,
    userId: user.id,
    passwordHash: 'passkey' in shown ? null : shown.passwordHash,
    through: 'passkey' in shown ? shown : null,
    nowMs,
    event: happened(by, nowMs, 'user.proved_again', { userId: user.id, details: { method } }),
  });
}
