/**
 * An uncaught error ends the process at once: what it left half done is unknown, and the supervisor starts the server again. Its
 * reason is written before that, in the log and on standard error, unless they cannot be written.
 */
import type { OpenedLog } from './open-log.ts';
import { type Outlet, openOutlet } from './outlet.ts';

/** How long to wait for a slow reader of standard error. */
const PATIENCE_MS = 200;
const PAUSE_MS = 5;

/** For the whole process: uncaught errors and unhandled rejections end it with exit code 1. */
export function endOnUncaughtError({ log, stream }: OpenedLog): void {
  const standardError = openOutlet(2);
  // A command ends when nobody reads its output any more; a server continues.
  for (const output of [process.stdout, process.stderr]) output.removeAllListeners('error').on('error', () => {});
  // Warnings of Node would wait for a terminal that is stopped.
  process.removeAllListeners('warning');
  process.on('warning', (warning) => log.warn({ err: warning }, 'A warning from Node.js.'));
  // A file size limit (`ulimit -f`) ends a process by a signal, unless the process handles it; the write then fails.
  process.on('SIGXFSZ', () => {});
  process.on('uncaughtException', (error: unknown) => {
    try {
      log.fatal({ err: error }, 'An unexpected error happened. The server stops.');
      stream.writeLast();
      writeWithin(standardError, Buffer.from(`Error: an unexpected error happened, and the server stops: ${textOf(error)}\n`));
    } finally {
      process.exit(1);
    }
  });
}

const textOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

/** Without an event loop, which may never turn again. */
function writeWithin(outlet: Outlet, bytes: Buffer): void {
  const giveUpAt = performance.now() + PATIENCE_MS;
  let rest = bytes;
  while (rest.length > 0 && performance.now() < giveUpAt) {
    const written = outlet.writeLast(rest);
    if (written === 'broken') return;
    rest = rest.subarray(written);
    if (written === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
}
