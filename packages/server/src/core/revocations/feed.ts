/**
 * The revocation feed: messages for those who verify offline, each signed. It speaks only of what was read of the list without a gap,
 * and says of when it is; how it travels is the doors' affair. Signing is handed in: this room stands below the signing keys.
 */
import { createHash, hash } from 'node:crypto';
import { type FeedPosition, formatFeedMessage, formatFeedSignature, KEPT_AFTER_END_MS } from '@keyhouse/protocol';
import type { Clock } from '../lib/clock.ts';
import { pause } from '../lib/pause.ts';
import type { ChangesStore } from './change.ts';
import type { ChangeFollower } from './follower.ts';
import { RecentChanges, type Step, stepOf } from './recent-changes.ts';
import { writeWholeList } from './whole-list.ts';

/** The text as it is signed and sent, and its signature: a compact JWS. */
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

export type Feed = ReturnType<typeof createFeed>;

/** What is read of the database for one who is far behind: no more than a message holds. */
const PAGE = 5000;
/** A reader that claims a position which does not exist cannot make all others fetch the whole list more often than this. */
const RENEW_EVERY_MS = 60_000;
/** Those who start together share one whole list. */
const SHARED_FOR_MS = 1000;
const HASH_SLICE = 1024 * 1024;

export function createFeed({ follower, changes, clock, monotonicMs, issuer, sign }: FeedPorts) {
  const recent = new RecentChanges();
  const listeners: (() => void)[] = [];
  const tellListeners = (): void => {
    for (const listener of listeners) listener();
  };
  follower.listenToReads({
    onRead: (stretch) => {
      recent.add(stretch);
      tellListeners();
    },
    onAnew: (position) => {
      recent.startAt(position);
      tellListeners();
    },
  });
  let building: WholeList | null = null;
  let next: Promise<SignedMessage> | null = null;
  let renewedAtMs = Number.NEGATIVE_INFINITY;

  return {
    position: (): FeedPosition => ({ epoch: follower.epoch, position: follower.position }),
    /** Whether this server knows now what is revoked. When it does not, it says nothing. */
    isFresh: (): boolean => follower.isFresh,
    /** Calls back whenever the list was read further, or again from the beginning. */
    listen: (listener: () => void): void => void listeners.push(listener),
    ask,
    recentStep,
  };

  /**
   * What was revoked after a position; the whole list when that is of another epoch, or of none. Rejects when the list cannot be read.
   */
  async function ask(from: FeedPosition | null): Promise<SignedMessage> {
    await follower.whenFresh();
    // Whoever was told that something is revoked, and asks, finds it here.
    if (follower.isBehindItself) await follower.look();
    if (from === null || from.epoch !== follower.epoch) return await wholeList();
    // Another server has read further than this one.
    if (from.position > follower.position) await follower.look();
    if (from.position > follower.position) await wentBack();
    if (from.epoch !== follower.epoch || from.position > follower.position) return await wholeList();
    return recentStep(from.position) ?? (await oldStep(from.position));
  }

  /**
   * A reader has read further than the list goes: the database was set back while no server ran that could have noticed. The list gets another epoch,
   * because other readers may wait at a position that it will reach again, and would miss what comes before. Rarely: each time all guards fetch the
   * whole list.
   */
  async function wentBack(): Promise<void> {
    const nowMs = monotonicMs();
    if (nowMs - renewedAtMs < RENEW_EVERY_MS) return;
    renewedAtMs = nowMs;
    await follower.renewEpoch('database');
    await follower.look();
  }

  /** The same out of memory, at once; null when that is too long ago. Nothing in it when nothing happened: a heartbeat. */
  function recentStep(after: number): SignedMessage | null {
    const step = recent.stepFrom(after);
    return step === null ? null : signStep(after, step);
  }

  async function oldStep(after: number): Promise<SignedMessage> {
    const { position } = follower;
    const page = await changes.changesAfter(after, PAGE);
    const known = page.filter(({ number }) => number <= position);
    const end = page.length === PAGE ? Math.min(position, known.at(-1)?.number ?? position) : position;
    return signStep(after, stepOf(known, end));
  }

  function signStep(after: number, { position, revocations }: Step): SignedMessage {
    const [{ epoch }, atMs] = [follower, follower.readAtMs];
    const bytes = Buffer.from(formatFeedMessage({ epoch, after, position, atMs, whole: false, jtis: [], revocations }));
    return signed({ epoch, position, atMs, whole: false, bytes, sha256: hash('sha256', bytes, 'base64url') });
  }

  /** One at a time; whoever asks while one is written that is not the newest any more waits for the next, which all of them share. */
  function wholeList(): Promise<SignedMessage> {
    if (building?.isOf(follower) === true) return building.message;
    next ??= (building?.message ?? Promise.resolve())
      .catch(() => {})
      .then(() => {
        next = null;
        building = startWholeList();
        return building.message;
      });
    return next;
  }

  function startWholeList(): WholeList {
    const { epoch, position, readAtMs } = follower;
    const whole: WholeList = {
      message: buildWholeList(),
      isOf: (now) => now.epoch === epoch && now.position === position && now.readAtMs - readAtMs <= SHARED_FOR_MS,
    };
    const forget = (): void => {
      if (building === whole) building = null;
    };
    whole.message.then(() => setTimeout(forget, SHARED_FOR_MS).unref(), forget);
    return whole;
  }

  async function buildWholeList(): Promise<SignedMessage> {
    const { epoch, position, readAtMs: atMs } = follower;
    // By a clock that may be ahead, and be set back later.
    const nowMs = clock.now() - KEPT_AFTER_END_MS;
    const { jtis, revocations } = follower.revocations.snapshot(nowMs);
    const bytes = await writeWholeList({ epoch, position, atMs, jtis, revocations, nowMs });
    return signed({ epoch, position, atMs, whole: true, bytes, sha256: await hashInSlices(bytes) });
  }

  function signed({
    atMs,
    sha256,
    ...message
  }: Omit<SignedMessage, 'signature'> & { atMs: number; sha256: string }): SignedMessage {
    const { epoch, position } = message;
    return { ...message, signature: sign(formatFeedSignature({ iss: issuer, epoch, position, atMs, sha256 })) };
  }
}

interface WholeList {
  readonly message: Promise<SignedMessage>;
  /** Whether it tells how things stand now. */
  isOf(now: FeedPosition & { readonly readAtMs: number }): boolean;
}

async function hashInSlices(bytes: Buffer): Promise<string> {
  const digest = createHash('sha256');
  for (let start = 0; start < bytes.length; start += HASH_SLICE) {
    if (start > 0) await pause();
    digest.update(bytes.subarray(start, start + HASH_SLICE));
  }
  return digest.digest('base64url');
}
