/**
 * Two PostgreSQL servers that Patroni looks after, with etcd for its memory, and HAProxy before them, which asks Patroni who the primary is: Debian's packages, set up as their
 * own documents say. All of it runs in processes, on ports and in a folder of its own.
 */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import pg from 'pg';
import { type SystemUser, systemUser } from '../../packages/server/test/system-user.ts';
import { PATIENCE_MS } from '../../test/patience.ts';
import { freePort } from '../free-port.ts';
import { findProgram, type RunningProgram, startProgram, untilOpen } from '../programs.ts';

/** Whether a commit waits until the standby has it on its disk too, or not. */
export type Replication = 'synchronous' | 'asynchronous';

const USER = 'postgres';
const PASSWORD = 'postgres';
/** Far less than the 30 and 10 seconds of its defaults; one loop and two tries must fit in it. */
const TTL_SECONDS = 6;
const LOOP_SECONDS = 1;
const RETRY_SECONDS = 2;
const EVERY_MS = 100;

/** PostgreSQL refuses to run as root. */
const systemUserOfPostgres = (): SystemUser | null => systemUser(['postgres']);

/** Debian's, the newest; it has the programs that copy and rewind a data directory. */
function findPostgres(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(root, version, 'bin')).find((folder) => existsSync(join(folder, 'pg_rewind')));
}

const PROGRAMS = { patroni: 'Patroni', etcd: 'etcd', haproxy: 'HAProxy' } as const;

/** What this machine lacks, as the end of `[needs …]`; null: nothing. */
export function missingForPatroni(): string | null {
  if (process.platform !== 'linux') return 'Patroni on Linux';
  const lacking = [
    ...Object.entries(PROGRAMS).flatMap(([program, name]) => (findProgram(program) === undefined ? [name] : [])),
    ...(findPostgres() === undefined ? ['PostgreSQL as Debian packages it'] : []),
    ...(systemUserOfPostgres() === null ? ['the user postgres'] : []),
  ];
  return lacking.length === 0 ? null : lacking.join(', ');
}

/** One of the two, as Patroni's `/cluster` describes it. */
interface Member {
  readonly name: string;
  readonly role: string;
  readonly state: string;
  readonly timeline?: number;
}

interface Node {
  readonly name: string;
  readonly port: number;
  readonly restPort: number;
  readonly data: string;
  readonly file: string;
  program: RunningProgram | null;
}

export class PatroniCluster {
  /** Of the database `postgres` at the primary, whichever that is. */
  readonly url: string;
  readonly #folder: string;
  readonly #replication: Replication;
  readonly #nodes: Node[] = [];
  readonly #others: RunningProgram[] = [];

  private constructor(folder: string, port: number, replication: Replication) {
    this.#folder = folder;
    this.#replication = replication;
    this.url = urlAt(port);
  }

