/** The server of one process: it answers, serves the metrics, and drains when it is asked to stop. */
import { startAnswering } from './answering.ts';
import { Begun } from './begun.ts';
import type { Config } from './config.ts';
import { makeFirstAdministrator } from './first-administrator.ts';
import { openMetricsServer } from './http/metrics.ts';
import type { OpenedLog } from './log/open-log.ts';
import type { RunningServer } from './running-server.ts';

export async function startServer(config: Config, opened: OpenedLog): Promise<RunningServer> {
  const { log } = opened;
  const begun = new Begun();
  try {
    const answering = await startAnswering(config, opened, { begun });
    const closeMetrics = await openMetricsServer(answering.metrics, config);
    begun.add(closeMetrics);
    // Only now: a start that fails because the port is taken leaves nothing behind that gives access.
    await makeFirstAdministrator(answering.keyhouse, config, log);
    log.info({ url: config.url, port: answering.port }, `Keyhouse is running at ${config.url}`);

    return {
      port: answering.port,
      stop: async (how) => {
        await answering.stop(how);
        await closeMetrics();
        log.info({}, 'Keyhouse has stopped.');
      },
    };
  } catch (error) {
    await begun.end((left) => log.warn({ err: left }, 'The start failed, and not everything that was started could be stopped.'));
    throw error;
  }
}
