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
  isSignatureOf,
  RevocationList,
  readCompactJws,
  readFeedMessage,
  readFeedSignature,
} from '@keyhouse/protocol';
import { sha256 } from '#platform';
import { type Ask, IssuerFault, readBytes, textOf } from './ask.ts';
import type { Caller } from './caller.ts';
import { readEvents } from './events.ts';
import { subjectsOf } from './introspect.ts';
import type { KeySet } from './jwks.ts';

export interface Feed {
  readonly revocations: RevocationList;
  /** Milliseconds since Keyhouse was last known to have told everything; infinite before the first time. */
  readonly lagMs: number;
  readonly position: FeedPosition | null;
  /** Where the feed told of this caller within the last seconds. */
  newestAbout(caller: Caller): FeedPosition | null;
  /** Begins to follow; resolves with the whole list, rejects when the first try fails. It is tried again by itself. */
  start(): Promise<void>;
  /** In `poll` mode: looks when the last look is older than a second. Never rejects. */
  look(): Promise<void>;
  close(): void;
  readonly messages: number;
  readonly faults: number;
}

interface Ports {
  readonly ask: Ask;
  readonly keys: KeySet;
  readonly issuer: string;
  readonly mode: 'stream' | 'poll';
  readonly monotonicMs: () => number;
  readonly nowMs: () => number;
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
  let told = { atMs: 0 };
  let looking: Promise<void> | null = null;
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let sweptAtMs = 0;
  let messages = 0;
  let faults = 0;

  /** Takes in one message, or throws: then nothing of it counts. */
  async function hear(bytes: Uint8Array, signature: string): Promise<void> {
    const receivedAtMs = monotonicMs();
    const message = readFeedMessage(textOf(bytes, PATH));
    if (message === null) throw forged('a message that cannot be read');
    await verify(message, bytes, signature);
    refuseBackwards(message);
    if (position !== null && message.epoch !== position.epoch) ports.onReset();
    if (message.whole) {
      revocations.addWhole(message);
      if (position !== null) ports.onReset();
    } else for (const change of message.revocations) take(change, message);
    position = { epoch: message.epoch, position: message.position };
    told = { atMs: message.atMs };
    heardAtMs = receivedAtMs;
    messages += 1;
    if (receivedAtMs - sweptAtMs < SWEEP_EVERY_MS) return;
    sweptAtMs = receivedAtMs;
    revocations.sweep(ports.nowMs());
  }

  async function verify(message: FeedMessage, bytes: Uint8Array, signature: string): Promise<void> {
    const jws = readCompactJws(signature);
    if (jws === null || jws.header.typ !== FEED_TYPE) throw forged('a message without a signature');
    const key = keys.find(jws.header.kid) ?? (await keys.seek(jws.header.kid));
    if (key === undefined || key.alg !== jws.header.alg) throw forged('a message signed by nobody known');
    const isGood = await key.verify(jws.signingInput, jws.signature);
    const signed = isGood ? readFeedSignature(jws.payload) : null;
    const digest = await sha256(bytes);
    if (signed === null || !isSignatureOf(signed, message, { issuer: ports.issuer, sha256: digest }))
      throw forged('a message with a wrong signature');
  }

  function refuseBackwards(message: FeedMessage): void {
    if (position === null || message.epoch !== position.epoch) return;
    if (message.position < position.position) throw forged('a message from before what was heard');
    if (message.atMs < told.atMs - CLOCK_SKEW_MS) throw forged('a message of the past');
    if (!message.whole && message.after > position.position) throw forged('a message after a gap');
  }

  function take(change: FeedRevocation, at: FeedPosition): void {
    if (change.kind === 'signing-keys') {
      keys.fetch().catch(ports.onFault);
      return;
    }
    revocations.add(change);
    remember(`${change.kind}:${change.id}`, { epoch: at.epoch, position: at.position });
    ports.onChange(change);
  }

  function remember(subject: string, at: FeedPosition): void {
    const nowMs = monotonicMs();
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
    const signal = AbortSignal.any([ending.signal, AbortSignal.timeout(WAIT_MS)]);
    for (;;) {
      const before = position;
      const response = await ask({ path: PATH + resumeQuery(), signal });
      const bytes = await readBytes(response, MOST_BYTES, PATH);
      await hear(bytes, response.headers.get(FEED_SIGNATURE_HEADER) ?? '');
      // A message tells of so much at most; the rest stands behind it.
      if (before === null || before.position === position?.position || position?.epoch !== before.epoch) return;
    }
  }

  /** Until it ends or falls silent; throws then. */
  async function stream(): Promise<void> {
    const silence = new AbortController();
    const signal = AbortSignal.any([ending.signal, silence.signal]);
    let timer = setTimeout(() => silence.abort(), WAIT_MS);
    try {
      const response = await ask({ path: PATH + resumeQuery(), accept: 'text/event-stream', signal });
      for await (const { data } of readEvents(response, MOST_BYTES)) {
        const [text, signature] = data;
        if (text === undefined || signature === undefined) throw forged('an event without a signature');
        await hear(text, new TextDecoder().decode(signature));
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), SILENT_MS);
      }
    } catch (error) {
      if (silence.signal.aborted) throw new IssuerFault(`${PATH}: the feed fell silent.`, null);
      throw error;
    } finally {
      clearTimeout(timer);
      silence.abort();
    }
    throw new IssuerFault(`${PATH}: the feed ended.`, null);
  }

  async function follow(): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    let hasFailed = false;
    while (!ending.signal.aborted) {
      const heard = messages;
      try {
        if (position === null) await fetchOnce();
        // What was told while nobody listened may be swept by now; keys are not on the list itself.
        if (hasFailed) await keys.fetch();
        hasFailed = false;
        await stream();
      } catch (error) {
        if (ending.signal.aborted) return;
        faults += 1;
        hasFailed = true;
        // A stream that worked and then ended is a restart, as a rule: come back at once.
        pauseMs = messages > heard + 1 ? FIRST_PAUSE_MS : Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
        ports.onFault(error);
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
      const first = fetchOnce();
      void first
        .catch((error: unknown) => {
          faults += 1;
          ports.onFault(error);
        })
        .then(() => (ports.mode === 'stream' ? follow() : undefined));
      await first;
    },
    look: async () => {
      if (monotonicMs() - lookedAtMs < POLL_EVERY_MS) return looking ?? undefined;
      lookedAtMs = monotonicMs();
      looking = fetchOnce()
        .catch((error: unknown) => {
          faults += 1;
          ports.onFault(error);
        })
        .finally(() => {
          looking = null;
        });
      return await looking;
    },
    close: () => ending.abort(),
    get messages() {
      return messages;
    },
    get faults() {
      return faults;
    },
  };
}

const forged = (what: string): IssuerFault => new IssuerFault(`${PATH}: ${what}; it is not believed.`, null);

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
