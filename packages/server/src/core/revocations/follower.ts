/**
 * Follows the list of changes, so that this server knows at once what any other process did: another server, or the command line.
 * It reports to its listeners in order. When it could not read for too long, nothing that was learnt from the list may be
 * trusted: `whenFresh` then reads first, and fails if it cannot, without waiting for a read that hangs.
 *
 * What this process does itself is applied right after its commit, which may be before what another server committed earlier. So
 * there are two ways to listen: changes as they become known, and what was read of the list up to a position, without a gap.
 */

import { isSuspensionKind, KEPT_AFTER_END_MS, RevocationList } from '@keyhouse/protocol';
import type { Clock } from '../lib/clock.ts';
import { pause } from '../lib/pause.ts';
import { StoreUnavailable } from '../unavailable.ts';
import type { Change, ChangesPage, ChangesStore, ListPlace, WentBack } from './change.ts';

/** The contract promises a revocation everywhere within two seconds; this leaves room for the poll itself. */
export const TRUST_FOR_MS = 1500;
/** A read that takes longer counts as hanging: no further request waits for it. */
const POLL_WITHIN_MS = 1000;
/** How many may wait for a read. They are released together, so this bounds what one hanging read can hold. */
const MAX_WAITING = 1000;
const PAGE = 1000;
/** How often one read may start over; the next read continues from there. */
const MAX_ANEW = 3;
/** At start there may be a million; while a page is processed nothing else is done. */
const ACTIVE_PAGE = 2000;
/**
 * A wall clock that is set back by more than this was wrong before. What has expired since is still known everywhere, because it
 * is kept for an hour.
 */
const SET_BACK_MS = KEPT_AFTER_END_MS / 2;
/** If it is set back by less than this, the moment of the last reading stays as it is; readers of the feed tolerate that much. */
const STANDS_STILL_MS = 30_000;
/** Changes that have expired are deleted after a day; a server that slept for more than half of it starts over. */
const START_ANEW_AFTER_MS = 12 * 60 * 60 * 1000;

export interface FollowerPorts {
  readonly changes: ChangesStore;
  readonly clock: Clock;
  /** Milliseconds that only go forward. */
  readonly monotonicMs: () => number;
  readonly onError: (error: unknown) => void;
  /**
   * The list got another epoch: the database was set back to before `position`, which had been read, or the wall clock to before
   * that reading.
   */
  readonly onWentBack: (what: WentBack, position: number) => void;
}

export interface ChangeListener {
  onChange(change: Change): void;
  /** Everything learnt so far may be out of date. */
  onReset(): void;
}

/**
 * Everything in the list between two positions, in order. It includes this process's own changes, though their listeners know
 * them already.
 */
export interface ReadStretch {
  readonly after: number;
  readonly position: number;
  readonly changes: readonly Change[];
}

export interface ReadListener {
  onRead(stretch: ReadStretch): void;
  /** The list was read from the beginning; changes before its position were not reported. */
  onAnew(position: number): void;
}

const NOWHERE: ListPlace = { epoch: '', change: { number: 0, mark: null }, event: { number: 0, mark: null } };

export class ChangeFollower {
  readonly revocations: RevocationList;
  /** Grows with every change that becomes known, own ones included: a cache fill that began at another value is not kept. */
  heard = 0;

  readonly #ports: FollowerPorts;
  readonly #listeners: ChangeListener[] = [];
  readonly #readers: ReadListener[] = [];
  /** How far it was read; the next read checks that its rows are still the same. */
  #place: ListPlace = NOWHERE;
  #committed = 0;
  #readAtMs = 0;
  #isStarted = false;
  #freshAtMs = Number.NEGATIVE_INFINITY;
  #polling: Promise<void> | null = null;
  #nextPoll: Promise<void> | null = null;
  #pollStartedAtMs = 0;
  /** Why the last read failed; null: it did not. */
  #failure: { readonly error: unknown } | null = null;
  #waiting = 0;
  #unread = true;
  #timer: NodeJS.Timeout | null = null;
  #stopHints = () => {};

