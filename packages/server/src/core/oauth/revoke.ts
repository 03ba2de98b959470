/**
 * Token revocation (RFC 7009): anyone who holds a token, a key or a minted JWT may revoke it; what belongs to a session only its
 * client. Unknown credentials, and those that have ended, get the same answer: nothing is revealed, and nothing happens. Whether
 * it has ended is decided by the database, never by what this server remembers: a database that was set back has lost that, and
 * servers that start later know nothing else.
 */
import { parseCredential } from '@keyhouse/protocol';
import { type By, happened } from '../audit/event.ts';
import { IN_THE_ACT } from '../authority.ts';
import { type AnyJwtCaller, isOpaque, type RefusalReason, type Verdict } from '../caller.ts';
import type { CredentialsStore } from '../credentials/credential.ts';
import { revokeCredential } from '../credentials/revoke.ts';
import type { JwtsStore } from '../jwts/jwt.ts';
import { revokeJwt } from '../jwts/revoke.ts';
import type { Clock } from '../lib/clock.ts';
import { type SessionPorts, verifyRefreshToken } from '../sessions/refresh.ts';
import { REFRESH_TOKEN_PREFIX } from '../sessions/refresh-token.ts';
import type { Verify } from '../verify.ts';
import type { Client } from './checks.ts';

/** `client_required`: nothing happened; only its client may end what belongs to a session. */
export type Revoked = 'done' | 'client_required';

type RevokingClient = Pick<Client, 'id' | 'clientId' | 'name'>;

export interface RevokePorts extends Pick<SessionPorts, 'sessions' | 'refreshKeys'> {
  readonly verify: Verify;
  /** Reads the list of changes to its end, so that what is remembered is no older than this request. */
  readonly pollChanges: () => Promise<void>;
  readonly credentials: CredentialsStore;
  readonly jwts: Pick<JwtsStore, 'findJwt' | 'revokeJwt' | 'revokeUnrecorded'>;
  readonly clock: Clock;
}

/** Refusals of a correct secret: its holder may still revoke it. An old secret after its overlap is not correct. */
const HELD: ReadonlySet<RefusalReason> = new Set(['expired', 'unused', 'owner_disabled', 'account_suspended']);

const ASKING = { counted: false, address: false, suspension: false, expiry: false, revocation: false } as const;

/** What belongs to a session or an application can only be ended by its own client. */
export async function revokePresented(ports: RevokePorts, text: string, client: RevokingClient | null, by: By): Promise<Revoked> {
  if (text.startsWith(REFRESH_TOKEN_PREFIX)) return await revokeRefreshToken(ports, text, client, by);
  const presented = parseCredential(text);
  if (presented.kind === 'malformed' || presented.kind === 'never-bearer') return 'done';
  await ports.pollChanges();
  const verdict = await ports.verify(presented, { address: null, userAgent: null }, ASKING);
  const held = heldCredential(verdict);
  if (held !== null) await revokeCredential(ports, held, { ...by, actor: `${held.kind}:${held.id}`, authority: IN_THE_ACT });
  if (!verdict.ok) return 'done';
  const { caller } = verdict;
  if (caller.kind === 'jwt') {
    const presenter = { ...by, actor: `jwt:${caller.jti}`, authority: IN_THE_ACT } as const;
    if ((await ports.jwts.findJwt(caller.jti)) === null) await revokeUnrecorded(ports, caller, presenter);
    else await revokeJwt(ports, { jti: caller.jti, by: presenter });
  }
  if (caller.kind !== 'session' && caller.kind !== 'application') return 'done';
  if (client === null) return 'client_required';
  if (client.clientId !== caller.clientId) return 'done';
  const isOfSession = caller.kind === 'session' && (await ports.sessions.findSession(caller.sessionId)) !== null;
  if (isOfSession) await endAsClient(ports, caller.sessionId, client, by);
  else await revokeUnrecorded(ports, caller, { ...by, actor: `application:${caller.clientId}`, authority: IN_THE_ACT });
  return 'done';
}

/** Even an old one: anyone who holds any of them may end the session. */
async function revokeRefreshToken(ports: RevokePorts, text: string, client: RevokingClient | null, by: By): Promise<Revoked> {
  if (client === null) return 'client_required';
  const genuine = await verifyRefreshToken(ports, text);
  if (genuine.ok) await endAsClient(ports, genuine.value.sessionId, client, by);
  return 'done';
}

async function endAsClient(
  { sessions, clock }: RevokePorts,
  id: string,
  { id: applicationId, clientId, name }: RevokingClient,
  by: By,
): Promise<void> {
  const nowMs = clock.now();
  const details = { application: name, client_id: clientId, session: id };
  const event = happened({ ...by, actor: `application:${clientId}`, authority: IN_THE_ACT }, nowMs, 'session.ended', {
    reason: 'signed-out',
    details,
  });
  await sessions.endSession({ id, applicationId, reason: 'signed-out', nowMs, event });
}

/**
 * It is not in the database, so only the list of changes carries the revocation. For a session whose row was lost, all JWTs end.
 */
async function revokeUnrecorded({ jwts, clock }: RevokePorts, caller: AnyJwtCaller, by: By): Promise<void> {
  const { jti, accountId, expiresAtMs } = caller;
  const nowMs = clock.now();
  const details = {
    jti,
    ...(caller.kind === 'jwt' ? {} : { client_id: caller.clientId }),
    ...(caller.kind === 'session' ? { session: caller.sessionId } : {}),
  };
  await jwts.revokeUnrecorded({
    revoked:
      caller.kind === 'session' ? { kind: 'session', id: caller.sessionId } : { kind: 'jti', id: jti, endsAtMs: expiresAtMs },
    nowMs,
    event: happened(by, nowMs, 'jwt.revoked', { accountId, details }),
  });
}

function heldCredential(verdict: Verdict): { kind: 'token' | 'key'; id: number } | null {
  if (verdict.ok) return isOpaque(verdict.caller) ? { kind: verdict.caller.kind, id: verdict.caller.credentialId } : null;
  const { refused } = verdict;
  if (refused === null || refused.credentialId === null || !HELD.has(verdict.reason)) return null;
  return refused.kind === 'token' || refused.kind === 'key' ? { kind: refused.kind, id: refused.credentialId } : null;
}
