/**
 * Measures Keyhouse beside its peers in one run and prints ratios; see README.md. Options: --quick (short rounds, small
 * tables), --rows 1000,1000000, --only verify,mint,introspection,storm,start.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Orders } from './load.ts';
import { here, measure, measureInTurn, residentMb, type Sample, type Subject, startServer } from './measure.ts';
import { seedCredentials } from './seed.ts';

if (!existsSync(here('node_modules'))) {
  say('Installing the peers (once) …');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: here('.'), stdio: ['ignore', 'ignore', 'inherit'] });
}

const option = (name: string): string | undefined => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
};
const quick = process.argv.includes('--quick');
const only = option('only')?.split(',');
const wanted = (part: string): boolean => only === undefined || only.includes(part);
const sizes = (option('rows') ?? (quick ? '1000,100000' : '1000,100000,1000000,10000000')).split(',').map(Number);
const rounds = quick ? 3 : 5;
const timing = quick ? { seconds: 2, warmupSeconds: 1 } : { seconds: 4, warmupSeconds: 2 };
const KEYHOUSE = here('../packages/server/bin/keyhouse.js');
const folder = mkdtempSync(join(tmpdir(), 'keyhouse-bench-'));
const running: { kill(): Promise<void> }[] = [];
let nextPort = 42_000 + Math.floor(Math.random() * 1000);

interface Row {
  readonly work: string;
  readonly subject: string;
  readonly sample: Sample;
  /** Requests a second against the floor in the same run. */
  readonly ofFloor: number;
  readonly ofPeers: Readonly<Record<string, number>>;
  readonly note?: string;
}
const rows: Row[] = [];
const facts: Record<string, number | string> = {};

try {
  if (wanted('verify')) await benchVerify();
  if (wanted('mint')) await benchMint();
  if (wanted('introspection')) await benchIntrospection();
  if (wanted('storm')) await benchStorm();
  if (wanted('start')) await benchStart();
  report();
} finally {
  for (const server of running) await server.kill();
  rmSync(folder, { recursive: true, force: true });
}

async function benchVerify(): Promise<void> {
  const floor = await startFloor();
  const peer = await startBetterAuth(sizes.includes(1_000_000) ? 1_000_000 : Math.max(...sizes));
  const load = { connections: 64, ...timing, method: 'GET' as const, path: '/verify/api/invoices' };
  const subjects: Subject[] = [
    { name: 'floor', pid: floor.pid, orders: { ...load, port: floor.port, credential: { kind: 'fixed', text: 'x'.repeat(56) } } },
    { name: 'better-auth', pid: peer.pid, orders: { ...load, port: peer.port, credential: { kind: 'key', rows: peer.rows } } },
  ];
  for (const size of sizes) {
    if (!hasRoom(size)) continue;
    for (const kind of size === 1_000_000 ? (['key', 'token'] as const) : (['key'] as const)) {
      const server = await startKeyhouse(`${kind}-${size}`, kind, size);
      const orders = { ...load, port: server.port };
      subjects.push({
        name: `${kind} of ${size}, row read`,
        pid: server.pid,
        orders: { ...orders, credential: { kind, rows: size } },
      });
      if (size >= 1_000_000 || quick)
        subjects.push({
          name: `${kind} of ${size}, cached`,
          pid: server.pid,
          orders: { ...orders, credential: { kind, rows: Math.min(size, 100) } },
        });
    }
  }
  add('opaque check over HTTP', await measureInTurn(subjects, rounds, say));
}

async function benchMint(): Promise<void> {
  const floor = await startFloor();
  const keys = 2000;
  const server = await startKeyhouse('mint', 'key', keys);
  const body = JSON.stringify({ permissions: ['invoices.read', 'services.read'] });
  const load = { connections: 64, ...timing };
  add(
    'POST /auth, key to JWT, on disk',
    await measureInTurn(
      [
        {
          name: 'floor',
          pid: floor.pid,
          orders: { ...load, port: floor.port, method: 'GET', path: '/', credential: { kind: 'fixed', text: 'x' } },
        },
        {
          name: 'mint',
          pid: server.pid,
          orders: {
            ...load,
            port: server.port,
            method: 'POST',
            path: '/auth',
            headers: { 'Content-Type': 'application/json' },
            body,
            credential: { kind: 'key', rows: keys },
          },
        },
      ],
      rounds,
      say,
    ),
  );
}

