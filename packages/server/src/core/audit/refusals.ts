/**
 * Refusals on their way into the audit log. Those of known credentials and users are recorded one by one up to a rate, all
 * others are counted by reason, so that garbage fills no disk. Nothing here waits on the store: a request leaves a note, a
 * job writes the notes in batches. What is in memory when the process is killed is lost; an act never comes this way.
 */
import { type Clock, MINUTE_MS, SECOND_MS } from '../lib/clock.ts';
import type { AuditStore, By, EventDraft } from './event.ts';

export interface RefusalNote {
  readonly event: 'request.refused' | 'user.sign_in_failed';
  /** The true reason, one of a fixed set of words; never what was presented. */
  readonly reason: string;
  readonly by: By;
  /** Null when nobody is known to whom this happened: then it is only counted. */
  readonly subject: { readonly accountId?: number; readonly userId?: number; readonly credentialId?: number } | null;
  readonly details?: EventDraft['details'];
}

export interface RefusalRecorder {
  /** Takes note and returns at once. */
  record(note: RefusalNote): void;
  /** Writes what has gathered; with `end`, also the count of the minute that still runs. Throws when the store does; nothing is lost by it. */
  flush(options?: { end?: boolean }): Promise<void>;
}

export const SUBJECT_REFUSALS_A_MINUTE = 10;
export const ALL_REFUSALS_A_SECOND = 20;
/** Notes kept while the store cannot be reached; more are counted. */
const MOST_WAITING = 1_000;
/** Reasons are a fixed set; should a caller ever build them from input, memory still has an end. */
const MOST_REASONS = 100;
const BATCH = 500;

const SERVER: By = { actor: 'server', requestId: null, person: {} };

export function createRefusalRecorder({ audit, clock }: { audit: Pick<AuditStore, 'record'>; clock: Clock }): RefusalRecorder {
  const admit = createGate(clock);
  const counts = createCounts(clock);
  let waiting: EventDraft[] = [];
  let flushing: Promise<void> | null = null;

  function record(note: RefusalNote): void {
    const { event, reason, by, subject, details } = note;
    if (subject === null || waiting.length >= MOST_WAITING || !admit(subjectKey(subject))) counts.add(`${event}: ${reason}`);
    else waiting.push({ event, atMs: clock.now(), by, ...subject, reason, ...(details === undefined ? {} : { details }) });
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

  return { record, flush };
}

/** Says whether one more of this subject may be recorded now. Windows begin anew each minute and each second. */
function createGate(clock: Clock): (subject: string) => boolean {
  let minute = -1;
  let second = -1;
  let inSecond = 0;
  // Only what was admitted is kept, so there are at most 20 × 60 of them.
  const inMinute = new Map<string, number>();
  return (subject) => {
    const now = clock.now();
    if (minute !== Math.floor(now / MINUTE_MS)) inMinute.clear();
    if (second !== Math.floor(now / SECOND_MS)) inSecond = 0;
    minute = Math.floor(now / MINUTE_MS);
    second = Math.floor(now / SECOND_MS);
    const soFar = inMinute.get(subject) ?? 0;
    if (soFar >= SUBJECT_REFUSALS_A_MINUTE || inSecond >= ALL_REFUSALS_A_SECOND) return false;
    inMinute.set(subject, soFar + 1);
    inSecond++;
    return true;
  };
}

/** Counts by reason and minute; each finished minute becomes one event for each of its reasons. */
function createCounts(clock: Clock): { add(reason: string): void; take(end: boolean): EventDraft[] } {
  let minute = 0;
  let counts = new Map<string, number>();
  let finished: EventDraft[] = [];

  function close(): void {
    for (const [reason, count] of counts) {
      const atMs = (minute + 1) * MINUTE_MS;
      finished.push({
        event: 'request.refusals_counted',
        atMs: Math.min(atMs, clock.now()),
        by: SERVER,
        reason,
        details: { count },
      });
    }
    // A store that is away for hours: the oldest counts go first, memory stays bounded.
    finished = finished.slice(-MOST_WAITING);
    counts = new Map();
  }

  function turn(): void {
    const now = Math.floor(clock.now() / MINUTE_MS);
    if (now !== minute) close();
    minute = now;
  }

  return {
    add(reason) {
      turn();
      const name = counts.has(reason) || counts.size < MOST_REASONS ? reason : 'other';
      counts.set(name, (counts.get(name) ?? 0) + 1);
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
