/**
 * Whether a request may pass: the checks in their order, the same as those of `/verify`. It answers at once unless something has
 * to be requested or the runtime verifies signatures asynchronously. Nothing that goes wrong here opens the door.
 */
import { findPeer, isPreflight, type Peer, parseCredential, permits, readAuthorization } from '@keyhouse/protocol';
import type { Caller } from './caller.ts';
import { isAllowedFrom, isRevoked } from './caller-checks.ts';
import type { Decision, RequestHead } from './decision.ts';
import type { Feed } from './feed.ts';
import { type Head, readHead } from './head.ts';
import type { Introspected, Introspector } from './introspect.ts';
import type { JwtVerdict, VerifyJwt } from './jwt.ts';
import { type Demand, type Patience, patienceOver, type Settings } from './options.ts';
import { digested, type Presented } from './presented.ts';
import { createReadQuestion, type Question, type ReadQuestion } from './question.ts';
import * as refusals from './refusal.ts';
import type { Reporter } from './reporting.ts';

interface Ports {
  readonly settings: Settings;
  readonly verifyJwt: VerifyJwt;
  readonly introspector: Pick<Introspector, 'judge'>;
  readonly feed: Pick<Feed, 'revocations' | 'lagMs' | 'isForbidden' | 'poll'>;
  readonly reporter: Pick<Reporter, 'record' | 'refuse'>;
  readonly nowMs: () => number;
  readonly nextRequestId: () => string;
  readonly count: (outcome: string) => void;
}

/** A request while it is checked. */
interface Case {
  readonly request: RequestHead;
  readonly head: Head;
  readonly peer: Peer;
  readonly question: Question;
}

type Verdict = { readonly ok: true; readonly caller: Caller } | NotGood;

interface NotGood {
  readonly ok: false;
  readonly reason: string;
  readonly caller: Caller | null;
  readonly isAway?: boolean;
  /** The text that Keyhouse was asked about, if it said only that it is not valid. */
  readonly asked?: string;
}

export class Judge {
  readonly #ports: Ports;
  readonly #settings: Settings;
  readonly #feed: Ports['feed'];
  readonly #reporter: Ports['reporter'];
  readonly #readQuestion: ReadQuestion;
  /** The last question that a caller's list permitted. */
  readonly #permittedOf = new WeakMap<Caller, Question>();

  constructor(ports: Ports) {
    this.#ports = ports;
    this.#settings = ports.settings;
    this.#feed = ports.feed;
    this.#reporter = ports.reporter;
    this.#readQuestion = createReadQuestion(ports.settings);
  }

