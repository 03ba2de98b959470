/** The published package: packed as for publishing, unpacked with only its dependencies, and run by the oldest supported Node. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { PATIENCE_MS } from '../../../test/patience.ts';
import { startTestServer, type TestServer } from '../../server/test/server.ts';

const ROOT = join(import.meta.dirname, '../../..');
const run = promisify(execFile);
const ENTRIES = ['.', './express', './fastify', './fetch', './hono', './koa', './node', './openapi'];

/** An API in one file, on the named adapter, answering with the caller's kind. */
const API = `
const [name, issuer, origin, key] = process.argv.slice(2);
const { guard } = await import('@keyhouse/guard/' + name);
// The server says that it lives elsewhere.
const through = (input, init) => fetch(String(input instanceof Request ? input.url : input).replace(issuer, origin), init);
const keyhouse = guard({ issuer, key, fetch: through });
await keyhouse.ready();
const { createServer } = await import('node:http');
const server = name === 'node'
  ? createServer(keyhouse.protect((request, response) => response.end(request.caller.kind)))
  : (await import('express')).default().use(keyhouse).use((request, response) => response.end(request.caller.kind)).listen(0, '127.0.0.1', tell);
if (name === 'node') server.listen(0, '127.0.0.1', tell);
function tell() { console.log('port ' + server.address().port); }
process.on('SIGTERM', async () => { await keyhouse.close(); process.exit(0); });
`;

/** The same as a worker has it: only WebCrypto, nothing runs between requests. Answers each bearer in turn. */
const WORKER = `
const [issuer, origin, key, ...bearers] = process.argv.slice(2);
const { guard } = await import('@keyhouse/guard/fetch');
const through = (input, init) => fetch(String(input instanceof Request ? input.url : input).replace(issuer, origin), init);
const keyhouse = guard({ issuer, key, feed: 'poll', fetch: through });
const handler = keyhouse.protect((request, caller) => new Response(caller.kind));
for (const bearer of bearers) {
  const headers = { authorization: 'Bearer ' + bearer };
  const response = await handler(new Request('https://api.example.com/api/invoices', { headers }));
  console.log(response.status, response.status === 200 ? await response.text() : '');
}
`;

/** The same as an event of workerd itself, whose tests print what they see. */
const workerOf = (call: readonly string[]): string =>
  `export default { async test() { globalThis.process = { argv: ${JSON.stringify(['', '', ...call])} };\n${WORKER}\n} };`;

/** As the tools for workers do it: the bundler that builds the dashboard, with workerd's condition. */
const BUNDLE = `
const { rolldown } = await import('${pathToFileURL(join(ROOT, 'node_modules/rolldown/dist/index.mjs'))}');
const bundle = await rolldown({ input: 'entry.mjs', resolve: { conditionNames: ['workerd', 'import', 'default'] } });
await bundle.write({ file: 'bundle.mjs', format: 'esm', codeSplitting: false });
`;

const WORKERD = `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = ( services = [
  (name = "main", worker = ( modules = [ (name = "bundle.mjs", esModule = embed "bundle.mjs") ], compatibilityDate = "2026-01-01" )),
  (name = "internet", network = ( allow = ["public", "private", "local"] )),
] );
`;

