/**
 * Follows the revocation feed: the whole list once, then one connection on which Keyhouse sends each change as it is committed,
 * and each second a message that nothing else happened. Nothing is trusted that is not signed by a key of the issuer, or that
 * goes backwards. What was received is kept until it expires, even if the list starts again (a restored backup).
 */
import {
  FEED_SIGNATURE_HEADER,
  FEED_TYPE,
  type FeedMessage,
  type FeedPosition,
  type FeedRevocation,
  type FeedSignature,
  isSignatureOf,
  RevocationList,
  readCompactJws,
  readFeedMessage,
  readFeedSignature,
} from '@keyhouse/protocol';
import { sha256 } from '#platform';
import { type Ask, IssuerFault, readBytes, textOf } from './ask.ts';
import type { Caller } from './caller.ts';
import type { Told } from './clock.ts';
import { createDeadline, pause, untilEnded } from './deadline.ts';
import { readEvents } from './events.ts';
import { subjectsOf } from './introspect.ts';
import type { KeySet } from './jwks.ts';

export interface Feed {
  readonly revocations: RevocationList;
  /** Milliseconds since Keyhouse was last known to have sent everything; infinite before the first time. */
  readonly lagMs: number;
  readonly position: FeedPosition | null;
  /** What Keyhouse's clock showed last; null before the first message. */
  readonly told: Told | null;
  /** Where the feed reported this caller within the last seconds. */
  newestAbout(caller: Caller): FeedPosition | null;
  /** Begins to follow; resolves with the whole list, rejects if the first attempt fails. It is repeated automatically. */
  start(): Promise<void>;
  /** In `poll` mode: asks if the last answer is older than a second. Never rejects. */
  poll(): Promise<void>;
  close(): void;
  /**
   * Keyhouse said last that the guard's own key may not follow the feed: then its answers about credentials are not meant for the
   * guard either.
   */
  readonly isForbidden: boolean;
  readonly messages: number;
  readonly faults: number;
}

interface Ports {
  readonly ask: Ask;
  readonly keys: KeySet;
  readonly issuer: string;
  readonly mode: 'stream' | 'poll';
  readonly monotonicMs: () => number;
  /** Milliseconds since 1970, as this machine believes. */
  readonly wallMs: () => number;
  /** After each message. */
  readonly onHeard: () => void;
  readonly onChange: (change: FeedRevocation) => void;
  /** The list started again, so everything in the cache may be out of date. */
  readonly onReset: () => void;
  readonly onFault: (error: unknown) => void;
}

const PATH = '/auth/revocations';
/** Three heartbeats. */
const SILENT_MS = 3000;
const WAIT_MS = 10_000;
const POLL_EVERY_MS = 1000;
const SWEEP_EVERY_MS = 60_000;
/** Three million revoked JWTs. */
const MAX_BYTES = 128 * 1024 * 1024;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;
/** Between servers whose clocks differ; the same server's never goes back. */
const CLOCK_SKEW_MS = 60_000;
/**
 * In each second that passes here, at least this much must pass there: an old message cannot be presented again an hour later.
 */
const MIN_PACE = 0.9;
/** A guard that received nothing for this long may have missed that a signing key was withdrawn. */
const LONG_SILENT_MS = 3_600_000;
/** How long a request waits for the feed. */
const MAX_POLLING_MS = 3000;
/** An answer of introspection is not older than this. */
const RECENT_MS = 10_000;
const MAX_RECENT = 20_000;

export class FeedReader implements Feed {
  readonly #ports: Ports;
  readonly revocations = new RevocationList();
  readonly #ending = new AbortController();
  #recent = new Map<string, FeedPosition>();
  #older: Map<string, FeedPosition>;
  #recentSinceMs = 0;
  #position: FeedPosition | null = null;
  #heardAtMs = Number.NEGATIVE_INFINITY;
  #isForbidden = false;
  /** The latest time of Keyhouse's clock that was received, and when. */
  #told: Told = { atMs: 0, heardAtMs: 0 };
  #polling: Promise<void> | null = null;
  #polledAtMs = Number.NEGATIVE_INFINITY;
  #sweptAtMs = 0;
  #messages = 0;
  #faults = 0;

  constructor(ports: Ports) {
    this.#ports = ports;
    this.#older = this.#recent;
  }

  get lagMs(): Feed['lagMs'] {
    return this.#ports.monotonicMs() - this.#heardAtMs;
  }

  get position(): Feed['position'] {
    return this.#position;
  }

  get told(): Feed['told'] {
    return this.#position === null ? null : this.#told;
  }