  static async start(replication: Replication): Promise<PatroniCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'keyhouse-patroni-'));
    const port = await freePort();
    const cluster = new PatroniCluster(folder, port, replication);
    try {
      chmodSync(folder, 0o755);
      const etcdPort = await cluster.#startEtcd();
      for (const name of ['a', 'b']) cluster.#nodes.push(await cluster.#configure(name, etcdPort));
      for (const node of cluster.#nodes) cluster.#startNode(node);
      await cluster.#startProxy(port);
      await cluster.untilFollowed();
      return cluster;
    } catch (error) {
      await cluster.end();
      throw error;
    }
  }

  /** Until there is a primary, and the other one follows it: so that it may be promoted, and with all that was acknowledged. */
  async untilFollowed(): Promise<void> {
    const follower = this.#replication === 'synchronous' ? 'sync_standby' : 'replica';
    await this.#until('a standby follows the primary', async () => {
      const members = await this.#members();
      if (!members.some(({ role, state }) => role === follower && ['running', 'streaming'].includes(state))) return false;
      const [row] = await this.query(
        'SELECT count(*) FILTER (WHERE replay_lsn >= pg_current_wal_lsn()) AS up_to_date FROM pg_stat_replication',
      );
      return Number(row?.up_to_date) > 0;
    });
  }

  /** From now on the standby receives nothing, as over a network that has fallen silent; nobody notices before long. */
  async silenceReplication(): Promise<void> {
    for (const { pid } of await this.query('SELECT pid FROM pg_stat_replication')) process.kill(Number(pid), 'SIGSTOP');
  }

  /** As when its machine is gone: SIGKILL to Patroni and to all of PostgreSQL. The name of whom it was. */
  async killPrimary(): Promise<string> {
    const primary = await this.#primary();
    await killNode(primary);
    return primary.name;
  }

  /** Until another one than `previous` is the primary, and HAProxy knows. */
  async untilPromoted(previous: string): Promise<void> {
    await this.#until('the standby takes over', async () => {
      const primary = await this.#primary().catch(() => null);
      return primary !== null && primary.name !== previous && (await this.query('SELECT 1')).length === 1;
    });
  }

  /** Starts what was killed; Patroni rewinds it and lets it follow the new primary. */
  async rejoin(): Promise<void> {
    for (const node of this.#nodes) if (node.program === null || node.program.hasEnded()) this.#startNode(node);
    await this.untilFollowed();
  }

  /** At the primary, through HAProxy. */
  async query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const client = new pg.Client({ connectionString: this.url, connectionTimeoutMillis: 5000 });
    client.on('error', () => {});
    try {
      await client.connect();
      return (await client.query(sql)).rows;
    } finally {
      await client.end().catch(() => {});
    }
  }

  async end(): Promise<void> {
    for (const node of this.#nodes) await killNode(node, 'SIGQUIT');
    for (const program of this.#others.reverse()) await program.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #startEtcd(): Promise<number> {
    const [port, peerPort] = [await freePort(), await freePort()];
    const at = (each: number): string => `http://127.0.0.1:${each}`;
    const flags = {
      ...{ name: 'etcd', 'data-dir': this.#subfolder('etcd'), 'log-level': 'error' },
      ...{ 'listen-client-urls': at(port), 'advertise-client-urls': at(port) },
      ...{
        'listen-peer-urls': at(peerPort),
        'initial-advertise-peer-urls': at(peerPort),
        'initial-cluster': `etcd=${at(peerPort)}`,
      },
    };
    const program = this.#start(
      'etcd',
      Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]),
    );
    this.#others.push(program);
    await untilOpen(port, program);
    return port;
  }

  async #configure(name: string, etcdPort: number): Promise<Node> {
    const [port, restPort] = [await freePort(), await freePort()];
    const folder = this.#subfolder(name);
    const node = { name, port, restPort, data: join(folder, 'data'), file: join(folder, 'patroni.yml'), program: null };
    const rest = `127.0.0.1:${restPort}`;
    const account = { username: USER, password: PASSWORD };
    // JSON is YAML.
    const settings = {
      ...{ scope: 'keyhouse', name, etcd3: { host: `127.0.0.1:${etcdPort}` } },
      restapi: { listen: rest, connect_address: rest },
      bootstrap: {
        dcs: {
          ...{ ttl: TTL_SECONDS, loop_wait: LOOP_SECONDS, retry_timeout: RETRY_SECONDS },
          // In bytes of the log; a cautious operator lets none take over that is further behind.
          maximum_lag_on_failover: 64 * 1024 * 1024,
          synchronous_mode: this.#replication === 'synchronous',
          postgresql: { use_pg_rewind: true, use_slots: true, parameters: { max_connections: 100, shared_buffers: '32MB' } },
        },
        initdb: [{ encoding: 'UTF8' }, 'data-checksums', 'no-sync'],
      },
      postgresql: {
        ...{ listen: `127.0.0.1:${port}`, connect_address: `127.0.0.1:${port}` },
        ...{ data_dir: node.data, bin_dir: findPostgres(), pgpass: join(folder, 'pgpass') },
        authentication: { superuser: account, replication: { username: 'replicator', password: PASSWORD }, rewind: account },
        parameters: { unix_socket_directories: folder },
        pg_hba: ['host replication replicator 127.0.0.1/32 md5', 'host all all 127.0.0.1/32 md5'],
      },
    };
    writeFileSync(node.file, JSON.stringify(settings), { mode: 0o644 });
    return node;
  }

  #startNode(node: Node): void {
    node.program = this.#start('patroni', [node.file]);
  }

  async #startProxy(port: number): Promise<void> {
    const servers = this.#nodes.map((node) => `  server ${node.name} 127.0.0.1:${node.port} check port ${node.restPort}`);
    const lines = [
      ...['defaults', '  mode tcp', '  timeout connect 1s', '  timeout client 30m', '  timeout server 30m', '  timeout check 2s'],
      ...['frontend front', `  bind 127.0.0.1:${port}`, '  default_backend primary'],
      ...['backend primary', '  option httpchk', '  http-check send meth GET uri /primary', '  http-check expect status 200'],
      ...['  default-server inter 300ms fall 2 rise 1 on-marked-down shutdown-sessions', ...servers],
    ];
    const file = join(this.#folder, 'haproxy.cfg');
    writeFileSync(file, `${lines.join('\n')}\n`);
    const program = this.#start('haproxy', ['-db', '-f', file]);
    this.#others.push(program);
    await untilOpen(port, program);
  }

  #start(name: string, args: readonly string[]): RunningProgram {
    const path = [findPostgres(), process.env.PATH].join(delimiter);
    const env = { PATH: path, HOME: this.#folder, LANG: 'C.UTF-8' };
    return startProgram(findProgram(name) ?? name, args, { cwd: this.#folder, env, user: systemUserOfPostgres() ?? {} });
  }

  /** Belongs to the user of PostgreSQL. */
  #subfolder(name: string): string {
    const folder = join(this.#folder, name);
    mkdirSync(folder, { mode: 0o700 });
    const { uid, gid } = systemUserOfPostgres() ?? {};
    if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
    return folder;
  }

  /** As the first of them says that answers. */
  async #members(): Promise<readonly Member[]> {
    for (const { restPort } of this.#nodes) {
      const answer = await fetch(`http://127.0.0.1:${restPort}/cluster`).catch(() => null);
      if (answer?.ok) return ((await answer.json()) as { readonly members: readonly Member[] }).members;
    }
    return [];
  }

  /** Whoever says of itself that it is. */
  async #primary(): Promise<Node> {
    for (const node of this.#nodes) {
      const answer = await fetch(`http://127.0.0.1:${node.restPort}/primary`).catch(() => null);
      if (answer?.status === 200) return node;
    }
    throw new Error('No PostgreSQL is the primary now.');
  }

  async #until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const giveUpAtMs = performance.now() + PATIENCE_MS;
    while (!(await isSo().catch(() => false))) {
      if (performance.now() > giveUpAtMs) {
        const said = this.#nodes.map(({ name, program }) => `${name}:\n${program?.output().slice(-3000)}`);
        throw new Error(`It did not come about that ${what}.\n${said.join('\n')}`);
      }
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  }
}

