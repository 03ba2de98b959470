/**
 * Verifies a password, and a second factor where there is one, and creates a token [A4–A6]. A stranger cannot tell why it failed;
 * the audit log knows.
 */
import { randomBytes } from 'node:crypto';
import { formatToken, makeTokenSecret } from '@keyhouse/protocol';
import { type By, happened } from '../audit/event.ts';
import { IN_THE_ACT } from '../authority.ts';
import { useCode } from '../factors/codes.ts';
import { secondStepOf } from '../sign-ins/sign-in-browser.ts';
import {
  NO_MATCH,
  noteFailure,
  type ProofFailure,
  type Proved,
  type ProvePasswordPorts,
  provePassword,
  type Settled,
} from '../sign-ins/verify-password.ts';
import type { User } from '../users/account.ts';
import type { Credential } from './credential.ts';
import type { CredentialsPorts } from './ports.ts';
import { newToken } from './register.ts';
import { checkName } from './wish.ts';

export type LogInPorts = ProvePasswordPorts & Pick<CredentialsPorts, 'credentials' | 'factors' | 'secrets'>;

export interface LogInInput {
  readonly email: string;
  readonly password: string;
  readonly deviceName: string;
  /** A TOTP or recovery code, where the user has a second factor. */
  readonly code?: string;
  /** `person.address` is the client's address, by which failures are limited. */
  readonly by: By;
}

export type LogInOutcome =
  /** `text` is the token as its owner receives it, once. */
  | { readonly ok: true; readonly user: User; readonly token: Credential; readonly text: string }
  | { readonly ok: false; readonly reason: 'invalid_device_name' | 'code_required' | 'wrong-code' | 'passkey_only' | 'suspended' }
  | ProofFailure;

export async function logIn(ports: LogInPorts, input: LogInInput): Promise<LogInOutcome> {
  if (checkName(input.deviceName).length > 0) return { ok: false, reason: 'invalid_device_name' };
  return await provePassword<LogInOutcome>(ports, input, async (proved) => {
    const refused = await askSecondFactor(ports, input, proved);
    return refused ?? (await giveToken(ports, input, proved));
  });
}

/** Null if it is given, or two-step verification is off: a passkey alone is a way in, and not asked for after the password. */
async function askSecondFactor(ports: LogInPorts, input: LogInInput, { user }: Proved): Promise<Settled<LogInOutcome> | null> {
  const methods = await secondStepOf(ports.factors, user);
  if (methods === null) return null;
  // A passkey needs a browser; a recovery code does not.
  if (input.code === undefined || input.code === '')
    return { failed: false, result: { ok: false, reason: methods.includes('totp') ? 'code_required' : 'passkey_only' } };
  const by: By = { ...input.by, actor: `user:${user.id}`, authority: IN_THE_ACT };
  if ((await useCode(ports, { userId: user.id, code: input.code, by })) !== null) return null;
  noteFailure(ports, user, input.by, 'wrong-code');
  return { failed: true, result: { ok: false, reason: 'wrong-code' } };
}

async function giveToken(
  ports: LogInPorts,
  input: LogInInput,
  { user, passwordHash, addressHash }: Proved,
): Promise<Settled<LogInOutcome>> {
  const by: By = { ...input.by, actor: `user:${user.id}`, authority: IN_THE_ACT };
  const atMs = ports.clock.now();
  const secret = makeTokenSecret(randomBytes);
  const issued = await ports.credentials.issueAtSignIn({
    userId: user.id,
    passwordHash,
    // With two-step verification on nobody gets here without a second factor; the act checks whether it was turned on since.
    secondFactor: user.twoStepSinceMs !== null,
    addressHash,
    token: newToken(input.deviceName, 'login', secret, atMs),
    events: [happened(by, atMs, 'user.signed_in'), happened(by, atMs, 'token.created', { details: { source: 'login' } })],
  });
  // Said only after the right password, so never to strangers.
  if (issued === 'suspended') return { failed: false, result: { ok: false, reason: 'suspended' } };
  if (issued !== null) return { failed: false, result: { ok: true, ...issued, text: formatToken(issued.token.id, secret) } };
  // Disabled, given another password, or two-step verification turned on, while we were hashing.
  noteFailure(ports, user, input.by, 'changed-meanwhile');
  return { failed: true, result: NO_MATCH };
}
