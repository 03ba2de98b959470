/**
 * Token revocation (RFC 7009): whoever holds a token, a key or a minted JWT may end it. What is unknown, or over already, is
 * answered the same: nothing is told, and nothing happens.
 */
import { parseCredential } from '@keyhouse/protocol';
import type { By } from '../audit/event.ts';
import type { RefusalReason, Verdict } from '../caller.ts';
import type { CredentialsStore } from '../credentials/credential.ts';
import { revokeCredential } from '../credentials/revoke.ts';
import type { JwtsStore } from '../jwts/jwt.ts';
import { revokeJwt } from '../jwts/revoke.ts';
import type { Clock } from '../lib/clock.ts';
import type { Verify } from '../verify.ts';

interface Ports {
  readonly verify: Verify;
  readonly credentials: Pick<CredentialsStore, 'revoke'>;
  readonly jwts: Pick<JwtsStore, 'findJwt' | 'revokeJwt'>;
  readonly clock: Clock;
  readonly maxJwtDays: number;
}

/** Refusals of a secret that is the right one: its holder may still end it. An old secret after its overlap is not. */
const HELD: ReadonlySet<RefusalReason> = new Set(['expired', 'unused', 'owner_disabled']);

export async function revokePresented(ports: Ports, text: string, by: By): Promise<void> {
  const verdict = await ports.verify(
    parseCredential(text),
    { address: null, userAgent: null },
    { counted: false, address: false },
  );
  if (verdict.ok && verdict.caller.kind === 'jwt') {
    const { jti } = verdict.caller;
    await revokeJwt(ports, { jti, by: { ...by, actor: `jwt:${jti}` } });
    return;
  }
  const held = heldCredential(verdict);
  if (held !== null) await revokeCredential(ports, held, { ...by, actor: `${held.kind}:${held.id}` });
}

function heldCredential(verdict: Verdict): { kind: 'token' | 'key'; id: number } | null {
  if (verdict.ok) return verdict.caller.kind === 'jwt' ? null : { kind: verdict.caller.kind, id: verdict.caller.credentialId };
  if (verdict.refused === null || verdict.refused.kind === 'jwt' || !HELD.has(verdict.reason)) return null;
  return { kind: verdict.refused.kind, id: verdict.refused.credentialId };
}
