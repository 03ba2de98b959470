/**
 * The revocation feed, followed: the whole list once, then one connection on which Keyhouse tells of each change as it is committed, and each
 * second that nothing else happened. Nothing is believed that is not signed by a key of the issuer, or that goes backwards. What was heard stays
 * until it ends, also when the list begins anew (a restored backup).
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
  /** Milliseconds since Keyhouse was last known to have told everything; infinite before the first time. */
  readonly lagMs: number;
  readonly position: FeedPosition | null;
  /** What Keyhouse's clock showed last; null before the first message. */
  readonly told: Told | null;
  /** Where the feed told of this caller within the last seconds. */
  newestAbout(caller: Caller): FeedPosition | null;
  /** Begins to follow; resolves with the whole list, rejects when the first try fails. It is tried again by itself. */
  start(): Promise<void>;
  /** In `poll` mode: looks when the last look is older than a second. Never rejects. */
  look(): Promise<void>;
  close(): void;
  /** Keyhouse said last that the guard's own key may not listen: then what it says of credentials is not meant for the guard either. */
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
  /** The list began anew: whatever is remembered may be stale. */
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
const MOST_BYTES = 128 * 1024 * 1024;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;
/** Between servers whose clocks differ; the same server's never goes back. */
const CLOCK_SKEW_MS = 60_000;
/** Of each second that passes here, so much must pass there: what was said once proves nothing when it is said again an hour later. */
const LEAST_PACE = 0.9;
/** Whoever heard nothing for so long may have missed that a signing key was withdrawn. */
const LONG_SILENT_MS = 3_600_000;
/** How long a request waits for a look. */
const MOST_LOOKING_MS = 3000;
/** An answer of introspection is not older than this. */
const RECENT_MS = 10_000;
const MOST_RECENT = 20_000;

