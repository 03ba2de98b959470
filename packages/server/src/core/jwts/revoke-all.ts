/** Revokes every JWT that was minted from a key until now; the key stays active and can mint others. */
import { type By, happened } from '../audit/event.ts';
import type { Clock } from '../lib/clock.ts';
import type { JwtsStore } from './jwt.ts';

interface Input {
  readonly keyId: number;
  /** Only a key of this account. */
  readonly accountId: number;
}

/** How many ended. */
export function revokeJwtsOfKey(
  { jwts, clock }: { jwts: Pick<JwtsStore, 'revokeJwtsOfKey'>; clock: Clock },
  { keyId, accountId }: Input,
  by: By,
): Promise<number> {
  const nowMs = clock.now();
  return jwts.revokeJwtsOfKey({
    keyId,
    accountId,
    nowMs,
    event: happened(by, nowMs, 'jwt.all_revoked', { accountId, credentialId: keyId }),
  });
}
