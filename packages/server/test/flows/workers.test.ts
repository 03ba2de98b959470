/** One server of several processes, with a real program: they answer as one, and survive each other. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeKeyText } from '@keyhouse/protocol';
import Database from 'better-sqlite3';
import { SMTPServer } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../../../../conformance/free-port.ts';
import { readConfig } from '../../src/config.ts';
import { MAX_FAILURES } from '../../src/core/sign-ins/sign-in-limits.ts';
import { openKeyhouse } from '../../src/open.ts';
import { eachDatabase } from '../databases.ts';
import { childrenOf, isAlive, type Line, linesTo } from '../processes.ts';
import { type RunningProgram, startProgram } from '../program.ts';
import { OPERATOR, PASSWORD } from '../server.ts';

const SECRET = 'a master secret that is long enough for a test';
const PATH = '/verify/api/invoices';
const NOTHING_LOGGED = { info: () => {}, warn: () => {}, error: () => {} };

type Settings = Readonly<Record<string, string>>;

let program: RunningProgram | null = null;
let lines: readonly Line[] = [];
let folder = '';
afterEach(async () => {
  for (const line of lines) line.close();
  lines = [];
  await program?.kill();
  program = null;
  if (folder !== '') rmSync(folder, { recursive: true, force: true });
  folder = '';
});

/** An SQLite database of its own, with so many keys of the operator. */
async function prepareSqlite(keys: number): Promise<{ settings: Settings; keys: readonly string[]; file: string }> {
  folder = mkdtempSync(join(tmpdir(), 'keyhouse-workers-'));
  const file = join(folder, 'keyhouse.db');
  return { ...(await prepare({ KEYHOUSE_DATABASE_URL: `sqlite:${file}` }, keys)), file };
}

async function prepare(settings: Settings, count: number): Promise<{ settings: Settings; keys: readonly string[] }> {
  const { keyhouse } = await openKeyhouse(readConfig(settings), NOTHING_LOGGED);
  await keyhouse.prepare();
  const keys: string[] = [];
  for (let number = 0; number < count; number++) {
    const key = await keyhouse.credentials.createKey(
      {
        ...{ accountId: 1, name: `key ${number}`, environment: 'live', permissions: ['invoices.read'] },
        ...{ addresses: null, expiresAtMs: null, source: 'command-line' },
      },
      OPERATOR,
    );
    if (!key.ok) throw new Error(key.reason);
    keys.push(key.value.text);
  }
  await keyhouse.close();
  return { settings, keys };
}

/** Starts so many workers, and opens a line to each. */
async function start(settings: Settings, workers: number): Promise<RunningProgram> {
  program = await startProgram({ ...settings, KEYHOUSE_WORKERS: String(workers) });
  lines = await linesTo(program.origin, workers);
  return program;
}

const at = (index: number): Line => {
  const line = lines[index % lines.length];
  if (line === undefined) throw new Error('There is no line.');
  return line;
};
const statusesOf = async (
  path: string,
  bearer: string,
  asked: readonly Line[] = lines,
): Promise<readonly (number | undefined)[]> => Promise.all(asked.map(async (line) => (await line.ask(path, { bearer }))?.status));
const everywhere = <Value>(value: Value): readonly Value[] => lines.map(() => value);
const mint = async (line: Line, key: string): Promise<string> =>
  (await line.ask('/auth', { bearer: key, body: { permissions: ['invoices.read'] } }))?.json.token;
const revoke = async (line: Line, token: string): Promise<number | undefined> =>
  (await line.ask('/auth/revoke', { body: { token } }))?.status;
/** Null while it is being replaced, and its successor has no name yet. */
const findProcess = (name: string): number | null =>
  childrenOf(program?.pid ?? 0).find((each) => each.name === name)?.pid ?? null;
const killProcess = (name: string): number => {
  const pid = findProcess(name);
  if (pid === null) throw new Error(`There is no ${name}.`);
  process.kill(pid, 'SIGKILL');
  return pid;
};
/** Resolves when another process has the name. */
const successorOf = async (pid: number, name: string): Promise<void> =>
  void (await expect.poll(() => [null, pid].includes(findProcess(name))).toBe(false));
