/** A flood of log-ins and of registrations at a real server, in a separate process. Outcomes are counted; no time is measured. */
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningProgram, startProgram } from '../program.ts';
import { PASSWORD } from '../server.ts';

describe('a flood from one network', () => {
  const folder = mkdtempSync(join(tmpdir(), 'keyhouse-flood-'));
  let program: RunningProgram;
  beforeAll(async () => {
    program = await startProgram({
      KEYHOUSE_DATABASE_URL: `sqlite:${join(folder, 'keyhouse.db')}`,
      KEYHOUSE_TRUSTED_PROXIES: '127.0.0.1',
      KEYHOUSE_LOG_LEVEL: 'info',
    });
  });
  afterAll(async () => {
    await program.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Not by `fetch`, which gives up after five minutes: behind a flood on a busy machine an answer may take longer. */
  const post = (path: string, from: string, body: object): Promise<Response> =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'x-forwarded-for': from, 'x-forwarded-proto': 'https' };
      const sent = request(`${program.origin}/api/v1/auth/${path}`, { method: 'POST', headers }, (response) => {
        const given = Object.entries(response.headersDistinct).flatMap(([name, values = []]) =>
          values.map((value): [string, string] => [name, value]),
        );
        response
          .on('error', reject)
          .on('end', () => resolve(new Response(null, { status: response.statusCode ?? 0, headers: given })));
        response.resume();
      });
      sent.on('error', reject).end(JSON.stringify({ password: PASSWORD, device_name: 'test', ...body }));
    });

  it('lets the honest people of that network in, slower, and guesses nothing', async () => {
    const honest = Array.from({ length: 12 }, (_, host) => ({
      from: `198.51.100.${200 + host}`,
      email: `honest${host}@example.com`,
    }));
    for (const { from, email } of honest) expect((await post('register', from, { email })).status).toBe(201);
    // More than the previous queue held.
    const flood = Array.from({ length: 150 }, (_, host) =>
      post('login', `198.51.100.${host + 1}`, { email: `nobody${host}@example.com` }),
    );
    const answers = await Promise.all(honest.map(({ from, email }) => post('login', from, { email })));
    expect(answers.map(({ status }) => status)).toEqual(honest.map(() => 200));
    const refused = await Promise.all(flood);
    expect(refused.every(({ status }) => [422, 429, 503].includes(status))).toBe(true);
  });

  it('registers ten from one address, and tells the others when to come again; other addresses are not touched', async () => {
    const answers: Response[] = [];
    for (let index = 0; index < 12; index++)
      answers.push(await post('register', '203.0.113.5', { email: `many+${index}@example.com` }));
    expect(answers.map(({ status }) => status)).toEqual([...Array(10).fill(201), 429, 429]);
    const last = answers.at(-1);
    expect(Number(last?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(last?.headers.get('ratelimit-remaining')).toBe('0');
    expect(last?.headers.get('ratelimit-reset')).toBe(last?.headers.get('retry-after'));
    expect((await post('register', '203.0.113.6', { email: 'one@example.com' })).status).toBe(201);
  });
});