  readonly newestAbout: Feed['newestAbout'] = (caller) => {
    let newest: FeedPosition | null = null;
    if (this.#recent.size === 0 && this.#older.size === 0) return null;
    for (const subject of subjectsOf(caller)) {
      const at = this.#recent.get(subject) ?? this.#older.get(subject);
      if (at !== undefined && (newest === null || at.position > newest.position)) newest = at;
    }
    return newest;
  };

  readonly start: Feed['start'] = async () => {
    const first = this.#fetchShared();
    void first.catch(this.#note).then(() => (this.#ports.mode === 'stream' ? this.#follow() : undefined));
    await first;
  };

  readonly poll: Feed['poll'] = async () => {
    if (this.#polling === null) {
      if (this.#ports.monotonicMs() - this.#polledAtMs < POLL_EVERY_MS) return;
      this.#polledAtMs = this.#ports.monotonicMs();
      this.#fetchShared().catch(this.#note);
    }
    // Reading the feed continues even if this request stops waiting for it.
    const waiting = createDeadline(MAX_POLLING_MS, this.#ending.signal);
    await untilEnded(this.#polling ?? Promise.resolve(), waiting.signal).catch(() => {});
    waiting.release();
  };

  readonly close: Feed['close'] = () => this.#ending.abort();

  get isForbidden(): Feed['isForbidden'] {
    return this.#isForbidden;
  }

  get messages(): Feed['messages'] {
    return this.#messages;
  }

  get faults(): Feed['faults'] {
    return this.#faults;
  }

  /** Applies one message about the state at `asOfMs` or later, or throws: then it is requested again. */
  async #hear(bytes: Uint8Array, signature: string, asOfMs: number): Promise<void> {
    const signed = await this.#verify(bytes, signature);
    const message = readFeedMessage(textOf(bytes, PATH));
    if (message === null || !isSignatureOf(signed, message, { issuer: this.#ports.issuer, sha256: signed.sha256 }))
      throw forged('it cannot be read');
    this.#refuseBackwards(message, asOfMs);
    const isNewEpoch = this.#position !== null && message.epoch !== this.#position.epoch;
    if (isNewEpoch) this.#recent = this.#older = new Map();
    if (message.whole) {
      this.revocations.addWhole(message, { isNewEpoch });
      if (this.#position !== null) this.#ports.onReset();
    } else for (const change of message.revocations) this.#take(change, message);
    // Before anything else: with a key that was withdrawn everything can be forged.
    if (this.#mayHaveNewKeys(message, asOfMs)) await this.#ports.keys.renew();
    this.#position = { epoch: message.epoch, position: message.position };
    if (message.atMs >= this.#soonest(asOfMs) || this.#isPast(message, asOfMs))
      this.#told = { atMs: message.atMs, heardAtMs: asOfMs };
    this.#heardAtMs = asOfMs;
    this.#isForbidden = false;
    this.#messages += 1;
    this.#ports.onHeard();
    if (asOfMs - this.#sweptAtMs < SWEEP_EVERY_MS) return;
    this.#sweptAtMs = asOfMs;
    // By the clock that is behind: if this machine's is ahead, it must not forget what Keyhouse still counts.
    this.revocations.sweep(Math.min(this.#ports.wallMs(), this.#told.atMs));
  }

  /** The signed content, if it is about exactly these bytes: no other message is parsed at all. */
  async #verify(bytes: Uint8Array, signature: string): Promise<FeedSignature> {
    const jws = readCompactJws(signature);
    if (jws === null || jws.header.typ !== FEED_TYPE) throw forged('it has no signature');
    const key = this.#ports.keys.find(jws.header.kid) ?? (await this.#ports.keys.seek(jws.header.kid));
    if (key === undefined || key === null || key.alg !== jws.header.alg) throw forged('it is signed with an unknown key');
    const isGood = await key.verify(jws.signingInput, jws.signature);
    const signed = isGood ? readFeedSignature(jws.payload) : null;
    if (signed === null || signed.sha256 !== (await sha256(bytes))) throw forged('its signature is wrong');
    return signed;
  }

  #refuseBackwards(message: FeedMessage, asOfMs: number): void {
    if (!message.whole && message.epoch !== this.#position?.epoch) throw forged('it belongs to another epoch');
    if (this.#position === null) return;
    // Unless this machine's clock confirms it: then Keyhouse's was ahead, and was corrected.
    if (this.#isPast(message, asOfMs) && Math.abs(message.atMs - this.#ports.wallMs()) > CLOCK_SKEW_MS)
      throw forged('its time is in the past');
    if (message.epoch !== this.#position.epoch) return;
    if (message.position < this.#position.position) throw forged('it is older than the last one');
    if (!message.whole && message.after > this.#position.position) throw forged('messages before it are missing');
  }

  /** What Keyhouse's clock shows by now, if it runs a little slow. */
  #soonest(asOfMs: number): number {
    return this.#told.atMs + MIN_PACE * Math.max(0, asOfMs - this.#told.heardAtMs);
  }

  #isPast(message: FeedMessage, asOfMs: number): boolean {
    return message.atMs < this.#soonest(asOfMs) - CLOCK_SKEW_MS;
  }

  #mayHaveNewKeys(message: FeedMessage, asOfMs: number): boolean {
    return (
      message.revocations.some(({ kind }) => kind === 'signing-keys') ||
      (this.#position !== null && (message.whole || asOfMs - this.#heardAtMs > LONG_SILENT_MS))
    );
  }

  #take(change: FeedRevocation, at: FeedPosition): void {
    if (change.kind === 'signing-keys') return;
    this.revocations.add(change, at.position);
    this.#remember(`${change.kind}:${change.id}`, { epoch: at.epoch, position: at.position });
    this.#ports.onChange(change);
  }

  #remember(subject: string, at: FeedPosition): void {
    const nowMs = this.#ports.monotonicMs();
    // Too many to remember one by one: everything remembered is dropped, and what is being answered now is not remembered.
    if (this.#recent.size > MAX_RECENT) this.#ports.onReset();
    if (nowMs - this.#recentSinceMs > RECENT_MS || this.#recent.size > MAX_RECENT) {
      this.#older = this.#recent;
      this.#recent = new Map();
      this.#recentSinceMs = nowMs;
    }
    this.#recent.set(subject, at);
  }

  #resumeQuery(): string {
    return this.#position === null ? '' : `?after=${this.#position.position}&epoch=${encodeURIComponent(this.#position.epoch)}`;
  }

  /** One answer as JSON: the whole list, or what came since. */
  async #fetchOnce(): Promise<void> {
    const { signal, release } = createDeadline(WAIT_MS, this.#ending.signal);
    try {
      for (;;) {
        const before = this.#position;
        // An answer that takes long describes the state at the time of the request.
        const askedAtMs = this.#ports.monotonicMs();
        const response = await this.#ports.ask({ path: PATH + this.#resumeQuery(), signal });
        const bytes = await readBytes(response, { maxBytes: MAX_BYTES, path: PATH, signal });
        await this.#hear(bytes, response.headers.get(FEED_SIGNATURE_HEADER) ?? '', askedAtMs);
        // A message contains only a limited number; the rest comes after it.
        if (before === null || before.position === this.#position?.position || this.#position?.epoch !== before.epoch) return;
      }
    } finally {
      release();
    }
  }

  /** One at a time: of two answers the later could be the older one. */
  #fetchShared(): Promise<void> {
    this.#polling ??= this.#fetchOnce().finally(() => {
      this.#polling = null;
    });
    return this.#polling;
  }

  readonly #note = (error: unknown): void => {
    this.#faults += 1;
    if (error instanceof IssuerFault && error.status === 403) this.#isForbidden = true;
    this.#ports.onFault(error);
  };

  /** Until it ends or falls silent; throws then. */
  async #stream(): Promise<void> {
    const { signal, restart, release } = createDeadline(WAIT_MS, this.#ending.signal);
    try {
      const response = await this.#ports.ask({ path: PATH + this.#resumeQuery(), accept: 'text/event-stream', signal });
      for await (const { data } of readEvents(response, { maxBytes: MAX_BYTES, path: PATH, signal })) {
        const [text, signature] = data;
        if (text === undefined || signature === undefined) throw forged('an event of the stream has no signature');
        await this.#hear(text, new TextDecoder().decode(signature), this.#ports.monotonicMs());
        restart(SILENT_MS);
      }
    } catch (error) {
      if (signal.aborted) throw new IssuerFault(`${PATH}: the feed sent nothing for too long.`, null);
      throw error;
    } finally {
      release();
    }
    throw new IssuerFault(`${PATH}: the feed ended.`, null);
  }

  async #follow(): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    let hasFailed = false;
    while (!this.#ending.signal.aborted) {
      const heard = this.#messages;
      try {
        if (this.#position === null) await this.#fetchShared();
        // What was sent while the guard was not connected may be deleted by now; keys are not on the list itself.
        if (hasFailed) await this.#ports.keys.fetch();
        hasFailed = false;
        await this.#stream();
      } catch (error) {
        if (this.#ending.signal.aborted) return;
        hasFailed = true;
        // A stream that worked and then ended is usually a restart: reconnect at once.
        pauseMs = this.#messages > heard + 1 ? FIRST_PAUSE_MS : Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
        this.#note(error);
      }
      await pause(pauseMs * (0.5 + Math.random()), this.#ending.signal);
    }
  }
}

const forged = (what: string): IssuerFault => new IssuerFault(`${PATH}: a message was rejected, because ${what}.`, null);
