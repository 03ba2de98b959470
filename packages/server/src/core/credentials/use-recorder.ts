/**
 * Last use and request counts, added up in memory and written in batches: no write on the way of a request. A server that is
 * killed loses at most the last seconds of counts, never a request.
 */
import { DAY_MS } from '../lib/clock.ts';
import type { CredentialsStore, UseDelta } from './credential.ts';
import type { From } from './from.ts';

/** Rows of one act; four acts share a commit, which is as long as the writer may be held up. */
const ROWS_OF_AN_ACT = 500;
const ACTS_AT_ONCE = 4;
/** Under load flushes become rarer and larger, so that they take about a tenth of the writer's time … */
const PAUSE_PER_FLUSH = 9;
/** … but memory is bounded: about 30 MB, then it is written whatever it costs. */
const MOST_SUMS = 200_000;
/** User agents are shown to people; what is longer is noise. */
const MAX_USER_AGENT = 200;

interface Sum {
  requests: number;
  previousRequests: number;
  lastUsedAtMs: number;
  lastAddress: string | null;
  lastUserAgent: string | null;
  previousLastUsedAtMs: number | null;
}

export class UseRecorder {
  #sums = new Map<number, Sum>();
  #flushing = new Map<number, Sum>();
  #restUntilMs = 0;

  record(credentialId: number, withPreviousSecret: boolean, { address, userAgent }: From, nowMs: number): void {
    let sum = this.#sums.get(credentialId);
    if (sum === undefined) {
      sum = {
        requests: 0,
        previousRequests: 0,
        lastUsedAtMs: 0,
        lastAddress: null,
        lastUserAgent: null,
        previousLastUsedAtMs: null,
      };
      this.#sums.set(credentialId, sum);
    }
    sum.lastUsedAtMs = nowMs;
    sum.lastAddress = address;
    sum.lastUserAgent = userAgent;
    if (withPreviousSecret) {
      sum.previousRequests += 1;
      sum.previousLastUsedAtMs = nowMs;
    } else {
      sum.requests += 1;
    }
  }

  /** The last use that is not written yet. */
  lastUsedAtMs(credentialId: number): number | null {
    return this.#sums.get(credentialId)?.lastUsedAtMs ?? this.#flushing.get(credentialId)?.lastUsedAtMs ?? null;
  }

  /** Writes what has added up, unless the last flush was long and not long ago. What cannot be written is kept. */
  async flush(
    credentials: Pick<CredentialsStore, 'recordUse'>,
    { monotonicMs, end = false }: { monotonicMs: () => number; end?: boolean },
  ): Promise<void> {
    if (this.#flushing.size > 0 || this.#sums.size === 0) return;
    const startedAtMs = monotonicMs();
    if (startedAtMs < this.#restUntilMs && this.#sums.size < MOST_SUMS && !end) return;
    this.#flushing = this.#sums;
    this.#sums = new Map();
    try {
      await this.#write(credentials);
    } finally {
      for (const [credentialId, sum] of this.#flushing) this.#addBack(credentialId, sum);
      this.#flushing = new Map();
      const endedAtMs = monotonicMs();
      this.#restUntilMs = endedAtMs + (endedAtMs - startedAtMs) * PAUSE_PER_FLUSH;
    }
  }

  /** In the order of the table, so that neighbours meet on one page. */
  async #write(credentials: Pick<CredentialsStore, 'recordUse'>): Promise<void> {
    const ids = Float64Array.from(this.#flushing.keys()).sort();
    for (let start = 0; start < ids.length; ) {
      const acts: Promise<void>[] = [];
      const first = start;
      for (; acts.length < ACTS_AT_ONCE && start < ids.length; start += ROWS_OF_AN_ACT) {
        const uses = [...ids.subarray(start, start + ROWS_OF_AN_ACT)].flatMap((id) => {
          const sum = this.#flushing.get(id);
          return sum === undefined ? [] : [toDelta(id, sum)];
        });
        acts.push(credentials.recordUse({ uses }));
      }
      const results = await Promise.allSettled(acts);
      for (const [index, result] of results.entries()) {
        if (result.status === 'rejected') throw result.reason;
        const from = first + index * ROWS_OF_AN_ACT;
        for (const id of ids.subarray(from, from + ROWS_OF_AN_ACT)) this.#flushing.delete(id);
      }
    }
  }

  #addBack(credentialId: number, old: Sum): void {
    const newer = this.#sums.get(credentialId);
    if (newer === undefined) {
      this.#sums.set(credentialId, old);
      return;
    }
    newer.requests += old.requests;
    newer.previousRequests += old.previousRequests;
    newer.previousLastUsedAtMs ??= old.previousLastUsedAtMs;
  }
}

const toDelta = (credentialId: number, sum: Sum): UseDelta => ({
  credentialId,
  ...sum,
  lastUserAgent: sum.lastUserAgent === null ? null : storableText(sum.lastUserAgent),
  day: Math.floor(sum.lastUsedAtMs / DAY_MS),
});

/** Header bytes come as Latin-1; control characters among them have no place in a page or a terminal. */
const storableText = (text: string): string => text.slice(0, MAX_USER_AGENT).replace(/[^\x20-\x7e\xa0-\xff]/g, '?');
