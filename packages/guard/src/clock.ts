/**
 * The time by which a guard judges. It is this machine's, unless it differs from Keyhouse's: a JWT expires by its issuer's clock,
 * and a machine whose clock is minutes off would accept what has expired or refuse what is valid.
 */
import { forwardClock } from '@keyhouse/protocol';

/** What Keyhouse's clock showed, and when that was by the monotonic clock. */
export interface Told {
  readonly atMs: number;
  readonly heardAtMs: number;
}

interface Ports {
  /** Milliseconds since 1970, as this machine believes. */
  readonly wallMs: () => number;
  /** Milliseconds that only go forward. */
  readonly monotonicMs: () => number;
  /** Null before the first message of Keyhouse. */
  readonly told: () => Told | null;
  readonly say: (sentence: string) => void;
}

export interface GuardClock {
  /** Milliseconds since 1970 by which everything is judged. */
  nowMs(): number;
  /** Reports if this machine's clock is off; called after each message of Keyhouse. */
  warnIfOff(): void;
  /** How far this machine's clock is ahead of Keyhouse's, in milliseconds; 0 before the first message. */
  readonly aheadMs: number;
}

/** More than the difference between synchronised clocks, and more than a message takes to arrive. */
const OFF_MS = 60_000;

export function createClock({ wallMs, monotonicMs, told, say }: Ports): GuardClock {
  const forwardMs = forwardClock(wallMs);
  const theirs = (): number | null => {
    const last = told();
    return last === null ? null : last.atMs + monotonicMs() - last.heardAtMs;
  };
  const ahead = (ownMs: number): number => ownMs - (theirs() ?? ownMs);
  return {
    nowMs: () => {
      const ownMs = forwardMs();
      const theirMs = theirs();
      return theirMs === null || Math.abs(ownMs - theirMs) <= OFF_MS ? ownMs : theirMs;
    },
    warnIfOff: () => {
      const aheadMs = ahead(wallMs());
      if (Math.abs(aheadMs) <= OFF_MS) return;
      const minutes = Math.max(1, Math.round(Math.abs(aheadMs) / 60_000));
      const side = aheadMs > 0 ? 'ahead of' : 'behind';
      say(
        `The clock of this machine is about ${minutes} ${minutes === 1 ? 'minute' : 'minutes'} ${side} that of Keyhouse. The guard uses the time of Keyhouse. Correct the clock of this machine.`,
      );
    },
    get aheadMs() {
      return ahead(wallMs());
    },
  };
}
