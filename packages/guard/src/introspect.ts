/**
 * Tokens and API keys, and whatever else has to be asked about (RFC 7662). One question under way for one credential; what is asked at the same
 * time travels together. Answers are remembered for a few seconds and forgotten when the feed tells of a change; an answer that is older than
 * what the feed has told, from a server that is behind, is nobody's: the question is put again for as long as a server may be behind.
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

/** `away`: nobody could be asked, and nothing was remembered that may still be honoured. */
export type Introspected =
  | { readonly ok: true; readonly caller: Caller }
  | { readonly ok: false; readonly reason: 'inactive' | 'away' };

export interface Introspector {
  /**
   * `freshMs`: an answer that is younger is good. `honourMs`: when nobody can be asked, one that is younger still is. Rejects never.
   */
  judge(text: string, limits: { readonly freshMs: number; readonly honourMs: number }): Introspected | Promise<Introspected>;
  /** The feed told of a change: what is remembered of this subject goes. */
  forget(change: FeedRevocation): void;
  forgetAll(): void;
  readonly questions: number;
}

interface Ports {
  readonly ask: Ask;
  readonly issuer: string;
  readonly monotonicMs: () => number;
  readonly nowMs: () => number;
  /** The newest position at which the feed told of this caller, within the last seconds; 0 when it did not. */
  readonly newestAbout: (caller: Caller) => FeedPosition | null;
  readonly onFault: (error: unknown) => void;
}

interface Answer {
  readonly caller: Caller | null;
  readonly atMs: number;
}

interface Asked {
  readonly text: string;
  readonly name: string;
  /** Whoever waits is told by then that nobody could be asked. */
  readonly dueAtMs: number;
  resolve(answer: Answer | null): void;
}

const MOST_ANSWERS = 20_000;
/** A credential that was not good a moment ago: garbage that comes again and again costs one question a second. */
const REFUSED_FOR_MS = 1000;
const MOST_AT_ONCE = 100;
/** As JSON each may be two bytes, and Keyhouse takes two million: strangers' long ones must not spoil the question for those beside them. */
const MOST_CHARACTERS_AT_ONCE = 900_000;
const MOST_UNDER_WAY = 8;
/** More would only wait for longer than anybody does. */
const MOST_WAITING = 10_000;
const WAIT_MS = 3000;
/** A server that is further behind than their product says so itself, by refusing to answer. */
const MOST_TRIES = 8;
const BETWEEN_TRIES_MS = 250;
/** Whoever had to wait for others first. */
const LEAST_WAIT_MS = 1000;
const MOST_BYTES = 2 * 1024 * 1024;
/** Keyhouse answered, and it may be a single credential that it cannot be asked about or that the guard cannot read: nobody else shall suffer. */
const OF_ONE: ReadonlySet<number> = new Set([200, 400, 413, 422, 500]);
const ONE = '/auth/introspect';
const BATCH = '/auth/introspect/batch';
/** A guard reports what it lets through, so its questions are not to be counted as use: that would count twice. */
const REPORTS_USE = { [USE_HEADER]: USE_REPORTED };

