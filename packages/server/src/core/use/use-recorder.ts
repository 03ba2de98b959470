/**
 * Last use and request counts, added up in memory and written in batches: no write during a request. A server that is killed
 * loses at most the last seconds of counts, never a request.
 */

import type { CredentialsStore, UseDelta } from '../credentials/credential.ts';
import type { RequestSource } from '../credentials/request-source.ts';
import { DAY_MS } from '../lib/clock.ts';
import { PermissionUseRecorder, type Taken } from './permission-use.ts';

/** Rows of one act; four acts share a commit, which is as long as the writer may be held up. */
const ROWS_OF_AN_ACT = 500;
const ACTS_AT_ONCE = 4;
/** Under load flushes become rarer and larger, so that they take about a tenth of the writer's time … */
const PAUSE_PER_FLUSH = 9;
/** … but memory is bounded: at about 10 MB it is written whatever the cost. */
const MAX_SUMS = 50_000;
/** Different user agents that are kept once; a client that invents them only empties the list. */
const MAX_AGENTS = 1_000;
/** User agents are shown to people; anything longer is noise. */
const MAX_USER_AGENT = 200;

interface Sum {
  requests: number;
  previousRequests: number;
  lastUsedAtMs: number;
  lastAddress: string | null;
  lastUserAgent: string | null;
  previousLastUsedAtMs: number | null;
  previousLastAddress: string | null;
  previousLastUserAgent: string | null;
}

export class UseRecorder {
  #sums = new Map<number, Sum>();
  #flushing = new Map<number, Sum>();
  readonly #permissions = new PermissionUseRecorder();
  /** Each request brings its own copy of the same few texts. */
  readonly #agents = new Map<string, string>();
  #underWay: Promise<void> | null = null;
  #restUntilMs = 0;

  record(credentialId: number, withPreviousSecret: boolean, { address, userAgent }: RequestSource, nowMs: number): void {
    const sum = this.#sumOf(credentialId);
    sum.lastUsedAtMs = nowMs;
    sum.lastAddress = address;
    sum.lastUserAgent = this.#sameAgent(userAgent);
    if (withPreviousSecret) {
      sum.previousRequests += 1;
      sum.previousLastUsedAtMs = nowMs;
      sum.previousLastAddress = address;
      sum.previousLastUserAgent = sum.lastUserAgent;
    } else {
      sum.requests += 1;
    }
  }

  /** This many uses that were seen elsewhere, the last of them at that moment. */
  add(credentialId: number, requests: number, { address, userAgent }: RequestSource, lastUsedAtMs: number): void {
    const sum = this.#sumOf(credentialId);
    sum.requests += requests;
    if (lastUsedAtMs < sum.lastUsedAtMs) return;
    sum.lastUsedAtMs = lastUsedAtMs;
    sum.lastAddress = address;
    sum.lastUserAgent = this.#sameAgent(userAgent);
  }

  #sameAgent(userAgent: string | null): string | null {
    if (userAgent === null) return null;
    const known = this.#agents.get(userAgent);
    if (known !== undefined) return known;
    if (this.#agents.size >= MAX_AGENTS) this.#agents.clear();
    this.#agents.set(userAgent, userAgent);
    return userAgent;
  }

