/**
 * Tokens and API keys, and everything else that Keyhouse has to be asked about (RFC 7662). One request at a time for one
 * credential; credentials that are asked about at the same time are sent together. Answers are remembered for a few seconds and
 * forgotten when the feed reports a change; an answer that is older than what the feed has reported, from a server that is
 * behind, is not used: the request is repeated for as long as a server may be behind.
 */
import {
  FEED_POSITION_HEADER,
  type FeedPosition,
  type FeedRevocation,
  isObject,
  parsePosition,
  parseStrictJson,
  USE_HEADER,
  USE_REPORTED,
} from '@keyhouse/protocol';
import { sha256 } from '#platform';
import { type Ask, IssuerFault, readBytes, textOf } from './ask.ts';
import type { Caller } from './caller.ts';
import { callerOfIntrospection, isCallerOf } from './introspected.ts';
import { createMemory } from './memory.ts';

/** `away`: Keyhouse did not answer, and nothing was remembered that may still be honoured. */
export type Introspected =
  | { readonly ok: true; readonly caller: Caller }
  | { readonly ok: false; readonly reason: 'inactive' | 'away' };

export interface Introspector {
  /**
   * `freshMs`: an answer younger than this is used. `honourMs`: if Keyhouse does not answer, one younger than this still is.
   * Never rejects.
   */
  judge(text: string, limits: { readonly freshMs: number; readonly honourMs: number }): Introspected | Promise<Introspected>;
  /** The feed reported a change: what is remembered of this subject is dropped. */
  forget(change: FeedRevocation): void;
  forgetAll(): void;
  readonly questions: number;
}

interface Ports {
  readonly ask: Ask;
  readonly issuer: string;
  readonly monotonicMs: () => number;
  readonly nowMs: () => number;
  /** The newest position at which the feed reported this caller, within the last seconds; 0 if it did not. */
  readonly newestAbout: (caller: Caller) => FeedPosition | null;
  readonly onFault: (error: unknown) => void;
}

interface Answer {
  readonly caller: Caller | null;
  readonly atMs: number;
}

interface PendingQuestion {
  readonly text: string;
  readonly name: string;
  /** After this time a waiting request is told that Keyhouse did not answer. */
  readonly dueAtMs: number;
  resolve(answer: Answer | null): void;
}

const MAX_ANSWERS = 20_000;
/** A credential that was not valid a moment ago: garbage that comes again and again costs one request a second. */
const REFUSED_FOR_MS = 1000;
const MAX_AT_ONCE = 100;
/**
 * As JSON each character may be two bytes, and Keyhouse accepts two million: long ones from strangers must not spoil the request
 * for the others in it.
 */
const MAX_CHARACTERS_AT_ONCE = 900_000;
const MAX_UNDER_WAY = 8;
/** More would only wait for longer than any caller does. */
const MAX_WAITING = 10_000;
const WAIT_MS = 3000;
/** A server that is further behind than their product says so itself, by refusing to answer. */
const MAX_TRIES = 8;
const BETWEEN_TRIES_MS = 250;
/** For a credential that had to wait for others first. */
const MIN_WAIT_MS = 1000;
const MAX_BYTES = 2 * 1024 * 1024;
/**
 * Keyhouse answered, and the cause may be a single credential that it cannot be asked about or that the guard cannot read: others
 * must not suffer from it.
 */
const OF_ONE: ReadonlySet<number> = new Set([200, 400, 413, 422, 500]);
const ONE = '/auth/introspect';
const BATCH = '/auth/introspect/batch';
/** A guard reports what it lets through, so its requests are not to be counted as use: that would count twice. */
const REPORTS_USE = { [USE_HEADER]: USE_REPORTED };

