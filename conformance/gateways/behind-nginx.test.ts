/**
 * Runs docs/behind-nginx.md: its API, its nginx, and its own lines in their order in one shell, beside `keyhouse serve`. What stands below a block is what it
 * answered. What needs root on the reader's machine (copying the file, reloading nginx) is done by the tests' own nginx.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programPath, startProgram } from '../../packages/server/test/program.ts';
import { freePort } from '../free-port.ts';
import { isInstalled, NGINX, needs, startGateway } from './gateway.ts';

const root = resolve(import.meta.dirname, '../..');
const guide = readFileSync(join(root, 'docs/behind-nginx.md'), 'utf8');
const blocks = [...guide.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => ({ language, text }));
/** Parts the answers of the steps. */
const MARK = '=====GUIDE=====';

interface Step {
  readonly lines: string;
  /** Null where the lines are to say nothing. */
  readonly expected: string | null;
}

const steps: readonly Step[] = blocks.flatMap(({ language, text }, index) => {
  const next = blocks[index + 1];
  return language === 'sh' ? [{ lines: text, expected: next?.language === 'http' ? next.text : null }] : [];
});

describe.skipIf(!isInstalled(NGINX))(`${needs(NGINX)} docs/behind-nginx.md`, () => {
  const stops: (() => unknown)[] = [];
  let answers: readonly string[] = [];

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keyhouse-guide-'));
    stops.push(() => rmSync(folder, { recursive: true, force: true }));
    const settings = {
      KEYHOUSE_DATABASE_URL: `sqlite:${join(folder, 'keyhouse.db')}`,
      KEYHOUSE_TRUSTED_PROXIES: /KEYHOUSE_TRUSTED_PROXIES=(\S+) npm start/.exec(guide)?.[1] ?? '',
    };
    const keyhouse = await startProgram(settings);
    stops.push(() => keyhouse.stop());
    const api = await startApiOfTheGuide(folder);
    stops.push(() => end(api.child));
    const nginx = await startGateway(NGINX, { apiPort: api.port, keyhousePort: Number(new URL(keyhouse.origin).port) });
    stops.push(() => nginx.stop());
    answers = await runSteps(folder, settings, { port: nginx.port, origin: keyhouse.origin });
  });

  afterAll(async () => {
    for (const stop of stops.reverse()) await stop();
  });

  it('does what it says, line by line', () => {
    expect(steps.filter(({ expected }) => expected !== null)).toHaveLength(4);
    expect(answers).toHaveLength(steps.length + 1);
    steps.forEach(({ expected, lines }, index) => {
      const answer = (answers[index] ?? '').replaceAll('\r\n', '\n').trim();
      if (expected === null) expect(answer).toBe('');
      else expectLike(answer, expected.trim(), lines);
    });
  });
});

/** The first line, the body, and each header that the guide shows. */
function expectLike(answer: string, expected: string, lines: string): void {
  const [head = '', body = ''] = answer.split('\n\n');
  const [shownHead = '', shownBody = ''] = expected.split('\n\n');
  const [first, ...headers] = head.split('\n');
  const [shownFirst, ...shownHeaders] = shownHead.split('\n');
  expect(first, lines).toBe(shownFirst);
  for (const shown of shownHeaders)
    expect(
      headers.some((header) => isLike(header, shown)),
      `${shown} in ${head}`,
    ).toBe(true);
  expect(isLike(body, shownBody), `${body} is not ${shownBody}`).toBe(true);
}

const isLike = (actual: string, shown: string): boolean => {
  const pattern = shown.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${pattern.join('.+')}$`, 'i').test(actual);
};

async function startApiOfTheGuide(folder: string): Promise<{ child: ChildProcess; port: number }> {
  const port = await freePort();
  const [source] = blocks.filter(({ language }) => language === 'js');
  const text = source?.text ?? '';
  expect(text.split('8080')).toHaveLength(2);
  // It says when it listens, which the guide leaves to the reader's eyes.
  writeFileSync(join(folder, 'api.mjs'), text.replace("8080, '127.0.0.1')", `${port}, '127.0.0.1', () => console.log('up'))`));
  const child = spawn(process.execPath, [join(folder, 'api.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return { child, port };
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill();
  await ended;
}

/** One shell for all, in a folder of its own; `npx keyhouse` is the program of this repository, with the same settings. */
async function runSteps(
  folder: string,
  settings: Record<string, string>,
  { port, origin }: { port: number; origin: string },
): Promise<readonly string[]> {
  const program = await programPath();
  const npx = `npx() { shift; "${process.execPath}" "${program}" "$@"; }`;
  const script = steps
    .map(({ lines }) =>
      lines.replaceAll('http://localhost:4141', origin).replaceAll('api.example.com:443', `api.example.com:${port}`),
    )
    .map((lines) => `${lines.replaceAll('https://api.example.com/', `https://api.example.com:${port}/`)}\nprintf '${MARK}'`);
  const env = { PATH: process.env.PATH, HOME: folder, ...settings };
  const { stdout } = await promisify(execFile)('sh', ['-eu', '-c', [npx, ...script].join('\n')], { cwd: folder, env });
  return stdout.split(MARK);
}
