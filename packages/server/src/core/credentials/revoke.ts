/** Ends a credential for good, with all its secrets and, for a key, with every JWT minted from it. */
import { type By, happened } from '../audit/event.ts';
import type { Clock } from '../lib/clock.ts';
import type { CredentialsStore } from './credential.ts';

interface Ports {
  readonly credentials: Pick<CredentialsStore, 'revoke'>;
  readonly clock: Clock;
}

interface Input {
  readonly kind: 'token' | 'key';
  readonly id: number;
  /** When given, only a credential of this user (tokens) or this account (keys). */
  readonly userId?: number;
  readonly accountId?: number;
}

/** False when there is no such credential, it is not theirs, or it is revoked already. */
export function revokeCredential({ credentials, clock }: Ports, input: Input, by: By): Promise<boolean> {
  const nowMs = clock.now();
  return credentials.revoke({
    ...input,
    nowMs,
    event: happened(by, nowMs, `${input.kind}.revoked`),
  });
}