describe('the package', () => {
  let server: TestServer;
  let folder: string;
  let unpacked: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keyhouse-guard-'));
    await packInCopy(folder);
    unpacked = join(folder, 'app/node_modules/@keyhouse/guard');
    server = await startTestServer();
    return async () => {
      await server.stop();
      await rm(folder, { recursive: true });
    };
  });

  it('holds JavaScript and types of every entry, and neither sources nor tests', async () => {
    const { exports, imports, files, scripts } = JSON.parse(await readFile(join(unpacked, 'package.json'), 'utf8'));
    expect(Object.keys(exports)).toEqual(ENTRIES);
    const names = await readdir(unpacked, { recursive: true });
    for (const { types, default: code } of Object.values<{ types: string; default: string }>(exports))
      for (const path of [types, code]) expect(names).toContain(path.slice(2));
    for (const path of Object.values<string>(imports['#platform'])) expect(names).toContain(path.slice(2));
    expect(names.filter((name) => /\.test\.|(?<!\.d)\.ts$/.test(name))).toEqual([]);
    expect([files, scripts]).toEqual([['dist'], undefined]);
    expect(names).toContain('LICENSE');
  });

  it('names Node in what runs on it alone', async () => {
    const names = await readdir(join(unpacked, 'dist'), { recursive: true });
    const onNode: string[] = [];
    for (const name of names.filter((each) => each.endsWith('.js')))
      if (/from ['"]node:/.test(await readFile(join(unpacked, 'dist', name), 'utf8'))) onNode.push(name);
    expect(onNode.sort()).toEqual(
      ['adapters/node.js', 'openapi-file.js', 'platform/node.js'].filter((name) => onNode.includes(name)),
    );
    expect(onNode).toContain('platform/node.js');
  });

  it('has types that hold beside those of the frameworks', async () => {
    const lines = ['express', 'fastify', 'fetch', 'hono', 'koa', 'node'].map(
      (name) =>
        `import { guard as ${name} } from '@keyhouse/guard/${name}';\nexport const on_${name} = ${name}({ issuer: 'x', key: 'y' });`,
    );
    const app = join(folder, 'app');
    await writeFile(
      join(app, 'use.ts'),
      `${lines.join('\n')}\nimport { createGuard } from '@keyhouse/guard';\nexport const bare = createGuard;`,
    );
    const options = ['--noEmit', '--strict', '--ignoreConfig', '--module', 'nodenext', '--target', 'es2022', '--types', 'node'];
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
    const checked = await run(process.execPath, [compiler, ...options, 'use.ts'], { cwd: app }).catch((error) => error);
    expect(checked.stdout).toBe('');
  });

  it('runs as workers run it, without anything of Node', async () => {
    const { stdout } = await run(await oldestNode(), ['--conditions=workerd', ...(await workerCall())], {
      cwd: join(folder, 'app'),
    });
    expect(linesOf(stdout)).toEqual(['200 jwt', '200 jwt', '200 key', '200 token', '401']);
  });

  it.for([
    { name: 'Bun', program: 'bun', before: ['run'] },
    { name: 'Deno', program: 'deno', before: ['run', '--no-prompt', '--allow-all', '--no-remote'] },
  ])('[needs $name] runs on $name', async ({ program, before }, context) => {
    context.skip(!(await isInstalled(program)));
    const { stdout } = await run(program, [...before, ...(await workerCall())], {
      cwd: join(folder, 'app'),
      timeout: PATIENCE_MS,
    });
    expect(linesOf(stdout)).toEqual(['200 jwt', '200 jwt', '200 key', '200 token', '401']);
  });

  it('[needs workerd] runs in workerd', async (context) => {
    context.skip(!(await isInstalled('workerd')));
    const app = join(folder, 'app');
    const [, ...call] = await workerCall();
    await writeFile(join(app, 'entry.mjs'), workerOf(call));
    await run(process.execPath, ['--input-type=module', '-e', BUNDLE], { cwd: app });
    await writeFile(join(app, 'workerd.capnp'), WORKERD);
    const { stdout } = await run('workerd', ['test', 'workerd.capnp'], { cwd: app, timeout: PATIENCE_MS }).catch(
      (error) => error,
    );
    expect(linesOf(stdout)).toEqual(['200 jwt', '200 jwt', '200 key', '200 token', '401']);
  });

  /** The arguments of `WORKER`: credentials of all kinds, and one that is not valid. */
  async function workerCall(): Promise<string[]> {
    const operator = await server.key(1, { permissions: ['keyhouse.verify'] });
    const { accountId, token } = await server.register();
    const key = await server.key(accountId, { permissions: ['invoices.read'] });
    const minted = (await server.request('/auth', { bearer: key.text, body: { permissions: ['invoices.read'] } })).json.token;
    await writeFile(join(folder, 'app/worker.mjs'), WORKER);
    return ['worker.mjs', server.url, server.origin, operator.text, minted, minted, key.text, token, `${minted}x`];
  }

  it.each(['node', 'express'])('protects an API on the oldest Node that is here: %s', async (name) => {
    const node = await oldestNode();
    const operator = await server.key(1, { permissions: ['keyhouse.verify'] });
    const { accountId } = await server.register();
    const key = await server.key(accountId, { permissions: ['invoices.read'] });
    const minted = await server.request('/auth', { bearer: key.text, body: { permissions: ['invoices.read'] } });
    await writeFile(join(folder, 'app/api.mjs'), API);
    const child = execFile(node, ['api.mjs', name, server.url, server.origin, operator.text], { cwd: join(folder, 'app') });
    let output = '';
    const port = await new Promise<string>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr])
        stream?.on('data', (chunk) => {
          output += chunk;
          const found = /port (\d+)/.exec(output)?.[1];
          if (found !== undefined) resolve(found);
        });
      child.on('exit', () => reject(new Error(output)));
    });
    const call = async (bearer: string, path = '/api/invoices') => {
      const headers = { Authorization: `Bearer ${bearer}` };
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
      return [response.status, response.status === 200 ? await response.text() : JSON.parse(await response.text()).message];
    };
    try {
      expect(await call(key.text)).toEqual([200, 'key']);
      expect(await call(minted.json.token)).toEqual([200, 'jwt']);
      expect(await call(minted.json.token, '/api/services')).toEqual([403, 'This action is unauthorized.']);
      expect(await call(`${minted.json.token}x`)).toEqual([401, 'Unauthenticated.']);
    } finally {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
    }
  });
});

