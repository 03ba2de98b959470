/** Programs of the command line that run at the same time and share one file. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { PATIENCE_MS } from '../../../test/patience.ts';
import { inFile, signInOnLoopback } from '../src/node.ts';
import { startWorld, type World } from './world.ts';

const TOKEN = 'POST /auth/token';
const LOOPBACK = 'http://127.0.0.1/callback';

describe('a session in a file', () => {
  let world: World;
  let folder: string;
  let path: string;

  beforeAll(async () => {
    world = await startWorld({ redirectUris: [LOOPBACK] });
    return () => world.stop();
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keyhouse-client-'));
    path = join(folder, 'own', 'session.json');
  });
  afterEach(async () => {
    vi.useRealTimers();
    await rm(folder, { recursive: true });
  });

  const client = () => world.client({ storage: inFile(path), redirectUri: LOOPBACK });
  /** Like a user whose browser opens the address. */
  const signIn = () =>
    signInOnLoopback(client(), {
      open: async (url) => {
        const back = await world.goThrough(url);
        expect((await fetch(back)).status).toBe(200);
      },
    });
  /** As if it had been written that long ago. */
  async function age(ms: number): Promise<void> {
    const kept = JSON.parse(await readFile(path, 'utf8'));
    for (const [key, text] of Object.entries(kept)) {
      const tokens = JSON.parse(String(text));
      kept[key] = JSON.stringify({ ...tokens, askedAtMs: tokens.askedAtMs - ms });
    }
    await writeFile(path, JSON.stringify(kept));
  }
  const start = (script: string) =>
    spawn(
      process.execPath,
      [
        '--input-type=module-typescript',
        '--eval',
        `import { createClient } from '@keyhouse/client';
         import { inFile } from '@keyhouse/client/node';
         const client = createClient({
           issuer: ${JSON.stringify(world.issuer)}, clientId: ${JSON.stringify(world.application.clientId)},
           redirectUri: ${JSON.stringify(LOOPBACK)}, apiOrigins: [${JSON.stringify(world.api.origin)}], storage: inFile(${JSON.stringify(path)}),
         });
         ${script}`,
      ],
      { cwd: import.meta.dirname, stdio: ['pipe', 'pipe', 'inherit'] },
    );

  it('begins on a port of loopback, and is found by the next program', async () => {
    const session = await signIn();
    expect(session.subject).toBe(`user:${world.person.id}`);
    expect(await client().session()).toEqual(session);
    expect((await client().fetch(`${world.api.origin}/api/invoices`)).status).toBe(200);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'own'))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(folder, 'own'))).toEqual(['session.json']);
  });

  it('is refreshed once by ten processes with five requests each', async () => {
    await signIn();
    await age(3_600_000);
    const before = world.wire.count(TOKEN);
    const children = Array.from({ length: 10 }, () =>
      start(`process.stdout.write('ready\\n');
        await new Promise((resolve) => process.stdin.once('data', resolve));
        const tokens = await Promise.all(Array.from({ length: 5 }, () => client.getToken()));
        const { status } = await client.fetch('${world.api.origin}/api/invoices');
        process.stdout.write(JSON.stringify({ tokens: [...new Set(tokens)], status }));
        process.exit();`),
    );
    const output = children.map(() => '');
    for (const [index, child] of children.entries())
      child.stdout.on('data', (chunk: Buffer) => {
        output[index] += chunk.toString();
      });
    await vi.waitFor(() => expect(output.every((text) => text.startsWith('ready'))).toBe(true), PATIENCE_MS);
    for (const child of children) child.stdin.write('go');
    await Promise.all(children.map((child) => once(child, 'close')));
    const answers = output.map((text) => JSON.parse(text.slice('ready\n'.length)));
    expect(new Set(answers.flatMap(({ tokens }) => tokens)).size).toBe(1);
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    expect(world.wire.count(TOKEN) - before).toBe(1);
    expect(await readdir(join(folder, 'own'))).toEqual(['session.json']);
  });

  it('outlives a process that is killed in the middle of a refresh', async () => {
    await signIn();
    await age(3_600_000);
    world.wire.fail('/auth/token', 'hang');
    const before = world.wire.count(TOKEN);
    const child = start('await client.getToken();');
    await vi.waitFor(() => expect(world.wire.count(TOKEN)).toBe(before + 1), PATIENCE_MS);
    child.kill('SIGKILL');
    await once(child, 'close');
    // However young its lock is: it is removed because its creator has ended.
    const inAnHour = new Date(Date.now() + 3_600_000);
    const locks = (await readdir(join(folder, 'own'))).filter((name) => name.endsWith('.lock'));
    expect(locks).toHaveLength(1);
    for (const name of locks) await utimes(join(folder, 'own', name), inAnHour, inAnHour);
    expect((await client().fetch(`${world.api.origin}/api/invoices`)).status).toBe(200);
    expect(await readdir(join(folder, 'own'))).toEqual(['session.json']);
  });

  it('waits for no lock of another machine that is long gone', async () => {
    await signIn();
    const [lock] = await locksDuring(() => client().getToken());
    const left = join(folder, 'own', lock ?? '');
    await writeFile(left, JSON.stringify({ id: 'x', pid: 1, host: 'another' }));
    await utimes(left, new Date(), new Date(Date.now() - 120_000));
    await age(3_600_000);
    expect((await client().fetch(`${world.api.origin}/api/invoices`)).status).toBe(200);
  });

  /** The names of the locks that exist while something is done. */
  async function locksDuring(work: () => Promise<unknown>): Promise<readonly string[]> {
    await age(3_600_000);
    world.wire.fail('/auth/token', 'cut');
    const seen = new Set<string>();
    const looking = setInterval(async () => {
      for (const name of await readdir(join(folder, 'own'))) if (/^session\.json\.[0-9a-f]{16}\.lock$/.test(name)) seen.add(name);
    }, 20);
    await work();
    clearInterval(looking);
    return [...seen];
  }

  it('is not taken from a file that others may read', async () => {
    await signIn();
    for (const mode of [0o640, 0o604, 0o620]) {
      await chmod(path, mode);
      await expect(client().session()).rejects.toMatchObject({ code: 'storage', message: expect.stringContaining('chmod 600') });
    }
  });

  it('shares the file with other applications, each under its own name', async () => {
    await signIn();
    const storage = inFile(path);
    await Promise.all(Array.from({ length: 20 }, (_, index) => storage.set(`other ${index}`, 'x')));
    expect(Object.keys(JSON.parse(await readFile(path, 'utf8')))).toHaveLength(21);
    await client().signOut();
    expect(Object.keys(JSON.parse(await readFile(path, 'utf8')))).toHaveLength(20);
    expect(await client().session()).toBeNull();
  });
});
