import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PATIENCE_MS } from '../../../../test/patience.ts';
import { type Bench, openBench, type Served } from './test-helper.ts';

describe('commands beside a running server', () => {
  let bench: Bench;
  let server: Served;
  /** A key of Ada's that is never revoked. */
  let lasting: { id: string; key: string };

  const ask = async (credential: string, path = '/verify/api/invoices'): Promise<number> =>
    (await fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${credential}` } })).status;
  const makeKey = (email: string): Promise<Record<string, unknown>> =>
    bench.json(['key', 'create', '--email', email, '--name', 'test', '--permissions', 'invoices.read']);
  const mint = async (key: string): Promise<string> => {
    const answer = await fetch(`${server.url}/auth`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: '{"permissions":["invoices.read"]}',
    });
    return ((await answer.json()) as { token: string }).token;
  };
  const untilAnswer = (status: number, credential: string) => expect.poll(() => ask(credential), { interval: 10 }).toBe(status);

  beforeAll(async () => {
    bench = openBench();
    server = await bench.serve();
    await bench.json(['user', 'create', '--email', 'ada@example.com', '--password', 'correct horse battery staple']);
    const made = await makeKey('ada@example.com');
    lasting = { id: String(made.id), key: String(made.key) };
  });
  afterAll(() => bench.clear());

  it('a key works as soon as it is made, and is refused once it was revoked', async () => {
    const key = await makeKey('ada@example.com');
    const secret = String(key.key);
    expect(await ask(secret)).toBe(200);
    const jwt = await mint(secret);
    expect(await ask(jwt)).toBe(200);
    await bench.json(['key', 'revoke', String(key.id), '--yes']);
    await untilAnswer(401, secret);
    await untilAnswer(401, jwt);
  });

  it('a JWT is listed by its key and ends when it is revoked, while its key lives on', async () => {
    const jwt = await mint(lasting.key);
    const { jwts } = (await bench.json(['jwt', 'list', '--key', lasting.id])) as { jwts: { jti: string }[] };
    expect(jwts).toHaveLength(1);
    await bench.json(['jwt', 'revoke', String(jwts[0]?.jti), '--yes']);
    await untilAnswer(401, jwt);
    expect(await ask(lasting.key)).toBe(200);
  });

  it('signing keys rotate at once only in an emergency, and JWTs of before stay good', async () => {
    const jwt = await mint(lasting.key);
    const early = await bench.run(['signing-key', 'rotate', '--yes', '--json']);
    expect({ exitCode: early.exitCode, ...JSON.parse(early.stderr) }).toMatchObject({ exitCode: 1, error: 'too_early' });
    const { rotated } = await bench.json(['signing-key', 'rotate', '--emergency', '--yes']);
    const [{ current }, other] = rotated as [{ current: string }, { algorithm: string }];
    expect(other).toMatchObject({ algorithm: 'RS256' });
    const kidOf = (text: string): unknown => JSON.parse(Buffer.from(text.split('.')[0] ?? '', 'base64url').toString()).kid;
    await vi.waitFor(async () => expect(kidOf(await mint(lasting.key))).toBe(current), PATIENCE_MS);
    expect([await ask(jwt), await ask(await mint(lasting.key))]).toEqual([200, 200]);
  });

  it('disabling a user ends keys and JWTs; enabling brings back the keys, never the JWTs', async () => {
    const jwt = await mint(lasting.key);
    expect([await ask(lasting.key), await ask(jwt)]).toEqual([200, 200]);
    await bench.json(['user', 'disable', 'ada@example.com', '--yes']);
    await untilAnswer(401, lasting.key);
    await untilAnswer(401, jwt);
    await bench.json(['user', 'enable', 'ada@example.com']);
    await untilAnswer(200, lasting.key);
    expect(await ask(jwt)).toBe(401);
  });

  it('the chain over the record holds and contains the heads of the log, and no other', async () => {
    const noted = /"auditNumber":(\d+),"auditHash":"([0-9a-f]{64})"/.exec(server.log());
    const verified = await bench.json(['audit', 'verify', '--head', `${noted?.[1]}:${noted?.[2]}`]);
    expect(verified).toMatchObject({ entries: expect.any(Number), head: expect.stringMatching(/^\d+:[0-9a-f]{64}$/) });
    const foreign = await bench.run(['audit', 'verify', '--head', `1:${'0'.repeat(64)}`, '--json']);
    expect({ exitCode: foreign.exitCode, ...JSON.parse(foreign.stderr) }).toMatchObject({
      exitCode: 1,
      error: 'audit_other_chain',
    });
  });

  it('the server drains on SIGTERM and ends with 0', async () => {
    const { exitCode, stdout } = await bench.run(['doctor', '--json']);
    expect({ exitCode, ...JSON.parse(stdout) }).toMatchObject({ exitCode: 0, ok: true });
    expect(await server.stop()).toBe(0);
    expect(server.log()).toContain('Keyhouse has stopped.');
  });
});

describe('a server that cannot start', () => {
  const benches: Bench[] = [];
  const open = (): Bench => {
    const bench = openBench();
    benches.push(bench);
    return bench;
  };
  afterAll(() => Promise.all(benches.map((bench) => bench.clear())));

  it.concurrent('says which port is taken, in one sentence, and ends with 1', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = String(typeof address === 'object' ? address?.port : '');
    const { exitCode, stderr } = await open().run(['serve'], { settings: { PORT: port, LOG_LEVEL: 'silent' } });
    other.close();
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: expect.stringMatching(/^Error: Port \d+ is used by another program[^\n]*\n$/),
    });
    expect(stderr).toContain(port);
  });

  it.concurrent('says so when the master secret is another one', async () => {
    const settings = { SECRET: 'another secret that has more than 32 bytes', PORT: '0', LOG_LEVEL: 'silent' };
    const bench = open();
    await bench.json(['migrate']);
    const { exitCode, stderr } = await bench.run(['serve'], { settings });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: expect.stringMatching(/^Error: The master secret is not[^\n]*\n$/),
    });
  });

  it.concurrent('says so when the database cannot be reached', async () => {
    const settings = { DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:1/keyhouse', SECRET: 'x'.repeat(32), LOG_LEVEL: 'silent' };
    const { exitCode, stdout, stderr } = await open().run(['serve'], { settings });
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringMatching(/^Error: [^\n]*database[^\n]*\n$/) });
    expect(stdout + stderr).not.toContain('hunter2');
  });
});
