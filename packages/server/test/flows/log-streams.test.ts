/**
 * Whatever the log and standard error are connected to, the server starts, answers and ends; and an uncaught error ends it at
 * once.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { freePort } from '../../../../conformance/free-port.ts';
import { programPath } from '../program.ts';

const folder = mkdtempSync(join(tmpdir(), 'keyhouse-log-'));
const { O_RDWR, O_WRONLY, O_NONBLOCK } = constants;

/** Within the server: signals that make it log very much, throw, or reject. */
const PRELOADED = `
  process.on('SIGUSR2', () => { for (let i = 0; i < 5000; i++) process.emitWarning('x'.repeat(500) + i); });
  process.on('SIGHUP', () => { throw new Error('thrown by a test'); });
  process.on('SIGWINCH', () => { Promise.reject(new Error('rejected by a test')); });
`;

type Descriptor = number | 'pipe' | 'ignore';
interface Running {
  readonly child: ChildProcess;
  readonly origin: string;
  readonly metrics: string;
}

let made = 0;
const children: ChildProcess[] = [];
const descriptors: number[] = [];
const open = (path: string, flags: number): number => {
  const descriptor = openSync(path, flags);
  descriptors.push(descriptor);
  return descriptor;
};
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const descriptor of descriptors.splice(0)) closeSync(descriptor);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function serve(out: Descriptor, err: Descriptor): Promise<Running> {
  const [port, metricsPort] = [await freePort(), await freePort()];
  const preload = `--import=data:text/javascript,${encodeURIComponent(PRELOADED)}`;
  const child = spawn(process.execPath, [preload, await programPath(), 'serve'], {
    env: {
      ...{ PATH: process.env.PATH, HOME: process.env.HOME, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE },
      ...{ KEYHOUSE_PORT: String(port), KEYHOUSE_METRICS_PORT: String(metricsPort), KEYHOUSE_DRAIN_SECONDS: '0' },
      KEYHOUSE_DATABASE_URL: `sqlite:${join(folder, `${made++}`, 'keyhouse.db')}`,
    },
    stdio: ['ignore', out, err],
  });
  children.push(child);
  const running = { child, origin: `http://127.0.0.1:${port}`, metrics: `http://127.0.0.1:${metricsPort}/metrics` };
  await answers(running);
  return running;
}

async function answers({ child, origin }: Running): Promise<void> {
  const ask = () =>
    fetch(`${origin}/readyz`).then(
      ({ status }) => status,
      () => 0,
    );
  await expect.poll(async () => (child.exitCode === null ? await ask() : child.exitCode)).toBe(200);
}

async function end({ child }: Running, signal: NodeJS.Signals): Promise<number | null> {
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
  return child.exitCode;
}

/** A pipe; `reader` never waits, `writer` does, like those that a shell creates. */
function pipe(): { reader: number; writer: number } {
  const path = join(folder, `pipe-${made++}`);
  execFileSync('mkfifo', [path]);
  return { reader: open(path, O_RDWR | O_NONBLOCK), writer: open(path, O_WRONLY) };
}

function readAll(reader: number): string {
  const chunks: Buffer[] = [];
  const chunk = Buffer.alloc(65_536);
  for (;;) {
    try {
      chunks.push(Buffer.from(chunk.subarray(0, readSync(reader, chunk))));
    } catch {
      return Buffer.concat(chunks).toString();
    }
  }
}

function fullPipe(): { reader: number; writer: number } {
  const both = pipe();
  try {
    for (;;) writeSync(both.reader, ' '.repeat(100));
  } catch {
    // Nothing more goes into it.
  }
  return both;
}

function closedPipe(): number {
  const { reader, writer } = pipe();
  closeSync(reader);
  descriptors.splice(descriptors.indexOf(reader), 1);
  return writer;
}

const BROKEN: readonly (readonly [string, () => readonly [Descriptor, Descriptor]])[] = [
  ['/dev/full', () => [open('/dev/full', O_WRONLY), 'ignore']],
  ['/dev/full, standard error too', () => [open('/dev/full', O_WRONLY), open('/dev/full', O_WRONLY)]],
  ['a pipe that is full and that nobody reads', () => [fullPipe().writer, 'ignore']],
  ['the same pipe for standard error', () => Array<number>(2).fill(fullPipe().writer) as [number, number]],
  ['a pipe whose reader has gone', () => [closedPipe(), 'ignore']],
  ['the same closed pipe for standard error', () => Array<number>(2).fill(closedPipe()) as [number, number]],
  ['a socket that nobody reads', () => ['pipe', 'pipe']],
];

it.each(BROKEN)('starts, answers, counts what it dropped and ends, with its log in %s', async (_, connect) => {
  const running = await serve(...connect());
  const dropped = async () =>
    Number(/keyhouse_log_lines_dropped_total (\d+)/.exec(await (await fetch(running.metrics)).text())?.[1]);
  running.child.kill('SIGUSR2');
  await expect.poll(dropped).toBeGreaterThan(1000);
  await answers(running);
  expect(await end(running, 'SIGTERM')).toBe(0);
});

it('says how many lines were dropped when somebody reads again', async () => {
  const { reader, writer } = fullPipe();
  const running = await serve(writer, 'ignore');
  running.child.kill('SIGUSR2');
  await expect.poll(async () => await (await fetch(running.metrics)).text()).toMatch(/lines_dropped_total [1-9]/);
  let text = '';
  const read = (): string => {
    text += readAll(reader);
    return text;
  };
  await expect.poll(read).toContain('Log lines were lost');
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines[0].msg).toContain('migration');
  expect(lines.filter(({ dropped }) => dropped > 0)).toHaveLength(1);
  const told = lines.find(({ dropped }) => dropped > 0).dropped;
  expect(lines.filter(({ msg }) => msg === 'A warning from Node.js.').length + told).toBeGreaterThanOrEqual(5000);
  expect(await end(running, 'SIGTERM')).toBe(0);
  expect(read()).toContain('Keyhouse has stopped.');
});

it.each([
  ['an uncaught error', 'SIGHUP', 'thrown by a test'],
  ['an unhandled rejection', 'SIGWINCH', 'rejected by a test'],
] as const)('%s ends the server with its reason in the log and on standard error', async (_, signal, reason) => {
  const [out, err] = [pipe(), pipe()];
  const running = await serve(out.writer, err.writer);
  expect(await end(running, signal)).toBe(1);
  expect(readAll(err.reader)).toContain(reason);
  const last = readAll(out.reader)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .at(-1);
  expect(last).toMatchObject({ level: 60, err: { message: reason } });
});

it.each(BROKEN)('an uncaught error ends the server, with its log in %s', async (_, connect) => {
  const running = await serve(...connect());
  expect(await end(running, 'SIGHUP')).toBe(1);
});
