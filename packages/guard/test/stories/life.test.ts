/** How a guard begins and ends: before its Keyhouse, and without leaving anything behind. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeKeyText } from '@keyhouse/protocol';
import { expect, it } from 'vitest';
import { freePort } from '../../../../conformance/free-port.ts';
import { PATIENCE_MS } from '../../../../test/patience.ts';
import { sqliteDatabase } from '../../../server/test/databases.ts';
import { startTestServer } from '../../../server/test/server.ts';
import { createGuard } from '../../src/index.ts';

const run = promisify(execFile);

const asked = (bearer: string) => ({
  ...{ method: 'GET', target: '/api/invoices', headers: ['Authorization', `Bearer ${bearer}`] },
  peer: { address: '127.0.0.1', isEncrypted: false },
});

it('a guard that starts before its Keyhouse lets nobody in, says why, and takes up its work by itself', async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const database = sqliteDatabase();
  const kept = { ...database, drop: async () => {} };
  const first = await startTestServer({ port, url, database: kept });
  const own = await first.key(1, { permissions: ['keyhouse.verify'] });
  const { accountId, token } = await first.register();
  const key = await first.key(accountId);
  const jwt: string = (await first.request('/auth', { bearer: key.text, body: { permissions: ['invoices.read'] } })).json.token;
  await first.stop();

  const said: string[] = [];
  const guard = createGuard({ issuer: url, key: own.text, log: (sentence) => void said.push(sentence) });
  await expect(guard.ready()).rejects.toThrow(/no answer \(ECONNREFUSED\)/);
  for (const bearer of [token, key.text, jwt]) expect(await guard.judge(asked(bearer))).toMatchObject({ ok: false, status: 503 });
  expect(guard.lagMs).toBe(Number.POSITIVE_INFINITY);
  expect(said.some((sentence) => sentence.includes('ECONNREFUSED'))).toBe(true);

  const second = await startTestServer({ port, url, database: kept });
  for (const bearer of [token, key.text, jwt]) await expect.poll(async () => (await guard.judge(asked(bearer))).ok).toBe(true);
  await expect.poll(() => guard.lagMs).toBeLessThan(1500);
  await guard.close();
  await second.stop();
  await database.drop();
});

it('a guard whose own key is not good says what to do about it, and lets nobody in', async () => {
  const port = await freePort();
  const server = await startTestServer({ port, url: `http://127.0.0.1:${port}` });
  const { accountId, token } = await server.register();
  const another = (await server.register()).token;
  const unknown = makeKeyText('live', (length) => crypto.getRandomValues(new Uint8Array(length)));
  for (const key of [unknown, (await server.key(accountId, { permissions: ['invoices.read'] })).text]) {
    const said: string[] = [];
    const guard = createGuard({ issuer: server.url, key, log: (sentence) => void said.push(sentence) });
    await expect(guard.ready()).rejects.toThrow(/answered 40[13]/);
    for (const bearer of [token, another]) expect(await guard.judge(asked(bearer))).toMatchObject({ ok: false, status: 503 });
    expect(said.join('\n')).toContain('keyhouse key create --account 1 --permissions keyhouse.verify');
    expect(said.join('\n')).not.toContain(key.slice(8, 20));
    await guard.close();
  }
  await server.stop();
});

const PROGRAM = `
const { createGuard } = await import(process.argv[1]);
const [, , issuer, key, bearer, how] = process.argv;
const guard = createGuard({ issuer, key });
await guard.ready();
const decision = await guard.judge({ method: 'GET', target: '/api/invoices', headers: ['Authorization', 'Bearer ' + bearer], peer: { address: '127.0.0.1', isEncrypted: false } });
console.log(decision.ok, decision.ok && decision.caller.kind);
if (how === 'close') await guard.close();
else setTimeout(() => { console.log('still there'); process.exit(0); }, 500);
`;

it('a program whose guard was closed ends by itself; one that is in use goes on', async () => {
  const port = await freePort();
  const server = await startTestServer({ port, url: `http://127.0.0.1:${port}` });
  const own = await server.key(1, { permissions: ['keyhouse.verify'] });
  const { token } = await server.register();
  const source = join(import.meta.dirname, '../../src/index.ts');
  const startProgram = (how: string) =>
    run(process.execPath, ['--input-type=module', '-e', PROGRAM, source, server.url, own.text, token, how], {
      timeout: PATIENCE_MS,
    });
  const [closed, open] = await Promise.all([startProgram('close'), startProgram('stay')]);
  expect(closed.stdout).toBe('true token\n');
  expect(open.stdout).toBe('true token\nstill there\n');
  await server.stop();
});
