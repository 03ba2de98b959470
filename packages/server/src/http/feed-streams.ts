/**
 * The open streams of the revocation feed. All readers that are up to date get the same bytes, serialised and signed once; a
 * later one first gets what it lacks, at its own pace. A reader that does not read is dropped: nothing is kept for it, and it
 * asks for what it missed when it comes back. When this server does not know what is revoked, every stream is silent.
 */
import type { ServerResponse } from 'node:http';
import { FEED_EVENT, formatPosition } from '@keyhouse/protocol';
import { pause } from '../core/lib/pause.ts';
import { Refusal } from '../core/refusal.ts';
import type { Feed, SignedMessage } from '../core/revocations/feed.ts';

/** How many guards one server serves: an event is written to a thousand connections in a few hundredths of a second. */
export const MAX_STREAMS = 1000;
const BEAT_MS = 1000;
/** When much happens, this many milliseconds of it become one event. */
const PACE_MS = 20;
/** A connection that takes nothing for this many beats is dropped; one that is being sent a whole list may take longer. */
const PATIENCE = 10;
const PATIENCE_WITH_WHOLE = 60;
/** If more than this waits for a reader, a slow network does not explain it. */
const MAX_BACKLOG_BYTES = 2 * 1024 * 1024;
const BUSY_RETRY_SECONDS = 5;

interface Stream {
  readonly response: ServerResponse;
  /** Whether the credential that opened the stream still may use it. */
  readonly holds: () => boolean | Promise<boolean>;
  /** Up to date, and gets what all get. */
  isLive: boolean;
  /** A whole list is being sent; only that may be larger than any backlog. */
  isTakingWhole: boolean;
  stalledBeats: number;
}

export class FeedStreams {
  readonly #feed: Feed;
  readonly #streams = new Set<Stream>();
  #epoch = '';
  /** Up to where every live stream is informed. */
  #told = 0;
  #publishedAtMs = Number.NEGATIVE_INFINITY;
  #pacing: NodeJS.Timeout | null = null;
  #beating: NodeJS.Timeout | null = null;
  #isClosed = false;
  #messages = 0;

