import { flushCompileCache } from 'node:module';
import type { Command } from 'commander';
import type { OpenedLog } from '../log/open-log.ts';
import type { RunningServer } from '../running-server.ts';
import { addCommand } from './command.ts';
import { settings } from './with-keyhouse.ts';

/**
 * npm and npx pass on a Ctrl-C that the terminal has already sent to all processes: one that follows this quickly is the same
 * signal.
 */
const SAME_SIGNAL_MS = 500;
const END_ANYWAY_MS = 500;
/** A log whose reader is behind is not waited for longer. */
const LAST_LINES_MS = 500;
/** 128 + 15, what a shell shows for SIGTERM: the program did not finish by itself. */
const CUT_OFF = 143;

export function addServeCommand(program: Command): void {
  addCommand(program, 'serve', 'Start the server. It logs JSON lines and stops on SIGTERM or Ctrl-C').action(serve);
}

async function serve(): Promise<void> {
  const config = await settings();
  const isAlone = config.workers === 1;
  const [startServer, { openLog }, { endOnUncaughtError }] = await Promise.all([
    isAlone
      ? import('../main.ts').then((main) => main.startServer)
      : import('../workers/primary.ts').then((main) => main.startWorkers),
    import('../log/open-log.ts'),
    import('../log/last-words.ts'),
  ]);
  const opened = openLog(config.logLevel, isAlone ? null : { worker: 'primary' });
  endOnUncaughtError(opened);
  let server: RunningServer | null = null;
  // Before the start, so that no signal falls between the first request and the signal handlers.
  stopOnSignal(async (signal) => {
    if (server === null) process.exit(CUT_OFF);
    // The person who presses Ctrl-C waits for the end; no load balancer has to notice first.
    await server.stop({ drain: signal === 'SIGTERM' });
    await opened.stream.drain(LAST_LINES_MS);
  });
  server = await startServer(config, opened, (error) => endWith(error, opened)).catch((error: unknown) => {
    // The process ends even if something that was started keeps it alive.
    setTimeout(() => process.exit(), END_ANYWAY_MS).unref();
    throw error;
  });
  // Otherwise written at the end, which a killed server does not have.
  flushCompileCache?.();
}

/** The server cannot go on; its supervisor starts it again. */
function endWith(error: Error, { log, stream }: OpenedLog): void {
  log.fatal({ err: error }, 'The server cannot go on, and ends.');
  stream.writeLast();
  process.stderr.write(`Error: ${error.message}\n`);
  process.exit(1);
}

/** The first signal drains, the second ends the program immediately. */
function stopOnSignal(stop: (signal: NodeJS.Signals) => Promise<void>): void {
  let firstAtMs: number | null = null;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (firstAtMs !== null) {
      if (performance.now() - firstAtMs > SAME_SIGNAL_MS) process.exit(CUT_OFF);
      return;
    }
    firstAtMs = performance.now();
    stop(signal).then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`Error: the server did not stop correctly: ${error instanceof Error ? error.message : ''}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}
