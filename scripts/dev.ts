/**
 * `npm run dev`: the server, started again after each change of its sources, and in front of it the pages from Vite, which
 * updates the open page after a change. Both answer at one origin, so that cookies and `Origin` are as they are in production.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, watch } from 'node:fs';
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createServer as createVite } from 'vite';

const root = resolve(import.meta.dirname, '..');
const dashboard = join(root, 'packages/dashboard');
/** What Vite serves: `base` in packages/dashboard/vite.config.ts. */
const VITE_PATH = '/dashboard/files/';
const RESTART_PATIENCE_MS = 15_000;

const HELP = `npm run dev -- [options]

The server with its pages at http://localhost:4141 (KEYHOUSE_PORT). A change of packages/server/src or packages/protocol/src
restarts the server; a change of packages/dashboard/src appears in the open page,
without a reload where Vite can do that.
Settings are those of 'npm start'; KEYHOUSE_URL and KEYHOUSE_DRAIN_SECONDS are set here.

  --sql        print each SQL statement of the server
  --inspect    let a debugger attach to the server (chrome://inspect, or an editor)
  --help       this text`;

const { values } = parseArgs({ options: { sql: { type: 'boolean' }, inspect: { type: 'boolean' }, help: { type: 'boolean' } } });
if (values.help === true) console.log(HELP);
else await develop();

async function develop(): Promise<void> {
  // The server fills in the pages of the last build: name, brand, problem. The scripts in them are replaced below.
  const built = spawnSync(process.execPath, [join(root, 'scripts/build-dashboard.ts')], { stdio: 'inherit' });
  if (built.status !== 0) process.exit(1);
  const port = Number(process.env.KEYHOUSE_PORT || 4141);
  const serverPort = await freePort();
  const front = createServer((request, response) => void answer(request, response));
  const vite = await createVite({
    configFile: join(dashboard, 'vite.config.ts'),
    server: { middlewareMode: true, hmr: { server: front } },
    appType: 'custom',
  });
  front.listen(port, 'localhost');
  await once(front, 'listening');
  const url = `http://localhost:${port}`;
  const server = startServer({ KEYHOUSE_URL: url, KEYHOUSE_PORT: String(serverPort), KEYHOUSE_DRAIN_SECONDS: '0' });
  console.log(`Keyhouse for development: ${url}`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, async () => {
      front.close();
      front.closeAllConnections();
      await Promise.all([vite.close(), server.stop()]);
      process.exit(0);
    });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url?.startsWith(VITE_PATH)) return vite.middlewares(request, response);
    const answered = await forward(request, serverPort);
    if (answered === null) return void response.writeHead(502).end('The server does not run; its output says why.\n');
    const { statusCode = 502, headers } = answered;
    const isPage = headers['content-type']?.startsWith('text/html') === true;
    const html = isPage ? await text(answered) : null;
    if (html?.includes(VITE_PATH) !== true) {
      response.writeHead(statusCode, headers);
      return void (html === null ? answered.pipe(response) : response.end(html));
    }
    // Vite's own scripts and styles are in the page, which the policy of the server does not allow.
    const { 'content-security-policy': _, 'content-length': __, ...rest } = headers;
    const page = await vite.transformIndexHtml(request.url ?? '/', pageFromSource(html));
    response.writeHead(statusCode, rest).end(page);
  }
}

/** The page in the sources, with what the server has written into the built one. */
function pageFromSource(html: string): string {
  const isSignIn = html.includes('name="problem"');
  const written = (pattern: RegExp): string => pattern.exec(html)?.[1] ?? '';
  const filled: Readonly<Record<string, string>> = {
    __NONCE__: written(/name="csp-nonce" content="([^"]*)"/),
    __BRAND__: written(/name="brand" content="([^"]*)"/),
    __PROBLEM__: written(/name="problem" content="([^"]*)"/),
    __NAME__: written(/<title>([^<]*)</),
    __NOSCRIPT__: written(/<noscript>([^<]*)</),
  };
  const source = readFileSync(join(dashboard, isSignIn ? 'sign-in.html' : 'index.html'), 'utf8');
  return source.replace(/__(?:NONCE|NAME|BRAND|PROBLEM|NOSCRIPT)__/g, (word) => filled[word] ?? '');
}

/** Asks the server, and waits for it while it restarts. Null: it does not start. A body is sent once, so it is read first. */
async function forward(request: IncomingMessage, port: number): Promise<IncomingMessage | null> {
  const body = await buffer(request);
  const giveUpAt = Date.now() + RESTART_PATIENCE_MS;
  while (Date.now() < giveUpAt) {
    const { method, url, rawHeaders } = request;
    const asked = ask({ host: '127.0.0.1', port, method, path: url, headers: rawHeaders, setHost: false, agent: false });
    asked.end(body);
    const [answered] = await once(asked, 'response').catch(() => [null]);
    if (answered !== null) return answered as IncomingMessage;
    await setTimeout(100);
  }
  return null;
}

function startServer(settings: Readonly<Record<string, string>>): { stop(): Promise<void> } {
  const options = [
    ...(values.inspect === true ? ['--inspect'] : []),
    ...(values.sql === true ? ['--import', join(root, 'scripts/show-sql.ts')] : []),
  ];
  const start = (): ChildProcess =>
    spawn(process.execPath, [...options, join(root, 'packages/server/bin/keyhouse.js'), 'serve'], {
      cwd: root,
      env: { ...process.env, ...settings },
      // A separate process group: Ctrl-C is handled here, once.
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  let child = start();
  let last = Promise.resolve();
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGINT');
    await exited;
  };
  let isWaiting = false;
  const restart = (name: string): void => {
    if (isWaiting || !name.endsWith('.ts') || name.endsWith('.test.ts')) return;
    isWaiting = true;
    // An editor, or a change of branch, writes many files at once.
    last = last.then(async () => {
      await setTimeout(100);
      isWaiting = false;
      console.log(`${name} has changed: the server starts again.`);
      await stop();
      child = start();
    });
  };
  for (const folder of ['packages/server/src', 'packages/protocol/src'])
    if (existsSync(join(root, folder))) watch(join(root, folder), { recursive: true }, (_event, name) => restart(name ?? ''));
  return { stop: () => last.then(stop) };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
