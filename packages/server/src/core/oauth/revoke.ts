/**
 * Token revocation (RFC 7009): whoever holds a token, a key or a minted JWT may end it; what belongs to a session its client alone. What is
 * unknown, or over already, is answered the same: nothing is told, and nothing happens.
 */
import { parseCredential } from '@keyhouse/protocol';
import type { By } from '../audit/event.ts';
import { IN_THE_ACT } from '../authority.ts';
import { type ApplicationCaller, isOpaque, type RefusalReason, type Verdict } from '../caller.ts';
import type { CredentialsStore } from '../credentials/credential.ts';
import { revokeCredential } from '../credentials/revoke.ts';
import type { JwtsStore } from '../jwts/jwt.ts';
import { revokeJwt } from '../jwts/revoke.ts';
import type { Clock } from '../lib/clock.ts';
import { findGenuine, type SessionPorts } from '../sessions/refresh.ts';
import { REFRESH_TOKEN_PREFIX } from '../sessions/refresh-token.ts';
import type { Verify } from '../verify.ts';
import type { Client } from './checks.ts';

/** `client_required`: nothing happened; what belongs to a session is its client's to end. */
export type Revoked = 'done' | 'client_required';

type RevokingClient = Pick<Client, 'id' | 'clientId' | 'name'>;

interface Ports extends Pick<SessionPorts, 'sessions' | 'refreshKeys'> {
  readonly verify: Verify;
  readonly credentials: Pick<CredentialsStore, 'revoke'>;
  readonly jwts: Pick<JwtsStore, 'findJwt' | 'revokeJwt' | 'revokeUnrecordedJwt'>;
  readonly clock: Clock;
}

/** Refusals of a secret that is the right one: its holder may still end it. An old secret after its overlap is not. */
const HELD: ReadonlySet<RefusalReason> = new Set(['expired', 'unused', 'owner_disabled', 'account_suspended']);

/** What stands for a session or an application is ended by its own client alone. */
export async function revokePresented(ports: Ports, text: string, client: RevokingClient | null, by: By): Promise<Revoked> {
  if (text.startsWith(REFRESH_TOKEN_PREFIX)) return await revokeRefreshToken(ports, text, client, by);
  const verdict = await ports.verify(
    parseCredential(text),
    { address: null, userAgent: null },
    { counted: false, address: false, suspension: false, expiry: false },
  );
  const held = heldCredential(verdict);
  if (held !== null) await revokeCredential(ports, held, { ...by, actor: `${held.kind}:${held.id}`, authority: IN_THE_ACT });
  if (!verdict.ok) return 'done';
  const { caller } = verdict;
  if (caller.kind === 'jwt')
    await revokeJwt(ports, { jti: caller.jti, by: { ...by, actor: `jwt:${caller.jti}`, authority: IN_THE_ACT } });
  if (caller.kind !== 'session' && caller.kind !== 'application') return 'done';
  if (client === null) return 'client_required';
  if (client.clientId !== caller.clientId) return 'done';
  if (caller.kind === 'session') await endAsClient(ports, caller.sessionId, client, by);
  else await revokeUnrecorded(ports, caller, by);
  return 'done';
}

/** Even an old one: whoever holds any of them may end the session. */
async function revokeRefreshToken(ports: Ports, text: string, client: RevokingClient | null, by: By): Promise<Revoked> {
  if (client === null) return 'client_required';
  const genuine = await findGenuine(ports, text);
  if (genuine.ok) await endAsClient(ports, genuine.value.sessionId, client, by);
  return 'done';
}

async function endAsClient(
  { sessions, clock }: Ports,
  id: string,
  { id: applicationId, clientId, name }: RevokingClient,
  by: By,
): Promise<void> {
  const nowMs = clock.now();
  const details = { application: name, client_id: clientId, session: id };
  const event = {
    event: 'session.ended',
    atMs: nowMs,
    by: { ...by, actor: `application:${clientId}`, authority: IN_THE_ACT },
    reason: 'signed-out',
    details,
  } as const;
  await sessions.endSession({ id, applicationId, reason: 'signed-out', nowMs, event });
}

/** It stands nowhere, so the list of changes alone carries it, until it would have ended. */
async function revokeUnrecorded(
  { jwts, clock }: Ports,
  { jti, clientId, accountId, expiresAtMs }: ApplicationCaller,
  by: By,
): Promise<void> {
  const nowMs = clock.now();
  const actor = `application:${clientId}` as const;
  const event = {
    event: 'jwt.revoked',
    atMs: nowMs,
    by: { ...by, actor, authority: IN_THE_ACT },
    accountId,
    details: { jti, client_id: clientId },
  } as const;
  await jwts.revokeUnrecordedJwt({ jti, endsAtMs: expiresAtMs, nowMs, event });
}

function heldCredential(verdict: Verdict): { kind: 'token' | 'key'; id: number } | null {
  if (verdict.ok) return isOpaque(verdict.caller) ? { kind: verdict.caller.kind, id: verdict.caller.credentialId } : null;
  const { refused } = verdict;
  if (refused === null || refused.credentialId === null || !HELD.has(verdict.reason)) return null;
  return refused.kind === 'token' || refused.kind === 'key' ? { kind: refused.kind, id: refused.credentialId } : null;
}
