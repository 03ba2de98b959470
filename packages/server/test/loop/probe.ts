/**
 * Loaded into a server's process before the server: reports, when asked over the channel to the parent, how much processor time
 * the main thread has used. A request can block the event loop for at most that long, on a quiet machine and on a busy one.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { threadId } from 'node:worker_threads';

export interface Reading {
  /** Of the main thread, since it began. */
  readonly cpuMs: number;
  /**
   * The longest time that the event loop was blocked since the previous reading; by the wall clock, so it includes other
   * processes.
   */
  readonly heldMs: number;
}

/** Processor time for a fixed piece of work on this machine at this moment. */
export interface Unit {
  readonly unitMs: number;
}

/** Two to four milliseconds on the machine where the promise was measured, depending on its other work. */
const UNIT_TEXT = '{"a":[1,2,3]},'.repeat(40_000);

const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

function work(): number {
  let sum = 0;
  for (let round = 0; round < 8; round++) for (let at = 0; at < UNIT_TEXT.length; at++) sum += UNIT_TEXT.charCodeAt(at);
  return sum;
}

/** The minimum of several: what the machine can do when it is not disturbed. */
function measureUnit(): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 12; round++) {
    const before = cpuMs();
    work();
    least = Math.min(least, cpuMs() - before);
  }
  return least;
}

// The server's writer thread and its pool load the same files.
if (threadId === 0 && process.send !== undefined) {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  process.on('message', (message) => {
    if (message === 'unit') {
      const unit: Unit = { unitMs: measureUnit() };
      process.send?.(unit);
    }
    if (message === 'read') {
      const reading: Reading = { cpuMs: cpuMs(), heldMs: delay.max / 1e6 };
      delay.reset();
      process.send?.(reading);
    }
  });
  process.on('disconnect', () => process.exit());
}
