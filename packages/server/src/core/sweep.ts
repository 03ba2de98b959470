/**
 * Deletes what is not needed any more, in small batches, so that no request waits long for one; one server at a time. It uses two
 * clocks: what has expired by the wall clock is deleted only if the monotonic clock agrees, because a wall clock that is years
 * ahead for ten minutes must not make servers forget what is revoked.
 */

import { type Clock, DAY_MS, HOUR_MS } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import type { ChangeFollower } from './revocations/follower.ts';
import { BROWSER_KNOWN_FOR_MS, SIGN_IN_MAX_MS } from './sign-ins/sign-in.ts';
import { ADDRESS_KNOWN_FOR_MS } from './sign-ins/sign-in-limits.ts';
import type { Store } from './store.ts';

export const SWEEP_EVERY_MS = HOUR_MS / 6;
const BATCH = 500;
/** Plots show 30 and 90 days; another year is kept for comparison. */
const KEEP_USE_DAYS = 400;
/** Least privilege looks back 90 days. */
const KEEP_PERMISSION_USE_DAYS = 100;
/** Records of JWTs are kept for a while after they expire, so that "was it ever ours?" has an answer. */
const KEEP_ENDED_JWTS_DAYS = 30;
/** A code that is presented again, or an old refresh token, is still recognized as such. */
const KEEP_ENDED_SESSIONS_DAYS = 30;
/** How long the page *Email* shows them. */
const KEEP_MAILS_DAYS = 30;
/**
 * A server that was off for a month has caught up in a day. Much less than the day for which a revocation is kept after its end.
 */
const HORIZON_STEP_MS = 6 * HOUR_MS;
/** How far the two clocks may differ: an ordinary correction. */
const MAY_PART_MS = 5 * 60 * 1000;

export interface SweepPorts {
  readonly store: Pick<Store, 'leases' | 'jwts' | 'changes' | 'mails' | 'tickets' | 'sessions' | 'signIns' | 'credentials'>;
  readonly follower: Pick<ChangeFollower, 'revocations'>;
  readonly clock: Clock;
  /** Milliseconds that only go forward. */
  readonly monotonicMs: () => number;
  /** Identifies this server among those that share the database. */
  readonly holder: string;
  readonly log: Log;
}

export function createSweep({ store, follower, clock, monotonicMs, holder, log }: SweepPorts) {
  const time = createSteadyTime(clock, monotonicMs);
  return { run, forget, horizonMs };

  /**
   * Up to which moment what has ended may be deleted; null while this server's two clocks disagree. It does not move the horizon:
   * only a sweep does, one server at a time, so that many servers do not move it faster.
   */
  async function horizonMs(): Promise<number | null> {
    return await moveHorizon(0);
  }

  async function moveHorizon(maxMs: number): Promise<number | null> {
    const partedMs = time.partedMs();
    if (Math.abs(partedMs) <= MAY_PART_MS) return await store.leases.moveSweepHorizon({ nowMs: clock.now(), maxMs });
    log.warn(
      { partedMs },
      'The clock of this machine was changed, or the machine was asleep. Nothing that has expired is deleted for one day.',
    );
    return null;
  }

  /** What this process has in memory. */
  function forget(): void {
    follower.revocations.sweep(Math.min(clock.now(), time.steadyMs()));
  }

  async function run(): Promise<void> {
    forget();
    if (!(await store.leases.takeLease({ job: 'sweep', holder, nowMs: clock.now(), forMs: SWEEP_EVERY_MS }))) return;
    const nowMs = await moveHorizon(HORIZON_STEP_MS);
    if (nowMs === null) return;
    const today = Math.floor(nowMs / DAY_MS);
    while (await store.jwts.sweepJwts({ beforeMs: nowMs - KEEP_ENDED_JWTS_DAYS * DAY_MS, limit: BATCH }));
    while (await store.changes.sweepChanges({ nowMs, limit: BATCH }));
    while (await store.mails.sweepMails({ beforeMs: nowMs - KEEP_MAILS_DAYS * DAY_MS, limit: BATCH }));
    while (await store.tickets.sweepTickets({ nowMs, limit: BATCH }));
    while (await store.sessions.endLapsed({ nowMs, limit: BATCH }));
    while (await store.sessions.sweepSessions({ beforeMs: nowMs - KEEP_ENDED_SESSIONS_DAYS * DAY_MS, limit: BATCH }));
    await store.sessions.dropUnusedRefreshKeys({ nowMs });
    while (await store.signIns.sweepSignIns({ beforeMs: nowMs - SIGN_IN_MAX_MS, limit: BATCH }));
    const known = { addressesBeforeMs: nowMs - ADDRESS_KNOWN_FOR_MS, browsersBeforeMs: nowMs - BROWSER_KNOWN_FOR_MS };
    while (await store.signIns.sweepKnown({ ...known, limit: BATCH }));
    while (await store.credentials.sweepUse({ beforeDay: today - KEEP_USE_DAYS, limit: BATCH }));
    while (await store.credentials.sweepNarrowings({ nowMs, limit: BATCH }));
    while (await store.credentials.sweepPermissionUse({ beforeDay: today - KEEP_PERMISSION_USE_DAYS, limit: BATCH }));
  }
}

/** Compares the wall clock with a monotonic one: how far the two differ, until they have agreed for a day. */
function createSteadyTime(clock: Clock, monotonicMs: () => number) {
  let anchor = { wallMs: clock.now(), monotonicMs: monotonicMs() };
  let last = { partedMs: 0, sinceMs: anchor.monotonicMs };
  const steadyMs = (): number => anchor.wallMs + monotonicMs() - anchor.monotonicMs;
  return {
    /** What the wall clock would show if it had moved forward evenly. */
    steadyMs,
    /** Positive: the wall clock is ahead of that. */
    partedMs: (): number => {
      const [nowMs, partedMs] = [monotonicMs(), clock.now() - steadyMs()];
      if (Math.abs(partedMs - last.partedMs) > MAY_PART_MS) last = { partedMs, sinceMs: nowMs };
      else if (nowMs - last.sinceMs > DAY_MS) {
        anchor = { wallMs: clock.now(), monotonicMs: nowMs };
        last = { partedMs: 0, sinceMs: nowMs };
        return 0;
      }
      return partedMs;
    },
  };
}