  constructor(feed: Feed) {
    this.#feed = feed;
    feed.listen(() => this.#publishInPace());
  }

  get size(): number {
    return this.#streams.size;
  }

  /** Messages written, counted once per stream. */
  get messages(): number {
    return this.#messages;
  }

  /** Refuses if there is no room for another stream. */
  refuseWhenFull(): void {
    if (this.#isClosed) throw new Refusal({ code: 'unavailable' });
    if (this.#streams.size >= MAX_STREAMS) throw new Refusal({ code: 'busy', retryAfterSeconds: BUSY_RETRY_SECONDS });
  }

  /** Takes over a response whose head was written: `first` answers what was asked, then it gets everything that happens. */
  open(response: ServerResponse, first: SignedMessage, holds: Stream['holds']): void {
    // It closed while its first answer was created: no later event would report it.
    if (response.socket === null || response.socket.destroyed) return;
    const stream: Stream = { response, holds, isLive: false, isTakingWhole: false, stalledBeats: 0 };
    this.#streams.add(stream);
    response.on('close', () => this.#forget(stream));
    response.on('error', () => response.destroy());
    this.#beating ??= setInterval(() => this.#beat(), BEAT_MS);
    this.#catchUp(stream, first).catch(() => response.destroy());
  }

  /** Ends every stream; the readers ask another server. */
  close(): void {
    this.#isClosed = true;
    if (this.#pacing !== null) clearTimeout(this.#pacing);
    for (const stream of this.#streams) {
      end(stream);
      // A connection that does not take the end within a beat never will.
      setTimeout(() => stream.response.destroy(), BEAT_MS).unref();
    }
  }

  async #catchUp(stream: Stream, first: SignedMessage): Promise<void> {
    let last = first;
    for (;;) {
      await this.#send(stream, last);
      if (stream.response.destroyed || stream.response.writableEnded) return;
      this.#publish(false);
      // A whole list takes time; what follows it describes the current state.
      if (!last.whole && last.epoch === this.#epoch && last.position === this.#told) break;
      last = await this.#feed.ask(last);
      // Writing to a connection that takes it at once does not let anything else have its turn.
      await pause();
    }
    stream.isLive = !stream.response.writableEnded;
  }

  /** Waits until it was taken: what a reader that is behind needs must not pile up. */
  async #send(stream: Stream, message: SignedMessage): Promise<void> {
    const { response } = stream;
    stream.isTakingWhole = message.whole;
    response.cork();
    for (const part of partsOf(message)) response.write(part);
    response.uncork();
    this.#messages += 1;
    while (response.writableNeedDrain && !response.destroyed) await drainOrClose(response);
    stream.isTakingWhole = false;
  }

  #publishInPace(): void {
    if (this.#pacing !== null || this.#isClosed) return;
    const waitMs = this.#publishedAtMs + PACE_MS - performance.now();
    if (waitMs <= 0) {
      this.#publish(false);
      return;
    }
    this.#pacing = setTimeout(() => {
      this.#pacing = null;
      this.#publish(false);
    }, waitMs);
  }

  /** Sends all live streams what they do not have yet; `evenNothing`: a heartbeat. */
  #publish(evenNothing: boolean): void {
    const { epoch, position } = this.#feed.position();
    const live = [...this.#streams].filter(({ isLive }) => isLive);
    if (live.length === 0) {
      this.#epoch = epoch;
      this.#told = position;
      return;
    }
    this.#publishedAtMs = performance.now();
    const isAnother = epoch !== this.#epoch || position < this.#told;
    for (let isFirst = true; isAnother || this.#told < position || (isFirst && evenNothing); isFirst = false) {
      const message = isAnother ? null : this.#feed.recentStep(this.#told);
      if (message === null) {
        // The list is another one, or was read again, and what they missed is unknown: they reconnect and get everything.
        for (const stream of live) end(stream);
        this.#epoch = epoch;
        this.#told = position;
        return;
      }
      const bytes = Buffer.concat(partsOf(message));
      for (const { response } of live) response.write(bytes);
      this.#messages += live.length;
      this.#told = message.position;
    }
  }

  #beat(): void {
    for (const stream of this.#streams) dropIfStalled(stream);
    if (!this.#feed.isFresh() || this.#isClosed) return;
    for (const stream of this.#streams) endUnlessHeld(stream);
    this.#publish(true);
  }

  #forget(stream: Stream): void {
    this.#streams.delete(stream);
    if (this.#streams.size > 0 || this.#beating === null) return;
    clearInterval(this.#beating);
    this.#beating = null;
  }
}

function dropIfStalled(stream: Stream): void {
  const { response, isTakingWhole } = stream;
  stream.stalledBeats = response.writableNeedDrain ? stream.stalledBeats + 1 : 0;
  const isStalled = stream.stalledBeats > (isTakingWhole ? PATIENCE_WITH_WHOLE : PATIENCE);
  if (isStalled || (!isTakingWhole && response.writableLength > MAX_BACKLOG_BYTES)) response.destroy();
}

/** At once if the credential is in memory, as it is on every beat except the first after a change. */
function endUnlessHeld(stream: Stream): void {
  const judge = (isHeld: boolean): void => {
    if (!isHeld) end(stream);
  };
  const held = stream.holds();
  // It cannot be read now: nothing is sent anyway until it can.
  if (held instanceof Promise) held.then(judge, () => {});
  else judge(held);
}

function end(stream: Stream): void {
  stream.isLive = false;
  stream.response.end();
}

function partsOf(message: SignedMessage): readonly Buffer[] {
  const { bytes, signature } = message;
  const head = `event: ${FEED_EVENT}\nid: ${formatPosition(message)}\ndata: `;
  return [Buffer.from(head), bytes, Buffer.from(`\ndata: ${signature}\n\n`)];
}

function drainOrClose(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}
