/**
 * Which permissions requests used, counted in memory like the use of credentials and written in the same batches [A10, B10].
 * During a request it costs two look-ups and an addition: the counters stay from one flush to the next.
 */

import type { PermissionUse } from '../credentials/credential.ts';
import { DAY_MS } from '../lib/clock.ts';

/** Recorded for a use whose permission is not known: introspection that did not name one. */
export const UNTOLD_PERMISSION = '';

/**
 * Where every well-formed permission exists, the caller chooses the names; more than this of one credential is noise, not use.
 */
const MAX_OF_ONE = 200;
/** About 30 MB. Then counters that do not change are dropped; while there is none, new names are not counted. */
const MAX_COUNTERS = 200_000;

interface Counter {
  readonly credentialId: number;
  readonly permission: string;
  requests: number;
  lastUsedAtMs: number;
}

interface OfOne {
  /** A list, because nearly every credential uses few, and a map takes four times the memory of one counter. */
  readonly counters: Counter[];
  /** The names of a day start empty: what was noise yesterday may be use today. */
  day: number;
}

/** What was taken to be written. */
export interface Taken {
  readonly counter: Counter;
  readonly use: PermissionUse;
}

export class PermissionUseRecorder {
  readonly #credentials = new Map<number, OfOne>();
  #size = 0;
  #dirty: Counter[] = [];

  record(credentialId: number, permission: string, nowMs: number, requests = 1): void {
    const counter = this.#find(credentialId, permission) ?? this.#add(credentialId, permission, nowMs);
    if (counter === null) return;
    // What guards report comes late.
    if (nowMs > counter.lastUsedAtMs) counter.lastUsedAtMs = nowMs;
    if (counter.requests === 0) this.#dirty.push(counter);
    counter.requests += requests;
  }

  get waiting(): number {
    return this.#dirty.length;
  }

  /** All counts, in the order of the table; the counters start again. What cannot be written is given back. */
  take(): Taken[] {
    const dirty = this.#dirty;
    this.#dirty = [];
    const taken = dirty.map((counter) => ({ counter, use: toUse(counter) }));
    for (const counter of dirty) counter.requests = 0;
    return taken.sort((a, b) => a.use.credentialId - b.use.credentialId || (a.use.permission < b.use.permission ? -1 : 1));
  }

  giveBack(taken: readonly Taken[]): void {
    for (const { counter: old, use } of taken) {
      const counter = this.#find(old.credentialId, old.permission) ?? this.#keep(old);
      if (counter.requests === 0) this.#dirty.push(counter);
      counter.requests += use.requests;
    }
  }

  #find(credentialId: number, permission: string): Counter | undefined {
    return this.#credentials.get(credentialId)?.counters.find((counter) => counter.permission === permission);
  }

  #add(credentialId: number, permission: string, nowMs: number): Counter | null {
    if (this.#size >= MAX_COUNTERS && !this.#dropResting()) return null;
    const ofOne = this.#credentials.get(credentialId);
    const isFull = ofOne !== undefined && ofOne.counters.length >= MAX_OF_ONE;
    if (isFull && ofOne.day !== Math.floor(nowMs / DAY_MS)) this.#forget(ofOne);
    if (isFull && ofOne.counters.length >= MAX_OF_ONE) return null;
    return this.#keep({ credentialId, permission, requests: 0, lastUsedAtMs: nowMs });
  }

  /** One counter for one name: two in a flush would be two rows with the same key. */
  #keep(counter: Counter): Counter {
    const day = Math.floor(counter.lastUsedAtMs / DAY_MS);
    const ofOne = this.#credentials.get(counter.credentialId) ?? { counters: [], day };
    this.#credentials.set(counter.credentialId, ofOne);
    ofOne.day = day;
    ofOne.counters.push(counter);
    this.#size += 1;
    return counter;
  }

  /** Only what is written already: no later request would find a counter that was dropped with counts in it. */
  #forget({ counters }: OfOne): void {
    const counted = counters.filter(({ requests }) => requests > 0);
    this.#size -= counters.length - counted.length;
    counters.splice(0, counters.length, ...counted);
  }

  #dropResting(): boolean {
    for (const [credentialId, ofOne] of this.#credentials) {
      this.#forget(ofOne);
      if (ofOne.counters.length === 0) this.#credentials.delete(credentialId);
    }
    return this.#size < MAX_COUNTERS;
  }
}

const toUse = ({ credentialId, permission, requests, lastUsedAtMs }: Counter): PermissionUse => ({
  credentialId,
  permission,
  day: Math.floor(lastUsedAtMs / DAY_MS),
  requests,
  lastUsedAtMs,
});
