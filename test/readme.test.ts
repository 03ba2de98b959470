/**
 * Runs the five minutes of the README: its own lines, in their order, in one shell, against a server of its own on a fresh
 * database. What stands below a block is what it answered.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PATIENCE_MS } from './patience.ts';

const root = resolve(import.meta.dirname, '..');
const WRITTEN_ORIGIN = 'http://localhost:4141';
/** Parts the answers of the steps; no answer contains it. */
const MARK = '=====README=====';

interface Step {
  /** The sentence before the block. */
  readonly name: string;
  readonly lines: string;
  readonly expected: { readonly language: string; readonly text: string } | null;
}

const steps = readSteps(readFileSync(join(root, 'README.md'), 'utf8'));

describe('the five minutes of the README', () => {
  let folder = '';
  let server: ChildProcess | null = null;
  let answers: readonly string[] = [];
  let origin = '';

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'keyhouse-readme-'));
    const port = await freePort();
    origin = `http://localhost:${port}`;
    const environment = environmentOf(folder, origin, port);
    server = await startServer(environment);
    answers = await runSteps(environment, origin);
  });

  afterAll(async () => {
    if (server !== null && server.exitCode === null) {
      server.kill('SIGINT');
      await once(server, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it('shows every request of both founding documents', () => {
    const all = steps.map(({ lines }) => lines).join('\n');
    const requests = ['/auth/register', '/auth/login', '/cli/loggedUser', '/auth/tokens ', '/auth/tokens/rotate', '/auth/logout'];
    for (const request of [...requests.map((path) => `/api/v1${path}`), '4141/auth ', '/auth/introspect', '/auth/revoke'])
      expect(all).toContain(request);
  });

  it.each(steps.map((step, index) => [step.name, index] as const))('%s', (_name, index) => {
    const { expected } = steps[index] ?? { expected: null };
    const answer = (answers[index] ?? 'no answer').replaceAll(origin, WRITTEN_ORIGIN).trim();
    if (expected === null) expect(answer).toBe('');
    else if (expected.language === 'json') expectJson(JSON.parse(answer), JSON.parse(expected.text));
    else expectHttp(answer, expected.text);
  });
});

/** Every ```sh block of the section, with the ```json or ```http block that follows it. */
function readSteps(readme: string): readonly Step[] {
  const section = readme.split('\n## ').find((text) => text.startsWith('Five minutes\n')) ?? '';
  const blocks = section.split('\n```').flatMap((text, index, pieces) => {
    // Text and blocks take turns: every second piece stands between two fences.
    if (index % 2 === 0) return [];
    const [language = '', ...lines] = text.split('\n');
    const before = pieces[index - 1]?.trim().split('\n').at(-1) ?? '';
    return [{ before, language, text: lines.join('\n') }];
  });
  return blocks.flatMap(({ before, language, text }, index) => {
    if (language !== 'sh') return [];
    const next = blocks[index + 1];
    return [{ name: before, lines: text, expected: next === undefined || next.language === 'sh' ? null : next }];
  });
}

/** Nothing of the surrounding environment but the path: the README does not ask for more. */
function environmentOf(folder: string, origin: string, port: number): NodeJS.ProcessEnv {
  return {
    // As npm would have it: the repository's own Node first.
    PATH: [join(root, 'node_modules', '.bin'), ...(pathOfThisProcess() ?? '').split(delimiter)].join(delimiter),
    HOME: folder,
    KEYHOUSE_URL: origin,
    KEYHOUSE_PORT: String(port),
    KEYHOUSE_DATABASE_URL: `sqlite:${join(folder, 'keyhouse.db')}`,
  };
}

const pathOfThisProcess = (): string | undefined => process.env.PATH;

async function startServer(environment: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const server = spawn(process.execPath, [join(root, 'packages/server/bin/keyhouse.js'), 'serve'], {
    cwd: root,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let log = '';
  server.stdout?.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const giveUpAt = Date.now() + PATIENCE_MS;
  while (!(await isReady(environment))) {
    if (server.exitCode !== null || Date.now() > giveUpAt) throw new Error(`The server did not start:\n${log}`);
    await new Promise((resume) => setTimeout(resume, 50));
  }
  return server;
}

const isReady = (environment: NodeJS.ProcessEnv): Promise<boolean> =>
  fetch(`${environment.KEYHOUSE_URL}/readyz`).then(
    (response) => response.ok,
    () => false,
  );

/** One shell for all, because later lines use what earlier ones have set. */
async function runSteps(environment: NodeJS.ProcessEnv, origin: string): Promise<readonly string[]> {
  const script = steps.map(({ lines }) => `${lines.replaceAll(WRITTEN_ORIGIN, origin)}\nprintf '${MARK}'`).join('\n');
  const shell = spawn('sh', ['-eu', '-c', `${script}`], {
    cwd: root,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  shell.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const [code] = await once(shell, 'close');
  if (code !== 0) throw new Error(`The lines of the README ended with ${code}:\n${output}`);
  return output.split(MARK);
}

/** The same members with the same values; a time is like another time, and `…` is like anything. */
function expectJson(actual: unknown, expected: unknown): void {
  expect(levelled(actual, expected)).toEqual(expected);
}

/** The actual value with what may differ replaced by what the README says of it. */
function levelled(actual: unknown, expected: unknown, name = ''): unknown {
  if (typeof expected === 'string' && typeof actual === 'string') return isLike(actual, expected) ? expected : actual;
  if (typeof expected === 'number' && /^(iat|exp)$/.test(name)) return Number.isInteger(actual) ? expected : actual;
  if (Array.isArray(expected) && Array.isArray(actual)) return actual.map((item, index) => levelled(item, expected[index]));
  if (isMembers(expected) && isMembers(actual))
    return Object.fromEntries(Object.entries(actual).map(([key, value]) => [key, levelled(value, expected[key], key)]));
  // A token's last use is written within seconds, so it may be there or not yet.
  if (expected === '…' && actual === null && name === 'last_used_at') return expected;
  return actual;
}

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{6})?Z$/;

function isLike(actual: string, expected: string): boolean {
  const [expectedTime, actualTime] = [TIME.exec(expected), TIME.exec(actual)];
  if (expectedTime !== null && actualTime !== null) return expectedTime[1]?.length === actualTime[1]?.length;
  const pattern = expected.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${pattern.join('.+')}$`).test(actual);
}

/** The first line, each header that the README shows, and the body: whatever else was sent does not matter. */
function expectHttp(actual: string, expected: string): void {
  const answer = readHttp(actual);
  const { first, headers, body } = readHttp(expected.trim());
  expect(answer.first).toBe(first);
  for (const [name, value] of headers) expect([name, answer.headers.get(name)]).toEqual([name, value]);
  expect(answer.body).toBe(body);
}

function readHttp(text: string): { first: string; headers: ReadonlyMap<string, string>; body: string } {
  const [head = '', ...body] = text.replaceAll('\r\n', '\n').split('\n\n');
  const [first = '', ...lines] = head.split('\n');
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  return { first, headers, body: body.join('\n\n') };
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('There is no free port.');
  return address.port;
}