async function benchIntrospection(): Promise<void> {
  const floor = await startFloor();
  const server = await startKeyhouse('introspection', 'key', 10_000);
  const port = nextPort++;
  const peer = await start(here('peers/oidc-provider.ts'), [String(port)], { port });
  const basic = { Authorization: `Basic ${Buffer.from('bench:bench-secret-bench-secret-bench').toString('base64')}` };
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const issued = await fetch(`http://127.0.0.1:${port}/token`, {
    method: 'POST',
    headers: { ...basic, ...form },
    body: 'grant_type=client_credentials',
  });
  const { access_token: token } = (await issued.json()) as { access_token: string };
  const load = { connections: 64, ...timing, method: 'POST' as const };
  add(
    'introspection',
    await measureInTurn(
      [
        {
          name: 'floor',
          pid: floor.pid,
          orders: { ...load, port: floor.port, path: '/', credential: { kind: 'fixed', text: 'x' } },
        },
        {
          name: 'oidc-provider',
          pid: peer.pid,
          orders: {
            ...load,
            port,
            path: '/token/introspection',
            headers: { ...basic, ...form },
            body: `token=${token}`,
            credential: null,
          },
        },
        {
          name: 'introspect',
          pid: server.pid,
          orders: {
            ...load,
            port: server.port,
            path: '/auth/introspect',
            headers: form,
            body: 'token={key}',
            bodyRows: 100,
            credential: { kind: 'fixed', text: server.operatorKey },
          },
        },
      ],
      rounds,
      say,
    ),
  );
}

/** Verifications at a steady rate, first alone, then beside as many log-ins as the server takes. */
async function benchStorm(): Promise<void> {
  const server = await startKeyhouse('storm', 'key', 10_000, { KEYHOUSE_TRUSTED_PROXIES: '127.0.0.1' });
  // Another user from another address each time, or the limits would answer in place of Argon2.
  const body = JSON.stringify({ email: 'nobody-{n}@example.com', password: 'wrong but well-formed', device_name: 'storm' });
  const verify: Orders = {
    ...timing,
    port: server.port,
    connections: 16,
    rate: 1000,
    method: 'GET',
    path: '/verify/api/invoices',
    credential: { kind: 'key', rows: 100 },
  };
  const logins: Orders = {
    ...timing,
    seconds: timing.seconds + 2,
    port: server.port,
    connections: 32,
    method: 'POST',
    path: '/api/v1/auth/login',
    headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': '{address}' },
    body,
    status: 422,
    credential: null,
  };
  const quiet: number[] = [];
  const stormy: number[] = [];
  let loginsDone = 0;
  for (let round = 0; round < rounds; round++) {
    quiet.push((await measure({ name: 'quiet', pid: server.pid, orders: verify })).p99Ms);
    const storm = measure({ name: 'logins', pid: server.pid, orders: logins });
    stormy.push((await measure({ name: 'storm', pid: server.pid, orders: verify })).p99Ms);
    loginsDone += (await storm).requests;
    say(`  ${round + 1}/${rounds} p99 quiet ${quiet.at(-1)?.toFixed(2)} ms, beside log-ins ${stormy.at(-1)?.toFixed(2)} ms`);
  }
  const middle = (list: number[]): number => list.sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;
  facts['verification p99, quiet (ms)'] = middle(quiet);
  facts['verification p99, login storm (ms)'] = middle(stormy);
  facts['login storm, p99 ratio'] = middle(stormy) / middle(quiet);
  facts['log-ins answered a second'] = loginsDone / rounds / logins.seconds;
}

async function benchStart(): Promise<void> {
  const size = quick ? 100_000 : 1_000_000;
  const path = prepareDatabase('start', 'token', size);
  const starts: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const port = nextPort++;
    const server = await start(KEYHOUSE, ['serve'], { port, env: settings(port, path) });
    starts.push(server.readyMs);
    if (round === rounds - 1) {
      await new Promise((resolve) => setTimeout(resolve, 3000));
      facts['resident memory, idle (MB)'] = residentMb(server.pid) ?? 'not known';
    }
    await server.kill();
    say(`  ${round + 1}/${rounds} first answer after ${Math.round(server.readyMs)} ms`);
  }
  facts[`start to first answer, ${size} tokens (ms)`] = starts.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN;
}