const linesOf = (text: string): readonly string[] =>
  text
    .trim()
    .split('\n')
    .map((line) => line.trim());

const isInstalled = (program: string): Promise<boolean> =>
  run(program, ['--version']).then(
    () => true,
    () => false,
  );

/** Packing rewrites `package.json` for a moment, which concurrent tests must not see. */
async function packInCopy(folder: string): Promise<void> {
  const copy = join(folder, 'copy');
  const modules = join(folder, 'app/node_modules');
  await mkdir(join(modules, '@keyhouse'), { recursive: true });
  for (const path of ['scripts/pack.ts', 'LICENSE', 'tsconfig.json', 'packages/protocol', 'packages/openapi', 'packages/guard'])
    await cp(join(ROOT, path), join(copy, path), {
      recursive: true,
      filter: (from) => !/\/(node_modules|dist)(\/|$)/.test(from.slice(ROOT.length)),
    });
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  for (const name of ['protocol', 'openapi', 'guard']) {
    const env = { ...process.env, PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH}`, npm_config_offline: 'true' };
    const packed = await run('npm', ['pack', '--pack-destination', folder], { cwd: join(copy, 'packages', name), env });
    const tarball = packed.stdout.trim().split('\n').at(-1) ?? '';
    const into = join(modules, '@keyhouse', name);
    await mkdir(into);
    await run('tar', ['-xzf', join(folder, tarball), '-C', into, '--strip-components=1']);
  }
  for (const name of ['ipaddr.js', 'yaml', 'express', 'fastify', 'hono', 'koa', '@types'])
    await symlink(join(ROOT, 'node_modules', name), join(modules, name));
}

/** Node 20, if a machine has one in addition to the repository's own. */
async function oldestNode(): Promise<string> {
  const { stdout } = await run('/usr/bin/node', ['--version']).catch(() => ({ stdout: '' }));
  if (stdout.startsWith('v20.')) return '/usr/bin/node';
  console.warn('There is no Node 20 on this machine: the package was tried on the Node of the repository.');
  return process.execPath;
}
