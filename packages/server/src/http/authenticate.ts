/**
 * From a request to a caller, the same for every route: what was presented, over which connection, by whom, and whether it is
 * still valid. The only place that calls the verifiers, counts failed attempts and records the true reason of a refusal.
 */
import type { IncomingMessage } from 'node:http';
import { type Authorization, type Peer, type PresentedCredential, parseCredential } from '@keyhouse/protocol';
import { detailsOf, type Shape, showablePath } from '../core/audit/decision.ts';
import type { Actor, By, PersonalData } from '../core/audit/event.ts';
import type { RefusalRecorder } from '../core/audit/refusals.ts';
import {
  type Caller,
  isOpaque,
  type OpaqueCaller,
  type RefusalReason,
  type RefusedCredential,
  type Verdict,
} from '../core/caller.ts';
import type { RequestSource } from '../core/credentials/request-source.ts';
import type { Judging } from '../core/credentials/verify.ts';
import type { Clock } from '../core/lib/clock.ts';
import type { Refused } from '../core/refusal.ts';
import { type Limiter, networkOf } from '../core/sign-ins/sign-in-limits.ts';
import { refusedJwt } from '../core/verify.ts';
import type { FindPeer } from './client-address.ts';
import type { QuestionFault } from './question-headers.ts';
import { isVerifyTarget, originalOf } from './verify-question.ts';

export type Authenticated = { readonly ok: true; readonly caller: Caller } | { readonly ok: false; readonly refused: Refused };

interface Ports {
  readonly verify: (
    text: ReturnType<typeof parseCredential>,
    from: RequestSource,
    judging: Judging,
  ) => Verdict | Promise<Verdict>;
  readonly refusals: Pick<RefusalRecorder, 'record'>;
  readonly findPeer: FindPeer;
  readonly clock: Clock;
  /** Failed look-ups by address; only of this server, so that a refusal writes nothing. */
  readonly unknownLimiter: Pick<Limiter, 'take'>;
  readonly count: (outcome: 'accepted' | RefusalReason) => void;
  /** A JWT was valid: counts a use of what it belongs to. No write, no wait. */
  readonly use: (caller: Caller, from: RequestSource) => void;
}

/** How a request is answered, and what it needs as far as that is known. */
interface Asking {
  /** The answers that a gateway understands, 401 and 403 instead of 400. */
  readonly gateway?: boolean;
  readonly wanted?: readonly string[];
  /** It was judged before in this request, and counted then. */
  readonly isAgain?: boolean;
}

const NO_ASKING: Asking = {};
const COUNTED: Judging = {};
const UNCOUNTED: Judging = { counted: false };

const INVALID: Refused = { code: 'unauthenticated', presented: true };

export class Authenticator {
  readonly #ports: Ports;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Judges the content of the `Authorization` header; at once if nothing has to be read. */
  authenticate(
    authorization: Authorization,
    request: IncomingMessage,
    requestId: string,
    asking: Asking = NO_ASKING,
  ): Authenticated | Promise<Authenticated> {
    const { gateway = false, isAgain = false } = asking;
    const peer = this.#ports.findPeer(request);
    const from: RequestSource = { address: peer.address, userAgent: request.headers['user-agent'] ?? null };
    const about: RequestFacts = { request, requestId, from, wanted: asking.wanted ?? [] };
    if (authorization.kind === 'none') {
      this.#note('missing', null, about, { shape: 'none' });
      return { ok: false, refused: { code: 'unauthenticated', presented: false } };
    }
    if (authorization.kind === 'repeated') {
      this.#note('two_credentials', null, about, {});
      return { ok: false, refused: gateway ? INVALID : { code: 'two_credentials' } };
    }
    if (!isPrivatePeer(peer)) {
      this.#note('plain_http', null, about, {});
      return { ok: false, refused: gateway ? { code: 'forbidden' } : { code: 'use_https' } };
    }
    if (authorization.kind !== 'bearer') {
      this.#note('scheme', null, about, {});
      return { ok: false, refused: INVALID };
    }
    const presented = parseCredential(authorization.credential);
    const settle = (verdict: Verdict) => {
      if (!verdict.ok) return this.#refuse(verdict, presented, about);
      return isAgain ? verdict : this.#accept(verdict, from);
    };
    const verdict = this.#ports.verify(presented, from, isAgain ? UNCOUNTED : COUNTED);
    return verdict instanceof Promise ? verdict.then(settle) : settle(verdict);
  }