export function createIntrospector(ports: Ports): Introspector {
  const { monotonicMs, nowMs } = ports;
  const answers = createMemory<Answer>(MOST_ANSWERS);
  const namesOf = new Map<string, Set<string>>();
  const waiting = new Map<string, Promise<Answer | null>>();
  let queue: Asked[] = [];
  let underWay = 0;
  let questions = 0;
  let isScheduled = false;
  let dueTimer: ReturnType<typeof setTimeout> | null = null;
  /** How often everything was forgotten: an answer to a question from before is not remembered. */
  let era = 0;

  /** At once, when the digest and the answer are at hand. */
  const judge: Introspector['judge'] = (text, limits) => {
    const name = digestOf(text);
    return name instanceof Promise ? name.then((each) => judgeNamed(each, text, limits)) : judgeNamed(name, text, limits);
  };

  function judgeNamed(
    name: string,
    text: string,
    { freshMs, honourMs }: { freshMs: number; honourMs: number },
  ): Introspected | Promise<Introspected> {
    const known = answers.get(name);
    const ageMs = known === undefined ? Number.POSITIVE_INFINITY : monotonicMs() - known.atMs;
    if (known !== undefined && ageMs <= (known.caller === null ? Math.min(freshMs, REFUSED_FOR_MS) : freshMs))
      return settle(known);
    return askOnce(name, text).then((answer) => {
      if (answer !== null) return settle(answer);
      // Not what was known when the question was put: the feed may have told of its end since.
      const still = answers.get(name);
      return still !== undefined && still.caller !== null && monotonicMs() - still.atMs < honourMs ? settle(still) : AWAY;
    });
  }

  function settle({ caller }: Answer): Introspected {
    const isOver = caller === null || (caller.expiresAtMs !== null && caller.expiresAtMs <= nowMs());
    return isOver ? INACTIVE : { ok: true, caller };
  }

  function askOnce(name: string, text: string): Promise<Answer | null> {
    const under = waiting.get(name);
    if (under !== undefined) return under;
    if (waiting.size >= MOST_WAITING) return Promise.resolve(null);
    const dueAtMs = monotonicMs() + WAIT_MS;
    const asked = new Promise<Answer | null>((resolve) => queue.push({ text, name, dueAtMs, resolve })).finally(() =>
      waiting.delete(name),
    );
    waiting.set(name, asked);
    if (!isScheduled) {
      isScheduled = true;
      queueMicrotask(send);
    }
    return asked;
  }

  function send(): void {
    isScheduled = false;
    giveUp();
    while (queue.length > 0 && underWay < MOST_UNDER_WAY) {
      const batch = queue.slice(0, fitting(queue));
      queue = queue.slice(batch.length);
      underWay += 1;
      const leftMs = (batch[0]?.dueAtMs ?? 0) - monotonicMs();
      void ask(batch, AbortSignal.timeout(Math.max(LEAST_WAIT_MS, Math.floor(leftMs))), 1).finally(() => {
        underWay -= 1;
        send();
      });
    }
    if (queue.length > 0 && dueTimer === null)
      dueTimer = setTimeout(() => {
        dueTimer = null;
        send();
      }, WAIT_MS / 10);
  }

  /** Those who have waited for as long as a question may take, and were not even asked about. */
  function giveUp(): void {
    const nowMs = monotonicMs();
    const first = queue.findIndex(({ dueAtMs }) => dueAtMs > nowMs);
    const late = first < 0 ? queue : queue.slice(0, first);
    queue = first < 0 ? [] : queue.slice(first);
    for (const { resolve } of late) resolve(null);
  }

  /** Never rejects: whoever waits learns that nobody could be asked. */
  async function ask(batch: readonly Asked[], signal: AbortSignal, attempt: number): Promise<void> {
    const asOfEra = era;
    let mayBeOne = false;
    const told = await question(batch, signal).catch((error: unknown) => {
      ports.onFault(error);
      mayBeOne = batch.length > 1 && error instanceof IssuerFault && OF_ONE.has(error.status ?? 0);
      return null;
    });
    if (mayBeOne) {
      await Promise.all(batch.map((asked) => ask([asked], signal, attempt)));
      return;
    }
    if (told === null) {
      for (const { resolve } of batch) resolve(null);
      return;
    }
    const older: Asked[] = [];
    for (const [index, asked] of batch.entries()) {
      const caller = told.callers[index] ?? null;
      const answer = { caller, atMs: told.atMs };
      const isOlder = caller !== null && isOlderThan(told.position, ports.newestAbout(caller));
      if (isOlder) older.push(asked);
      else {
        if (era === asOfEra) keep(asked.name, answer);
        asked.resolve(answer);
      }
    }
    if (older.length === 0) return;
    if (attempt < MOST_TRIES && !signal.aborted) {
      // At once the first time: there may be another server behind the same address.
      if (attempt > 1) await new Promise((resolve) => setTimeout(resolve, BETWEEN_TRIES_MS));
      await ask(older, signal, attempt + 1);
    } else for (const { resolve } of older) resolve(null);
  }

  async function question(batch: readonly Asked[], signal: AbortSignal) {
    questions += 1;
    const atMs = monotonicMs();
    const [first] = batch;
    const isOne = batch.length === 1 && first !== undefined;
    const path = isOne ? ONE : BATCH;
    const body = isOne ? { token: first.text } : { tokens: batch.map(({ text }) => text) };
    const response = await ports.ask({ path, method: 'POST', body, headers: REPORTS_USE, signal });
    const parsed = parseStrictJson(textOf(await readBytes(response, { most: MOST_BYTES, path, signal }), path));
    const value = parsed.ok ? parsed.value : null;
    const results = isOne ? [value] : isObject(value) && Array.isArray(value.results) ? value.results : [];
    const callers = results.map((result, index) => {
      const caller = callerOfIntrospection(result, ports.issuer);
      return caller === null || caller === 'inactive' || isCallerOf(batch[index]?.text ?? '', caller) ? caller : null;
    });
    if (callers.length !== batch.length || callers.includes(null)) throw new IssuerFault(`${path}: an answer that is none.`, 200);
    const position = parsePosition(response.headers.get(FEED_POSITION_HEADER) ?? '');
    return { callers: callers.map((caller) => (caller === 'inactive' ? null : caller)), position, atMs };
  }

  function keep(name: string, answer: Answer): void {
    answers.set(name, answer);
    if (answer.caller === null) return;
    for (const subject of subjectsOf(answer.caller)) {
      const names = namesOf.get(subject);
      if (names === undefined) namesOf.set(subject, new Set([name]));
      else names.add(name);
    }
    if (namesOf.size > 4 * MOST_ANSWERS) forgetAll();
  }

  function forgetAll(): void {
    era += 1;
    answers.clear();
    namesOf.clear();
  }

  return {
    judge,
    forget: ({ kind, id }) => {
      const subject = `${kind}:${id}`;
      for (const name of namesOf.get(subject) ?? []) answers.delete(name);
      namesOf.delete(subject);
    },
    forgetAll,
    get questions() {
      return questions;
    },
  };
}

/** How many of the first may travel together; one at least. */
function fitting(queue: readonly Asked[]): number {
  let characters = 0;
  for (let count = 0; count < Math.min(queue.length, MOST_AT_ONCE); count++) {
    characters += queue[count]?.text.length ?? 0;
    if (count > 0 && characters > MOST_CHARACTERS_AT_ONCE) return count;
  }
  return Math.min(queue.length, MOST_AT_ONCE);
}

/** At once on Node; later where only WebCrypto is. */
const digestOf: (text: string) => string | Promise<string> = sha256;

const INACTIVE: Introspected = Object.freeze({ ok: false, reason: 'inactive' });
const AWAY: Introspected = Object.freeze({ ok: false, reason: 'away' });

/** Everything whose end is the end of this caller, as the feed names it. */
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

/** A server that says nothing of its position, or is of another epoch, is taken to be behind. */
const isOlderThan = (answered: FeedPosition | null, heard: FeedPosition | null): boolean =>
  heard !== null && (answered === null || answered.epoch !== heard.epoch || answered.position < heard.position);