  constructor(ports: FollowerPorts) {
    this.#ports = ports;
    this.revocations = new RevocationList();
    ports.changes.onCommitted((changes) => {
      this.#apply(changes);
      this.#committed = Math.max(this.#committed, changes.at(-1)?.number ?? 0);
      // Not awaited: readers of the feed should not have to wait for the next poll.
      if (this.#isStarted) void this.poll().catch(this.#ports.onError);
    });
  }

  listen(listener: ChangeListener): void {
    this.#listeners.push(listener);
  }

  listenToReads(reader: ReadListener): void {
    this.#readers.push(reader);
  }

  /** Loads what is revoked and reads every `everyMs` from then on. */
  async start(everyMs: number): Promise<void> {
    await this.poll();
    this.#isStarted = true;
    this.#stopHints = this.#ports.changes.onHint(() => void this.poll().catch(this.#ports.onError));
    this.#timer = setInterval(() => {
      if (this.#polling === null) void this.poll().catch(this.#ports.onError);
    }, everyMs);
    this.#timer.unref();
  }

  stop(): void {
    this.#isStarted = false;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#stopHints();
  }

  /** Milliseconds since the list was last known to be read to its end. */
  get lagMs(): number {
    return this.#ports.monotonicMs() - this.#freshAtMs;
  }

  get epoch(): string {
    return this.#place.epoch;
  }

  /** How far the list has been read. */
  get position(): number {
    return this.#place.change.number;
  }

  /** What this process did itself is not yet part of what was read. */
  get isBehindItself(): boolean {
    return this.#committed > this.position;
  }

  /**
   * When the list was last known to be read to its end, by the wall clock; small corrections of the clock do not move it back.
   */
  get readAtMs(): number {
    return this.#readAtMs;
  }

  get isFresh(): boolean {
    return this.lagMs <= TRUST_FOR_MS;
  }