  /** A request without any credential where one is needed. */
  recordMissing(request: IncomingMessage, requestId: string, wanted: readonly string[]): void {
    const from = { address: this.#ports.findPeer(request).address, userAgent: request.headers['user-agent'] ?? null };
    this.#note('missing', null, { request, requestId, from, wanted }, { shape: 'none' });
  }

  /** Whether a credential may travel over the connection to the direct peer: loopback, or a proxy that speaks HTTPS outside. */
  isPrivate(request: IncomingMessage): boolean {
    return isPrivatePeer(this.#ports.findPeer(request));
  }

  /**
   * Records that a known caller was forbidden, so that the holder can see what was missing. `wanted`: by default only `lacking`.
   */
  recordForbidden(
    caller: Caller,
    request: IncomingMessage,
    requestId: string,
    { lacking, wanted = lacking === null ? [] : [lacking], fault = null }: Forbidden,
  ): void {
    const from = { address: this.#ports.findPeer(request).address, userAgent: request.headers['user-agent'] ?? null };
    this.#note('forbidden', refusedOf(caller), { request, requestId, from, wanted }, { lacking, fault });
  }

  /** `isWhole`: the act requires a credential that was not narrowed. */
  by(caller: OpaqueCaller, request: IncomingMessage, requestId: string, { isWhole = false } = {}): By {
    const { kind, credentialId: id, hash } = caller;
    const address = this.#ports.findPeer(request).address;
    return {
      ...{ actor: `${kind}:${id}`, requestId, person: this.person(request) },
      authority: { kind: 'credential', credentialKind: kind, id, hash, address, isWhole, atMs: this.#ports.clock.now() },
    };
  }

  byStranger(request: IncomingMessage, requestId: string): By {
    return { actor: 'anonymous', requestId, person: this.person(request) };
  }

  person(request: IncomingMessage): PersonalData {
    return personOf({ address: this.#ports.findPeer(request).address, userAgent: request.headers['user-agent'] ?? null });
  }

  #note(
    reason: string,
    refused: RefusedCredential | null,
    { request, requestId, from, wanted }: RequestFacts,
    found: { lacking?: string | null; fault?: QuestionFault | null; shape?: Shape },
  ): void {
    const { actor, subject } = refused === null ? { actor: 'anonymous' as const, subject: null } : describeRefused(refused);
    const network = from.address === null ? '' : networkOf(from.address);
    this.#ports.refusals.record({
      event: 'request.refused',
      reason,
      by: { actor, requestId, person: {} },
      subject,
      ...(refused === null ? { stranger: { network, isBlank: reason === 'missing' } } : {}),
      details: () => {
        const { method, path } = askedOf(request);
        const person = { ...personOf(from), ...(path === null ? {} : { path }) };
        return { person, details: detailsOf({ ...found, method, wanted, guardKeyId: null }, refused) };
      },
    });
  }

  #accept(verdict: Verdict & { ok: true }, from: RequestSource): Authenticated {
    this.#ports.count('accepted');
    if (!isOpaque(verdict.caller)) this.#ports.use(verdict.caller, from);
    return verdict;
  }

  #refuse(
    verdict: Verdict & { ok: false },
    presented: PresentedCredential,
    about: RequestFacts,
  ): Authenticated | Promise<Authenticated> {
    const { from } = about;
    this.#ports.count(verdict.reason);
    this.#note(verdict.reason, verdict.refused, about, verdict.refused === null ? { shape: shapeOf(presented) } : {});
    // Only a look-up that found nothing is a guess; a known credential and garbage cost an attacker more than they cost us.
    if (verdict.reason !== 'unknown') return { ok: false, refused: INVALID };
    return this.#ports.unknownLimiter.take(`unknown:${from.address === null ? '' : networkOf(from.address)}`).then((taken) => ({
      ok: false,
      refused: taken.ok ? INVALID : { code: 'too_many_requests', retryAfterSeconds: taken.retryAfterSeconds },
    }));
  }
}

interface Forbidden {
  /** A permission, or why nothing could be judged. */
  readonly lacking: string | null;
  readonly wanted?: readonly string[];
  readonly fault?: QuestionFault | null;
}

interface RequestFacts {
  readonly request: IncomingMessage;
  readonly requestId: string;
  readonly from: RequestSource;
  readonly wanted: readonly string[];
}

const shapeOf = ({ kind }: PresentedCredential): Shape => (kind === 'never-bearer' ? 'malformed' : kind);

/** What was requested: behind a gateway the original request. Null if that is not known. */
function askedOf({ method = '', url = '', rawHeaders }: IncomingMessage): { method: string | null; path: string | null } {
  const asked = isVerifyTarget(url) ? originalOf(method, url, rawHeaders) : { method, target: url };
  if (asked === null) return { method: null, path: null };
  return { method: /^[A-Z-]{1,20}$/.test(asked.method) ? asked.method : null, path: showablePath(asked.target) };
}

/** In the log a minted JWT is represented by its key, and a session by its application: things that one can look up. */
export function describeRefused({ kind, credentialId, clientId, accountId, userId }: RefusedCredential) {
  const actor: Actor =
    credentialId === null ? `application:${clientId ?? ''}` : `${kind === 'token' ? 'token' : 'key'}:${credentialId}`;
  const subject = { ...(credentialId === null ? {} : { credentialId }), accountId, ...(userId === null ? {} : { userId }) };
  return { actor, subject };
}

export const refusedOf = (caller: Caller): RefusedCredential =>
  isOpaque(caller)
    ? {
        ...{ kind: caller.kind, credentialId: caller.credentialId, accountId: caller.accountId, userId: caller.userId },
        ...{ permissions: caller.permissions, expiresAtMs: caller.expiresAtMs },
        ...{ addresses: caller.addresses, environment: caller.environment },
      }
    : refusedJwt(caller);

const isPrivatePeer = ({ isLoopback, isTrustedProxy }: Peer): boolean => isLoopback || isTrustedProxy;

const MAX_USER_AGENT = 200;

export const personOf = ({ address, userAgent }: RequestSource): PersonalData => ({
  ...(address === null ? {} : { address }),
  ...(userAgent === null ? {} : { userAgent: userAgent.slice(0, MAX_USER_AGENT) }),
});
