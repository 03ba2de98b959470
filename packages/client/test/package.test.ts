/** The published package: its size, what it needs, and that it runs where it says. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { beforeAll, describe, expect, it } from 'vitest';
import { publishedExports } from '../../../scripts/pack.ts';

const ROOT = join(import.meta.dirname, '..');
const COMPILER = join(ROOT, '../../node_modules/typescript/bin/tsc');
const MAX_BYTES = 8_000;
const run = promisify(execFile);

describe('the package', () => {
  let dist: string;
  beforeAll(async () => {
    dist = await mkdtemp(join(tmpdir(), 'keyhouse-client-dist-'));
    await run(process.execPath, [COMPILER, '--project', join(ROOT, 'tsconfig.build.json'), '--outDir', dist]);
    await writeFile(join(dist, 'package.json'), '{"type":"module"}');
    return () => rm(dist, { recursive: true });
  });

  it(`weighs less than ${MAX_BYTES} bytes, minified and zipped, all of its main entry`, async () => {
    const built = await build({
      configFile: false,
      logLevel: 'silent',
      root: ROOT,
      build: {
        ...{ write: false, minify: true, target: 'es2022', modulePreload: false },
        rolldownOptions: { input: join(dist, 'index.js'), preserveEntrySignatures: 'strict' },
      },
    });
    const chunks = (Array.isArray(built) ? built : [built]).flatMap((each) => ('output' in each ? each.output : []));
    const code = chunks.map((chunk) => ('code' in chunk ? chunk.code : '')).join('');
    const bytes = gzipSync(code, { level: 9 }).length;
    process.stdout.write(`@keyhouse/client: ${bytes} bytes\n`);
    expect(code).toContain('code_challenge');
    expect(bytes).toBeLessThan(MAX_BYTES);
  });

  it('depends on nothing, and its main entry on nothing of Node', async () => {
    const manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    expect(Object.keys(manifest).filter((name) => /dependencies/i.test(name))).toEqual([]);
    const seen = new Set<string>();
    const walk = async (file: string): Promise<void> => {
      if (seen.has(file)) return;
      seen.add(file);
      const text = await readFile(join(dist, file), 'utf8');
      for (const [, to = ''] of text.matchAll(/(?:from|import)\s*\(?['"]([^'"]+)['"]/g)) {
        expect(to, `${file} imports ${to}`).toMatch(/^\.\//);
        await walk(to.slice(2));
      }
      expect(text.replaceAll(/\/\*[\s\S]*?\*\//g, ''), file).not.toMatch(/\b(process|Buffer|require)\b[.(]/);
    };
    await walk('index.js');
    expect(seen.size).toBeGreaterThan(10);
  });

  it('publishes every entry as JavaScript with its types', async () => {
    const { exports } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    const files = await readdir(dist);
    for (const entry of Object.values(publishedExports(exports)))
      for (const path of Object.values(entry)) expect(files).toContain(path.replace('./dist/', ''));
    expect(files.filter((name) => name.includes('.test.'))).toEqual([]);
  });

  it('has types that hold in pages, and in workers', async () => {
    await writeFile(join(dist, 'use.ts'), "import { createClient } from './index.js';\nexport const client = createClient;");
    for (const lib of ['es2022,dom', 'es2022,webworker']) {
      const options = ['--noEmit', '--strict', '--ignoreConfig', '--module', 'nodenext', '--target', 'es2022', '--lib', lib];
      const checked = await run(process.execPath, [COMPILER, ...options, join(dist, 'use.ts')]).catch((error) => error);
      expect(checked.stdout).toBe('');
    }
  });

  it('[needs Node 20] runs in Node 20', async (context) => {
    const old = '/usr/bin/node';
    const version = existsSync(old) ? (await run(old, ['--version'])).stdout : '';
    context.skip(!version.startsWith('v20.'), 'There is no Node 20 on this machine.');
    const script = `
      import { createClient, createApiKeyClient, inMemory, KeyhouseError } from '${dist}/index.js';
      import { inFile, signInOnLoopback } from '${dist}/node.js';
      const options = { issuer: 'https://keys.example.com', apiOrigins: ['https://api.example.com'] };
      const client = createClient({ ...options, clientId: 'app_x', redirectUri: 'http://127.0.0.1/callback', storage: inFile('/nonexistent/x') });
      console.log(new URL(await client.signInUrl()).pathname, await client.session(), typeof signInOnLoopback);`;
    const { stdout } = await run(old, ['--input-type=module', '--eval', script]);
    expect(stdout.trim()).toBe('/auth null function');
  });
});
