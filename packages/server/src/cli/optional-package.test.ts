/** The server without the optional packages, as it is when nothing else was installed. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PATIENCE_MS } from '../../../../test/patience.ts';

const ROOT = join(import.meta.dirname, '../../../..');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyhouse-alone-'));
  const [server, modules] = [join(folder, 'packages/server'), join(folder, 'node_modules')];
  mkdirSync(join(modules, '@keyhouse'), { recursive: true });
  for (const part of ['bin', 'src', 'package.json'])
    cpSync(join(ROOT, 'packages/server', part), join(server, part), { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules')))
    if (!/^(\.|keyhouse$|@keyhouse$)/.test(name)) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  symlinkSync(join(ROOT, 'packages/protocol'), join(modules, '@keyhouse/protocol'));
  writeFileSync(join(folder, 'openapi.json'), '{"openapi":"3.1.0","paths":{}}');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...call: string[]): Promise<{ exitCode: number | null; output: string }> =>
  new Promise((resolve) => {
    const env = { KEYHOUSE_DATABASE_URL: `sqlite:${join(folder, 'keyhouse.db')}` };
    const program = [join(folder, 'packages/server/bin/keyhouse.js'), ...call];
    const child = execFile(process.execPath, program, { env, cwd: folder, timeout: PATIENCE_MS }, (_, stdout, stderr) =>
      resolve({ exitCode: child.exitCode, output: stdout + stderr }),
    );
  });

it.each([
  ['@keyhouse/openapi', ['permission', 'import', 'openapi.json', '--yes']],
  ['@keyhouse/import', ['import', 'sanctum', '--from', 'sqlite:laravel.db']],
  ['@keyhouse/import', ['import', 'keys', 'keys.csv', '--format', 'csv']],
])('says in one line how %s is installed where a command needs it', async (name, call) => {
  expect(await run(...call)).toEqual({
    exitCode: 1,
    output: expect.stringMatching(
      new RegExp(
        `^Error: This command needs the package ${name}, which is not installed\\. Run: npm install "${name}@\\^\\d+\\.\\d+\\.\\d+"\\n$`,
      ),
    ),
  });
});

it('does everything else without them', async () => {
  expect(await run('permission', 'list')).toMatchObject({ exitCode: 1, output: expect.stringContaining('There is no database') });
  expect(await run('migrate')).toMatchObject({ exitCode: 0 });
  expect(await run('permission', 'list')).toMatchObject({
    exitCode: 0,
    output: expect.stringContaining('no routes of your own'),
  });
});
