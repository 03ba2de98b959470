/**
 * The last changes of the feed, in memory and without a gap: readers that follow are a second behind, and thousands of them must
 * not ask the database for it.
 */
import { FEED_KINDS, FEED_MAX_REVOCATIONS, type FeedRevocation, JTI_NAME_LENGTH } from '@keyhouse/protocol';
import type { Change } from './change.ts';
import type { ReadStretch } from './follower.ts';

/** A few megabytes; an hour of a server on which three credentials a second are revoked. */
const KEPT = 10_000;

/** What happened after a position, up to another; there may be more after it. */
export interface Step {
  readonly position: number;
  readonly revocations: readonly FeedRevocation[];
}

export class RecentChanges {
  #changes: Change[] = [];
  /** All changes after this position are here. */
  #from = 0;
  #position = 0;

  startAt(position: number): void {
    this.#changes = [];
    this.#from = position;
    this.#position = position;
  }

  add({ position, changes }: ReadStretch): void {
    this.#changes.push(...changes.filter(({ kind }) => isOfFeed(kind)));
    this.#position = position;
    if (this.#changes.length <= 2 * KEPT) return;
    const dropped = this.#changes.splice(0, this.#changes.length - KEPT);
    this.#from = dropped.at(-1)?.number ?? this.#from;
  }

  /** Null: that is too long ago. */
  stepFrom(after: number): Step | null {
    return after < this.#from ? null : stepOf(this.#changes.slice(this.#firstAfter(after)), this.#position);
  }

  #firstAfter(after: number): number {
    let [low, high] = [0, this.#changes.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#changes[middle]?.number ?? 0) <= after) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** At most what one message holds. `position` is the end of the list; if there is more than fits, the step ends before it. */
export function stepOf(changes: readonly Change[], position: number): Step {
  const told = changes.slice(0, FEED_MAX_REVOCATIONS);
  const end = told.length < changes.length ? (told.at(-1)?.number ?? position) : position;
  return { position: end, revocations: told.filter(({ kind }) => isOfFeed(kind)).map(toRevocation) };
}

const isOfFeed = (kind: string): boolean => (FEED_KINDS as readonly string[]).includes(kind);

const toRevocation = ({ kind, id, beforeMs, endsAtMs }: Change): FeedRevocation => ({
  kind: kind as FeedRevocation['kind'],
  id: kind === 'jti' ? id.slice(0, JTI_NAME_LENGTH) : id,
  beforeMs,
  endsAtMs,
});
