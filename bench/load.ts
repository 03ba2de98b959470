/**
 * The load generator: a separate process on a separate core, with keep-alive connections that each have one request in flight.
 * Minimal on purpose, because it must never be the bottleneck: requests are built as text, answers are read no further than their
 * length. Reads its orders as JSON from the first argument and prints one JSON line.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
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
  /** Created for each request: a key or token of a random row from 1 to `rows`, or nothing. */
  readonly credential:
    | { readonly kind: 'key' | 'token'; readonly rows: number }
    | { readonly kind: 'fixed'; readonly text: string }
    | null;
  /** `{key}` in it is a key of a random row up to `bodyRows`; `{n}` and, in headers, `{address}` are new each time. */
  readonly body?: string;
  readonly bodyRows?: number;
  /**
   * A file of refresh tokens as JSON, one for each connection: `{token}` in the body is the newest that the connection has
   * received, and the newest of all are written back, so that the next load continues with them. No answer is left unread.
   */
  readonly tokensFile?: string;
  /** The status that is not a failure; 200 by default. */
  readonly status?: number;
  /** At most this many requests a second in total; as fast as they are answered by default. */
  readonly rate?: number;
}

export interface Load {
  readonly requests: number;
  readonly seconds: number;
  /** Other answers than the expected one, and connections that broke. */
  readonly failures: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly secondBySecond: readonly number[];
}

const orders = JSON.parse(process.argv[2] ?? '') as Orders;
const HARD_STOP_MS = (orders.seconds + orders.warmupSeconds + 20) * 1000;
setTimeout(() => process.exit(1), HARD_STOP_MS).unref();

const REOPEN_MS = 50;
const DRAIN_MS = 10_000;
const tokens = orders.tokensFile === undefined ? [] : (JSON.parse(readFileSync(orders.tokensFile, 'utf8')) as string[]);
if (orders.tokensFile !== undefined && tokens.length < orders.connections) throw new Error('Too few refresh tokens.');
let underWay = 0;
let measuring = false;
let stopped = false;
let failures = 0;
let startedMeasuringAt = 0;
const latencies: number[] = [];
const secondBySecond: number[] = [];

const random = (below: number): number => Math.floor(Math.random() * below);

/** Of a small table they are computed once: the load must never be the bottleneck. */
const MAX_REMEMBERED = 10_000;
const remembered: string[] = [];

function authorizationOf(kind: 'key' | 'token', rows: number): string {
  const index = 1 + random(rows);
  const known = remembered[index];
  if (known !== undefined) return known;
  const header = `Authorization: Bearer ${kind === 'key' ? keyText(index) : `${index}|${tokenSecret(index)}`}\r\n`;
  if (rows <= MAX_REMEMBERED) remembered[index] = header;
  return header;
}

function credential(): string {
  const wanted = orders.credential;
  if (wanted === null) return '';
  if (wanted.kind === 'fixed') return `Authorization: Bearer ${wanted.text}\r\n`;
  return authorizationOf(wanted.kind, wanted.rows);
}

const extra = Object.entries(orders.headers ?? {})
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('');

function makeRequest(connection: number): string {
  const body = orders.body
    ?.replace('{token}', () => tokens[connection] ?? '')
    .replace('{key}', () => keyText(1 + random(orders.bodyRows ?? 1)))
    .replace('{n}', () => String(random(1e9)));
  const headers = extra.replace('{address}', () => `10.${random(256)}.${random(256)}.${random(256)}`);
  const length = body === undefined ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  return `${orders.method} ${orders.path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\n${credential()}${headers}${length}\r\n${body ?? ''}`;
}

function isWhole(received: string): boolean {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /content-length: (\d+)/i.exec(received.slice(0, end))?.[1];
  return length === undefined ? received.endsWith('0\r\n\r\n') : received.length >= end + 4 + Number(length);
}

function count(received: string, latencyMs: number): void {
  latencies.push(latencyMs);
  const second = Math.floor((performance.now() - startedMeasuringAt) / 1000);
  secondBySecond[second] = (secondBySecond[second] ?? 0) + 1;
  if (!received.startsWith(`HTTP/1.1 ${orders.status ?? 200}`)) failures++;
}

/** The next refresh token of a connection; without one in the answer it keeps what it has, and will be refused. */
function keepToken(connection: number, received: string): void {
  const token = /"refresh_token": ?"([^"]+)"/.exec(received)?.[1];
  if (token !== undefined) tokens[connection] = token;
}

function open(connection: number): void {
  const socket = connect({ port: orders.port, host: '127.0.0.1', noDelay: true });
  const pauseMs = orders.rate === undefined ? 0 : (orders.connections / orders.rate) * 1000;
  let startedAt = 0;
  let received = '';
  let isAsking = false;
  const send = (): void => {
    if (stopped) return void socket.destroy();
    underWay++;
    isAsking = true;
    socket.write(makeRequest(connection));
  };
  // A request that is late because the previous one was slow has waited since it was due, otherwise a stall would hide itself.
  const next = (): void => {
    const dueAt = startedAt + pauseMs;
    const waitMs = dueAt - performance.now();
    if (pauseMs === 0 || waitMs > 0.5) {
      const begin = (): void => {
        startedAt = performance.now();
        send();
      };
      if (pauseMs === 0) begin();
      else setTimeout(begin, waitMs);
      return;
    }
    startedAt = dueAt;
    send();
  };
  socket.setEncoding('latin1');
  socket.on('connect', () => {
    startedAt = performance.now();
    send();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    if (isAsking) underWay--;
    if (stopped) return;
    if (measuring) failures++;
    setTimeout(() => open(connection), REOPEN_MS);
  });
  socket.on('data', (chunk: string) => {
    received += chunk;
    if (!isWhole(received)) return;
    underWay--;
    isAsking = false;
    if (measuring) count(received, performance.now() - startedAt);
    if (tokens.length > 0) keepToken(connection, received);
    received = '';
    next();
  });
}

for (let i = 0; i < orders.connections; i++) open(i);
await sleep(orders.warmupSeconds * 1000);
measuring = true;
startedMeasuringAt = performance.now();
process.send?.('measuring');
await sleep(orders.seconds * 1000);
measuring = false;
const seconds = (performance.now() - startedMeasuringAt) / 1000;
process.send?.('measured');
stopped = true;
if (orders.tokensFile !== undefined) {
  for (let waitedMs = 0; underWay > 0 && waitedMs < DRAIN_MS; waitedMs += 10) await sleep(10);
  writeFileSync(orders.tokensFile, JSON.stringify(tokens));
}

latencies.sort((a, b) => a - b);
const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0;
const requests = latencies.length;
const load: Load = {
  requests,
  seconds,
  failures,
  perSecond: requests / seconds,
  p50Ms: at(0.5),
  p99Ms: at(0.99),
  secondBySecond,
};
process.stdout.write(`${JSON.stringify(load)}\n`, () => process.exit(0));

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