export function createFeed(ports: Ports): Feed {
  const { ask, keys, monotonicMs } = ports;
  const revocations = new RevocationList();
  const ending = new AbortController();
  let recent = new Map<string, FeedPosition>();
  let older = recent;
  let recentSinceMs = 0;
  let position: FeedPosition | null = null;
  let heardAtMs = Number.NEGATIVE_INFINITY;
  let isForbidden = false;
  /** The latest moment of Keyhouse's that was told, and when. */
  let told: Told = { atMs: 0, heardAtMs: 0 };
  let looking: Promise<void> | null = null;
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let sweptAtMs = 0;
  let messages = 0;
  let faults = 0;

  /** Takes in one message that tells how things stood at `asOfMs` at least, or throws: then it is asked for again. */
  async function hear(bytes: Uint8Array, signature: string, asOfMs: number): Promise<void> {
    const signed = await verify(bytes, signature);
    const message = readFeedMessage(textOf(bytes, PATH));
    if (message === null || !isSignatureOf(signed, message, { issuer: ports.issuer, sha256: signed.sha256 }))
      throw forged('a message that cannot be read');
    refuseBackwards(message, asOfMs);
    const isNewEpoch = position !== null && message.epoch !== position.epoch;
    if (isNewEpoch) recent = older = new Map();
    if (message.whole) {
      revocations.addWhole(message, { isNewEpoch });
      if (position !== null) ports.onReset();
    } else for (const change of message.revocations) take(change, message);
    // Before anything else counts: with a key that was withdrawn everything can be forged.
    if (mayHaveNewKeys(message, asOfMs)) await keys.renew();
    position = { epoch: message.epoch, position: message.position };
    if (message.atMs >= soonest(asOfMs) || isPast(message, asOfMs)) told = { atMs: message.atMs, heardAtMs: asOfMs };
    heardAtMs = asOfMs;
    isForbidden = false;
    messages += 1;
    ports.onHeard();
    if (asOfMs - sweptAtMs < SWEEP_EVERY_MS) return;
    sweptAtMs = asOfMs;
    // By the clock that is behind: if this machine's is ahead, it must not forget what Keyhouse still counts.
    revocations.sweep(Math.min(ports.wallMs(), told.atMs));
  }

  /** What is signed, when it is of these very bytes: nobody else's are read at all. */
  async function verify(bytes: Uint8Array, signature: string): Promise<FeedSignature> {
    const jws = readCompactJws(signature);
    if (jws === null || jws.header.typ !== FEED_TYPE) throw forged('a message without a signature');
    const key = keys.find(jws.header.kid) ?? (await keys.seek(jws.header.kid));
    if (key === undefined || key === null || key.alg !== jws.header.alg) throw forged('a message signed by nobody known');
    const isGood = await key.verify(jws.signingInput, jws.signature);
    const signed = isGood ? readFeedSignature(jws.payload) : null;
    if (signed === null || signed.sha256 !== (await sha256(bytes))) throw forged('a message with a wrong signature');
    return signed;
  }

  function refuseBackwards(message: FeedMessage, asOfMs: number): void {
    if (!message.whole && message.epoch !== position?.epoch) throw forged('a message of another list');
    if (position === null) return;
    // Unless this machine's clock bears it out: then Keyhouse's was ahead, and was set right.
    if (isPast(message, asOfMs) && Math.abs(message.atMs - ports.wallMs()) > CLOCK_SKEW_MS) throw forged('a message of the past');
    if (message.epoch !== position.epoch) return;
    if (message.position < position.position) throw forged('a message from before what was heard');
    if (!message.whole && message.after > position.position) throw forged('a message after a gap');
  }

  /** What Keyhouse's clock shows by now, if it runs a little slow. */
  const soonest = (asOfMs: number): number => told.atMs + LEAST_PACE * Math.max(0, asOfMs - told.heardAtMs);

  const isPast = (message: FeedMessage, asOfMs: number): boolean => message.atMs < soonest(asOfMs) - CLOCK_SKEW_MS;

  const mayHaveNewKeys = (message: FeedMessage, asOfMs: number): boolean =>
    message.revocations.some(({ kind }) => kind === 'signing-keys') ||
    (position !== null && (message.whole || asOfMs - heardAtMs > LONG_SILENT_MS));

  function take(change: FeedRevocation, at: FeedPosition): void {
    if (change.kind === 'signing-keys') return;
    revocations.add(change, at.position);
    remember(`${change.kind}:${change.id}`, { epoch: at.epoch, position: at.position });
    ports.onChange(change);
  }

  function remember(subject: string, at: FeedPosition): void {
    const nowMs = monotonicMs();
    // Too many to keep in mind: then whatever is remembered goes, and what is being answered now is not remembered.
    if (recent.size > MOST_RECENT) ports.onReset();
    if (nowMs - recentSinceMs > RECENT_MS || recent.size > MOST_RECENT) {
      older = recent;
      recent = new Map();
      recentSinceMs = nowMs;
    }
    recent.set(subject, at);
  }

  const resumeQuery = (): string =>
    position === null ? '' : `?after=${position.position}&epoch=${encodeURIComponent(position.epoch)}`;

  /** One answer as JSON: the whole list, or what came since. */
  async function fetchOnce(): Promise<void> {
    const { signal, release } = createDeadline(WAIT_MS, ending.signal);
    try {
      for (;;) {
        const before = position;
        // An answer that is long on its way tells how things stood when it was asked for.
        const askedAtMs = monotonicMs();
        const response = await ask({ path: PATH + resumeQuery(), signal });
        const bytes = await readBytes(response, { most: MOST_BYTES, path: PATH, signal });
        await hear(bytes, response.headers.get(FEED_SIGNATURE_HEADER) ?? '', askedAtMs);
        // A message tells of so much at most; the rest stands behind it.
        if (before === null || before.position === position?.position || position?.epoch !== before.epoch) return;
      }
    } finally {
      release();
    }
  }

  /** One at a time: of two answers the later could be the older one. */
  function fetchShared(): Promise<void> {
    looking ??= fetchOnce().finally(() => {
      looking = null;
    });
    return looking;
  }

  const note = (error: unknown): void => {
    faults += 1;
    if (error instanceof IssuerFault && error.status === 403) isForbidden = true;
    ports.onFault(error);
  };

  /** Until it ends or falls silent; throws then. */
  async function stream(): Promise<void> {
    const { signal, restart, release } = createDeadline(WAIT_MS, ending.signal);
    try {
      const response = await ask({ path: PATH + resumeQuery(), accept: 'text/event-stream', signal });
      for await (const { data } of readEvents(response, { most: MOST_BYTES, path: PATH, signal })) {
        const [text, signature] = data;
        if (text === undefined || signature === undefined) throw forged('an event without a signature');
        await hear(text, new TextDecoder().decode(signature), monotonicMs());
        restart(SILENT_MS);
      }
    } catch (error) {
      if (signal.aborted) throw new IssuerFault(`${PATH}: the feed fell silent.`, null);
      throw error;
    } finally {
      release();
    }
    throw new IssuerFault(`${PATH}: the feed ended.`, null);
  }

  async function follow(): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    let hasFailed = false;
    while (!ending.signal.aborted) {
      const heard = messages;
      try {
        if (position === null) await fetchShared();
        // What was told while nobody listened may be swept by now; keys are not on the list itself.
        if (hasFailed) await keys.fetch();
        hasFailed = false;
        await stream();
      } catch (error) {
        if (ending.signal.aborted) return;
        hasFailed = true;
        // A stream that worked and then ended is a restart, as a rule: come back at once.
        pauseMs = messages > heard + 1 ? FIRST_PAUSE_MS : Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
        note(error);
      }
      await pause(pauseMs * (0.5 + Math.random()), ending.signal);
    }
  }

  return {
    revocations,
    get lagMs() {
      return monotonicMs() - heardAtMs;
    },
    get position() {
      return position;
    },
    get told() {
      return position === null ? null : told;
    },
    newestAbout: (caller) => {
      let newest: FeedPosition | null = null;
      if (recent.size === 0 && older.size === 0) return null;
      for (const subject of subjectsOf(caller)) {
        const at = recent.get(subject) ?? older.get(subject);
        if (at !== undefined && (newest === null || at.position > newest.position)) newest = at;
      }
      return newest;
    },
    start: async () => {
      const first = fetchShared();
      void first.catch(note).then(() => (ports.mode === 'stream' ? follow() : undefined));
      await first;
    },
    look: async () => {
      if (looking === null) {
        if (monotonicMs() - lookedAtMs < POLL_EVERY_MS) return;
        lookedAtMs = monotonicMs();
        fetchShared().catch(note);
      }
      // The look goes on when the request does.
      const waiting = createDeadline(MOST_LOOKING_MS, ending.signal);
      await untilEnded(looking ?? Promise.resolve(), waiting.signal).catch(() => {});
      waiting.release();
    },
    close: () => ending.abort(),
    get isForbidden() {
      return isForbidden;
    },
    get messages() {
      return messages;
    },
    get faults() {
      return faults;
    },
  };
}

const forged = (what: string): IssuerFault => new IssuerFault(`${PATH}: ${what}; it is not believed.`, null);
