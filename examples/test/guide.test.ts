/**
 * Runs the five minutes of docs/protect-an-api.md: its own lines, in their order, in one shell, with its own API, against a
 * server on a new database. The text below a block is the expected answer.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../conformance/free-port.ts';
import { type RunningProgram, startProgram } from '../../packages/server/test/program.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** Separates the answers of the steps; no answer contains it. */
const MARK = '=====GUIDE=====';

interface Block {
  readonly language: string;
  readonly text: string;
}

const blocks = readBlocks(readFileSync(join(ROOT, 'docs/protect-an-api.md'), 'utf8'));
const steps = blocks.flatMap(({ language, text }, index) => {
  const next = blocks[index + 1];
  return language === 'sh' ? [{ lines: text, expected: next?.language === 'json' ? next.text : null }] : [];
});

describe('the five minutes of docs/protect-an-api.md', () => {
  let answers: readonly string[];
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keyhouse-guide-'));
    const [port, apiPort] = [await freePort(), await freePort()];
    const settings = {
      KEYHOUSE_URL: `http://localhost:${port}`,
      KEYHOUSE_PORT: `${port}`,
      KEYHOUSE_DATABASE_URL: `sqlite:${join(folder, 'keyhouse.db')}`,
    };
    const here = (text: string): string => text.replaceAll(':4141', `:${port}`).replaceAll('8080', `${apiPort}`);
    let server: RunningProgram | null = null;
    try {
      server = await startProgram(settings);
      symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
      writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
      writeFileSync(join(folder, 'api.ts'), here(blocks.find(({ language }) => language === 'ts')?.text ?? ''));
      answers = await run(folder, settings, here);
    } finally {
      await server?.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('has lines that work', () => expect(answers).toHaveLength(steps.length + 1));

  it.each(steps.flatMap(({ lines, expected }, index) => (expected === null ? [] : [{ lines, expected, index }])))(
    'shows what is answered: $lines',
    ({ expected, index }) => {
      const answer: unknown = JSON.parse(answers[index]?.trim().split('\n').at(-1) ?? '');
      expect(JSON.stringify(answer).replace(/user:\d+/, 'user:…')).toBe(JSON.stringify(JSON.parse(expected)));
    },
  );
});

/** Every block between fences of the section. */
function readBlocks(guide: string): readonly Block[] {
  const section = guide.split('\n## ').find((text) => text.startsWith('Five minutes\n')) ?? '';
  return [...section.matchAll(/^```(\w+)\n(.*?)\n```$/gms)].map(([, language = '', text = '']) => ({ language, text }));
}

/** One shell for all, because later lines use what earlier ones have set. */
async function run(folder: string, settings: Record<string, string>, here: (text: string) => string): Promise<readonly string[]> {
  const script = steps.map(({ lines }) => `${here(lines)}\nprintf '${MARK}'`).join('\n');
  const shell = spawn('sh', ['-eu', '-c', `trap 'kill $! 2>/dev/null || true' EXIT\n${script}`], {
    cwd: folder,
    env: { PATH: [join(ROOT, 'node_modules/.bin'), process.env.PATH].join(delimiter), HOME: folder, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let complaints = '';
  shell.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  shell.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  const [code] = await once(shell, 'close');
  if (code !== 0) throw new Error(`The lines of the guide ended with ${code}:\n${output}\n${complaints}`);
  return output.split(MARK);
}
