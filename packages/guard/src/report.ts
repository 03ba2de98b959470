/**
 * Use and refusals on their way back to Keyhouse, so that *last used*, the plots and *granted permissions* are right for JWTs
 * that no server ever saw. Added up in memory, sent in small batches every few seconds, one at a time. A batch that is lost loses
 * counts, never a request; one that certainly was not processed is added back.
 */
import type { Ask } from './ask.ts';
import { IssuerFault } from './ask.ts';
import type { Caller } from './caller.ts';
import type { RefusalNote, Reporter, RequestSource } from './reporting.ts';

interface Ports {
  readonly ask: Ask;
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
  readonly onFault: (error: unknown) => void;
  readonly mode: 'stream' | 'poll';
}

interface Sum {
  readonly caller: Caller;
  readonly permissions: readonly string[];
  count: number;
  lastUsedAtMs: number;
  address: string | null;
  userAgent: string | null;
}

interface Batch {
  readonly uses: readonly Sum[];
  readonly refusals: readonly RefusalNote[];
  /** How many more there were, by reason. */
  readonly counts: ReadonlyMap<string, number>;
}

const NO_COUNTS: ReadonlyMap<string, number> = new Map();

const PATH = '/auth/usage';
const FLUSH_EVERY_MS = 5000;
const WAIT_MS = 3000;
const MAX_USES = 1000;
const MAX_REFUSALS = 100;
/** About 20 MB. */
const MAX_SUMS = 50_000;
const MAX_WAITING_REFUSALS = 1000;
/** Reasons are a closed list; should one ever be built from input, memory is still bounded. */
const MAX_REASONS = 50;
/** As the server itself keeps it. */
const REFUSALS_OF_ONE_A_MINUTE = 10;
/** Between two batches; both together fill one. Strangers must not crowd out known callers. */
const REFUSALS_A_BATCH = 75;
const REFUSALS_OF_STRANGERS_A_BATCH = 25;
const MINUTE_MS = 60_000;

export class UsageReporter implements Reporter {
  readonly #ports: Ports;
  #sums = new Map<string, Sum>();
  // The counters of a caller, found without building a text: callers exist as long as what is remembered of them.
  #countersOf = new WeakMap<Caller, Map<string, Sum>>();
  #refusals: RefusalNote[] = [];
  #counts = new Map<string, number>();
  #flushing: Promise<void> | null = null;
  #flushedAtMs: number;
  readonly #admitKnown: (subject: string) => boolean;
  readonly #admitStranger: (subject: string) => boolean;
  readonly #told = { reported_uses_total: 0, dropped_uses_total: 0, reported_refusals_total: 0, dropped_refusals_total: 0 };
  readonly #timer: NodeJS.Timeout | null;

  constructor(ports: Ports) {
    this.#ports = ports;
    this.#flushedAtMs = this.#ports.monotonicMs();
    this.#admitKnown = createGate(this.#ports.monotonicMs, REFUSALS_A_BATCH);
    this.#admitStranger = createGate(this.#ports.monotonicMs, REFUSALS_OF_STRANGERS_A_BATCH);
    this.#timer = this.#ports.mode === 'stream' ? setInterval(() => void this.flush(), FLUSH_EVERY_MS) : null;
    if (typeof this.#timer === 'object' && this.#timer !== null && 'unref' in this.#timer) this.#timer.unref();
  }

  readonly record = (caller: Caller, permissions: readonly string[], from: RequestSource): void => {
    const sum = this.#countersOf.get(caller)?.get(nameOf(permissions)) ?? this.#newSum(caller, permissions, from);
    if (sum === null) {
      this.#told.dropped_uses_total += 1;
      return;
    }
    sum.count += 1;
    sum.lastUsedAtMs = from.atMs;
    sum.address = from.address;
    sum.userAgent = from.userAgent;
    this.#flushOnTheWay();
  };

  readonly refuse = (note: RefusalNote): void => {
    if (this.#refusals.length < MAX_WAITING_REFUSALS && this.#isAdmitted(note)) this.#refusals.push(note);
    else this.#countRefusals(note.reason, 1);
    this.#flushOnTheWay();
  };

  readonly flush = (): Promise<void> => {
    this.#flushing ??= this.#sendAll().finally(() => {
      this.#flushing = null;
      this.#flushedAtMs = this.#ports.monotonicMs();
    });
    return this.#flushing;
  };

