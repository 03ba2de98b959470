/** Starts what is measured, on core 0 and on databases in a temporary folder, and ends and removes all of it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { programOfTheRun, removeProgram } from '../test/build-program.ts';
import { forgetfulCopy } from './forgetful.ts';
import { pinned } from './machine.ts';
import { here, say } from './say.ts';
import { seedCredentials } from './seed.ts';
import type { Work } from './skeletons/skeleton.ts';

export interface Server {
  readonly pid: number;
  readonly port: number;
  /** From the start of the process to its first answer. */
  readonly readyMs: number;
}

/** What people install, bundled from these sources. */
const PROGRAM = await programOfTheRun();
const KEYHOUSE = join(PROGRAM, 'bin/keyhouse.js');
const POLL_MS = 5;
/** Seeded once and copied, unless the disk would be short of room. */
const MAX_COPIED_ROWS = 2_000_000;
/** Of a file system in memory (statfs(2), `TMPFS_MAGIC`). */
const TMPFS = 0x01021994;
const folder = mkdtempSync(join(tmpdir(), 'keyhouse-bench-'));
const running = new Set<ChildProcess>();
// Below the ports that systems give to clients, of which the load uses many.
let nextPort = 21_000 + Math.floor(Math.random() * 5000);

/** Ends all servers at once; those that are stopped too. */
export function stopServers(): void {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
}

export function cleanUp(): void {
  stopServers();
  rmSync(folder, { recursive: true, force: true });
  rmSync(`${PROGRAM}-forgetful`, { recursive: true, force: true });
  removeProgram();
}

export function warnOfMemoryFolder(): void {
  if (statfsSync(folder).type === TMPFS)
    say(`${tmpdir()} is in memory: "on disk" costs nothing there. Set TMPDIR to a folder on a disk for figures to publish.`);
}

export const startFloor = (): Promise<Server> => start(here('peers/floor.ts'), (port) => [String(port)]);

export const startOidcProvider = (): Promise<Server> => start(here('peers/oidc-provider.ts'), (port) => [String(port)]);

export function startBetterAuth(size: number): Promise<Server> {
  const path = join(folder, `better-auth-${size}.db`);
  if (!existsSync(path)) say(`Filling better-auth's table with ${size} keys …`);
  return start(here('peers/better-auth.ts'), (port) => [String(port), path, String(size)], { patienceMs: 600_000 });
}

let skeletons = 0;

/** `path`: a database of Keyhouse that it may read, and write its own tables into. */
export function startSkeleton(work: Work, path = ''): Promise<Server> {
  const own = newFolder(`skeleton-${skeletons++}`);
  return start(here('skeletons/skeleton.ts'), (port) => [work, String(port), path, own]);
}

/** A file that is deleted with the servers, for a load to read and write. */
export function keepFile(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(content));
  return path;
}

/** A server on a database of `size` keys or tokens, and a key of its operator that may introspect everything. */
export async function startKeyhouse(
  name: string,
  kind: 'key' | 'token',
  size: number,
  more: Record<string, string> = {},
): Promise<Server & { operatorKey: string }> {
  const path = prepareDatabase(name, kind, size);
  const made = keyhouse(
    ['key', 'create', '--account', '1', '--name', 'bench', '--permissions', 'keyhouse.verify', '--json'],
    path,
  );
  const { key } = JSON.parse(made) as { key: string };
  return { ...(await serve(path, more)), operatorKey: key };
}

/** A server that remembers hardly any credential, and nothing else differs. */
export async function startForgetfulKeyhouse(name: string, kind: 'key' | 'token', size: number): Promise<Server> {
  const path = prepareDatabase(name, kind, size);
  const copy = forgetfulCopy(PROGRAM, `${PROGRAM}-forgetful`);
  return start(join(copy, 'bin/keyhouse.js'), () => ['serve'], { env: (port) => ({ ...settings(path), ...listenAt(port) }) });
}

