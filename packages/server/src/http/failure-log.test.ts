/** Every 503 is in the log with its cause, whatever door it came through, and an unreachable store does not fill the log. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newApplication } from '../../test/applications.ts';
import { registered } from '../../test/browser.ts';
import { type Answer, PASSWORD, startTestServer, type TestServer } from '../../test/server.ts';
import { Refusal } from '../core/refusal.ts';
import { StoreUnavailable } from '../core/unavailable.ts';
import { createFailureLog } from './failure-log.ts';

describe('the log of failures', () => {
  function open() {
    const lines: [level: string, fields: Readonly<Record<string, unknown>>][] = [];
    const at =
      (level: string) =>
      (fields: Readonly<Record<string, unknown>>): void =>
        void lines.push([level, fields]);
    const state = { nowMs: 0 };
    const note = createFailureLog({ info: at('info'), warn: at('warn'), error: at('error') }, () => state.nowMs);
    return { lines, state, note };
  }

  it('says what is behind a 503, once a second, and how many were left out', () => {
    const { lines, state, note } = open();
    const away = new StoreUnavailable('The file cannot be read.', { cause: new Error('disk I/O error') });
    for (let index = 0; index < 1000; index++) note(away, `r${index}`);
    state.nowMs = 1000;
    note(new Refusal({ code: 'busy', retryAfterSeconds: 1 }), 'last');
    expect(lines).toEqual([
      ['warn', { cause: 'The file cannot be read. disk I/O error', requestId: 'r0', omitted: 0 }],
      ['warn', { cause: 'busy', requestId: 'last', omitted: 999 }],
    ]);
  });

  it('has each mistake of our own with its stack, and nothing of what clients do wrong', () => {
    const { lines, note } = open();
    const mistake = new TypeError('x is not a function');
    note(mistake, 'a');
    note(mistake, 'b');
    note(new Refusal({ code: 'not_found' }), 'c');
    expect(lines).toEqual([
      ['error', { err: mistake, requestId: 'a' }],
      ['error', { err: mistake, requestId: 'b' }],
    ]);
  });
});

describe('a store that is away', () => {
  let server: TestServer;
  let doors: Readonly<Record<string, () => Promise<Answer>>>;
  beforeAll(async () => {
    server = await startTestServer();
    const { browser } = await registered(server);
    const owner = await server.register();
    const key = await server.key(owner.accountId);
    const client = await newApplication(server, owner.accountId);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    doors = {
      '/verify': () => server.request('/verify/api/invoices', { bearer: owner.token }),
      'a mint': () => server.request('/auth', { bearer: key.text, body: { permissions: ['invoices.read'] } }),
      introspection: () => server.request('/auth/introspect', { bearer: key.text, headers: form, body: `token=${owner.token}` }),
      'the token endpoint': () =>
        server.request('/auth/token', {
          headers: form,
          body: `grant_type=refresh_token&refresh_token=x&client_id=${client.clientId}`,
        }),
      'a log-in': () =>
        server.request('/api/v1/auth/login', { body: { email: owner.email, password: PASSWORD, device_name: 'test' } }),
      'the private API': async () => await browser.ask('/me'),
      'a page': () =>
        server.request('/dashboard', {
          headers: { host: new URL(server.url).host, cookie: browser.cookie, accept: 'text/html' },
        }),
      '/readyz': () => server.request('/readyz'),
    };
    await server.store.close();
  });
  afterAll(() => server.stop().catch(() => {}));

  it('is told of with its cause, through each door', async () => {
    for (const [name, ask] of Object.entries(doors)) {
      const isLogged = async () => {
        const { status, headers } = await ask();
        // All requests to /readyz share one attempt.
        const id = name === '/readyz' ? 'null' : `"${headers['x-request-id']}"`;
        const line = server.logged.find((each) => each.includes(`"requestId":${id}`));
        return { status, isLogged: line?.includes('A request was answered with 503.') === true && line.includes('"cause":"') };
      };
      await expect.poll(isLogged, { interval: 100, message: name }).toEqual({ status: 503, isLogged: true });
    }
  });
});
