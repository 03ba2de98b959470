/** Revokes a credential for good, with all its secrets and, for a key, with every JWT minted from it. */
import { type By, happened } from '../audit/event.ts';
import type { CredentialsPorts } from './ports.ts';

type Ports = Pick<CredentialsPorts, 'credentials' | 'clock'>;

interface Input {
  readonly kind: 'token' | 'key';
  readonly id: number;
  /** When given, only a credential of this user (tokens) or this account (keys). */
  readonly userId?: number;
  readonly accountId?: number;
}

/** False if it does not exist, is not theirs, or is already revoked. */
export function revokeCredential({ credentials, clock }: Ports, input: Input, by: By): Promise<boolean> {
  const nowMs = clock.now();
  return credentials.revoke({
    ...input,
    nowMs,
    event: happened(by, nowMs, `${input.kind}.revoked`),
  });
}
