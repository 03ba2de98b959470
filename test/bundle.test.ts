/** What is published starts from a few files, needs three packages, and says whose code is in it. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { builtProgram } from './shared-things.ts';

let program: string;
let dist: string;
const folder = mkdtempSync(join(tmpdir(), 'keyhouse-bundle-'));
beforeAll(async () => {
  program = await builtProgram();
  dist = resolve(dirname(program), '../dist');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Each file that a thread or the program loads, once. */
const COUNTING = `
  import { registerHooks } from 'node:module';
  registerHooks({ load: (url, context, next) => { if (url.startsWith('file:')) console.error('loaded ' + url); return next(url, context); } });
`;

async function loadedBy(...args: readonly string[]): Promise<readonly string[]> {
  const call = [`--import=data:text/javascript,${encodeURIComponent(COUNTING)}`, program, ...args];
  const env = { KEYHOUSE_DATABASE_URL: `sqlite:${join(folder, 'keyhouse.db')}` };
  const { stderr } = await promisify(execFile)(process.execPath, call, { env, cwd: folder });
  return stderr.split('\n').flatMap((line) => (line.startsWith('loaded ') ? [line.slice('loaded '.length)] : []));
}

it('reads some dozen files for a command, and none of the sources', async () => {
  await loadedBy('migrate');
  const loaded = await loadedBy('key', 'list');
  expect(loaded.length).toBeGreaterThan(5);
  expect(loaded.length).toBeLessThan(100);
  const elsewhere = loaded.filter((url) => !url.includes(dirname(dist)));
  expect(elsewhere.filter((url) => !/node_modules\/(better-sqlite3|bindings|file-uri-to-path)\//.test(url))).toEqual([]);
});

it('says for each package that is in it which version it is, and under which license', () => {
  const text = readFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), 'utf8');
  for (const name of ['fastify', 'kysely', 'jose', 'typebox', 'pg', 'nodemailer', 'openid-client'])
    expect(text).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\([A-Za-z0-9. -]+\\)$`, 'm'));
});

it('leads nowhere on the machine that made it', () => {
  const root = resolve(import.meta.dirname, '..');
  const files = readdirSync(dist).map((name) => join(dist, name));
  expect(files.filter((file) => readFileSync(file, 'utf8').includes(root))).toEqual([]);
});