const countIn = (text: string, part: string): number => text.split(part).length - 1;

eachDatabase('a server of several workers', (makeDatabase) => {
  it('does its work in each of them, and starts and stops as one', async () => {
    const database = await makeDatabase();
    const workers = database.kind === 'sqlite' ? 3 : 2;
    const own = { KEYHOUSE_DATABASE_URL: database.url, ...(database.kind === 'postgres' ? { KEYHOUSE_SECRET: SECRET } : {}) };
    const { settings, keys } = await prepare(own, 1);
    const [key = ''] = keys;
    const server = await start(settings, workers);
    expect(await statusesOf(PATH, key)).toEqual(everywhere(200));
    for (const line of lines) {
      const jwt = await mint(line, key);
      expect(await statusesOf(PATH, jwt)).toEqual(everywhere(200));
      expect(await revoke(line, jwt)).toBe(200);
      // On PostgreSQL as between servers: within the time of a poll.
      if (database.kind === 'sqlite') expect(await statusesOf(PATH, jwt)).toEqual(everywhere(401));
      else await expect.poll(() => statusesOf(PATH, jwt)).toEqual(everywhere(401));
    }
    for (const path of ['/readyz', '/healthz', '/.well-known/jwks.json'])
      expect((await Promise.all(lines.map((line) => line.ask(path)))).map((answer) => answer?.status)).toEqual(everywhere(200));
    const output = server.output();
    expect([countIn(output, '/setup#'), countIn(output, '"port":')]).toEqual([1, 1]);
    const children = childrenOf(server.pid);
    expect(children.map(({ name }) => name).sort()).toEqual([
      ...Array.from({ length: workers }, (_, index) => `keyhouse worker ${index + 1}`),
      ...(database.kind === 'sqlite' ? ['keyhouse writer'] : []),
    ]);
    expect(await server.stop()).toBe(0);
    expect(children.filter(({ pid }) => isAlive(pid))).toEqual([]);
    expect(countIn(server.output(), 'Keyhouse has stopped.')).toBe(1);
    expect(server.output()).not.toMatch(/"level":[56]0/);
  });
});

describe('a change through one worker', () => {
  it('is known to all when it is answered: JWTs and keys, in many rounds', async () => {
    const rounds = 60;
    const { settings, keys } = await prepareSqlite(rounds + 1);
    await start(settings, 3);
    const [minting = '', ...ending] = keys;
    for (const [round, key] of ending.entries()) {
      const acting = at(round);
      const jwt = await mint(at(round + 1), minting);
      const child = await mint(acting, key);
      for (const bearer of [jwt, key, child]) {
        // Twice: what was seen before is remembered.
        await statusesOf(PATH, bearer);
        expect(await statusesOf(PATH, bearer)).toEqual(everywhere(200));
      }
      expect(await revoke(acting, jwt)).toBe(200);
      expect(await statusesOf(PATH, jwt)).toEqual(everywhere(401));
      expect(await revoke(acting, key)).toBe(200);
      for (const bearer of [key, child]) expect(await statusesOf(PATH, bearer)).toEqual(everywhere(401));
    }
  });

  it('is known to all while they are busy: who has the answer is not contradicted anywhere', async () => {
    const rounds = 40;
    const { settings, keys } = await prepareSqlite(rounds + 1);
    const server = await start(settings, 3);
    const [minting = '', ...ending] = keys;
    const busy = await linesTo(server.origin, 3);
    let isOver = false;
    const noise = busy.map(async (line) => {
      while (!isOver) await Promise.all([mint(line, minting), ...ending.map((bearer) => line.ask(PATH, { bearer }))]);
    });
    const late: string[] = [];
    for (const [round, key] of ending.entries()) {
      expect(await revoke(at(round), key)).toBe(200);
      const statuses = await statusesOf(PATH, key);
      if (statuses.some((status) => status !== 401)) late.push(`round ${round}: ${statuses.join()}`);
    }
    isOver = true;
    await Promise.all(noise);
    for (const line of busy) line.close();
    expect(late).toEqual([]);
  });

  it('is found by each: a token that was created, and signed out', async () => {
    const { settings } = await prepareSqlite(0);
    await start(settings, 3);
    const person = { email: 'a@example.com', password: PASSWORD, device_name: 'test' };
    expect((await at(0).ask('/api/v1/auth/register', { body: person }))?.status).toBe(201);
    for (let round = 0; round < 9; round++) {
      const token = (await at(round).ask('/api/v1/auth/login', { body: person }))?.json.user.access_token as string;
      expect(await statusesOf('/api/v1/auth/tokens', token)).toEqual(everywhere(200));
      expect((await at(round + 1).ask('/api/v1/auth/logout', { method: 'POST', bearer: token }))?.status).toBeLessThan(300);
      expect(await statusesOf('/api/v1/auth/tokens', token)).toEqual(everywhere(401));
    }
  });
});

