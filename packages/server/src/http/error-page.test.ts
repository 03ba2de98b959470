import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authPath, CALLBACK, newApplication, newPkce, type TestApplication } from '../../test/applications.ts';
import { startTestServer, type TestServer } from '../../test/server.ts';

const CONTINUE = '/auth/continue?request=v1.nothing';

describe('a link of an application that leads nowhere', () => {
  let server: TestServer;
  let folder: string;
  let client: TestApplication;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'keyhouse-problems-'));
    mkdirSync(join(folder, 'assets'));
    writeFileSync(join(folder, 'index.html'), 'dashboard');
    writeFileSync(join(folder, 'sign-in.html'), '<meta name="problem" content="__PROBLEM__"><noscript>__NOSCRIPT__</noscript>');
    server = await startTestServer({ dashboardFolder: folder });
    client = await newApplication(server, (await server.register()).accountId);
  });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  it('is answered with a page of ours and a 400, with the policy of every page, and no cookie', async () => {
    const { status, headers, text } = await server.request('/auth?client_id=none');
    expect(status).toBe(400);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'content-security-policy': expect.stringMatching(/^default-src 'none'; .*frame-ancestors 'none'$/),
    });
    expect(headers['set-cookie']).toBeUndefined();
    expect(text).toContain('content="{&quot;title&quot;:&quot;This link cannot be used&quot;');
    expect(text).toContain('<noscript>This link cannot be used. ');
  });

  it('says what is wrong, and repeats nothing of the link', async () => {
    for (const [path, detail] of [
      ['/auth', 'client_id'],
      ['/auth?client_id=%3Cscript%3Eshibboleth', 'client_id'],
      [authPath(client, newPkce(), { redirect_uri: 'https://shibboleth.example/' }), 'is not registered'],
      [`${authPath(client, newPkce())}&redirect_uri=${encodeURIComponent(CALLBACK)}`, 'A parameter is repeated'],
      [CONTINUE.replace('nothing', 'shibboleth'), 'Start again from the application'],
      ['/auth/logout?client_id=shibboleth', 'client_id'],
    ] as const) {
      const { status, text } = await server.request(path);
      expect([path, status, text.includes(detail), text.includes('shibboleth')]).toEqual([path, 400, true, false]);
    }
  });

  it('leaves every other page as it was', async () => {
    const { status, text } = await server.request('/consent', { headers: { host: 'keys.example.com' } });
    expect([status, text]).toEqual([200, '<meta name="problem" content=""><noscript>These pages need JavaScript.</noscript>']);
  });

  it('says the same in plain text where no page was built', async () => {
    const plain = await startTestServer();
    const { status, headers, text } = await plain.request(CONTINUE);
    expect([status, headers['content-type']]).toEqual([400, 'text/plain; charset=utf-8']);
    expect(text).toMatch(/^This request has expired\. /);
    await plain.stop();
  });
});

describe('a browser at a wrong address', () => {
  /** As Chromium and Firefox ask when somebody opens an address. */
  const BROWSER = { host: 'keys.example.com', accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
  let server: TestServer;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'keyhouse-wrong-address-'));
    mkdirSync(join(folder, 'assets'));
    writeFileSync(join(folder, 'index.html'), 'dashboard');
    writeFileSync(join(folder, 'sign-in.html'), '<meta name="problem" content="__PROBLEM__"><noscript>__NOSCRIPT__</noscript>');
    server = await startTestServer({ dashboardFolder: folder });
  });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });
  const open = (path: string, headers: Record<string, string> = {}) =>
    server.request(path, { headers: { ...BROWSER, ...headers } });

  it('gets a page that says so and leads to the dashboard, with the policy of every page and the id of the request', async () => {
    for (const path of ['/nothing', '/logn', '/auth/nothing', '/dashboard/files/x', '/dashboard/applications/none/logo']) {
      const { status, headers, text } = await open(`${path}?shibboleth`);
      expect([path, status, headers['content-type']]).toEqual([path, 404, 'text/html; charset=utf-8']);
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'x-request-id': expect.stringMatching(/./),
        'content-security-policy': expect.stringMatching(/^default-src 'none'; .*frame-ancestors 'none'$/),
      });
      expect(text).toContain('&quot;leadsHome&quot;:true');
      expect(text).toContain('<noscript>This page does not exist. ');
      expect(text).not.toContain('shibboleth');
    }
  });

  it('is told that an address cannot be read', async () => {
    const { status, headers, text } = await open('/dashboard/%E0%A4%A');
    expect([status, headers['content-type']]).toEqual([400, 'text/html; charset=utf-8']);
    expect(text).toContain('This address cannot be read');
    expect(headers['x-request-id']).toBeTruthy();
  });

  it('is answered as a program where it is one, or asks where only programs ask', async () => {
    for (const [path, headers, status] of [
      ['/nothing', { accept: '*/*' }, 404],
      ['/nothing', { accept: 'application/json' }, 404],
      ['/nothing', { accept: 'text/html;q=0, */*' }, 404],
      ['/nothing', { 'sec-fetch-mode': 'cors' }, 404],
      ['/nothing', { authorization: 'Bearer kh_live_nothing' }, 404],
      ['/dashboard/api/nothing', {}, 404],
      ['/auth/token', {}, 405],
      ['/auth/introspect', {}, 405],
    ] as const) {
      const { headers: answered, status: got } = await open(path, headers);
      expect([path, headers, got, answered['content-type']]).toEqual([path, headers, status, 'application/json; charset=utf-8']);
    }
    const posted = await server.request('/nothing', { method: 'POST', headers: BROWSER, body: 'a=b' });
    expect([posted.status, posted.json]).toEqual([404, { message: 'Not found.' }]);
  });
});
