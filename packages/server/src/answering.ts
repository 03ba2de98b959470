/** One process that answers requests: opens the store, builds the app, listens, and drains when it is asked to stop. */
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createApp } from './app.ts';
import type { Begun } from './begun.ts';
import type { Config } from './config.ts';
import type { Keyhouse } from './core/keyhouse.ts';
import type { JobsOfProcess } from './core/serving.ts';
import type { Limiter } from './core/sign-ins/sign-in-limits.ts';
import { Connections } from './http/connections.ts';
import { createMetrics, type Metrics } from './http/metrics.ts';
import type { OpenedLog } from './log/open-log.ts';
import { openKeyhouse, type SharedMeans } from './open.ts';
import { LAST_ANSWERS_MS, LAST_WRITES_MS } from './running-server.ts';
import { openMemoryLimiter } from './store/limiter.ts';
import { isPostgres } from './store/open.ts';

/** How often the list of changes is polled; PostgreSQL wakes us earlier. */
const POLL_EVERY_MS = { sqlite: 50, postgres: 500 };

export interface Answering {
  readonly port: number;
  readonly keyhouse: Keyhouse;
  readonly metrics: Metrics;
  /** `drain`: continues to answer for `KEYHOUSE_DRAIN_SECONDS`, while `/readyz` says that it stops. */
  stop(options: { readonly drain: boolean }): Promise<void>;
}

/** What one of several processes has from the others; left out, this one is alone. */
export interface Together extends SharedMeans {
  readonly jobs: JobsOfProcess;
  readonly unknownLimiter: Limiter;
}

/** What it starts is added to `begun`. */
export async function startAnswering(
  config: Config,
  { log, stream }: OpenedLog,
  { begun, together }: { readonly begun: Begun; readonly together?: Together },
): Promise<Answering> {
  const { keyhouse, store } = await openKeyhouse(config, log, { isServing: true, shared: together });
  const connections = new Connections();
  begun.add(() => keyhouse.close());
  await keyhouse.prepare();
  const stopJobs = await keyhouse.start({
    pollEveryMs: isPostgres(config.databaseUrl) ? POLL_EVERY_MS.postgres : POLL_EVERY_MS.sqlite,
    jobs: together?.jobs,
  });
  begun.add(stopJobs);
  const metrics = createMetrics();
  metrics.watchLag(() => keyhouse.revocations.follower.lagMs);
  metrics.watchLog(() => stream.dropped);
  const app = await createApp({
    ...config,
    keyhouse,
    log,
    metrics,
    connections,
    unknownLimiter: together?.unknownLimiter ?? openMemoryLimiter(),
    dashboardFolder: findDashboard(),
  });
  begun.add(() => app.close());
  if (store.join !== undefined) {
    await store.join();
    await keyhouse.catchUp();
  }
  await app.listen({ host: config.host, port: config.port });
  const { port } = app.server.address() as AddressInfo;

  return {
    port,
    keyhouse,
    metrics,
    stop: async ({ drain }) => {
      connections.announce();
      if (drain) await setTimeout(config.drainSeconds * 1000);
      const cut = await connections.close(LAST_ANSWERS_MS);
      if (cut > 0) log.warn({ cut }, 'Connections were closed, because their requests took too long.');
      const close = async (): Promise<void> => {
        await app.close();
        await stopJobs();
        await keyhouse.close();
      };
      const isClosed = await Promise.race([close().then(() => true), setTimeout(LAST_WRITES_MS, false, { ref: false })]);
      if (!isClosed) log.warn({}, 'The database did not answer in time. The last counts may be lost.');
    },
  };
}

/** What a published package contains; in a checkout, what `npm start` builds. */
function findDashboard(): string | null {
  const folders = [join(import.meta.dirname, '..', 'dashboard'), join(import.meta.dirname, '..', '..', 'dashboard', 'dist')];
  return folders.find((folder) => existsSync(join(folder, 'index.html'))) ?? null;
}
