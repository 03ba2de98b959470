/**
 * Follows the list of changes, so that this server knows at once what any other process did: another server, or the
 * command line beside this one. What it has heard it tells its listeners in order. When it has been deaf for too long,
 * nothing that was learnt from the list may be trusted: `whenFresh` then looks first, and fails when it cannot.
 */

import { RevocationList } from '@keyhouse/protocol';
import type { Clock } from '../lib/clock.ts';
import type { Change, ChangesStore } from './change.ts';

/** The contract promises a revocation everywhere within two seconds; this leaves room for the poll itself. */
export const TRUST_FOR_MS = 1500;
const PAGE = 1000;
/** Changes that are over are swept after a day; whoever slept longer than half of it starts anew. */
const START_ANEW_AFTER_MS = 12 * 60 * 60 * 1000;

export interface FollowerPorts {
  readonly changes: ChangesStore;
  readonly clock: Clock;
  /** Milliseconds that only ever go forward, whatever happens to the wall clock. */
  readonly monotonicMs: () => number;
  readonly onError: (error: unknown) => void;
}

export interface ChangeListener {
  onChange(change: Change): void;
  /** Everything learnt so far may be stale. */
  onReset(): void;
}

export class ChangeFollower {
  readonly revocations: RevocationList;
  /** Grows with every change heard, own ones included: a cache fill that began at another value is not kept. */
  heard = 0;

  readonly #ports: FollowerPorts;
  readonly #listeners: ChangeListener[] = [];
  #position = 0;
  #freshAtMs = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | null = null;
  #nextLook: Promise<void> | null = null;
  #unread = true;
  #timer: NodeJS.Timeout | null = null;
  #stopHints = () => {};

  constructor(ports: FollowerPorts) {
    this.#ports = ports;
    this.revocations = new RevocationList();
    ports.changes.onCommitted((changes) => this.#apply(changes));
  }

  listen(listener: ChangeListener): void {
    this.#listeners.push(listener);
  }

  /** Loads what is revoked and looks every `everyMs` from then on. */
  async start(everyMs: number): Promise<void> {
    await this.look();
    this.#stopHints = this.#ports.changes.onHint(() => void this.look().catch(this.#ports.onError));
    this.#timer = setInterval(() => {
      if (this.#looking === null) void this.look().catch(this.#ports.onError);
    }, everyMs);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#stopHints();
  }

  /** Milliseconds since the list was last known to be read to its end. */
  get lagMs(): number {
    return this.#ports.monotonicMs() - this.#freshAtMs;
  }

  /** Nothing when what was heard can be trusted now; otherwise a promise that looks first, and rejects when it cannot. */
  whenFresh(): Promise<void> | undefined {
    return this.lagMs <= TRUST_FOR_MS ? undefined : this.look();
  }

  /** Reads the list to its end. Whoever asks while a look is under way waits for the next one, which all of them share. */
  look(): Promise<void> {
    if (this.#looking === null) {
      this.#looking = this.#look().finally(() => {
        this.#looking = null;
      });
      return this.#looking;
    }
    this.#nextLook ??= this.#looking
      .catch(() => {})
      .then(() => {
        this.#nextLook = null;
        return this.look();
      });
    return this.#nextLook;
  }

  async #look(): Promise<void> {
    const startedAtMs = this.#ports.monotonicMs();
    if (startedAtMs - this.#freshAtMs > START_ANEW_AFTER_MS) await this.#startAnew();
    // The hint is used up by asking, so a read that fails must be tried again whatever it says next.
    if (this.#ports.changes.mayHaveMoved()) this.#unread = true;
    while (this.#unread) {
      const changes = await this.#ports.changes.changesAfter(this.#position, PAGE);
      this.#apply(changes);
      this.#position = changes.at(-1)?.number ?? this.#position;
      this.#unread = changes.length === PAGE;
    }
    this.#freshAtMs = startedAtMs;
  }

  async #startAnew(): Promise<void> {
    const { position, revocations } = await this.#ports.changes.activeRevocations(this.#ports.clock.now());
    this.#position = position;
    this.heard += 1;
    for (const change of revocations) this.revocations.add(change);
    for (const listener of this.#listeners) listener.onReset();
  }

  #apply(changes: readonly Change[]): void {
    this.heard += changes.length;
    for (const change of changes) {
      this.revocations.add(change);
      for (const listener of this.#listeners) listener.onChange(change);
    }
  }
}