  readonly close: Reporter['close'] = async () => {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#flushing;
    await this.flush();
  };

  readonly metrics: Reporter['metrics'] = () => this.#told;

  #newSum(caller: Caller, permissions: readonly string[], { atMs, address, userAgent }: RequestSource): Sum | null {
    const needed = nameOf(permissions);
    const name = `${subjectName(caller)} ${needed}`;
    let sum = this.#sums.get(name);
    if (sum === undefined) {
      if (this.#sums.size >= MAX_SUMS) return null;
      sum = { caller, permissions, count: 0, lastUsedAtMs: atMs, address, userAgent };
      this.#sums.set(name, sum);
    }
    const counters = this.#countersOf.get(caller);
    if (counters === undefined) this.#countersOf.set(caller, new Map([[needed, sum]]));
    else counters.set(needed, sum);
    return sum;
  }

  #isAdmitted({ caller, presented, reason }: RefusalNote): boolean {
    if (caller !== null) return this.#admitKnown(subjectName(caller));
    return this.#admitStranger(presented === null ? reason : presented.sha256);
  }

  /** Beyond the rate a refusal is only counted, and cannot be looked up by its ID. */
  #countRefusals(reason: string, count: number): void {
    const before = this.#counts.get(reason);
    if (before === undefined && this.#counts.size >= MAX_REASONS) this.#told.dropped_refusals_total += count;
    else this.#counts.set(reason, (before ?? 0) + count);
  }

  /** In workers no timer runs between two requests. */
  #flushOnTheWay(): void {
    if (this.#ports.mode === 'poll' && this.#flushing === null && this.#ports.monotonicMs() - this.#flushedAtMs > FLUSH_EVERY_MS)
      void this.flush();
  }

  async #sendAll(): Promise<void> {
    const uses = [...this.#sums.values()].filter(({ count }) => count > 0);
    const notes = this.#refusals;
    const counted = this.#counts;
    this.#counts = new Map();
    this.#sums = new Map();
    this.#countersOf = new WeakMap();
    this.#refusals = [];
    const batches = Math.ceil(Math.max(uses.length / MAX_USES, notes.length / MAX_REFUSALS, counted.size === 0 ? 0 : 1));
    for (let index = 0; index < batches; index++) {
      const batch = {
        uses: uses.slice(index * MAX_USES, (index + 1) * MAX_USES),
        refusals: notes.slice(index * MAX_REFUSALS, (index + 1) * MAX_REFUSALS),
        counts: index === 0 ? counted : NO_COUNTS,
      };
      if (!(await this.#sendOne(batch))) {
        const [usesLeft, notesLeft] = [uses.slice((index + 1) * MAX_USES), notes.slice((index + 1) * MAX_REFUSALS)];
        this.#addBack({ uses: usesLeft, refusals: notesLeft, counts: NO_COUNTS });
        return;
      }
    }
  }

  /** False: no report can be sent now. */
  async #sendOne(batch: Batch): Promise<boolean> {
    try {
      const response = await this.#ports.ask({
        path: PATH,
        method: 'POST',
        body: this.#onWire(batch),
        signal: AbortSignal.timeout(WAIT_MS),
      });
      await response.body?.cancel();
    } catch (error) {
      this.#ports.onFault(error);
      const isTaken = !(error instanceof IssuerFault) || !wasSurelyNotTaken(error);
      if (isTaken) this.#drop(batch);
      else this.#addBack(batch);
      return false;
    }
    this.#told.reported_uses_total += batch.uses.reduce((sum, { count }) => sum + count, 0);
    this.#told.reported_refusals_total += batch.refusals.length + sumOf(batch.counts.values());
    return true;
  }

  #addBack({ uses, refusals: notes, counts: counted }: Batch): void {
    for (const [reason, count] of counted) this.#countRefusals(reason, count);
    for (const use of uses) {
      const newer = this.#newSum(use.caller, use.permissions, { ...use, atMs: use.lastUsedAtMs });
      if (newer === null) this.#told.dropped_uses_total += use.count;
      else newer.count += use.count;
    }
    const waiting = [...notes, ...this.#refusals];
    this.#refusals = waiting.slice(0, MAX_WAITING_REFUSALS);
    for (const { reason } of waiting.slice(MAX_WAITING_REFUSALS)) this.#countRefusals(reason, 1);
  }

  #drop({ uses, refusals: notes, counts: counted }: Batch): void {
    this.#told.dropped_uses_total += uses.reduce((sum, { count }) => sum + count, 0);
    this.#told.dropped_refusals_total += notes.length + sumOf(counted.values());
  }

  #onWire({ uses, refusals: notes, counts: counted }: Batch) {
    return {
      batch: crypto.randomUUID(),
      uses: uses.map(({ caller, permissions, count, lastUsedAtMs, address, userAgent }) => ({
        ...{
          subject: subjectOf(caller),
          permissions,
          status: 200,
          count,
          last_used_at: timeOf(Math.min(lastUsedAtMs, this.#ports.nowMs())),
        },
        ...{ address, user_agent: cut(userAgent, 200) },
      })),
      refusals: notes.map((note) => ({
        ...{ request_id: note.requestId, at: timeOf(note.atMs), status: note.status, reason: note.reason },
        ...{
          subject: note.caller === null ? null : subjectOf(note.caller),
          ...(note.presented === null ? {} : { presented: note.presented }),
          method: cut(note.method, 20),
          path: cut(note.path, 500),
        },
        ...{ wanted: note.wanted.slice(0, 10), held: note.caller?.permissions?.slice(0, 100) ?? null },
        expires_at: note.caller?.expiresAtMs == null ? null : timeOf(note.caller.expiresAtMs),
        ...{ address: note.address, user_agent: cut(note.userAgent, 200) },
      })),
      counts: [...counted].map(([reason, count]) => ({ reason, count })),
    };
  }
}