describe('a worker that does not answer', () => {
  it('holds up a change only until it trusts its caches no more, and accepts nothing revoked when it goes on', async () => {
    const { settings, keys } = await prepareSqlite(3);
    await start(settings, 2);
    const stopped = findProcess('keyhouse worker 2');
    if (stopped === null) throw new Error('There is no worker 2.');
    for (const key of keys) {
      const jwt = await mint(at(0), key);
      for (const bearer of [key, jwt]) {
        await statusesOf(PATH, bearer);
        expect(await statusesOf(PATH, bearer)).toEqual(everywhere(200));
      }
      process.kill(stopped, 'SIGSTOP');
      // One of the two lines leads to it. Whichever it is, the other one answers.
      const ended = await Promise.any(
        lines.map(async (line) => {
          expect(await revoke(line, key)).toBe(200);
          return line;
        }),
      );
      expect(await statusesOf(PATH, key, [ended])).toEqual([401]);
      const late = statusesOf(PATH, key);
      const lateJwt = statusesOf(PATH, jwt);
      process.kill(stopped, 'SIGCONT');
      expect([await late, await lateJwt]).toEqual([everywhere(401), everywhere(401)]);
    }
  });
});

describe('the limits', () => {
  it('on wrong passwords are exact, however the attempts are spread', async () => {
    const { settings } = await prepareSqlite(0);
    await start(settings, 3);
    const person = { email: 'a@example.com', password: PASSWORD, device_name: 'test' };
    await at(0).ask('/api/v1/auth/register', { body: person });
    const right = await Promise.all(
      Array.from({ length: 24 }, (_, index) => at(index).ask('/api/v1/auth/login', { body: person })),
    );
    expect(right.map((answer) => answer?.status)).toEqual(right.map(() => 200));
    const wrong = await Promise.all(
      Array.from({ length: 24 }, (_, index) =>
        at(index).ask('/api/v1/auth/login', { body: { ...person, password: 'not it at all' } }),
      ),
    );
    const statuses = wrong.map((answer) => answer?.status);
    expect(statuses.filter((status) => status === 422)).toHaveLength(MAX_FAILURES);
    expect(statuses.filter((status) => status === 429)).toHaveLength(24 - MAX_FAILURES);
  });

  it('on unknown credentials are exact too', async () => {
    const { settings } = await prepareSqlite(0);
    await start(settings, 3);
    const statuses: (number | undefined)[] = [];
    for (let index = 0; index < 24; index++)
      statuses.push((await at(index).ask('/api/v1/auth/tokens', { bearer: makeKeyText('live', randomBytes) }))?.status);
    expect(statuses).toEqual([...Array(MAX_FAILURES).fill(401), ...Array(24 - MAX_FAILURES).fill(429)]);
  });
});

