/** The real program in a separate process, whose main thread reports what each request cost it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeyhouse, type Keyhouse } from '../../src/core/keyhouse.ts';
import { MasterSecret } from '../../src/core/lib/master-secret.ts';
import { openStore } from '../../src/store/open.ts';
import type { OpenedStore } from '../../src/store/opened.ts';
import type { Reading, Unit } from './probe.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'bin', 'keyhouse.js');
const PROBE = join(import.meta.dirname, 'probe.ts');
const SECRET = 'a master secret for the tests, long enough';
export const URL_OF_SERVER = 'http://localhost:4141';

export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
}

export interface Cost {
  readonly cpuMs: number;
  readonly heldMs: number;
}

export interface MeasuredServer {
  readonly port: number;
  /** Processor time for a fixed piece of work, measured now: costs are compared with it. */
  unitMs(): Promise<number>;
  /** The same database in this process, for creating users and keys. */
  readonly keyhouse: Keyhouse;
  readonly store: OpenedStore;
  readonly databaseFile: string;
  /** The status, and what it cost the server's main thread. 0: it closed the connection while the body was still coming. */
  ask(sent: Sent): Promise<{ readonly status: number; readonly text: string } & Cost>;
  /** Head and the beginning of a body, piece by piece; then nothing more is sent. */
  dribble(sent: Sent, pieces: number): Promise<Cost>;
  stop(): Promise<void>;
}

export async function startMeasured(settings: Readonly<Record<string, string>> = {}): Promise<MeasuredServer> {
  const folder = mkdtempSync(join(tmpdir(), 'keyhouse-loop-'));
  const databaseFile = join(folder, 'keyhouse.db');
  const child = spawn(process.execPath, ['--import', PROBE, PROGRAM, 'serve'], {
    env: {
      ...{ PATH: process.env.PATH, HOME: process.env.HOME, KEYHOUSE_PORT: '0', KEYHOUSE_SECRET: SECRET },
      ...{ KEYHOUSE_DATABASE_URL: `sqlite:${databaseFile}`, KEYHOUSE_URL: URL_OF_SERVER },
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const found = /"port":(\d+)/.exec(output)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
    child.once('exit', () => reject(new Error(`The program ended:\n${output}`)));
  });
  const store = await openStore({ url: `sqlite:${databaseFile}`, onWarning: () => {} });
  const keyhouse = keyhouseOver(store);

  async function tell<Told extends Reading | Unit>(what: 'read' | 'unit'): Promise<Told> {
    const told = once(child, 'message');
    child.send(what);
    const [answer] = (await told) as [Told];
    return answer;
  }
  const read = () => tell<Reading>('read');
  async function costOf<T>(act: () => Promise<T>): Promise<T & Cost> {
    const before = await read();
    const done = await act();
    const after = await read();
    return { ...done, cpuMs: after.cpuMs - before.cpuMs, heldMs: after.heldMs };
  }
  return {
    ...{ port, keyhouse, store, databaseFile },
    unitMs: async () => (await tell<Unit>('unit')).unitMs,
    ask: (sent) => costOf(() => send(port, sent)),
    dribble: (sent, pieces) => costOf(() => dribble(port, sent, pieces)),
    stop: async () => {
      await keyhouse.close();
      await store.close();
      if (child.exitCode === null) {
        const exited = once(child, 'exit');
        child.kill('SIGTERM');
        await exited;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function keyhouseOver(store: OpenedStore): Keyhouse {
  const silent = { info: () => {}, warn: () => {}, error: () => {} };
  return createKeyhouse({
    store,
    secret: new MasterSecret(SECRET),
    secretPrevious: null,
    limiter: store.limiter,
    providers: [],
    transport: null,
    clock: { now: () => Date.now() },
    monotonicMs: () => performance.now(),
    log: silent,
    settings: { issuer: URL_OF_SERVER, maxJwtDays: 366, signup: 'open', signingAlgorithm: 'ES256' },
  });
}

function send(port: number, { method, path, headers = {}, body }: Sent): Promise<{ status: number; text: string }> {
  return new Promise((resolve) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    let status = 0;
    const request = httpRequest(
      { port, host: '127.0.0.1', method, path, headers: { ...length, ...headers } as Record<string, string>, agent: false },
      (response) => {
        status = response.statusCode ?? 0;
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', () => {});
        response.on('close', () => resolve({ status, text: Buffer.concat(chunks).toString() }));
      },
    );
    // A server that has refused does not read the rest; where the head of its answer has come, that is the answer.
    request.on('error', () => resolve({ status, text: '' }));
    request.end(body);
  });
}

async function dribble(port: number, { method, path, headers = {}, body = '' }: Sent, pieces: number): Promise<object> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {});
  await once(socket, 'connect');
  const lines = Object.entries({ host: 'localhost', 'content-length': String(Buffer.byteLength(body)), ...headers });
  socket.write(`${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${String(value)}\r\n`).join('')}\r\n`);
  for (let piece = 0; piece < pieces && socket.writable; piece++)
    await new Promise((resolve) => socket.write(body.slice(piece, piece + 1), resolve));
  socket.destroy();
  return {};
}
