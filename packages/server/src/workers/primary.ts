/**
 * The primary process of a server with several workers. It does what is done once (migrations, the master secret, the first
 * administrator), counts the limits that are kept in memory, shows the metrics of all, and keeps the others running: the workers,
 * which answer requests, and on SQLite the process that writes. It reads no request and has no database open while it serves, so
 * nothing that a client sends can stop it. When it ends, so do the others.
 */
import { Begun } from '../begun.ts';
import type { Config } from '../config.ts';
import { makeFirstAdministrator } from '../first-administrator.ts';
import { openMetricsServer } from '../http/metrics.ts';
import type { OpenedLog } from '../log/open-log.ts';
import { openKeyhouse } from '../open.ts';
import { LAST_ANSWERS_MS, LAST_WRITES_MS, type RunningServer } from '../running-server.ts';
import { openMemoryLimiter } from '../store/limiter.ts';
import { isPostgres } from '../store/open.ts';
import { EXIT_WITHIN_MS, Fleet } from './fleet.ts';
import { openLimitDesk } from './limits.ts';
import { createSharedMetrics } from './shared-metrics.ts';
import { makeSocketPath, removeSocket } from './socket-folder.ts';

/** `onEnd`: called when its processes end again and again, some time after the start. */
export async function startWorkers(config: Config, opened: OpenedLog, onEnd: (error: Error) => void): Promise<RunningServer> {
  const begun = new Begun();
  try {
    return await start(config, opened, { begun, onEnd });
  } catch (error) {
    await begun.end((left) =>
      opened.log.warn({ err: left }, 'The start failed, and not everything that was started could be stopped.'),
    );
    throw error;
  }
}

async function start(
  config: Config,
  { log, stream }: OpenedLog,
  { begun, onEnd }: { readonly begun: Begun; readonly onEnd: (error: Error) => void },
): Promise<RunningServer> {
  const { keyhouse } = await openKeyhouse(config, log);
  begun.add(() => keyhouse.close());
  await keyhouse.prepare();
  const writing = writingOf(config);
  begun.add(async () => writing !== null && removeSocket(writing.socketPath));
  const metrics = createSharedMetrics({ running: () => fleet.running(), droppedLines: () => stream.dropped });
  const fleet = new Fleet({
    ...{ workers: config.workers, logLevel: config.logLevel, writing, log, desk: openLimitDesk(openMemoryLimiter) },
    onEnd: metrics.forget,
    onGiveUp: onEnd,
  });
  begun.add(() => fleet.stop({ drain: false, withinMs: EXIT_WITHIN_MS }));
  const port = await fleet.start();
  const closeMetrics = await openMetricsServer(metrics, config);
  begun.add(closeMetrics);
  await makeFirstAdministrator(keyhouse, config, log);
  await keyhouse.close();
  log.info({ url: config.url, port, workers: config.workers }, `Keyhouse is running at ${config.url}`);

  return {
    port,
    stop: async ({ drain }) => {
      const drainMs = drain ? config.drainSeconds * 1000 : 0;
      await fleet.stop({ drain, withinMs: drainMs + LAST_ANSWERS_MS + LAST_WRITES_MS + EXIT_WITHIN_MS });
      await closeMetrics();
      if (writing !== null) removeSocket(writing.socketPath);
      log.info({}, 'Keyhouse has stopped.');
    },
  };
}

function writingOf({ databaseUrl }: Config): { databasePath: string; socketPath: string } | null {
  if (isPostgres(databaseUrl)) return null;
  const databasePath = databaseUrl.slice('sqlite:'.length);
  return { databasePath, socketPath: makeSocketPath(databasePath) };
}
