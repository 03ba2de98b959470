/**
 * Three servers on one PostgreSQL behind HAProxy, restarted one after the other while clients with connections of their own ask again and
 * again; HAProxy passes on requests to some of them (`mode http`), and connections to the others (`mode tcp`). A client repeats nothing: each answer that is missing, or is not a
 * 200, is a failure.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { readConfig } from '../../packages/server/src/config.ts';
import { openKeyhouse } from '../../packages/server/src/open.ts';
import type { TestDatabase } from '../../packages/server/test/databases.ts';
import { type RunningProgram as RunningServer, startProgram as startServer } from '../../packages/server/test/program.ts';
import { freePort } from '../free-port.ts';
import { findProgram, type RunningProgram, startProgram } from '../programs.ts';

const SERVERS = 3;
const MODES = ['http', 'tcp'] as const;
/** Of each mode. */
const CLIENTS = 6;
/** One request in so many writes: it mints a JWT. */
const MINT_EVERY = 10;
const CHECK_EVERY_MS = 100;

export interface RollingRestart {
  /** At least so many in each mode, and as many as it takes until all are restarted. */
  readonly requests: number;
  /** Of each client between two requests. */
  readonly pauseMs: number;
  /** HAProxy needs two checks to notice. */
  readonly drainSeconds: number;
}

export interface Outcome {
  readonly requests: number;
  readonly seconds: number;
  /** What went wrong, a line each. */
  readonly failures: readonly string[];
}

export async function restartInTurn(database: TestDatabase, wish: RollingRestart): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'keyhouse-restart-'));
  const fronts = { http: await freePort(), tcp: await freePort(), figures: await freePort() };
  const settings = {
    KEYHOUSE_URL: `http://localhost:${fronts.http}`,
    KEYHOUSE_DATABASE_URL: database.url,
    KEYHOUSE_SECRET: randomBytes(32).toString('hex'),
    KEYHOUSE_DRAIN_SECONDS: String(wish.drainSeconds),
  };
  const start = (port: number): Promise<RunningServer> => startServer({ ...settings, KEYHOUSE_PORT: String(port) });
  const ports = await Promise.all(Array.from({ length: SERVERS }, freePort));
  let servers: RunningServer[] = [];
  let proxy: RunningProgram | null = null;
  try {
    const key = await makeKey(settings);
    servers = await Promise.all(ports.map(start));
    proxy = startProxy(folder, fronts, ports);
    await untilAllAreUp(fronts.figures, proxy);
    const startedAtMs = performance.now();
    let isDone = false;
    const asking = Promise.all(MODES.map((mode) => ask(mode, wish, { port: fronts[mode], key, isDone: () => isDone })));
    try {
      for (const [number, port] of ports.entries()) {
        const server = servers[number];
        const code = await server?.stop();
        if (code !== 0) throw new Error(`A server ended with ${code}:\n${server?.output()}`);
        servers[number] = await start(port);
        await untilAllAreUp(fronts.figures, proxy);
      }
    } finally {
      isDone = true;
    }
    const told = await asking;
    return {
      requests: told.reduce((sum, { requests }) => sum + requests, 0),
      failures: told.flatMap(({ failures }) => failures),
      seconds: (performance.now() - startedAtMs) / 1000,
    };
  } finally {
    await proxy?.kill();
    for (const server of servers) await server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function ask(
  mode: (typeof MODES)[number],
  { requests, pauseMs }: RollingRestart,
  { port, key, isDone }: { port: number; key: string; isDone: () => boolean },
): Promise<Pick<Outcome, 'requests' | 'failures'>> {
  const failures: string[] = [];
  let asked = 0;
  const client = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!isDone() || asked < requests) {
      asked += 1;
      const fault = await (asked % MINT_EVERY === 0 ? mint : verify)(agent, port, key);
      if (fault !== null) failures.push(`mode ${mode}: ${fault}`);
      await setTimeout(pauseMs);
    }
    agent.destroy();
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return { requests: asked, failures };
}

const verify = (agent: Agent, port: number, key: string): Promise<string | null> =>
  send(agent, { port, key, method: 'GET', path: '/verify/api/invoices', body: '' });

const mint = (agent: Agent, port: number, key: string): Promise<string | null> =>
  send(agent, { port, key, method: 'POST', path: '/auth', body: '{"permissions":["invoices.read"]}' });

interface Sent {
  readonly port: number;
  readonly key: string;
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

/** Null: it was answered with 200. */
function send(agent: Agent, { port, key, method, path, body }: Sent): Promise<string | null> {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'content-length': body.length };
    const sent = httpRequest({ host: '127.0.0.1', port, method, path, agent, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += String(chunk);
      });
      response.on('end', () =>
        resolve(response.statusCode === 200 ? null : `${method} ${path}: ${response.statusCode} ${text.slice(0, 100)}`),
      );
      response.on('error', (error) => resolve(`${method} ${path}: ${error.message}`));
    });
    sent.on('error', (error) =>
      resolve(`${method} ${path}: ${error.message}${sent.reusedSocket ? ', on a used connection' : ''}`),
    );
    sent.end(body);
  });
}

async function makeKey(settings: Readonly<Record<string, string>>): Promise<string> {
  const { keyhouse } = await openKeyhouse(readConfig(settings), { info() {}, warn() {}, error() {} });
  try {
    await keyhouse.prepare();
    const wish = { accountId: 1, name: 'restart', environment: 'live', source: 'command-line' } as const;
    const by = { actor: 'operator', requestId: null, person: {} } as const;
    const made = await keyhouse.credentials.createKey({ ...wish, permissions: null, addresses: null, expiresAtMs: null }, by);
    if (!made.ok) throw new Error(made.reason);
    return made.value.text;
  } finally {
    await keyhouse.close();
  }
}

/** As `docs/operations.md` shows it. */
function startProxy(
  folder: string,
  fronts: { http: number; tcp: number; figures: number },
  ports: readonly number[],
): RunningProgram {
  const servers = ports.map((port, number) => `  server s${number} 127.0.0.1:${port}`);
  const lines = [
    ...['defaults', '  timeout connect 1s', '  timeout client 30s', '  timeout server 30s', '  timeout check 10s'],
    ...MODES.flatMap((mode) => [
      ...[`frontend front-${mode}`, `  mode ${mode}`, `  bind 127.0.0.1:${fronts[mode]}`, `  default_backend keyhouse-${mode}`],
      ...[`backend keyhouse-${mode}`, `  mode ${mode}`, '  option httpchk'],
      ...['  http-check send meth GET uri /readyz', '  http-check expect status 200'],
      ...[`  default-server check inter ${CHECK_EVERY_MS}ms fall 2 rise 1`, ...servers],
    ]),
    ...['frontend figures', '  mode http', `  bind 127.0.0.1:${fronts.figures}`, '  stats enable', '  stats uri /figures'],
  ];
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return startProgram(findProgram('haproxy') ?? 'haproxy', ['-db', '-f', file], { cwd: folder, env: {} });
}

/** As HAProxy sees them. */
async function untilAllAreUp(figuresPort: number, proxy: RunningProgram): Promise<void> {
  for (;;) {
    if (proxy.hasEnded()) throw new Error(`HAProxy ended:\n${proxy.output()}`);
    const answer = await fetch(`http://127.0.0.1:${figuresPort}/figures;csv`).catch(() => null);
    const rows = ((await answer?.text()) ?? '').split('\n').filter((row) => /^keyhouse-\w+,s\d,/.test(row));
    if (rows.length === SERVERS * MODES.length && rows.every((row) => row.includes(',UP,'))) return;
    await setTimeout(50);
  }
}