export function emptyDatabase(name: string): string {
  const path = join(newFolder(name), 'keyhouse.db');
  keyhouse(['migrate'], path);
  return path;
}

/** In the temporary folder, which is deleted with the servers. */
export function newFolder(name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
}

export function prepareDatabase(name: string, kind: 'key' | 'token', size: number): string {
  const seeded = join(folder, `seeded-${kind}-${size}`, 'keyhouse.db');
  if (size > MAX_COPIED_ROWS || !existsSync(seeded)) {
    say(`Filling a database with ${size} ${kind}s …`);
    const path = emptyDatabase(size > MAX_COPIED_ROWS ? name : `seeded-${kind}-${size}`);
    seedCredentials(path, kind, size, say);
    if (size > MAX_COPIED_ROWS) return path;
  }
  // The file of the master secret is beside it.
  cpSync(dirname(seeded), newFolder(name), { recursive: true });
  return join(folder, name, 'keyhouse.db');
}

export const serve = (path: string, more: Record<string, string> = {}): Promise<Server> =>
  start(KEYHOUSE, () => ['serve'], { env: (port) => ({ ...settings(path), ...listenAt(port), ...more }) });

export async function stopServer(server: Server): Promise<void> {
  const child = [...running].find(({ pid }) => pid === server.pid);
  if (child === undefined) return;
  running.delete(child);
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Ten million rows and their indices take about three gigabytes including what is copied on the way. */
export function hasRoom(size: number): boolean {
  if (size < 5_000_000) return true;
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize > 8e9) return true;
  say(`SKIPPED: ${size} rows, because less than 8 GB are free in ${tmpdir()}.`);
  return false;
}

/** For all alike; the documentation of the peers asks for it. */
const PRODUCTION = { NODE_ENV: 'production' };

interface StartOptions {
  readonly env?: (port: number) => Record<string, string>;
  readonly patienceMs?: number;
}

export async function start(file: string, args: (port: number) => string[], options: StartOptions = {}): Promise<Server> {
  const { env = () => ({}), patienceMs = 60_000 } = options;
  const port = nextPort++;
  const startedAt = performance.now();
  const [program = '', ...rest] = pinned(0, [process.execPath, file, ...args(port)]);
  const child = spawn(program, rest, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...PRODUCTION, ...env(port) },
  });
  running.add(child);
  const readyMs = await untilAnswers(port, child, { startedAt, patienceMs });
  return { pid: child.pid ?? 0, port, readyMs };
}

async function untilAnswers(
  port: number,
  child: ChildProcess,
  { startedAt, patienceMs }: { startedAt: number; patienceMs: number },
): Promise<number> {
  while (performance.now() - startedAt < patienceMs) {
    if (child.exitCode !== null) throw new Error(`A server on port ${port} ended with ${child.exitCode} before it answered.`);
    const answered = await fetch(`http://127.0.0.1:${port}/healthz`).then(
      (response) => response.arrayBuffer().then(() => true),
      () => false,
    );
    if (answered) return performance.now() - startedAt;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`Nothing answers on port ${port}.`);
}

const settings = (path: string): Record<string, string> => ({
  KEYHOUSE_DATABASE_URL: `sqlite:${path}`,
  KEYHOUSE_LOG_LEVEL: 'error',
});

const listenAt = (port: number): Record<string, string> => ({
  KEYHOUSE_PORT: String(port),
  KEYHOUSE_URL: `http://127.0.0.1:${port}`,
});

/** Runs the command line on a database. */
export function keyhouse(args: readonly string[], path: string): string {
  const { command, env } = keyhouseCommand(args, path);
  const [program = '', ...rest] = command;
  return execFileSync(program, rest, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

export const keyhouseCommand = (
  args: readonly string[],
  path: string,
): { readonly command: readonly string[]; readonly env: NodeJS.ProcessEnv } => ({
  command: [process.execPath, KEYHOUSE, ...args],
  env: { ...process.env, ...settings(path) },
});