describe('what is done once', () => {
  it('is done by one worker: each mail is sent once, and one worker tells the head of the audit log', async () => {
    const received: string[] = [];
    const smtp = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      onRcptTo: ({ address }, _session, done) => {
        received.push(address);
        done();
      },
      onData: (stream, _session, done) => {
        stream.resume();
        stream.on('end', done);
      },
    });
    const port = await freePort();
    smtp.listen(port, '127.0.0.1');
    const { settings } = await prepareSqlite(0);
    const mail = { KEYHOUSE_SMTP_URL: `smtp://127.0.0.1:${port}`, KEYHOUSE_MAIL_FROM: 'keys@example.com' };
    const server = await start({ ...settings, ...mail }, 3);
    const people = Array.from({ length: 9 }, (_, index) => `person${index}@example.com`);
    for (const [index, email] of people.entries())
      await at(index).ask('/api/v1/auth/register', { body: { email, password: PASSWORD, device_name: 'test' } });
    await expect.poll(() => new Set(received).size).toBe(people.length);
    expect(await server.stop()).toBe(0);
    smtp.close();
    expect([...received].sort()).toEqual(people);
    const heads = server
      .output()
      .split('\n')
      .filter((line) => line.includes('audit head'));
    expect(heads.length).toBeGreaterThan(0);
    expect(heads.filter((line) => !line.includes('"worker":1,'))).toEqual([]);
  });

  it('adds up: the use of a key, and the metrics, also of a worker that was killed', async () => {
    const { settings, keys, file } = await prepareSqlite(1);
    const [key = ''] = keys;
    const port = await freePort();
    const server = await start({ ...settings, KEYHOUSE_METRICS_PORT: String(port) }, 3);
    const accepted = async (): Promise<number> => {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      return Number(/^keyhouse_verifications_total\{outcome="accepted"\} (\d+)$/m.exec(text)?.[1] ?? 0);
    };
    for (let round = 0; round < 10; round++) await statusesOf(PATH, key);
    expect(await accepted()).toBe(30);
    const database = new Database(file, { readonly: true });
    const used = () => database.prepare('SELECT sum(requests) FROM credential_use').pluck().get();
    await expect.poll(used).toBe(30);
    database.close();

    await successorOf(killProcess('keyhouse worker 2'), 'keyhouse worker 2');
    expect(await accepted()).toBe(30);
    lines = await linesTo(server.origin, 3);
    await statusesOf(PATH, key);
    expect(await accepted()).toBe(33);
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    for (const name of ['primary', 'writer', 'worker 1', 'worker 2', 'worker 3'])
      expect(text).toContain(`process_resident_memory_bytes{process="${name}"}`);
  });
});

