/**
 * The real nginx, Caddy and HAProxy, each as a process of its own with the file that the guides show: only addresses, certificates and folders
 * are put in their place. Everything that it writes is in a folder of its own, which goes with it.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../free-port.ts';
import { findProgram, type RunningProgram, startProgram, untilOpen } from '../programs.ts';

export interface Gateway {
  readonly name: string;
  /** The program to look for. */
  readonly program: string;
  /** Puts its configuration into the folder and says how to start it. */
  readonly prepare: (setup: GatewaySetup) => { args: readonly string[]; env?: Record<string, string> };
}

interface GatewaySetup {
  readonly folder: string;
  readonly port: number;
  readonly apiPort: number;
  readonly keyhousePort: number;
}

export interface RunningGateway {
  readonly port: number;
  /** What it wrote to its output and into its log. */
  log(): string;
  stop(): Promise<void>;
}

/** The file as it stands in this folder, with each of these texts, which it holds once, put in the place of the other. */
function filled(path: string, exchanges: readonly (readonly [from: string, to: string])[]): string {
  let text = readFileSync(join(import.meta.dirname, path), 'utf8');
  for (const [from, to] of exchanges) {
    if (text.split(from).length !== 2) throw new Error(`${path} should hold ${from} once.`);
    text = text.replace(from, to);
  }
  return text;
}

const nginx = (
  name: string,
  path: string,
  more: (setup: GatewaySetup) => readonly (readonly [string, string])[] = () => [],
): Gateway => ({
  name,
  program: 'nginx',
  prepare: (setup) => {
    const { folder, port, apiPort, keyhousePort } = setup;
    const site = filled(path, [
      ['server 127.0.0.1:4141;', `server 127.0.0.1:${keyhousePort};`],
      ['server 127.0.0.1:8080;', `server 127.0.0.1:${apiPort};`],
      ['listen 443 ssl http2;', `listen 127.0.0.1:${port} ssl http2;`],
      ['/etc/ssl/api.example.com.pem', join(folder, 'certificate.pem')],
      ['/etc/ssl/api.example.com.key', join(folder, 'certificate.key')],
      ...more(setup),
    ]);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((each) => `${each}_temp_path ${folder}/${each};`);
    writeFileSync(join(folder, 'site.conf'), site);
    writeFileSync(
      join(folder, 'nginx.conf'),
      `daemon off;\nworker_processes 1;\npid ${folder}/nginx.pid;\nerror_log ${folder}/error.log;\nevents {}\n` +
        `http {\naccess_log off;\n${temporary.join('\n')}\ninclude ${folder}/site.conf;\n}\n`,
    );
    return { args: ['-p', folder, '-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf')] };
  },
});

export const NGINX = nginx('nginx', 'nginx/api.conf');

export const NGINX_CACHED = nginx('nginx with a cache', 'nginx-cached/api.conf', ({ folder }) => [
  ['/run/keyhouse-answers', join(folder, 'answers')],
]);

/** What the controller would write, run by nginx itself. Its refusals are pages of nginx, so it is not one of `GATEWAYS`. */
export const INGRESS_NGINX = nginx('ingress-nginx', 'ingress-nginx/api.conf');

export const CADDY: Gateway = {
  name: 'Caddy',
  program: 'caddy',
  prepare: ({ folder, port, apiPort, keyhousePort }) => {
    const certificate = `tls ${folder}/certificate.pem ${folder}/certificate.key`;
    const site = filled('caddy/Caddyfile', [
      ['api.example.com {', `https://localhost:${port} {\n\tbind 127.0.0.1\n\t${certificate}`],
      ['127.0.0.1:4141', `127.0.0.1:${keyhousePort}`],
      ['127.0.0.1:8080', `127.0.0.1:${apiPort}`],
    ]);
    const options = `{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}\n`;
    writeFileSync(join(folder, 'Caddyfile'), options + site);
    return {
      args: ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'],
      env: { XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    };
  },
};

export const HAPROXY: Gateway = {
  name: 'HAProxy',
  program: 'haproxy',
  prepare: ({ folder, port, apiPort, keyhousePort }) => {
    const files = ['certificate.pem', 'certificate.key'].map((name) => readFileSync(join(folder, name), 'utf8'));
    writeFileSync(join(folder, 'both.pem'), files.join(''));
    writeFileSync(join(folder, 'keyhouse.lua'), filled('haproxy/keyhouse.lua', []));
    writeFileSync(
      join(folder, 'haproxy.cfg'),
      filled('haproxy/haproxy.cfg', [
        ['bind :443 ssl crt /etc/haproxy/api.example.com.pem', `bind 127.0.0.1:${port} ssl crt ${folder}/both.pem`],
        ['lua-load /etc/haproxy/keyhouse.lua', `lua-load ${folder}/keyhouse.lua`],
        ['http://127.0.0.1:4141/verify', `http://127.0.0.1:${keyhousePort}/verify`],
        ['server api 127.0.0.1:8080', `server api 127.0.0.1:${apiPort}`],
      ]),
    );
    return { args: ['-db', '-f', join(folder, 'haproxy.cfg')] };
  },
};

export const GATEWAYS: readonly Gateway[] = [NGINX, NGINX_CACHED, CADDY, HAPROXY];

export const isInstalled = ({ program }: Gateway): boolean => findProgram(program) !== undefined;

/** Begins the name of what is skipped where the program is missing; `npm test` counts it. */
export const needs = ({ program }: Gateway): string => `[needs ${program}]`;

export async function startGateway(
  gateway: Gateway,
  ports: { readonly apiPort: number; readonly keyhousePort: number },
): Promise<RunningGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'keyhouse-gateway-'));
  // nginx gives up its rights, and must still find its folders.
  chmodSync(folder, 0o755);
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  let running: RunningProgram | undefined;
  const log = (): string => {
    const file = join(folder, 'error.log');
    return (running?.output() ?? '') + (existsSync(file) ? readFileSync(file, 'utf8') : '');
  };
  const stop = async (): Promise<void> => {
    await running?.stop();
    remove();
  };
  try {
    makeCertificate(folder);
    const port = await freePort();
    const { args, env = {} } = gateway.prepare({ folder, port, ...ports });
    const path = findProgram(gateway.program) ?? gateway.program;
    running = startProgram(path, args, { cwd: folder, env: { PATH: process.env.PATH, HOME: folder, ...env } });
    await untilOpen(port, running, log);
    return { port, log, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function makeCertificate(folder: string): void {
  const wish = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const files = ['-keyout', join(folder, 'certificate.key'), '-out', join(folder, 'certificate.pem')];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  execFileSync('openssl', [...wish, ...files, ...names], { stdio: 'ignore' });
}
