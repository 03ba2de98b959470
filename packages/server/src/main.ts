/** The server: reads the settings, opens the store, builds the app, listens, and drains when it is asked to stop. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createApp } from './app.ts';
import { Begun } from './begun.ts';
import type { Config } from './config.ts';
import type { Keyhouse } from './core/keyhouse.ts';
import { emailKey } from './core/lib/email.ts';
import type { Log } from './core/lib/log.ts';
import { Connections } from './http/connections.ts';
import { createMetrics, createMetricsServer } from './http/metrics.ts';
import type { OpenedLog } from './log/open-log.ts';
import { openKeyhouse } from './open.ts';
import { openMemoryLimiter } from './store/limiter.ts';
import { isPostgres } from './store/open.ts';

/** How often the list of changes is polled; PostgreSQL wakes us earlier. */
const POLL_EVERY_MS = { sqlite: 50, postgres: 500 };
/**
 * For the last answers, and then for what is still to be written. With the five seconds of draining it is less than the ten that
 * `docker stop` waits.
 */
const LAST_ANSWERS_MS = 3000;
const LAST_WRITES_MS = 1500;

export interface RunningServer {
  readonly port: number;
  /** `drain`: continues to answer for `KEYHOUSE_DRAIN_SECONDS`, while `/readyz` says that it stops. */
  stop(options: { readonly drain: boolean }): Promise<void>;
}

export async function startServer(config: Config, { log, stream }: OpenedLog): Promise<RunningServer> {
  const { keyhouse } = await openKeyhouse(config, log, { isServing: true });
  const connections = new Connections();
  const begun = new Begun();
  begun.add(() => keyhouse.close());
  try {
    await keyhouse.prepare();
    const stopJobs = await keyhouse.start({
      pollEveryMs: isPostgres(config.databaseUrl) ? POLL_EVERY_MS.postgres : POLL_EVERY_MS.sqlite,
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
      unknownLimiter: openMemoryLimiter(),
      dashboardFolder: findDashboard(),
    });
    begun.add(() => app.close());
    await app.listen({ host: config.host, port: config.port });
    const metricsServer =
      config.metricsPort === null ? null : createMetricsServer(metrics).listen(config.metricsPort, config.host);
    const closeMetrics = async (): Promise<void> => {
      metricsServer?.close();
      metricsServer?.closeAllConnections();
    };
    begun.add(closeMetrics);
    if (metricsServer !== null) await once(metricsServer, 'listening');
    // Only now: a start that fails because the port is taken leaves nothing behind that gives access.
    await makeFirstAdministrator(keyhouse, config, log);
    const { port } = app.server.address() as AddressInfo;
    log.info({ url: config.url, port }, `Keyhouse is running at ${config.url}`);

    return {
      port,
      stop: async ({ drain }) => {
        connections.announce();
        if (drain) await setTimeout(config.drainSeconds * 1000);
        const cut = await connections.close(LAST_ANSWERS_MS);
        if (cut > 0) log.warn({ cut }, 'Connections were closed, because their requests took too long.');
        const close = async (): Promise<void> => {
          await app.close();
          await closeMetrics();
          await stopJobs();
          await keyhouse.close();
        };
        const isClosed = await Promise.race([close().then(() => true), setTimeout(LAST_WRITES_MS, false, { ref: false })]);
        if (!isClosed) log.warn({}, 'The database did not answer in time. The last counts may be lost.');
        log.info({}, 'Keyhouse has stopped.');
      },
    };
  } catch (error) {
    await begun.end((left) => log.warn({ err: left }, 'The start failed, and not everything that was started could be stopped.'));
    throw error;
  }
}

/** What a published package contains; in a checkout, what `npm start` builds. */
function findDashboard(): string | null {
  const folders = [join(import.meta.dirname, '..', 'dashboard'), join(import.meta.dirname, '..', '..', 'dashboard', 'dist')];
  return folders.find((folder) => existsSync(join(folder, 'index.html'))) ?? null;
}

async function makeFirstAdministrator(keyhouse: Keyhouse, { admin, url }: Config, log: Log): Promise<void> {
  if ((await keyhouse.users.countAdministrators()) > 0) return;
  if (admin !== null) {
    const by = { actor: 'server', requestId: null, person: {} } as const;
    const created = await keyhouse.users.createMissingAdministrator({ ...admin, by });
    if (created.ok) {
      if (created.value !== null)
        log.info({ userId: created.value.id }, 'The first administrator was created from KEYHOUSE_ADMIN_EMAIL.');
      return;
    }
    // Whatever the reason, the server starts: clients of the API need no administrator.
    log.warn({}, await whyNoAdministrator(keyhouse, admin.email, created.reason));
  }
  const ticket = await keyhouse.signIns.createSetupTicket();
  // The only secret that is logged: a person who reads the first start's log runs this machine. It works once, for an hour.
  if (ticket !== null) log.warn({}, `There is no enabled administrator. Create one at ${url}/setup#${ticket} within an hour.`);
}

/** Says what to do. Registering the address first does not make anyone an administrator. */
async function whyNoAdministrator(keyhouse: Keyhouse, email: string, reason: string): Promise<string> {
  if (reason !== 'taken')
    return `No administrator could be created from KEYHOUSE_ADMIN_EMAIL and KEYHOUSE_ADMIN_PASSWORD: ${reason}.`;
  const user = await keyhouse.users.findByEmail(emailKey(email));
  if (user?.isAdministrator === true)
    return `The administrator in KEYHOUSE_ADMIN_EMAIL is disabled, and there is no other enabled administrator. To enable the user, run 'keyhouse user enable ${user.id}'.`;
  return 'The address in KEYHOUSE_ADMIN_EMAIL belongs to a user who is not an administrator, so no administrator was created from it.';
}
