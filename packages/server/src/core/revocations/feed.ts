/**
 * The revocation feed: messages for those who verify offline, each signed. It contains only what was read of the list without a
 * gap, and says from which moment it is; how it travels is decided by the doors. The signing function is a parameter: this room
 * is below the signing keys.
 */
import { type FeedPosition, formatFeedMessage, formatFeedSignature, KEPT_AFTER_END_MS } from '@keyhouse/protocol';
import type { Clock } from '../lib/clock.ts';
import { sha256Base64Url, sha256InSlices } from '../lib/sha256.ts';
import type { ChangesStore } from './change.ts';
import type { ChangeFollower } from './follower.ts';
import { RecentChanges, type Step, stepOf } from './recent-changes.ts';
import { writeWholeList } from './whole-list.ts';

/** The text that is signed and sent, and its signature: a compact JWS. */
export interface SignedMessage extends FeedPosition {
  readonly whole: boolean;
  readonly bytes: Buffer;
  readonly signature: string;
}

export interface FeedPorts {
  readonly follower: ChangeFollower;
  readonly changes: Pick<ChangesStore, 'changesAfter'>;
  readonly clock: Clock;
  /** Milliseconds that only go forward. */
  readonly monotonicMs: () => number;
  readonly issuer: string;
  /** Signs JSON text with the current signing key, under the feed's own `typ`. */
  readonly sign: (payload: string) => string;
}

/** How much is read from the database for a reader that is far behind: no more than a message holds. */
const PAGE = 5000;
/** A reader that claims a position which does not exist cannot make all others fetch the whole list more often than this. */
const RENEW_EVERY_MS = 60_000;
/** Readers that start together share one whole list. */
const SHARED_FOR_MS = 1000;

export class Feed {
  readonly #ports: FeedPorts;
  readonly #follower: ChangeFollower;
  readonly #recent = new RecentChanges();
  readonly #listeners: (() => void)[] = [];
  #building: WholeList | null = null;
  #next: Promise<SignedMessage> | null = null;
  #renewedAtMs = Number.NEGATIVE_INFINITY;

  constructor(ports: FeedPorts) {
    this.#ports = ports;
    this.#follower = ports.follower;
    ports.follower.listenToReads({
      onRead: (stretch) => {
        this.#recent.add(stretch);
        this.#notifyListeners();
      },
      onAnew: (position) => {
        this.#recent.startAt(position);
        this.#notifyListeners();
      },
    });
  }

  position(): FeedPosition {
    return { epoch: this.#follower.epoch, position: this.#follower.position };
  }

  /** Whether this server currently knows what is revoked. If it does not, it sends nothing. */
  isFresh(): boolean {
    return this.#follower.isFresh;
  }

  /** Calls back whenever more of the list was read, or all of it again. */
  listen(listener: () => void): void {
    this.#listeners.push(listener);
  }

  #notifyListeners(): void {
    for (const listener of this.#listeners) listener();
  }

  /**
   * What was revoked after a position; the whole list if that is of another epoch, or of none. Rejects if the list cannot be
   * read.
   */
  async ask(from: FeedPosition | null): Promise<SignedMessage> {
    await this.#follower.whenFresh();
    // A reader that was notified of a revocation, and asks, finds it here.
    if (this.#follower.isBehindItself) await this.#follower.poll();
    if (from === null || from.epoch !== this.#follower.epoch) return await this.#wholeList();
    // Another server has read further than this one.
    if (from.position > this.#follower.position) await this.#follower.poll();
    if (from.position > this.#follower.position) await this.#wentBack();
    if (from.epoch !== this.#follower.epoch || from.position > this.#follower.position) return await this.#wholeList();
    return this.recentStep(from.position) ?? (await this.#oldStep(from.position));
  }

  /**
   * A reader has read further than the list goes: the database was set back while no server ran that could have noticed. The list
   * gets another epoch, because other readers may wait at a position that it will reach again, and would miss what comes before.
   * Rarely: each time all guards fetch the whole list.
   */
  async #wentBack(): Promise<void> {
    const nowMs = this.#ports.monotonicMs();
    if (nowMs - this.#renewedAtMs < RENEW_EVERY_MS) return;
    this.#renewedAtMs = nowMs;
    await this.#follower.renewEpoch('database');
    await this.#follower.poll();
  }

  /** The same from memory, at once; null if that is too long ago. It is empty if nothing happened: a heartbeat. */
  recentStep(after: number): SignedMessage | null {
    const step = this.#recent.stepFrom(after);
    return step === null ? null : this.#signStep(after, step);
  }

  async #oldStep(after: number): Promise<SignedMessage> {
    const { position } = this.#follower;
    const page = await this.#ports.changes.changesAfter(after, PAGE);
    const known = page.filter(({ number }) => number <= position);
    const end = page.length === PAGE ? Math.min(position, known.at(-1)?.number ?? position) : position;
    return this.#signStep(after, stepOf(known, end));
  }

  #signStep(after: number, { position, revocations }: Step): SignedMessage {
    const [{ epoch }, atMs] = [this.#follower, this.#follower.readAtMs];
    const bytes = Buffer.from(formatFeedMessage({ epoch, after, position, atMs, whole: false, jtis: [], revocations }));
    return this.#signed({ epoch, position, atMs, whole: false, bytes, sha256: sha256Base64Url(bytes) });
  }

  /**
   * One at a time; a request that comes while an outdated one is being written waits for the next, which all such requests share.
   */
  #wholeList(): Promise<SignedMessage> {
    if (this.#building?.isOf(this.#follower) === true) return this.#building.message;
    this.#next ??= (this.#building?.message ?? Promise.resolve())
      .catch(() => {})
      .then(() => {
        this.#next = null;
        this.#building = this.#startWholeList();
        return this.#building.message;
      });
    return this.#next;
  }

  #startWholeList(): WholeList {
    const { epoch, position, readAtMs } = this.#follower;
    const whole: WholeList = {
      message: this.#buildWholeList(),
      isOf: (now) => now.epoch === epoch && now.position === position && now.readAtMs - readAtMs <= SHARED_FOR_MS,
    };
    const forget = (): void => {
      if (this.#building === whole) this.#building = null;
    };
    whole.message.then(() => setTimeout(forget, SHARED_FOR_MS).unref(), forget);
    return whole;
  }

  async #buildWholeList(): Promise<SignedMessage> {
    const { epoch, position, readAtMs: atMs } = this.#follower;
    // By a clock that may be ahead, and be corrected later.
    const nowMs = this.#ports.clock.now() - KEPT_AFTER_END_MS;
    const { jtis, revocations } = this.#follower.revocations.snapshot(nowMs);
    const bytes = await writeWholeList({ epoch, position, atMs, jtis, revocations, nowMs });
    return this.#signed({ epoch, position, atMs, whole: true, bytes, sha256: await sha256InSlices(bytes) });
  }

  #signed({ atMs, sha256, ...message }: Omit<SignedMessage, 'signature'> & { atMs: number; sha256: string }): SignedMessage {
    const { epoch, position } = message;
    return {
      ...message,
      signature: this.#ports.sign(formatFeedSignature({ iss: this.#ports.issuer, epoch, position, atMs, sha256 })),
    };
  }
}

interface WholeList {
  readonly message: Promise<SignedMessage>;
  /** Whether it describes the current state. */
  isOf(now: FeedPosition & { readonly readAtMs: number }): boolean;
}