const urlAt = (port: number): string => `postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/postgres`;

/** `SIGQUIT`: PostgreSQL ends at once, and leaves no shared memory behind. */
async function killNode(node: Node, how: 'SIGKILL' | 'SIGQUIT' = 'SIGKILL'): Promise<void> {
  const { program } = node;
  // Patroni first: it would start the other one again.
  if (program !== null && !program.hasEnded()) signal(program.pid, 'SIGKILL');
  const postmaster = postmasterOf(node.data);
  if (postmaster !== null) {
    const children = childrenOf(postmaster);
    for (const pid of how === 'SIGKILL' ? [postmaster, ...children] : [postmaster]) signal(pid, how);
    // One that was stopped hears of nothing before it goes on.
    if (how === 'SIGQUIT') for (const pid of children) signal(pid, 'SIGCONT');
    while (postmasterOf(node.data) !== null) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  // PostgreSQL writes to the output of Patroni, which has ended only then.
  await program?.ended;
}

/** Null when it does not run: the file that names it stays behind after a SIGKILL, and the number may be another process's by now. */
function postmasterOf(data: string): number | null {
  const file = join(data, 'postmaster.pid');
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : 0;
  return pid > 0 && read(`/proc/${pid}/cmdline`).includes(data) ? pid : null;
}

const childrenOf = (parent: number): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    // "pid (name) state parent …", and a name may hold anything.
    .filter((pid) => Number(read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ')[1]) === parent)
    .map(Number);

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function signal(pid: number, how: NodeJS.Signals): void {
  try {
    process.kill(pid, how);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