  /** At once, unless something has to be requested. Never throws, never rejects. */
  judge(request: RequestHead, demand?: Demand): Decision | Promise<Decision> {
    const head = readHead(request.headers);
    if (isPreflight(request.method, head)) return NOBODY;
    const question = this.#questionOf(request, head, demand);
    const { authorization } = head;
    if (authorization === null && question.kind === 'public') return NOBODY;
    if (head.isRepeated) return this.#under(refusals.twoCredentials);
    const peer = findPeer(request.peer.address, request.headers, this.#settings.trustedProxies);
    if (authorization === null) {
      this.#ports.count('none');
      return this.#report({ request, head, peer, question }, this.#under(refusals.unauthenticated(false)), MISSING);
    }
    if (!(request.peer.isEncrypted || peer.isTrustedProxy || peer.isLoopback)) return this.#under(refusals.useHttps);
    const patience = this.#patienceOf(question, demand);
    const one: Case = { request, head, peer, question };
    // The path of most requests: a JWT that was verified before, and a feed that is fresh.
    const seen = this.#feed.lagMs <= patience.staleAfterMs ? this.#ports.verifyJwt.seen(authorization) : undefined;
    if (seen !== undefined) return this.#decide(one, this.#heard(seen));
    const presented = readAuthorization(['Authorization', authorization]);
    if (presented.kind !== 'bearer') return this.#refuse(one, { ok: false, reason: 'malformed', caller: null });
    const verdict = this.#verify(presented.credential, patience);
    return verdict instanceof Promise ? verdict.then((settled) => this.#decide(one, settled)) : this.#decide(one, verdict);
  }

  #questionOf({ method, target, foldsCase = false }: RequestHead, { overrides }: Head, demand: Demand | undefined): Question {
    const methods = overrides.length === 0 ? [method] : [method, ...overrides];
    if (demand?.permission === undefined) return this.#readQuestion(methods, target, foldsCase);
    return { kind: 'permissions', permissions: [demand.permission], patience: this.#settings.patience };
  }

  #patienceOf(question: Question, demand: Demand | undefined): Required<Patience> {
    return demand === undefined ? question.patience : patienceOver(question.patience, demand);
  }

  #verify(text: string, patience: Required<Patience>): Verdict | Promise<Verdict> {
    const presented = parseCredential(text);
    switch (presented.kind) {
      case 'never-bearer':
      case 'malformed':
        return MALFORMED;
      case 'jwt':
      case 'token':
      case 'key':
      case 'foreign':
        break;
    }
    const isJwt = presented.kind === 'jwt';
    const judge = (): Verdict | Promise<Verdict> => {
      if (this.#feed.lagMs > patience.staleAfterMs) return this.#whenStale(text, patience, isJwt);
      return isJwt ? this.#offline(text) : this.#ask(text, patience, this.#settings.rememberMs);
    };
    // There nothing runs between two requests, so the feed is checked during one.
    return this.#settings.feed === 'poll' && this.#feed.lagMs > patience.staleAfterMs ? this.#feed.poll().then(judge) : judge();
  }

  /** The feed is silent: what was received is still true, but more may have happened. */
  #whenStale(text: string, patience: Required<Patience>, isJwt: boolean): Verdict | Promise<Verdict> {
    if (patience.whenStale === 'refuse') return { ok: false, reason: 'stale', caller: null, isAway: true };
    if (patience.whenStale === 'allow') return isJwt ? this.#offline(text) : this.#ask(text, patience, this.#settings.rememberMs);
    if (!isJwt) return this.#ask(text, patience, Math.min(this.#settings.rememberMs, 1000));
    // Garbage is not worth a request, and what was revoked stays so.
    const known = this.#offline(text);
    const confirm = (verdict: Verdict): Verdict | Promise<Verdict> => {
      if (!verdict.ok) return verdict;
      const asked = this.#ask(text, patience, 1000);
      const ofCaller = (answer: Verdict): Verdict => (answer.ok ? answer : { ...answer, caller: verdict.caller });
      return asked instanceof Promise ? asked.then(ofCaller) : ofCaller(asked);
    };
    return known instanceof Promise ? known.then(confirm) : confirm(known);
  }

  #offline(text: string): Verdict | Promise<Verdict> {
    const verdict = this.#ports.verifyJwt(text);
    return verdict instanceof Promise ? verdict.then((settled) => this.#heard(settled)) : this.#heard(verdict);
  }

  #heard(verdict: JwtVerdict): Verdict {
    const isOver = verdict.ok && isRevoked(this.#feed.revocations, verdict.caller);
    return isOver ? { ok: false, reason: 'revoked', caller: verdict.caller } : verdict;
  }

