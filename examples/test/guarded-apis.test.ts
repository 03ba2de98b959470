/** The APIs that the guard protects, each in a separate process, in front of a real Keyhouse. */
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../conformance/free-port.ts';
import { startTestServer, type TestServer } from '../../packages/server/test/server.ts';
import { PATHS, type Program, startProgram } from './program.ts';

const NEXT = join(dirname(fileURLToPath(import.meta.resolve('next/package.json'))), 'dist/bin/next');

let keyhouse: TestServer;
let env: Record<string, string>;
beforeAll(async () => {
  const port = await freePort();
  keyhouse = await startTestServer({ port, url: `http://localhost:${port}` });
  const { text } = await keyhouse.key(1, { permissions: ['keyhouse.verify'] });
  env = { KEYHOUSE_URL: keyhouse.url, KEYHOUSE_KEY: text };
  return () => keyhouse.stop();
});

const STARTS: Readonly<Record<string, (folder: string) => Promise<Program>>> = {
  'express-api': (folder) => startProgram(['server.ts'], folder, { ...env, PORT: '0' }),
  'fastify-api': (folder) => startProgram(['server.ts'], folder, { ...env, PORT: '0' }),
  'hono-api': (folder) => startProgram(['server.ts'], folder, { ...env, PORT: '0' }),
  'next-api': async (folder) => {
    const quiet = { ...env, NEXT_TELEMETRY_DISABLED: '1' };
    await promisify(execFile)(process.execPath, [NEXT, 'build'], {
      cwd: join(import.meta.dirname, '..', folder),
      env: { ...PATHS, ...quiet },
    });
    return await startProgram([NEXT, 'start', '--port', `${await freePort()}`], folder, quiet);
  },
};

describe.each(Object.entries(STARTS))('examples/%s', (folder, start) => {
  let api: Program;
  beforeAll(async () => {
    api = await start(folder);
    return () => api.stop();
  });

  async function call(bearer: string | null, path = '/api/invoices', body?: unknown) {
    const response = await fetch(api.origin + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...(bearer === null ? {} : { Authorization: `Bearer ${bearer}` }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, json: await response.json(), headers: response.headers };
  }

  it('shows the invoices of its account to a token, a key and a JWT', async () => {
    const user = await keyhouse.register();
    const key = await keyhouse.key(user.accountId);
    const minted = await keyhouse.request('/auth', { bearer: key.text, body: { permissions: ['invoices.read'] } });
    for (const bearer of [user.token, key.text, minted.json.token]) {
      const { status, json } = await call(bearer);
      expect([status, json.invoices.length]).toEqual([200, 1]);
    }
    const created = await call(key.text, '/api/invoices', { customer: 'Ada & Co.', cents: 12_000 });
    expect([created.status, created.json]).toEqual([201, { number: '1002', customer: 'Ada & Co.', cents: 12_000 }]);
    expect((await call(minted.json.token)).json.invoices).toHaveLength(2);
    expect((await call((await keyhouse.register()).token)).json.invoices).toHaveLength(1);
  });

  it('answers 401 in the words of the documents, without a credential and with a bad one', async () => {
    const nothing = await call(null);
    expect([nothing.status, nothing.json]).toEqual([401, { message: 'Unauthenticated.' }]);
    expect(nothing.headers.get('www-authenticate')).toBe('Bearer');
    const bad = await call('123|abcdef');
    expect([bad.status, bad.headers.get('www-authenticate')]).toEqual([401, 'Bearer error="invalid_token"']);
    expect(bad.headers.get('x-request-id')).toBeTruthy();
  });

  it('answers 403 when the permission is missing, and to write is not to read', async () => {
    const { accountId } = await keyhouse.register();
    const reader = await keyhouse.key(accountId, { permissions: ['invoices.read'] });
    const writer = await keyhouse.key(accountId, { permissions: ['*.write'] });
    const refused = await call(reader.text, '/api/invoices', { customer: 'Ada', cents: 1 });
    expect([refused.status, refused.json]).toEqual([403, { message: 'This action is unauthorized.' }]);
    expect((await call(reader.text, '/api/services')).status).toBe(403);
    expect((await call(writer.text)).status).toBe(403);
    expect((await call(writer.text, '/api/invoices', { customer: 'Ada', cents: 1 })).status).toBe(201);
  });

  it('says what is wrong with an invoice', async () => {
    const { token } = await keyhouse.register();
    for (const body of [{}, { customer: ' ' }, { customer: 'Ada', cents: 1.5 }])
      expect([400, 422]).toContain((await call(token, '/api/invoices', body)).status);
  });

  it('refuses within a moment what was revoked', async () => {
    const { accountId } = await keyhouse.register();
    const key = await keyhouse.key(accountId);
    const minted = await keyhouse.request('/auth', { bearer: key.text, body: { permissions: ['invoices.read'] } });
    const bearers = [key.text, minted.json.token];
    for (const bearer of bearers) expect((await call(bearer)).status).toBe(200);
    await keyhouse.request('/auth/revoke', { body: { token: key.text } });
    for (const bearer of bearers) await expect.poll(async () => (await call(bearer)).status, { interval: 20 }).toBe(401);
  });
});