  #sumOf(credentialId: number): Sum {
    let sum = this.#sums.get(credentialId);
    if (sum === undefined) {
      sum = {
        requests: 0,
        previousRequests: 0,
        lastUsedAtMs: 0,
        lastAddress: null,
        lastUserAgent: null,
        previousLastUsedAtMs: null,
        previousLastAddress: null,
        previousLastUserAgent: null,
      };
      this.#sums.set(credentialId, sum);
    }
    return sum;
  }

  /** The same for a permission. */
  addPermission(credentialId: number, permission: string, requests: number, lastUsedAtMs: number): void {
    this.#permissions.record(credentialId, permission, lastUsedAtMs, requests);
  }

  /** A request asked for this permission, and was granted it. JWTs count for their key. */
  recordPermission(credentialId: number, permission: string, nowMs: number): void {
    this.#permissions.record(credentialId, permission, nowMs);
  }

  /** The last use that is not written yet. */
  lastUsedAtMs(credentialId: number): number | null {
    return this.#sums.get(credentialId)?.lastUsedAtMs ?? this.#flushing.get(credentialId)?.lastUsedAtMs ?? null;
  }

  /**
   * Writes what has added up, unless a flush is running, or the last one took long and ended a moment ago. `end`: waits for the
   * running one and writes everything. What cannot be written is kept.
   */
  async flush(
    credentials: Pick<CredentialsStore, 'recordUse'>,
    { monotonicMs, end = false }: { monotonicMs: () => number; end?: boolean },
  ): Promise<void> {
    if (end) await this.#underWay?.catch(() => {});
    if (this.#underWay !== null || (this.#sums.size === 0 && this.#permissions.waiting === 0)) return;
    const isFull = this.#sums.size >= MAX_SUMS || this.#permissions.waiting >= MAX_SUMS;
    if (monotonicMs() < this.#restUntilMs && !isFull && !end) return;
    this.#underWay = this.#writeAll(credentials, monotonicMs);
    await this.#underWay;
  }

  async #writeAll(credentials: Pick<CredentialsStore, 'recordUse'>, monotonicMs: () => number): Promise<void> {
    const startedAtMs = monotonicMs();
    this.#flushing = this.#sums;
    this.#sums = new Map();
    const permissions = new Set(this.#permissions.take());
    try {
      await this.#write(credentials, permissions);
    } finally {
      for (const [credentialId, sum] of this.#flushing) this.#addBack(credentialId, sum);
      this.#flushing = new Map();
      this.#permissions.giveBack([...permissions]);
      this.#underWay = null;
      const endedAtMs = monotonicMs();
      this.#restUntilMs = endedAtMs + (endedAtMs - startedAtMs) * PAUSE_PER_FLUSH;
    }
  }

  /**
   * In the order of the table, so that neighbours are on the same page; each act takes its share of both. What is written is
   * removed from `#flushing` and `permissions`.
   */
  async #write(credentials: Pick<CredentialsStore, 'recordUse'>, permissions: Set<Taken>): Promise<void> {
    const ids = Float64Array.from(this.#flushing.keys()).sort();
    const taken = [...permissions];
    const end = Math.max(ids.length, taken.length);
    for (let start = 0; start < end; ) {
      const shares: { ids: Float64Array; taken: readonly Taken[] }[] = [];
      for (; shares.length < ACTS_AT_ONCE && start < end; start += ROWS_OF_AN_ACT)
        shares.push({ ids: ids.subarray(start, start + ROWS_OF_AN_ACT), taken: taken.slice(start, start + ROWS_OF_AN_ACT) });
      const results = await Promise.allSettled(
        shares.map((share) =>
          credentials.recordUse({ uses: this.#usesOf(share.ids), permissions: share.taken.map(({ use }) => use) }),
        ),
      );
      // Written ones first: none of them may be written again.
      for (const [index, share] of shares.entries()) {
        if (results[index]?.status !== 'fulfilled') continue;
        for (const id of share.ids) this.#flushing.delete(id);
        for (const each of share.taken) permissions.delete(each);
      }
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    }
  }

  #usesOf(ids: Float64Array): UseDelta[] {
    return [...ids].flatMap((id) => {
      const sum = this.#flushing.get(id);
      return sum === undefined ? [] : [toDelta(id, sum)];
    });
  }

  #addBack(credentialId: number, old: Sum): void {
    const newer = this.#sums.get(credentialId);
    if (newer === undefined) {
      this.#sums.set(credentialId, old);
      return;
    }
    newer.requests += old.requests;
    newer.previousRequests += old.previousRequests;
    // What is reported late may be older than what waits.
    if (newer.lastUsedAtMs < old.lastUsedAtMs) {
      newer.lastUsedAtMs = old.lastUsedAtMs;
      newer.lastAddress = old.lastAddress;
      newer.lastUserAgent = old.lastUserAgent;
    }
    if (newer.previousLastUsedAtMs !== null) return;
    newer.previousLastUsedAtMs = old.previousLastUsedAtMs;
    newer.previousLastAddress = old.previousLastAddress;
    newer.previousLastUserAgent = old.previousLastUserAgent;
  }
}

const toDelta = (credentialId: number, sum: Sum): UseDelta => ({
  credentialId,
  ...sum,
  lastUserAgent: storableText(sum.lastUserAgent),
  previousLastUserAgent: storableText(sum.previousLastUserAgent),
  day: Math.floor(sum.lastUsedAtMs / DAY_MS),
});

/** Header bytes come as Latin-1; control characters in them must not reach a page or a terminal. */
const storableText = (text: string | null): string | null =>
  text === null ? null : text.slice(0, MAX_USER_AGENT).replace(/[^\x20-\x7e\xa0-\xff]/g, '?');