export class BatchIntrospector implements Introspector {
  readonly #ports: Ports;
  readonly #answers = createMemory<Answer>(MAX_ANSWERS);
  readonly #namesOf = new Map<string, Set<string>>();
  readonly #waiting = new Map<string, Promise<Answer | null>>();
  #queue: PendingQuestion[] = [];
  #underWay = 0;
  #questions = 0;
  #isScheduled = false;
  #dueTimer: ReturnType<typeof setTimeout> | null = null;
  /** How often everything was forgotten: an answer to a request from before is not remembered. */
  #era = 0;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  readonly forgetAll = (): void => {
    this.#era += 1;
    this.#answers.clear();
    this.#namesOf.clear();
  };

  readonly forget: Introspector['forget'] = ({ kind, id }) => {
    const subject = `${kind}:${id}`;
    for (const name of this.#namesOf.get(subject) ?? []) this.#answers.delete(name);
    this.#namesOf.delete(subject);
  };

  get questions(): Introspector['questions'] {
    return this.#questions;
  }

  /** At once, if the digest and the answer are known. */
  readonly judge: Introspector['judge'] = (text, limits) => {
    const name = digestOf(text);
    return name instanceof Promise
      ? name.then((each) => this.#judgeNamed(each, text, limits))
      : this.#judgeNamed(name, text, limits);
  };

  #judgeNamed(
    name: string,
    text: string,
    { freshMs, honourMs }: { freshMs: number; honourMs: number },
  ): Introspected | Promise<Introspected> {
    const known = this.#answers.get(name);
    const ageMs = known === undefined ? Number.POSITIVE_INFINITY : this.#ports.monotonicMs() - known.atMs;
    if (known !== undefined && ageMs <= (known.caller === null ? Math.min(freshMs, REFUSED_FOR_MS) : freshMs))
      return this.#settle(known);
    return this.#askOnce(name, text).then((answer) => {
      if (answer !== null) return this.#settle(answer);
      // Not what was known when the request was sent: the feed may have reported its end since.
      const still = this.#answers.get(name);
      return still !== undefined && still.caller !== null && this.#ports.monotonicMs() - still.atMs < honourMs
        ? this.#settle(still)
        : AWAY;
    });
  }

  #settle({ caller }: Answer): Introspected {
    const isOver = caller === null || (caller.expiresAtMs !== null && caller.expiresAtMs <= this.#ports.nowMs());
    return isOver ? INACTIVE : { ok: true, caller };
  }

  #askOnce(name: string, text: string): Promise<Answer | null> {
    const under = this.#waiting.get(name);
    if (under !== undefined) return under;
    if (this.#waiting.size >= MAX_WAITING) return Promise.resolve(null);
    const dueAtMs = this.#ports.monotonicMs() + WAIT_MS;
    const asked = new Promise<Answer | null>((resolve) => this.#queue.push({ text, name, dueAtMs, resolve })).finally(() =>
      this.#waiting.delete(name),
    );
    this.#waiting.set(name, asked);
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      queueMicrotask(this.#send);
    }
    return asked;
  }

  readonly #send = (): void => {
    this.#isScheduled = false;
    this.#giveUp();
    while (this.#queue.length > 0 && this.#underWay < MAX_UNDER_WAY) {
      const batch = this.#queue.slice(0, fitting(this.#queue));
      this.#queue = this.#queue.slice(batch.length);
      this.#underWay += 1;
      const leftMs = (batch[0]?.dueAtMs ?? 0) - this.#ports.monotonicMs();
      void this.#ask(batch, AbortSignal.timeout(Math.max(MIN_WAIT_MS, Math.floor(leftMs))), 1).finally(() => {
        this.#underWay -= 1;
        this.#send();
      });
    }
    if (this.#queue.length > 0 && this.#dueTimer === null)
      this.#dueTimer = setTimeout(() => {
        this.#dueTimer = null;
        this.#send();
      }, WAIT_MS / 10);
  };

  /** Those that have waited for as long as a request may take, and were not even sent. */
  #giveUp(): void {
    const nowMs = this.#ports.monotonicMs();
    const first = this.#queue.findIndex(({ dueAtMs }) => dueAtMs > nowMs);
    const late = first < 0 ? this.#queue : this.#queue.slice(0, first);
    this.#queue = first < 0 ? [] : this.#queue.slice(first);
    for (const { resolve } of late) resolve(null);
  }

  /** Never rejects: waiting callers learn that Keyhouse did not answer. */
  async #ask(batch: readonly PendingQuestion[], signal: AbortSignal, attempt: number): Promise<void> {
    const asOfEra = this.#era;
    let mayBeOne = false;
    const told = await this.#question(batch, signal).catch((error: unknown) => {
      this.#ports.onFault(error);
      mayBeOne = batch.length > 1 && error instanceof IssuerFault && OF_ONE.has(error.status ?? 0);
      return null;
    });
    if (mayBeOne) {
      await Promise.all(batch.map((asked) => this.#ask([asked], signal, attempt)));
      return;
    }
    if (told === null) {
      for (const { resolve } of batch) resolve(null);
      return;
    }
    const older: PendingQuestion[] = [];
    for (const [index, asked] of batch.entries()) {
      const caller = told.callers[index] ?? null;
      const answer = { caller, atMs: told.atMs };
      const isOlder = caller !== null && isOlderThan(told.position, this.#ports.newestAbout(caller));
      if (isOlder) older.push(asked);
      else {
        if (this.#era === asOfEra) this.#keep(asked.name, answer);
        asked.resolve(answer);
      }
    }
    if (older.length === 0) return;
    if (attempt < MAX_TRIES && !signal.aborted) {
      // The first time at once: there may be another server behind the same address.
      if (attempt > 1) await new Promise((resolve) => setTimeout(resolve, BETWEEN_TRIES_MS));
      await this.#ask(older, signal, attempt + 1);
    } else for (const { resolve } of older) resolve(null);
  }

  async #question(batch: readonly PendingQuestion[], signal: AbortSignal) {
    this.#questions += 1;
    const atMs = this.#ports.monotonicMs();
    const [first] = batch;
    const isOne = batch.length === 1 && first !== undefined;
    const path = isOne ? ONE : BATCH;
    const body = isOne ? { token: first.text } : { tokens: batch.map(({ text }) => text) };
    const response = await this.#ports.ask({ path, method: 'POST', body, headers: REPORTS_USE, signal });
    const parsed = parseStrictJson(textOf(await readBytes(response, { maxBytes: MAX_BYTES, path, signal }), path));
    const value = parsed.ok ? parsed.value : null;
    const results = isOne ? [value] : isObject(value) && Array.isArray(value.results) ? value.results : [];
    const callers = results.map((result, index) => {
      const caller = callerOfIntrospection(result, this.#ports.issuer);
      return caller === null || caller === 'inactive' || isCallerOf(batch[index]?.text ?? '', caller) ? caller : null;
    });
    if (callers.length !== batch.length || callers.includes(null))
      throw new IssuerFault(`${path}: the answer is not valid.`, 200);
    const position = parsePosition(response.headers.get(FEED_POSITION_HEADER) ?? '');
    return { callers: callers.map((caller) => (caller === 'inactive' ? null : caller)), position, atMs };
  }

  #keep(name: string, answer: Answer): void {
    this.#answers.set(name, answer);
    if (answer.caller === null) return;
    for (const subject of subjectsOf(answer.caller)) {
      const names = this.#namesOf.get(subject);
      if (names === undefined) this.#namesOf.set(subject, new Set([name]));
      else names.add(name);
    }
    if (this.#namesOf.size > 4 * MAX_ANSWERS) this.forgetAll();
  }
}

/** How many of the first may be sent together; at least one. */
function fitting(queue: readonly PendingQuestion[]): number {
  let characters = 0;
  for (let count = 0; count < Math.min(queue.length, MAX_AT_ONCE); count++) {
    characters += queue[count]?.text.length ?? 0;
    if (count > 0 && characters > MAX_CHARACTERS_AT_ONCE) return count;
  }
  return Math.min(queue.length, MAX_AT_ONCE);
}

/** At once on Node; later if there is only WebCrypto. */
const digestOf: (text: string) => string | Promise<string> = sha256;

const INACTIVE: Introspected = Object.freeze({ ok: false, reason: 'inactive' });
const AWAY: Introspected = Object.freeze({ ok: false, reason: 'away' });

/** Everything that ends this caller when it ends, as the feed names it. */
export function subjectsOf({ credentialId, accountId, userId, clientId, sessionId, jti }: Caller): readonly string[] {
  return [
    `account:${accountId}`,
    ...(credentialId === null ? [] : [`credential:${credentialId}`]),
    ...(userId === null ? [] : [`user:${userId}`]),
    ...(clientId === null ? [] : [`application:${clientId}`]),
    ...(sessionId === null ? [] : [`session:${sessionId}`]),
    ...(jti === null ? [] : [`jti:${jti.slice(0, 20)}`]),
  ];
}

/** A server that does not report its position, or is of another epoch, is treated as being behind. */
const isOlderThan = (answered: FeedPosition | null, heard: FeedPosition | null): boolean =>
  heard !== null && (answered === null || answered.epoch !== heard.epoch || answered.position < heard.position);
