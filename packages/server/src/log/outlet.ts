/**
 * Standard output or standard error as a server may write to it: no write ever waits on the calling thread. Node's own streams do
 * not promise that: a full pipe, a terminal that was stopped (Ctrl-S) or a busy disk would stop every request.
 */
import { constants, fstatSync, openSync, write, writeSync } from 'node:fs';
import { isatty } from 'node:tty';

export type Written =
  /** This many bytes were taken; 0: none now, try again soon. */
  | number
  /** It cannot be written (full disk, no reader): try again later. */
  | 'broken';

export interface Outlet {
  /** At once, and never waits. Null: this kind of file has no such write, use `writeBeside`. */
  readonly writeNow: ((bytes: Uint8Array) => Written) | null;
  /** By another thread; one write at a time. */
  writeBeside(bytes: Uint8Array): Promise<Written>;
  /** For a process that ends: may wait for a disk, never for a reader. */
  writeLast(bytes: Uint8Array): Written;
}

export function openOutlet(descriptor: 1 | 2): Outlet {
  const { fd, isWaitless } = openWaitless(descriptor);
  const writeNow = (bytes: Uint8Array): Written => attempt(() => writeSync(fd, bytes));
  return {
    writeNow: isWaitless ? writeNow : null,
    writeBeside: (bytes) =>
      new Promise((resolve) => {
        write(fd, bytes, 0, bytes.length, null, (error, count) => resolve(error === null ? count : readError(error)));
      }),
    writeLast: writeNow,
  };
}

/** Pipes, sockets and terminals, whose reader may stop reading, are written without waiting; files and devices have no reader. */
function openWaitless(descriptor: 1 | 2): { fd: number; isWaitless: boolean } {
  const stats = fstatSync(descriptor);
  const isTerminal = isatty(descriptor);
  if (!stats.isFIFO() && !stats.isSocket() && !isTerminal) return { fd: descriptor, isWaitless: false };
  const own = stats.isSocket() ? null : openAgain(descriptor);
  if (own !== null) return { fd: own, isWaitless: true };
  if (isTerminal) return { fd: descriptor, isWaitless: false };
  // Node's stream over a pipe or a socket sets O_NONBLOCK, for all processes that share it; it is restored when the process ends.
  void (descriptor === 1 ? process.stdout : process.stderr);
  return { fd: descriptor, isWaitless: true };
}

/** An open file of our own, so that no other process can remove O_NONBLOCK again. Null if the system has none. */
function openAgain(descriptor: 1 | 2): number | null {
  const { O_WRONLY, O_APPEND, O_NONBLOCK, O_NOCTTY } = constants;
  try {
    return openSync(`/proc/self/fd/${descriptor}`, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY);
  } catch {
    return null;
  }
}

function attempt(run: () => number): Written {
  try {
    return run();
  } catch (error) {
    return readError(error);
  }
}

const readError = (error: unknown): Written =>
  error instanceof Error && 'code' in error && (error.code === 'EAGAIN' || error.code === 'EINTR') ? 0 : 'broken';