describe('a process that is killed', () => {
  it('is replaced if it is a worker; the others answer on, and know what it had changed', async () => {
    const { settings, keys } = await prepareSqlite(4);
    const server = await start(settings, 3);
    for (const [round, key] of keys.slice(0, 3).entries()) {
      const name = `keyhouse worker ${round + 1}`;
      await statusesOf(PATH, key);
      expect(await revoke(at(round), key)).toBe(200);
      const killed = killProcess(name);
      const statuses = (await statusesOf(PATH, key)).filter((status) => status !== undefined);
      expect(statuses).toEqual(statuses.map(() => 401));
      await successorOf(killed, name);
      lines = await linesTo(server.origin, 3);
      expect(await statusesOf(PATH, key)).toEqual(everywhere(401));
      expect(await statusesOf(PATH, keys[3] ?? '')).toEqual(everywhere(200));
    }
    expect(countIn(server.output(), 'Another one takes its place.')).toBe(3);
    expect(await server.stop()).toBe(0);
  });

  it('is replaced if it is the one that writes; what is cached is verified on, and no act is done twice', async () => {
    const { settings, keys, file } = await prepareSqlite(5);
    const server = await start(settings, 3);
    const [staying = '', ...ending] = keys;
    const minted: string[] = [];
    for (const [round, key] of ending.entries()) {
      expect(await statusesOf(PATH, staying)).toEqual(everywhere(200));
      await statusesOf(PATH, key);
      const acts = Promise.all(
        lines.map((line) => line.ask('/auth', { bearer: staying, body: { permissions: ['invoices.read'] } })),
      );
      if (round % 2 === 0) await new Promise((resolve) => setImmediate(resolve));
      const killed = killProcess('keyhouse writer');
      // It was never refused what it could read.
      expect(await statusesOf(PATH, staying)).toEqual(everywhere(200));
      for (const answer of await acts) {
        expect([200, 503]).toContain(answer?.status);
        if (answer?.status === 200) minted.push(answer.json.token);
      }
      await expect.poll(() => revoke(at(round), key)).toBe(200);
      expect(await statusesOf(PATH, key)).toEqual(everywhere(401));
      await successorOf(killed, 'keyhouse writer');
    }
    for (const jwt of minted) expect(await statusesOf(PATH, jwt)).toEqual(everywhere(200));
    expect(await server.stop()).toBe(0);
    const database = new Database(file, { readonly: true });
    const revocations = database.prepare("SELECT count(*) FROM audit_events WHERE event = 'key.revoked'").pluck().get();
    database.close();
    expect(revocations).toBe(ending.length);
  });

  it('takes all others with it if it is the primary process, and the next start finds nothing lost', async () => {
    const { settings, keys } = await prepareSqlite(2);
    const [staying = '', ending = ''] = keys;
    const server = await start(settings, 3);
    const jwt = await mint(at(0), staying);
    expect(await revoke(at(1), ending)).toBe(200);
    const children = childrenOf(server.pid);
    expect(children).toHaveLength(4);
    await server.kill();
    await expect.poll(() => children.filter(({ pid }) => isAlive(pid))).toEqual([]);
    for (const line of lines) line.close();
    await start(settings, 2);
    expect(await statusesOf(PATH, jwt)).toEqual(everywhere(200));
    expect(await statusesOf(PATH, ending)).toEqual(everywhere(401));
  });

  it('is given up when each one that takes its place ends too: all end, with a reason', async () => {
    const { settings, file } = await prepareSqlite(0);
    const server = await start(settings, 2);
    renameSync(file, `${file}.away`);
    killProcess('keyhouse worker 2');
    await expect.poll(() => server.isRunning()).toBe(false);
    expect(await server.stop()).toBe(1);
    expect(server.output()).toMatch(/Error: The worker 2 ended \d+ times in a row right after its start/);
  });
});

describe('a signal', () => {
  it('lets all workers say that they stop, answer what was sent, and end', async () => {
    const { settings, keys } = await prepareSqlite(1);
    const [key = ''] = keys;
    const server = await start({ ...settings, KEYHOUSE_DRAIN_SECONDS: '2' }, 3);
    // As a supervisor does: to all processes of the server.
    for (const { pid } of childrenOf(server.pid)) process.kill(pid, 'SIGTERM');
    process.kill(server.pid, 'SIGTERM');
    await expect
      .poll(async () => (await Promise.all(lines.map((line) => line.ask('/readyz')))).map((answer) => answer?.status))
      .toEqual(everywhere(503));
    expect(await statusesOf(PATH, key)).toEqual(everywhere(200));
    await expect.poll(() => server.isRunning()).toBe(false);
    expect(await server.stop()).toBe(0);
    expect(server.output()).not.toMatch(/"level":[56]0/);
  });

  it('ends all at once when it comes a second time', async () => {
    const { settings } = await prepareSqlite(0);
    const server = await start({ ...settings, KEYHOUSE_DRAIN_SECONDS: '300' }, 2);
    const children = childrenOf(server.pid);
    const end = (): boolean => {
      if (server.isRunning()) process.kill(server.pid, 'SIGTERM');
      return server.isRunning();
    };
    await expect.poll(end, { interval: 200 }).toBe(false);
    expect(await server.stop()).toBe(143);
    await expect.poll(() => children.filter(({ pid }) => isAlive(pid))).toEqual([]);
  });
});

describe('a start that fails', () => {
  it('says why, once, and leaves no process behind: the port is taken', async () => {
    const { settings } = await prepareSqlite(0);
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const address = holder.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const failed = startProgram({ ...settings, KEYHOUSE_WORKERS: '2', KEYHOUSE_PORT: String(port) });
    await expect(failed).rejects.toThrow('is used by another program');
    await expect(failed).rejects.not.toThrow('/setup#');
    holder.close();
  });
});