  /**
   * Undefined if what was read can be trusted now; otherwise a promise that reads first, and rejects if it cannot. It rejects at
   * once if the last read failed or the running one hangs: polling continues, one read at a time, and no request waits for it.
   */
  whenFresh(): Promise<void> | undefined {
    if (this.isFresh) return undefined;
    if (this.#isStarted && this.#failure !== null) return Promise.reject(this.#failure.error);
    const isLate = this.#polling !== null && this.#ports.monotonicMs() - this.#pollStartedAtMs > POLL_WITHIN_MS;
    if (this.#isStarted && (isLate || this.#waiting >= MAX_WAITING))
      return Promise.reject(new StoreUnavailable('The list of changes was not read in time.'));
    return this.#waitForPoll();
  }

  async #waitForPoll(): Promise<void> {
    this.#waiting += 1;
    try {
      // A read that is running is enough, unless it takes too long itself.
      if (this.#polling !== null) await this.#polling;
      if (!this.isFresh) await this.poll();
    } finally {
      this.#waiting -= 1;
    }
  }

  /** Reads the list to its end. A call during a running read waits for the next one, which all such calls share. */
  poll(): Promise<void> {
    if (this.#polling === null) {
      this.#pollStartedAtMs = this.#ports.monotonicMs();
      this.#polling = this.#poll().then(
        () => {
          this.#polling = null;
          this.#failure = null;
        },
        (error: unknown) => {
          this.#polling = null;
          this.#failure = { error };
          throw error;
        },
      );
      return this.#polling;
    }
    this.#nextPoll ??= this.#polling
      .catch(() => {})
      .then(() => {
        this.#nextPoll = null;
        return this.poll();
      });
    return this.#nextPoll;
  }

  async #poll(): Promise<void> {
    const startedAtMs = this.#ports.monotonicMs();
    const wallMs = this.#ports.clock.now();
    if (startedAtMs - this.#freshAtMs > START_ANEW_AFTER_MS) await this.#startAnew();
    // What was read by the wrong clock lacks entries that had expired by that clock, here and at every guard.
    else if (this.#readAtMs - wallMs > SET_BACK_MS) await this.renewEpoch('clock');
    // The hint is used up by asking, so a read that fails must be repeated whatever the hint says next.
    if (this.#ports.changes.mayHaveMoved()) this.#unread = true;
    for (let anew = 0; this.#unread; ) {
      const page = await this.#ports.changes.pageAfter(this.#place, PAGE);
      const isContinued = await this.#isContinued(page);
      if (isContinued) {
        this.#apply(page.changes);
        this.#moveTo(page);
      } else if (++anew > MAX_ANEW) throw new StoreUnavailable('The list of changes is different each time that it is read.');
      else await this.#startAnew();
      this.#unread = !isContinued || page.changes.length === PAGE;
      if (this.#unread) await pause();
    }
    this.#freshAtMs = startedAtMs;
    if (wallMs > this.#readAtMs || this.#readAtMs - wallMs > STANDS_STILL_MS) this.#readAtMs = wallMs;
  }

  /**
   * Whether what was found continues what was read. If the database was set back to before that (a fail-over to a standby that
   * lagged, a restored backup or snapshot), the list gets another epoch: then every server and every guard starts over, including
   * those that could not notice because the new list is longer than what they had read.
   */
  async #isContinued({ end, start }: ChangesPage): Promise<boolean> {
    const { epoch, change, event } = this.#place;
    if (end.epoch !== epoch) return false;
    const wentBack =
      end.change.number < change.number ||
      start.event.mark !== event.mark ||
      // A change is deleted a day after it was created at the earliest.
      (start.change.mark !== null && start.change.mark !== change.mark);
    if (wentBack) await this.renewEpoch('database');
    return !wentBack && start.change.mark === change.mark;
  }

  /**
   * Makes every server and guard start over, because the database or the wall clock was set back; once, even if many servers
   * notice it.
   */
  async renewEpoch(wentBack: WentBack): Promise<void> {
    await this.#ports.changes.renewEpoch({ from: this.epoch, wentBack });
    this.#ports.onWentBack(wentBack, this.position);
    this.#unread = true;
  }

  #moveTo({ end, changes, last }: ChangesPage): void {
    const after = this.position;
    this.#place = { epoch: end.epoch, event: end.event, change: last ?? this.#place.change };
    if (last === null) return;
    for (const reader of this.#readers) reader.onRead({ after, position: last.number, changes });
  }

  async #startAnew(): Promise<void> {
    const { changes } = this.#ports;
    // The clock may be ahead and be corrected later.
    const nowMs = this.#ports.clock.now() - KEPT_AFTER_END_MS;
    // The position first: what is committed in between is then seen twice, never missed.
    const place = await changes.place();
    // Positions of another list say nothing about this one.
    if (place.epoch !== this.epoch) this.revocations.startOver();
    const first = await changes.activeRevocations(nowMs, { after: 0, limit: ACTIVE_PAGE });
    const suspensions: Change[] = [];
    for (let page = first; ; page = await changes.activeRevocations(nowMs, { after: page.next, limit: ACTIVE_PAGE })) {
      for (const change of page.revocations) {
        if (isSuspensionKind(change.kind)) suspensions.push(change);
        else this.revocations.add(change, change.number);
      }
      if (page.next === null) break;
      await pause();
    }
    // Replaced as a whole, because a suspension that was lifted in between is not among them.
    const position = place.change.number;
    this.revocations.replaceSuspensions(suspensions, position);
    this.#place = place;
    // What this process did and the database has lost will never be read.
    this.#committed = Math.min(this.#committed, position);
    this.heard += 1;
    for (const listener of this.#listeners) listener.onReset();
    for (const reader of this.#readers) reader.onAnew(position);
  }

  #apply(changes: readonly Change[]): void {
    this.heard += changes.length;
    for (const change of changes) {
      this.revocations.add(change, change.number);
      for (const listener of this.#listeners) listener.onChange(change);
    }
  }
}
