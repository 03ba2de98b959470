/**
 * Three servers on one PostgreSQL behind HAProxy, restarted one after the other while clients with connections of their own ask again and
 * again. A client repeats nothing: each answer that is missing, or is not a 200, is a failure.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { readConfig } from '../../packages/server/src/config.ts';
import { openKeyhouse } from '../../packages/server/src/open.ts';
import type { TestDatabase } from '../../packages/server/test/databases.ts';
import { type RunningProgram, startProgram } from '../../packages/server/test/program.ts';
import { freePort } from '../free-port.ts';

const SERVERS = 3;
const CLIENTS = 12;
/** One request in so many writes: it mints a JWT. */
const MINT_EVERY = 10;
const CHECK_EVERY_MS = 200;
/** Far more than HAProxy needs to notice, so that a busy machine fails nothing. */
const DRAIN_SECONDS = 5;

export interface RollingRestart {
  readonly mode: 'http' | 'tcp';
  /** At least so many, and as many as it takes until all are restarted. */
  readonly requests: number;
  /** Of each client between two requests. */
  readonly pauseMs: number;
}

export interface Outcome {
  readonly requests: number;
  readonly seconds: number;
  /** What went wrong, a line each. */
  readonly failures: readonly string[];
}

export async function restartInTurn(database: TestDatabase, wish: RollingRestart): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'keyhouse-restart-'));
  const port = await freePort();
  const statsPort = await freePort();
  const settings = {
    KEYHOUSE_URL: `http://localhost:${port}`,
    KEYHOUSE_DATABASE_URL: database.url,
    KEYHOUSE_SECRET: randomBytes(32).toString('hex'),
    KEYHOUSE_DRAIN_SECONDS: String(DRAIN_SECONDS),
  };
  const ports: number[] = [];
  const programs: RunningProgram[] = [];
  let proxy: ChildProcess | null = null;
  try {
    const key = await makeKey(settings);
    for (let number = 0; number < SERVERS; number++) {
      ports.push(await freePort());
      programs.push(await startProgram({ ...settings, KEYHOUSE_PORT: String(ports[number]) }));
    }
    proxy = await startProxy(join(folder, 'haproxy.cfg'), { mode: wish.mode, port, statsPort, ports });
    await untilAllAreUp(statsPort);
    const startedAtMs = performance.now();
    let isDone = false;
    const asking = ask(wish, { port, key, isDone: () => isDone });
    try {
      for (const [number, program] of programs.entries()) {
        const code = await program.stop();
        if (code !== 0) throw new Error(`A server ended with ${code}:\n${program.output()}`);
        programs[number] = await startProgram({ ...settings, KEYHOUSE_PORT: String(ports[number]) });
        await untilAllAreUp(statsPort);
      }
    } finally {
      isDone = true;
    }
    return { ...(await asking), seconds: (performance.now() - startedAtMs) / 1000 };
  } finally {
    if (proxy !== null) await kill(proxy);
    for (const program of programs) await program.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function ask(
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
      if (fault !== null) failures.push(fault);
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
    const made = await keyhouse.issueKey({ ...wish, permissions: null, addresses: null, expiresAtMs: null }, by);
    if (!made.ok) throw new Error(made.reason);
    return made.value.text;
  } finally {
    await keyhouse.close();
  }
}

/** As `docs/operations.md` shows it. */
async function startProxy(
  file: string,
  { mode, port, statsPort, ports }: { mode: string; port: number; statsPort: number; ports: readonly number[] },
): Promise<ChildProcess> {
  const servers = ports.map((each, number) => `  server s${number} 127.0.0.1:${each}`);
  const lines = [
    ...[
      'defaults',
      `  mode ${mode}`,
      '  timeout connect 1s',
      '  timeout client 30s',
      '  timeout server 30s',
      '  timeout check 10s',
    ],
    ...['frontend front', `  bind 127.0.0.1:${port}`, '  default_backend keyhouse'],
    ...['backend keyhouse', '  option httpchk', '  http-check send meth GET uri /readyz', '  http-check expect status 200'],
    ...[`  default-server check inter ${CHECK_EVERY_MS}ms fall 2 rise 1`, ...servers],
    ...['frontend figures', '  mode http', `  bind 127.0.0.1:${statsPort}`, '  stats enable', '  stats uri /figures'],
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  // Debian keeps it where only the administrator looks.
  const path = [process.env.PATH, '/usr/sbin', '/usr/local/sbin'].join(delimiter);
  const child = spawn('haproxy', ['-db', '-f', file], { env: { PATH: path }, stdio: 'ignore' });
  const failed = once(child, 'exit').then(() => {
    throw new Error('HAProxy did not start.');
  });
  await Promise.race([failed, untilAnswered(port)]);
  failed.catch(() => {});
  return child;
}

/** As HAProxy sees them. */
async function untilAllAreUp(statsPort: number): Promise<void> {
  for (;;) {
    const text = await (await fetch(`http://127.0.0.1:${statsPort}/figures;csv`)).text();
    const rows = text.split('\n').filter((row) => /^keyhouse,s\d,/.test(row));
    if (rows.length === SERVERS && rows.every((row) => row.includes(',UP,'))) return;
    await setTimeout(50);
  }
}

async function untilAnswered(port: number): Promise<void> {
  for (;;) {
    const status = await fetch(`http://127.0.0.1:${port}/readyz`).then(
      ({ status }) => status,
      () => 0,
    );
    if (status === 200) return;
    await setTimeout(25);
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
