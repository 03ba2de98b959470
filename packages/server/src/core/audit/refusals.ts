/**
 * Refusals on their way into the audit log. Those of known credentials and users are recorded one by one up to a rate; all others
 * are counted by reason, so that garbage cannot fill the disk. Nothing here waits on the store: a request leaves a note, a job
 * writes the notes in batches. What is in memory when the process is killed is lost; acts are never recorded this way.
 */

import { IN_THE_ACT } from '../authority.ts';
import { type Clock, MINUTE_MS, SECOND_MS } from '../lib/clock.ts';
import { type AuditStore, type By, type Doer, type EventDraft, happened } from './event.ts';

export interface RefusalNote {
  readonly event: 'request.refused' | 'user.sign_in_failed';
  /** The true reason, one of a fixed set of words; never what was presented. */
  readonly reason: string;
  readonly by: Doer;
  /** Null when it is not known to whom this happened: then it is only counted. */
  readonly subject: { readonly accountId?: number; readonly userId?: number; readonly credentialId?: number } | null;
  /** Unknown clients, by the network they come from: a few are recorded, so that a developer's mistake can be explained. */
  readonly stranger?: Stranger;
  /** A function where it is costly: it is called only for what is recorded. */
  readonly details?: EventDraft['details'] | (() => Described);
  /** When it happened, if not now: a guard reports it later. Those have a rate of their own. */
  readonly atMs?: number;
}

export interface Stranger {
  readonly network: string;
  /** Requests without a credential are so many that they must not crowd out the others. */
  readonly isBlank: boolean;
}

export interface Described {
  readonly details: NonNullable<EventDraft['details']>;
  readonly person: By['person'];
}

export interface RefusalRecorder {
  /** Takes note and returns at once. */
  record(note: RefusalNote): void;
  /** Counts this many more of this reason, without recording each of them. */
  count(reason: string, count: number): void;
  /**
   * Writes what has gathered; with `end`, also the count of the current minute. Throws when the store does; nothing is lost by
   * it.
   */
  flush(options?: { end?: boolean }): Promise<void>;
}

export const SUBJECT_REFUSALS_A_MINUTE = 10;
export const ALL_REFUSALS_A_SECOND = 20;
export const NETWORK_REFUSALS_A_MINUTE = 3;
export const STRANGER_REFUSALS_A_MINUTE = 10;
/** Notes kept while the store is unreachable; more are only counted. */
const MAX_WAITING = 1_000;
/** Reasons are a fixed set; should a caller ever build them from input, memory is still bounded. */
const MAX_REASONS = 100;
const BATCH = 500;

const SERVER: By = { actor: 'server', requestId: null, person: {} };

export function createRefusalRecorder({ audit, clock }: { audit: Pick<AuditStore, 'record'>; clock: Clock }): RefusalRecorder {
  const admit = createGate(clock, { ofOne: SUBJECT_REFUSALS_A_MINUTE, ofAll: ALL_REFUSALS_A_SECOND, windowMs: SECOND_MS });
  // Guards keep to the same rate and report some seconds at once.
  const admitReported = createGate(clock, {
    ofOne: SUBJECT_REFUSALS_A_MINUTE,
    ofAll: (ALL_REFUSALS_A_SECOND * MINUTE_MS) / SECOND_MS,
    windowMs: MINUTE_MS,
  });
  const strangers = { ofOne: NETWORK_REFUSALS_A_MINUTE, ofAll: STRANGER_REFUSALS_A_MINUTE, windowMs: MINUTE_MS };
  const [admitBlank, admitStranger] = [createGate(clock, strangers), createGate(clock, strangers)];
  const counts = createCounts(clock);
  let waiting: EventDraft[] = [];
  let flushing: Promise<void> | null = null;

  function record(note: RefusalNote): void {
    const { event, reason, by, subject, atMs = clock.now() } = note;
    if (waiting.length >= MAX_WAITING || !isAdmitted(note)) counts.add(`${event}: ${reason}`);
    else waiting.push(happened(onRecord(by), atMs, event, { ...subject, reason, ...describe(note) }));
  }

  function isAdmitted({ subject, stranger, atMs }: RefusalNote): boolean {
    if (subject !== null) return (atMs === undefined ? admit : admitReported)(subjectKey(subject));
    return stranger !== undefined && (stranger.isBlank ? admitBlank : admitStranger)(stranger.network);
  }

  async function write(end: boolean): Promise<void> {
    await drain();
    // Only now: while the store is away, counts stay in their own bounded list.
    waiting.push(...counts.take(end));
    await drain();
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const events = waiting.slice(0, BATCH);
      await audit.record({ events });
      waiting = waiting.slice(events.length);
    }
  }

  /** One after the other: two writers of one list would write it twice. */
  async function flush({ end = false } = {}): Promise<void> {
    while (flushing !== null) await flushing.catch(() => {});
    flushing = write(end);
    await flushing.finally(() => {
      flushing = null;
    });
  }

  return { record, count: (reason, count) => counts.add(`request.refused: ${reason}`, count), flush };
}

