/** The skeletons of the bench still do what they are compared with: a schema that changes must not leave them behind. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SERVICE_SECRET } from '../bench/flows/wish.ts';
import { forgetfulCopy } from '../bench/forgetful.ts';
import { keyText } from '../bench/keys.ts';
import { seedCredentials, seedRevokedJwts } from '../bench/seed.ts';
import type { Work } from '../bench/skeletons/skeleton.ts';
import { builtProgram } from './shared-things.ts';

const SKELETON = resolve(import.meta.dirname, '../bench/skeletons/skeleton.ts');
const folder = mkdtempSync(join(tmpdir(), 'keyhouse-skeletons-'));
const seeded = join(folder, 'seeded.db');
const running: ChildProcess[] = [];

beforeAll(async () => {
  const env = { KEYHOUSE_DATABASE_URL: `sqlite:${seeded}` };
  await promisify(execFile)(process.execPath, [await builtProgram(), 'migrate'], { env });
  seedCredentials(seeded, 'key', 10, () => {});
});
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const known = { authorization: `Bearer ${keyText(7)}` };
const unknown = { authorization: `Bearer ${keyText(11)}` };

it.each(['check-cached', 'check-read', 'check-read-in-a-snapshot'] as const)('%s knows a key from any other', async (work) => {
  const origin = await start(work);
  for (let time = 0; time < 2; time++) {
    const answer = await fetch(`${origin}/verify/api/invoices`, { headers: known });
    expect([answer.status, answer.headers.get('X-Keyhouse-Credential')]).toEqual([200, '7']);
    expect((await fetch(`${origin}/verify/api/invoices`, { headers: unknown })).status).toBe(401);
  }
});

it('mint gives a JWT for a key', async () => {
  const origin = await start('mint');
  const body = JSON.stringify({ permissions: ['invoices.read'] });
  const answer = await fetch(`${origin}/auth`, { method: 'POST', headers: known, body });
  const { token, expires } = (await answer.json()) as { token: string; expires: string };
  expect(claimsOf(token)).toMatchObject({ client_id: 'key:7', permissions: ['invoices.read'] });
  expect(Date.parse(expires)).toBeGreaterThan(Date.now());
  expect((await fetch(`${origin}/auth`, { method: 'POST', headers: unknown, body })).status).toBe(401);
});

it('refresh takes a token once', async () => {
  const origin = await start('refresh');
  const [first = ''] = (await (await fetch(`${origin}/sessions`)).json()) as readonly string[];
  const refresh = (token: string): Promise<Response> =>
    fetch(`${origin}/auth/token`, { method: 'POST', body: new URLSearchParams({ refresh_token: token }) });
  const { access_token, refresh_token } = (await (await refresh(first)).json()) as Record<string, string>;
  expect(claimsOf(access_token ?? '')).toMatchObject({ sub: 'user:7', scope: 'invoices.read services.read' });
  expect((await refresh(first)).status).toBe(400);
  expect((await refresh(`${refresh_token?.slice(0, -4)}AAAA`)).status).toBe(400);
  expect((await refresh(refresh_token ?? '')).status).toBe(200);
});

it('client credentials give a JWT for the right secret', async () => {
  const origin = await start('client-credentials');
  const ask = (secret: string): Promise<Response> =>
    fetch(`${origin}/auth/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`service:${secret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'invoices.read' }),
    });
  const { access_token } = (await (await ask(SERVICE_SECRET)).json()) as Record<string, string>;
  expect(claimsOf(access_token ?? '')).toMatchObject({ scope: 'invoices.read' });
  expect((await ask('another')).status).toBe(401);
});

it('introspection tells an active key from an unknown one', async () => {
  const origin = await start('introspection');
  const ask = async (token: string): Promise<unknown> =>
    await (
      await fetch(`${origin}/auth/introspect`, { method: 'POST', headers: known, body: new URLSearchParams({ token }) })
    ).json();
  expect(await ask(keyText(3))).toMatchObject({ active: true, client_id: 'key:3' });
  expect(await ask(keyText(11))).toEqual({ active: false });
});

it('finds the size of the cache in the bundle, for a server that remembers next to nothing', async () => {
  const program = resolve(dirname(await builtProgram()), '..');
  expect(() => forgetfulCopy(program, join(folder, 'forgetful'))).not.toThrow();
});

it('fills a database with revoked JWTs', () => {
  expect(() => seedRevokedJwts(copyOfSeeded('revoked'), 100)).not.toThrow();
});

/** The payload; the signature is that of a key that nobody else knows. */
function claimsOf(jwt: string): unknown {
  const [, payload = '', signature = ''] = jwt.split('.');
  expect(signature).toHaveLength(86);
  return JSON.parse(Buffer.from(payload, 'base64url').toString());
}

function copyOfSeeded(name: string): string {
  const path = join(folder, `${name}.db`);
  copyFileSync(seeded, path);
  return path;
}

async function start(work: Work): Promise<string> {
  const own = join(folder, work);
  mkdirSync(own);
  const port = await freePort();
  const child = spawn(process.execPath, [SKELETON, work, String(port), copyOfSeeded(`of-${work}`), own], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  running.push(child);
  const origin = `http://127.0.0.1:${port}`;
  await expect.poll(() => fetch(`${origin}/healthz`).then(({ status }) => status, String)).toBe(200);
  return origin;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
