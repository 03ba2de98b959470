/** Creates a user, the personal account and a first token in one act [A11]. */
import { randomBytes } from 'node:crypto';
import { formatToken, makeTokenSecret } from '@keyhouse/protocol';
import { type By, happened } from '../audit/event.ts';
import type { Fault } from '../lib/fault.ts';
import { findUserFaults, type RegisterUserPorts, registerUser } from '../sign-ins/register-user.ts';
import { mayRegister, type SignUp } from '../sign-ins/sign-up-rule.ts';
import type { User } from '../users/account.ts';
import type { Credential, CredentialsStore } from './credential.ts';
import type { CredentialsPorts } from './ports.ts';
import { hashSecret } from './verify.ts';
import { checkName } from './wish.ts';

export type RegisterPorts = RegisterUserPorts & SignUp & Pick<CredentialsPorts, 'credentials'>;

export interface RegisterInput {
  readonly email: string;
  readonly password: string;
  readonly deviceName: string;
  /** `person.address` is the client's address, by which attempts are limited. */
  readonly by: By;
}

export type RegisterFault = Fault<'email' | 'password' | 'deviceName' | 'displayName'>;

export type RegisterOutcome =
  /** `text` is the token as its owner receives it, once. */
  | { readonly ok: true; readonly user: User; readonly token: Credential; readonly text: string }
  | { readonly ok: false; readonly reason: 'sign-up-closed' }
  /** A taken address is one of the faults. */
  | { readonly ok: false; readonly reason: 'invalid'; readonly faults: readonly RegisterFault[] }
  | { readonly ok: false; readonly reason: 'too-many-tries' | 'busy'; readonly retryAfterSeconds: number };

export const DEVICE_NAME_SENTENCE = 'The device name must have 1 to 100 characters, without invisible or control characters.';

export async function register(ports: RegisterPorts, input: RegisterInput): Promise<RegisterOutcome> {
  if (!mayRegister(ports, null)) return { ok: false, reason: 'sign-up-closed' };
  // Every fault at once: those of the user are checked together with the one of the device.
  if (checkName(input.deviceName).length > 0) {
    const others = await findUserFaults(ports, input);
    if (others === 'busy') return { ok: false, reason: 'busy', retryAfterSeconds: 1 };
    return { ok: false, reason: 'invalid', faults: [...others, { field: 'deviceName', sentence: DEVICE_NAME_SENTENCE }] };
  }
  const secret = makeTokenSecret(randomBytes);
  const registered = await registerUser(ports, input, (user, addressHash) =>
    ports.credentials.register({
      user,
      addressHash,
      token: newToken(input.deviceName, 'register', secret, user.createdAtMs),
      events: [
        happened(input.by, user.createdAtMs, 'user.created'),
        happened(input.by, user.createdAtMs, 'token.created', { details: { source: 'register' } }),
      ],
    }),
  );
  if (!registered.ok) return registered;
  const { made } = registered;
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
