/**
 * The open streams of the revocation feed. All who are up to date are told the same bytes, serialised and signed once; who comes later is
 * first told what they lack, at their own pace. A reader that does not read is dropped: nothing is kept for it, and what it missed it
 * asks for when it comes back. When this server does not know what is revoked, every stream is silent.
 */
import type { ServerResponse } from 'node:http';
import { FEED_EVENT, formatPosition } from '@keyhouse/protocol';
import { pause } from '../core/lib/pause.ts';
import { Refusal } from '../core/refusal.ts';
import type { Feed, SignedMessage } from '../core/revocations/feed.ts';

/** As many guards as one server tells: an event is written to a thousand connections in a few hundredths of a second. */
export const MAX_STREAMS = 1000;
const BEAT_MS = 1000;
/** When much happens, so many milliseconds of it make one event. */
const PACE_MS = 20;
/** A connection that takes nothing for so many beats is dropped; one that is being sent a whole list may take longer. */
const PATIENCE = 10;
const PATIENCE_WITH_WHOLE = 60;
/** What waits for a reader beyond this is more than a slow network explains. */
const MAX_BACKLOG_BYTES = 2 * 1024 * 1024;
const BUSY_RETRY_SECONDS = 5;

interface Stream {
  readonly response: ServerResponse;
  /** Whether the credential that opened the stream still may. */
  readonly holds: () => boolean | Promise<boolean>;
  /** Up to date, and told what all are told. */
  isLive: boolean;
  /** Bytes of a whole list are on their way; it alone may be larger than any backlog. */
  isTakingWhole: boolean;
  stalledBeats: number;
}

export class FeedStreams {
  readonly #feed: Feed;
  readonly #streams = new Set<Stream>();
  #epoch = '';
  /** What every live stream has been told. */
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

  /** Messages written, to each stream one. */
  get messages(): number {
    return this.#messages;
  }

  /** Refuses when there is no place for another stream. */
  refuseWhenFull(): void {
    if (this.#isClosed) throw new Refusal({ code: 'unavailable' });
    if (this.#streams.size >= MAX_STREAMS) throw new Refusal({ code: 'busy', retryAfterSeconds: BUSY_RETRY_SECONDS });
  }

  /** Takes over a response whose head was written: `first` answers what was asked, then it hears all that happens. */
  open(response: ServerResponse, first: SignedMessage, holds: Stream['holds']): void {
    // It went while its first answer was made: nothing would ever say so again.
    if (response.socket === null || response.socket.destroyed) return;
    const stream: Stream = { response, holds, isLive: false, isTakingWhole: false, stalledBeats: 0 };
    this.#streams.add(stream);
    response.on('close', () => this.#forget(stream));
    response.on('error', () => response.destroy());
    this.#beating ??= setInterval(() => this.#beat(), BEAT_MS);
    this.#catchUp(stream, first).catch(() => response.destroy());
  }

  /** Ends every stream; whoever followed asks another server. */
  close(): void {
    this.#isClosed = true;
    if (this.#pacing !== null) clearTimeout(this.#pacing);
    for (const stream of this.#streams) {
      end(stream);
      // What does not take the end within a beat never will.
      setTimeout(() => stream.response.destroy(), BEAT_MS).unref();
    }
  }

  async #catchUp(stream: Stream, first: SignedMessage): Promise<void> {
    let last = first;
    for (;;) {
      await this.#send(stream, last);
      if (stream.response.destroyed || stream.response.writableEnded) return;
      this.#publish(false);
      // A whole list took its time; what it is followed by says how things stand now.
      if (!last.whole && last.epoch === this.#epoch && last.position === this.#told) break;
      last = await this.#feed.ask(last);
      // What is written to a connection that takes it at once lets nothing else have its turn.
      await pause();
    }
    stream.isLive = !stream.response.writableEnded;
  }

  /** Waits until it was taken: what one who is behind has to be told shall not pile up. */
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

  /** Tells all live streams what they have not been told; `evenNothing`: a heartbeat. */
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

/** At once when the credential is in memory, as it is on every beat but the first after a change. */
function endUnlessHeld(stream: Stream): void {
  const judge = (isHeld: boolean): void => {
    if (!isHeld) end(stream);
  };
  const held = stream.holds();
  // It cannot be read now: then nothing is said anyway, until it can.
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