async function start(...args: Parameters<typeof startServer>): ReturnType<typeof startServer> {
  const server = await startServer(...args);
  running.push(server);
  return server;
}

async function startFloor(): Promise<{ pid: number; port: number }> {
  const port = nextPort++;
  return { ...(await start(here('peers/floor.ts'), [String(port)], { port })), port };
}

async function startBetterAuth(size: number): Promise<{ pid: number; port: number; rows: number }> {
  say(`Filling better-auth's table with ${size} keys …`);
  const port = nextPort++;
  const path = join(folder, 'better-auth.db');
  return {
    ...(await start(here('peers/better-auth.ts'), [String(port), path, String(size)], { port, patienceMs: 600_000 })),
    port,
    rows: size,
  };
}

async function startKeyhouse(
  name: string,
  kind: 'key' | 'token',
  size: number,
  more: Record<string, string> = {},
): Promise<{ pid: number; port: number; operatorKey: string }> {
  const path = prepareDatabase(name, kind, size);
  const port = nextPort++;
  const made = keyhouse(
    ['key', 'create', '--account', '1', '--name', 'bench', '--permissions', 'keyhouse.verify', '--json'],
    settings(port, path),
  );
  const { key } = JSON.parse(made) as { key: string };
  return { ...(await start(KEYHOUSE, ['serve'], { port, env: { ...settings(port, path), ...more } })), port, operatorKey: key };
}

function prepareDatabase(name: string, kind: 'key' | 'token', size: number): string {
  say(`Filling a database with ${size} ${kind}s …`);
  mkdirSync(join(folder, name));
  const path = join(folder, name, 'keyhouse.db');
  keyhouse(['migrate'], settings(0, path));
  seedCredentials(path, kind, size, say);
  return path;
}

function keyhouse(args: readonly string[], env: Record<string, string>): string {
  return execFileSync(process.execPath, [KEYHOUSE, ...args], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

function settings(port: number, path: string): Record<string, string> {
  return { KEYHOUSE_PORT: String(port), KEYHOUSE_DATABASE_URL: `sqlite:${path}`, KEYHOUSE_LOG_LEVEL: 'error' };
}

/** Ten million rows and their index take about three gigabytes. */
function hasRoom(size: number): boolean {
  if (size < 5_000_000) return true;
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize > 8e9) return true;
  say(`SKIPPED: ${size} rows, because less than 8 GB are free in ${tmpdir()}.`);
  return false;
}

function add(work: string, samples: ReadonlyMap<string, Sample>): void {
  const floor = samples.get('floor')?.perSecond ?? Number.NaN;
  const peers = [...samples].filter(([name]) => ['better-auth', 'oidc-provider'].includes(name));
  for (const [subject, sample] of samples) {
    const ofPeers = Object.fromEntries(
      peers.filter(([name]) => name !== subject).map(([name, peer]) => [name, sample.perSecond / peer.perSecond]),
    );
    rows.push({ work, subject, sample, ofFloor: sample.perSecond / floor, ofPeers: subject === 'floor' ? {} : ofPeers });
  }
}

function report(): void {
  const header = ['work', 'subject', 'req/s', 'p50 ms', 'p99 ms', 'cpu µs/req', '× floor', '× peer', 'failures'];
  const lines = rows.map(({ work, subject, sample, ofFloor, ofPeers }) => [
    work,
    subject,
    String(Math.round(sample.perSecond)),
    sample.p50Ms.toFixed(2),
    sample.p99Ms.toFixed(2),
    sample.cpuMicros?.toFixed(1) ?? '-',
    ofFloor.toFixed(3),
    Object.entries(ofPeers)
      .map(([name, ratio]) => `${ratio.toFixed(1)} ${name}`)
      .join(', '),
    String(sample.failures),
  ]);
  const widths = header.map((title, column) => Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)));
  say('');
  for (const line of [header, widths.map((width) => '-'.repeat(width)), ...lines])
    say(line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  for (const [name, value] of Object.entries(facts)) say(`${name}: ${typeof value === 'number' ? value.toFixed(2) : value}`);
  mkdirSync(here('results'), { recursive: true });
  const file = here('results/latest.json');
  writeFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), node: process.version, rows, facts }, null, 2)}\n`);
  say(`\nWritten to bench/results/latest.json`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
