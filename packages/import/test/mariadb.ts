/** A MariaDB for tests that read from MySQL, if Debian's mariadb-server is installed. Its data is in a temporary folder. */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import { PATIENCE_MS } from '../../../test/patience.ts';

export interface RunningMariadb {
  /** An empty database of its own, and its URL. */
  database(): Promise<string>;
  stop(): Promise<void>;
}

const has = (program: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** The beginning of the name of a test that is skipped if there is no such server. */
export const NEEDS_MARIADB = '[needs MariaDB]';

/** Null, and a visible message, if there is none on this machine. TEST_MYSQL_URL names one that runs already. */
export async function startMariadb(): Promise<RunningMariadb | null> {
  const given = process.env.TEST_MYSQL_URL;
  if (given !== undefined && given !== '') return running(given, async () => {});
  if (!has('mariadbd') || !has('mariadb-install-db')) {
    console.warn('SKIPPED: imports from MySQL. There is no mariadb-server on this machine, and no TEST_MYSQL_URL.');
    return null;
  }
  const folder = mkdtempSync(join(tmpdir(), 'keyhouse-mariadb-'));
  const socket = join(folder, 'socket');
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  const data = `--datadir=${join(folder, 'data')}`;
  execFileSync('mariadb-install-db', ['--no-defaults', ...user, data, '--auth-root-authentication-method=normal'], {
    stdio: 'ignore',
  });
  // A time zone that is not ours: what the application wrote must be returned as it wrote it.
  const options = ['--no-defaults', ...user, data, `--socket=${socket}`, '--skip-networking', '--default-time-zone=+05:30'];
  const server = spawn('mariadbd', options, { stdio: 'ignore' });
  const url = `mysql://root@localhost/?socketPath=${encodeURIComponent(socket)}`;
  for (let tries = 0; ; tries++) {
    try {
      await (await createConnection(url)).end();
      break;
    } catch (error) {
      if (tries > PATIENCE_MS / 100 || server.exitCode !== null) throw error;
      await wait(100);
    }
  }
  return running(url, async () => {
    server.kill('SIGTERM');
    await once(server, 'exit');
    rmSync(folder, { recursive: true, force: true });
  });
}

function running(url: string, stop: () => Promise<void>): RunningMariadb {
  let made = 0;
  return {
    database: async () => {
      const name = `keyhouse_${process.pid}_${++made}`;
      const connection = await createConnection(url);
      await connection.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
      await connection.end();
      const named = new URL(url);
      named.pathname = `/${name}`;
      return named.href;
    },
    stop,
  };
}
