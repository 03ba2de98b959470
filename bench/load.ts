/**
 * The load generator: a process of its own on a core of its own, keep-alive connections that each have one request under
 * way. Lean on purpose, because it must never be the bottleneck: requests are made as text, answers are read no further
 * than their length. Reads its orders as JSON from the first argument and prints one JSON line.
 */
import { connect, type Socket } from 'node:net';
import { keyText, tokenSecret } from './keys.ts';

export interface Orders {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** Requests that are answered but not measured, first. */
  readonly warmupSeconds: number;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Made anew for each request: a key or token of a random row below `rows`, or nothing. */
  readonly credential:
    | { readonly kind: 'key' | 'token'; readonly rows: number }
    | { readonly kind: 'fixed'; readonly text: string }
    | null;
  /** `{key}` in it is a key of a random row below `bodyRows`; `{n}` and, in headers, `{address}` are new each time. */
  readonly body?: string;
  readonly bodyRows?: number;
  /** The status that is no failure; 200 by default. */
  readonly status?: number;
  /** At most so many requests a second in all; as fast as they are answered by default. */
  readonly rate?: number;
}

export interface Load {
  readonly requests: number;
  readonly seconds: number;
  readonly failures: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const orders = JSON.parse(process.argv[2] ?? '') as Orders;
const HARD_STOP_MS = (orders.seconds + orders.warmupSeconds + 20) * 1000;
setTimeout(() => process.exit(1), HARD_STOP_MS).unref();

let measuring = false;
let stopped = false;
let requests = 0;
let failures = 0;
const latencies: number[] = [];

const random = (below: number): number => Math.floor(Math.random() * below);

function credential(): string {
  const wanted = orders.credential;
  if (wanted === null) return '';
  if (wanted.kind === 'fixed') return `Authorization: Bearer ${wanted.text}\r\n`;
  const index = 1 + random(wanted.rows);
  return `Authorization: Bearer ${wanted.kind === 'key' ? keyText(index) : `${index}|${tokenSecret(index)}`}\r\n`;
}

const extra = Object.entries(orders.headers ?? {})
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('');

function makeRequest(): string {
  const body = orders.body
    ?.replace('{key}', () => keyText(1 + random(orders.bodyRows ?? 1)))
    .replace('{n}', () => String(random(1e9)));
  const headers = extra.replace('{address}', () => `10.${random(256)}.${random(256)}.${random(256)}`);
  const length = body === undefined ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  return `${orders.method} ${orders.path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\n${credential()}${headers}${length}\r\n${body ?? ''}`;
}

function open(): Socket {
  const socket = connect({ port: orders.port, host: '127.0.0.1', noDelay: true });
  let startedAt = 0;
  let received = '';
  const next = (): void => {
    if (stopped) return void socket.destroy();
    startedAt = performance.now();
    socket.write(makeRequest());
  };
  const pause = orders.rate === undefined ? 0 : (orders.connections / orders.rate) * 1000;
  socket.setEncoding('latin1');
  socket.on('connect', next);
  socket.on('error', () => failures++);
  socket.on('data', (chunk: string) => {
    received += chunk;
    const end = received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = /content-length: (\d+)/i.exec(received.slice(0, end))?.[1];
    if (length !== undefined && received.length < end + 4 + Number(length)) return;
    if (length === undefined && !received.endsWith('0\r\n\r\n')) return;
    if (measuring) {
      requests++;
      latencies.push(performance.now() - startedAt);
      if (!received.startsWith(`HTTP/1.1 ${orders.status ?? 200}`)) failures++;
    }
    received = '';
    const wait = pause - (performance.now() - startedAt);
    if (wait > 0.5) setTimeout(next, wait);
    else next();
  });
  return socket;
}

for (let i = 0; i < orders.connections; i++) open();
await sleep(orders.warmupSeconds * 1000);
measuring = true;
process.send?.('measuring');
const startedAt = performance.now();
await sleep(orders.seconds * 1000);
measuring = false;
const seconds = (performance.now() - startedAt) / 1000;
process.send?.('measured');
stopped = true;

latencies.sort((a, b) => a - b);
const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0;
const load: Load = { requests, seconds, failures, perSecond: requests / seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
process.stdout.write(`${JSON.stringify(load)}\n`, () => process.exit(0));

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
