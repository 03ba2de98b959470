/**
 * From a request to a caller, for every route alike: what was presented, over which wire, by whom, and whether it still holds.
 * The one place that asks the verifiers, counts failed proofs and puts the true reason of a refusal on record.
 */
import type { IncomingMessage } from 'node:http';
import { type Authorization, parseCredential } from '@keyhouse/protocol';
import { type Limiter, networkOf } from '../core/accounts/sign-in-limits.ts';
import type { Actor, By, Person } from '../core/audit/event.ts';
import type { RefusalRecorder } from '../core/audit/refusals.ts';
import { type Caller, isOpaque, type RefusalReason, type RefusedCredential, type Verdict } from '../core/caller.ts';
import type { From } from '../core/credentials/from.ts';
import type { Refused } from '../core/refusal.ts';
import { refusedJwt } from '../core/verify.ts';
import type { FindPeer, Peer } from './client-address.ts';

export type Authenticated = { readonly ok: true; readonly caller: Caller } | { readonly ok: false; readonly refused: Refused };

interface Ports {
  readonly verify: (text: ReturnType<typeof parseCredential>, from: From) => Verdict | Promise<Verdict>;
  readonly refusals: Pick<RefusalRecorder, 'record'>;
  readonly findPeer: FindPeer;
  /** Failed look-ups by address; of this server alone, so that a refusal writes nothing. */
  readonly unknownLimiter: Pick<Limiter, 'take'>;
  readonly count: (outcome: 'accepted' | RefusalReason) => void;
}

export type Authenticator = ReturnType<typeof createAuthenticator>;

const INVALID: Refused = { code: 'unauthenticated', presented: true };

export function createAuthenticator(ports: Ports) {
  return {
    /**
     * Judges what the `Authorization` header holds; at once when nothing has to be read. `gateway`: the answers a gateway
     * understands, 401 and 403 in place of 400.
     */
    authenticate(
      authorization: Authorization,
      request: IncomingMessage,
      requestId: string,
      { gateway = false } = {},
    ): Authenticated | Promise<Authenticated> {
      if (authorization.kind === 'none') return { ok: false, refused: { code: 'unauthenticated', presented: false } };
      if (authorization.kind === 'repeated') return { ok: false, refused: gateway ? INVALID : { code: 'two_credentials' } };
      const peer = ports.findPeer(request);
      if (!isPrivatePeer(peer)) {
        return { ok: false, refused: gateway ? { code: 'forbidden' } : { code: 'use_https' } };
      }
      if (authorization.kind !== 'bearer') return { ok: false, refused: INVALID };
      const from: From = { address: peer.address, userAgent: request.headers['user-agent'] ?? null };
      const verdict = ports.verify(parseCredential(authorization.credential), from);
      if (!(verdict instanceof Promise)) {
        if (verdict.ok) {
          ports.count('accepted');
          return verdict;
        }
        return refuse(verdict, from, requestId);
      }
      return verdict.then((settled) => {
        if (!settled.ok) return refuse(settled, from, requestId);
        ports.count('accepted');
        return settled;
      });
    },

    /** Whether the wire to the direct peer is one that a credential may travel: loopback, or a proxy that speaks HTTPS outside. */
    isPrivate(request: IncomingMessage): boolean {
      return isPrivatePeer(ports.findPeer(request));
    },

    /** A known caller who may not: on record, so that the holder can be told what was lacking. */
    recordForbidden(caller: Caller, request: IncomingMessage, requestId: string, lacking: string | null): void {
      const address = ports.findPeer(request).address;
      const person = personOf({ address, userAgent: request.headers['user-agent'] ?? null });
      note('forbidden', refusedOf(caller), requestId, person, lacking === null ? {} : { lacking });
    },

    by(caller: Caller, request: IncomingMessage, requestId: string): By {
      return { actor: actorOf(caller), requestId, person: this.person(request) };
    },

    byStranger(request: IncomingMessage, requestId: string): By {
      return { actor: 'anonymous', requestId, person: this.person(request) };
    },

    person(request: IncomingMessage): Person {
      return personOf({ address: ports.findPeer(request).address, userAgent: request.headers['user-agent'] ?? null });
    },
  };

  function note(
    reason: string,
    refused: RefusedCredential | null,
    requestId: string,
    person: Person,
    details: { lacking?: string },
  ): void {
    const { actor, subject } = refused === null ? { actor: 'anonymous' as const, subject: null } : describe(refused);
    const kind = refused === null ? {} : { kind: refused.kind };
    ports.refusals.record({
      event: 'request.refused',
      reason,
      by: { actor, requestId, person },
      subject,
      details: { ...kind, ...details },
    });
  }

  function refuse(verdict: Verdict & { ok: false }, from: From, requestId: string): Authenticated | Promise<Authenticated> {
    ports.count(verdict.reason);
    note(verdict.reason, verdict.refused, requestId, personOf(from), {});
    // Only a look-up that found nothing is a guess; a known credential and garbage cost an attacker more than they cost us.
    if (verdict.reason !== 'unknown') return { ok: false, refused: INVALID };
    return ports.unknownLimiter.take(`unknown:${from.address === null ? '' : networkOf(from.address)}`).then((taken) => ({
      ok: false,
      refused: taken.ok ? INVALID : { code: 'too_many_requests', retryAfterSeconds: taken.retryAfterSeconds },
    }));
  }
}

/** In the log a minted JWT is its key, and a session its application: what somebody can look for. */
function describe({ kind, credentialId, clientId, accountId, userId }: RefusedCredential) {
  const actor: Actor =
    credentialId === null ? `application:${clientId ?? ''}` : `${kind === 'token' ? 'token' : 'key'}:${credentialId}`;
  const subject = { ...(credentialId === null ? {} : { credentialId }), accountId, ...(userId === null ? {} : { userId }) };
  return { actor, subject };
}

function actorOf(caller: Caller): Actor {
  switch (caller.kind) {
    case 'token':
    case 'key':
      return `${caller.kind}:${caller.credentialId}`;
    case 'jwt':
      return `jwt:${caller.jti}`;
    case 'session':
      return `session:${caller.sessionId}`;
    case 'application':
      return `application:${caller.clientId}`;
  }
}

export const refusedOf = (caller: Caller): RefusedCredential =>
  isOpaque(caller)
    ? { kind: caller.kind, credentialId: caller.credentialId, accountId: caller.accountId, userId: caller.userId }
    : refusedJwt(caller);

const isPrivatePeer = ({ isLoopback, isTrustedProxy }: Peer): boolean => isLoopback || isTrustedProxy;

const MAX_USER_AGENT = 200;

export const personOf = ({ address, userAgent }: From): Person => ({
  ...(address === null ? {} : { address }),
  ...(userAgent === null ? {} : { userAgent: userAgent.slice(0, MAX_USER_AGENT) }),
});
