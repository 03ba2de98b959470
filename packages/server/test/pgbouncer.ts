/**
 * A real PgBouncer in transaction mode, if it is installed: each transaction may get another connection to PostgreSQL, as behind
 * Supabase or Neon. If it is missing, the tests that need it are skipped; their names begin with `NEEDS_PGBOUNCER`, so that `npm
 * test` says why.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemUser } from './system-user.ts';

export const NEEDS_PGBOUNCER = '[needs PgBouncer]';

const PROGRAM = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer', '/usr/local/bin/pgbouncer'].find((path) => existsSync(path));

/** It refuses to run as root. */
const USER = systemUser(['postgres', 'nobody']);

export const havePgBouncer = PROGRAM !== undefined && USER !== null;

export interface RunningPgBouncer {
  /** The same database, through it. */
  through(databaseUrl: string): string;
  /** Everything that it logged. */
  log(): string;
  /** SIGKILL: all connections, on either side, are cut. */
  kill(): Promise<void>;
  /** At the same address, after `kill`. */
  startAgain(): Promise<void>;
  stop(): Promise<void>;
}

/** In front of the PostgreSQL at `serverUrl`, with this many connections to it, and this many clients at most. */
export async function startPgBouncer(
  serverUrl: string,
  { poolSize = 4, maxClients = 500 }: { poolSize?: number; maxClients?: number } = {},
): Promise<RunningPgBouncer> {
  const { hostname, port, username, password } = new URL(serverUrl);
  const folder = mkdtempSync(join(tmpdir(), 'keyhouse-pgbouncer-'));
  chmodSync(folder, 0o755);
  const listenPort = await freePort();
  const settings = {
    ...{ listen_addr: '127.0.0.1', listen_port: listenPort, unix_socket_dir: '', auth_type: 'any', pool_mode: 'transaction' },
    ...{ default_pool_size: poolSize, max_client_conn: maxClients, log_connections: 0, log_disconnections: 0 },
  };
  const file = join(folder, 'pgbouncer.ini');
  writeFileSync(
    file,
    [
      '[databases]',
      `* = host=${hostname} port=${port} user=${username} password=${password}`,
      '[pgbouncer]',
      ...Object.entries(settings).map(([name, value]) => `${name} = ${value}`),
      '',
    ].join('\n'),
  );
  chmodSync(file, 0o644);
  let log = '';
  const start = async (): Promise<ChildProcess> => {
    const started = spawn(PROGRAM ?? '', [file], { stdio: ['ignore', 'pipe', 'pipe'], ...(USER ?? {}) });
    for (const stream of [started.stdout, started.stderr])
      stream.on('data', (chunk: Buffer) => {
        log += chunk.toString();
      });
    while (!(await isThere(listenPort))) {
      if (started.exitCode !== null) throw new Error(`PgBouncer ended:\n${log}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return started;
  };
  let child = await start();
  const end = async (signal: 'SIGKILL' | 'SIGINT'): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    const cut = setTimeout(() => child.kill('SIGKILL'), 5000);
    await exited;
    clearTimeout(cut);
  };
  return {
    through: (databaseUrl) => {
      const url = new URL(databaseUrl);
      url.hostname = '127.0.0.1';
      url.port = String(listenPort);
      return url.href;
    },
    log: () => log,
    kill: () => end('SIGKILL'),
    startAgain: async () => {
      child = await start();
    },
    stop: async () => {
      await end('SIGINT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function isThere(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