function describe({ details, by }: RefusalNote): Partial<EventDraft> {
  if (typeof details !== 'function') return details === undefined ? {} : { details };
  const described = details();
  return { details: described.details, by: onRecord({ ...by, person: described.person }) };
}

/** The server writes it, even when the person it is about has lost their access since. */
const onRecord = (by: Doer): By => ({ ...by, authority: IN_THE_ACT });

interface Rate {
  /** A minute. */
  readonly ofOne: number;
  /** Within a window. */
  readonly ofAll: number;
  readonly windowMs: number;
}

/** Says whether one more refusal of this subject may be recorded now. Windows start again each minute and each second. */
function createGate(clock: Clock, { ofOne, ofAll, windowMs }: Rate): (subject: string) => boolean {
  let minute = -1;
  let window = -1;
  let inWindow = 0;
  // Only what was admitted is kept, so there are at most 20 × 60 of them.
  const inMinute = new Map<string, number>();
  return (subject) => {
    const now = clock.now();
    if (minute !== Math.floor(now / MINUTE_MS)) inMinute.clear();
    if (window !== Math.floor(now / windowMs)) inWindow = 0;
    minute = Math.floor(now / MINUTE_MS);
    window = Math.floor(now / windowMs);
    const soFar = inMinute.get(subject) ?? 0;
    if (soFar >= ofOne || inWindow >= ofAll) return false;
    inMinute.set(subject, soFar + 1);
    inWindow++;
    return true;
  };
}

/** Counts by reason and minute; each finished minute becomes one event for each of its reasons. */
function createCounts(clock: Clock): { add(reason: string, count?: number): void; take(end: boolean): EventDraft[] } {
  let minute = 0;
  let counts = new Map<string, number>();
  let finished: EventDraft[] = [];

  function close(): void {
    for (const [reason, count] of counts) {
      const atMs = (minute + 1) * MINUTE_MS;
      finished.push(happened(SERVER, Math.min(atMs, clock.now()), 'request.refusals_counted', { reason, details: { count } }));
    }
    // If the store is away for hours, the oldest counts are dropped first, so memory stays bounded.
    finished = finished.slice(-MAX_WAITING);
    counts = new Map();
  }

  function turn(): void {
    const now = Math.floor(clock.now() / MINUTE_MS);
    if (now !== minute) close();
    minute = now;
  }

  return {
    add(reason, count = 1) {
      turn();
      const name = counts.has(reason) || counts.size < MAX_REASONS ? reason : 'other';
      counts.set(name, Math.min((counts.get(name) ?? 0) + count, Number.MAX_SAFE_INTEGER));
    },
    take(end) {
      turn();
      if (end) close();
      const taken = finished;
      finished = [];
      return taken;
    },
  };
}

function subjectKey({ credentialId, userId, accountId }: NonNullable<RefusalNote['subject']>): string {
  if (credentialId !== undefined) return `credential:${credentialId}`;
  return userId === undefined ? `account:${accountId}` : `user:${userId}`;
}
