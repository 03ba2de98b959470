/**
 * Last use and request counts, added up in memory and written in batches: no write on the way of a request. A server that is
 * killed loses at most the last seconds of counts, never a request.
 */
import { DAY_MS } from '../lib/clock.ts';
import type { CredentialsStore, UseDelta } from './credential.ts';
import type { From } from './verify.ts';

/** The largest batch of one act; a writer must not be held up for long. */
const MAX_BATCH = 500;
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
  #flushing: Map<number, Sum> = new Map();

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

  /** Writes what has added up. What could not be written is kept for the next time. */
  async flush(credentials: Pick<CredentialsStore, 'recordUse'>): Promise<void> {
    if (this.#flushing.size > 0 || this.#sums.size === 0) return;
    this.#flushing = this.#sums;
    this.#sums = new Map();
    const uses = [...this.#flushing].map(([credentialId, sum]) => toDelta(credentialId, sum));
    try {
      for (let start = 0; start < uses.length; start += MAX_BATCH) {
        const batch = uses.slice(start, start + MAX_BATCH);
        await credentials.recordUse({ uses: batch });
        for (const { credentialId } of batch) this.#flushing.delete(credentialId);
      }
    } finally {
      for (const [credentialId, sum] of this.#flushing) this.#addBack(credentialId, sum);
      this.#flushing = new Map();
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
