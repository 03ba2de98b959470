/**
 * The five minutes of the README, as a program: its own lines, in their order, in one shell, against a separate server on a new
 * database. The text below a block is the expected answer. Tests run them in this repository, and `npm run release` where the
 * packages were installed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join, resolve } from 'node:path';
import { PATIENCE_MS } from './patience.ts';

const root = resolve(import.meta.dirname, '..');
const WRITTEN_ORIGIN = 'http://localhost:4141';
/** Separates the answers of the steps; no answer contains it. */
const MARK = '=====README=====';

export interface Step {
  /** The sentence before the block. */
  readonly name: string;
  readonly lines: string;
  readonly expected: { readonly language: string; readonly text: string } | null;
}

/** Where the program is installed, and which Node runs it. */
export interface Installation {
  readonly cwd: string;
  readonly node: string;
  /** `bin/keyhouse.js` of the package. */
  readonly program: string;
  /** Comes first in the path: here `npx keyhouse` finds the program, and the program finds its Node. */
  readonly path: readonly string[];
}

/** A new database and a free port. */
export interface Running {
  readonly origin: string;
  /** What each step answered, in their order. */
  readonly answers: readonly string[];
  stop(): Promise<void>;
}

export const STEPS = readSteps(readFileSync(join(root, 'README.md'), 'utf8'));

/** Starts a server, and runs all steps. `folder` is for its data, and is left for the caller to delete. */
export async function runReadme(installation: Installation, folder: string): Promise<Running> {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const environment = environmentOf(installation, folder, origin, port);
  const server = await startServer(installation, environment);
  const stop = async (): Promise<void> => {
    if (server.exitCode !== null) return;
    server.kill('SIGINT');
    await once(server, 'exit');
  };
  try {
    return { origin, answers: await runSteps(installation, environment, origin), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What a step answered and what the README says, with variable parts made equal: the two are then compared exactly. */
export function compared({ expected }: Step, given: string | undefined, origin: string): { actual: unknown; expected: unknown } {
  const answer = (given ?? 'no answer').replaceAll(origin, WRITTEN_ORIGIN).trim();
  if (expected === null) return { actual: answer, expected: '' };
  if (expected.language !== 'json') return comparedHttp(answer, expected.text);
  const json: unknown = JSON.parse(expected.text);
  return { actual: levelled(JSON.parse(answer), json), expected: json };
}

/** Every ```sh block of the section, with the ```json or ```http block that follows it. */
function readSteps(readme: string): readonly Step[] {
  const section = readme.split('\n## ').find((text) => text.startsWith('Five minutes\n')) ?? '';
  const blocks = section.split('\n```').flatMap((text, index, pieces) => {
    // Text and blocks alternate: every second piece is between two fences.
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

/** Nothing of the surrounding environment except the path: the README does not require more. */
function environmentOf({ path }: Installation, folder: string, origin: string, port: number): NodeJS.ProcessEnv {
  return {
    PATH: [...path, ...(process.env.PATH ?? '').split(delimiter)].join(delimiter),
    HOME: folder,
    KEYHOUSE_URL: origin,
    KEYHOUSE_PORT: String(port),
    KEYHOUSE_DATABASE_URL: `sqlite:${join(folder, 'keyhouse.db')}`,
  };
}

async function startServer({ node, program, cwd }: Installation, environment: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const server = spawn(node, [program, 'serve'], {
    cwd,
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
async function runSteps({ cwd }: Installation, environment: NodeJS.ProcessEnv, origin: string): Promise<readonly string[]> {
  const script = STEPS.map(({ lines }) => `${lines.replaceAll(WRITTEN_ORIGIN, origin)}\nprintf '${MARK}'`).join('\n');
  const shell = spawn('sh', ['-eu', '-c', `${script}`], {
    cwd,
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

/** The actual value, with variable parts replaced by what the README says. */
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

/** The first line, each header that the README shows, and the body: other headers do not matter. */
function comparedHttp(actual: string, expected: string): { actual: unknown; expected: unknown } {
  const answer = readHttp(actual);
  const { first, headers, body } = readHttp(expected.trim());
  const shown = Object.fromEntries([...headers.keys()].map((name) => [name, answer.headers.get(name)]));
  return {
    actual: { first: answer.first, headers: shown, body: answer.body },
    expected: { first, headers: Object.fromEntries(headers), body },
  };
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