/** It was never sent, or Keyhouse said that it did not process it. */
const wasSurelyNotTaken = ({ status, message }: IssuerFault): boolean =>
  status === 429 || status === 503 || (status === null && message.includes('ECONNREFUSED'));

function subjectOf({ kind, credentialId, jti, clientId, sessionId, userId, accountId }: Caller) {
  return {
    ...{ kind, account: accountId },
    ...(credentialId === null ? {} : { credential: credentialId }),
    ...(kind === 'jwt' && jti !== null ? { jti } : {}),
    ...(clientId === null ? {} : { client_id: clientId }),
    ...(sessionId === null ? {} : { sid: sessionId }),
    ...(userId === null ? {} : { user: userId }),
  };
}

/** JWTs of one key count for that key: they come and go, and the key stays. */
const subjectName = ({ kind, credentialId, clientId, sessionId }: Caller): string =>
  `${kind} ${credentialId ?? ''} ${clientId ?? ''} ${sessionId ?? ''}`;

/** As one text, without building one if there is one already. */
const nameOf = (permissions: readonly string[]): string =>
  permissions.length === 1 ? (permissions[0] ?? '') : permissions.join(' ');

const sumOf = (numbers: Iterable<number>): number => [...numbers].reduce((sum, number) => sum + number, 0);
const timeOf = (ms: number): string => new Date(ms).toISOString();
const cut = <Text extends string | null>(text: Text, maxLength: number): Text =>
  (text === null ? text : text.slice(0, maxLength)) as Text;

/** This many refusals of one credential a minute, and this many of all between two batches. */
function createGate(monotonicMs: () => number, aBatch: number): (subject: string) => boolean {
  let minute = -1;
  let batch = -1;
  let inBatch = 0;
  const inMinute = new Map<string, number>();
  return (subject) => {
    const nowMs = monotonicMs();
    if (minute !== Math.floor(nowMs / MINUTE_MS)) inMinute.clear();
    if (batch !== Math.floor(nowMs / FLUSH_EVERY_MS)) inBatch = 0;
    minute = Math.floor(nowMs / MINUTE_MS);
    batch = Math.floor(nowMs / FLUSH_EVERY_MS);
    const soFar = inMinute.get(subject) ?? 0;
    if (soFar >= REFUSALS_OF_ONE_A_MINUTE || inBatch >= aBatch) return false;
    inMinute.set(subject, soFar + 1);
    inBatch += 1;
    return true;
  };
}