  #ask(text: string, { whenAway }: Required<Patience>, freshMs: number): Verdict | Promise<Verdict> {
    // A key without `keyhouse.verify` is told that everything except its own account's is inactive: a valid credential would get
    // a 401.
    if (this.#feed.isForbidden) return AWAY;
    const honourMs = whenAway === 'refuse' ? 0 : whenAway.honourSeconds * 1000;
    const found = this.#ports.introspector.judge(text, { freshMs, honourMs });
    return found instanceof Promise ? found.then((answer) => this.#asVerdict(text, answer)) : this.#asVerdict(text, found);
  }

  /**
   * What was remembered may have been revoked in the meantime; for tokens and keys the feed says so by dropping what is
   * remembered.
   */
  #asVerdict(text: string, found: Introspected): Verdict {
    if (!found.ok) return found.reason === 'away' ? AWAY : { ok: false, reason: 'inactive', caller: null, asked: text };
    return isRevoked(this.#feed.revocations, found.caller) ? { ok: false, reason: 'revoked', caller: found.caller } : found;
  }

  /** Known or not, allowed or not, from this address, at this moment: in the order of the contract. */
  #decide(one: Case, verdict: Verdict): Decision {
    if (!verdict.ok) return this.#refuse(one, verdict);
    const { caller } = verdict;
    if (this.#settings.environment !== null && caller.environment !== this.#settings.environment)
      return this.#refuse(one, { ok: false, reason: 'environment', caller });
    if (!isAllowedFrom(caller, one.peer.address)) return this.#refuse(one, { ok: false, reason: 'address_not_allowed', caller });
    const { question } = one;
    if (question.kind === 'refused') return this.#forbid(one, caller, null, question.why);
    // Questions are kept, and so are callers: the same two meet again and again.
    if (this.#permittedOf.get(caller) !== question) {
      const lacking = wantedBy(question).find((permission) => !permits(caller.permissions, permission));
      if (lacking !== undefined) return this.#forbid(one, caller, lacking, 'forbidden');
      this.#permittedOf.set(caller, question);
    }
    this.#ports.count('accepted');
    const from = { atMs: this.#ports.nowMs(), address: one.peer.address, userAgent: one.head.userAgent };
    this.#reporter.record(caller, wantedBy(question), from);
    return { ok: true, caller };
  }

  #refuse(one: Case, verdict: NotGood): Decision {
    this.#ports.count(verdict.reason);
    const refusal = this.#under(verdict.isAway === true ? refusals.unavailable : refusals.unauthenticated(true));
    return this.#report(one, refusal, verdict);
  }

  #forbid(one: Case, caller: Caller, lacking: string | null, reason: string): Decision {
    this.#ports.count('forbidden');
    const why = reason === 'forbidden' ? reason : `forbidden_${reason}`;
    return this.#report(one, this.#under(refusals.forbidden(lacking)), { reason: why, caller });
  }

  /** Each refusal has its own ID; an allowed request needs none. */
  #under(refusal: refusals.Refusal): Rejection {
    return { ...refusal, requestId: this.#ports.nextRequestId() };
  }

  #report({ request, head, peer, question }: Case, refused: Rejection, why: Why): Rejection {
    const { status, requestId } = refused;
    const { reason, caller } = why;
    if (status === 400) return refused;
    const query = request.target.indexOf('?');
    const note = {
      ...{ requestId, atMs: this.#ports.nowMs(), status, reason, caller, method: request.method },
      path: query < 0 ? request.target : request.target.slice(0, query),
      wanted: wantedBy(question),
      address: peer.address,
      userAgent: head.userAgent,
    };
    const refuseWith = (presented: Presented | null): void => this.#reporter.refuse({ ...note, presented });
    const presented = caller !== null || why.asked === undefined ? null : digested(why.asked);
    if (presented instanceof Promise)
      presented.then(refuseWith, () => refuseWith(null)); // Nobody waits for it: the answer is already being sent.
    else refuseWith(presented);
    return refused;
  }
}

/** Why, and about whom, as far as it is known here. */
type Why = Pick<NotGood, 'reason' | 'caller' | 'asked'>;

type Rejection = Extract<Decision, { ok: false }>;

const NOBODY: Decision = Object.freeze({ ok: true, caller: null });
const NOTHING: readonly string[] = [];
const MISSING: Why = Object.freeze({ reason: 'missing', caller: null });
const MALFORMED: NotGood = Object.freeze({ ok: false, reason: 'malformed', caller: null });
const AWAY: Verdict = Object.freeze({ ok: false, reason: 'issuer_away', caller: null, isAway: true });

const wantedBy = (question: Question): readonly string[] => (question.kind === 'permissions' ? question.permissions : NOTHING);
