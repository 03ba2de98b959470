import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserFor } from '../../test/dashboard-browser.ts';
import { startTestServer, type TestServer } from '../../test/server.ts';

const HOST = { host: 'keys.example.com' };

describe('the pages', () => {
  let server: TestServer;
  let folder: string;
  let cookie: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'keyhouse-pages-'));
    mkdirSync(join(folder, 'assets'));
    const page = (name: string) =>
      `<title>__NAME__</title><meta name="csp-nonce" content="__NONCE__"><meta name="brand" content="__BRAND__"><p>${name}`;
    writeFileSync(join(folder, 'index.html'), page('dashboard'));
    writeFileSync(join(folder, 'sign-in.html'), page('sign-in'));
    writeFileSync(join(folder, '.built-from'), 'a secret of the build');
    writeFileSync(join(folder, 'assets', 'app-1a2b3c.js'), 'plain');
    writeFileSync(join(folder, 'assets', 'app-1a2b3c.js.gz'), 'gzipped');
    writeFileSync(join(folder, 'assets', 'app-1a2b3c.js.br'), 'brotli');
    server = await startTestServer({ dashboardFolder: folder, trustedProxies: ['127.0.0.9/32'] });
    const { id } = await server.register();
    ({ cookie } = await browserFor(server, id));
  });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  const get = (path: string, headers: Record<string, string> = {}) => server.request(path, { headers: { ...HOST, ...headers } });

  it('lets nothing run or load that is not of this server, with a nonce that no two answers share', async () => {
    const nonces = new Set<string>();
    for (const path of ['/dashboard', '/login']) {
      const { status, headers, text } = await get(path, { cookie });
      expect(status).toBe(200);
      const policy = String(headers['content-security-policy']);
      const nonce = /'nonce-([\w-]{22})'/.exec(policy)?.[1] ?? '';
      nonces.add(nonce);
      expect(text).toContain(`content="${nonce}"`);
      expect(policy).toBe(
        `default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self' data:; font-src 'self'; ` +
          "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      );
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'content-type': 'text/html; charset=utf-8',
        'x-content-type-options': 'nosniff',
      });
    }
    expect(nonces.size).toBe(2);
  });

  it('serves every page that people get in by to whoever asks', async () => {
    const gettingIn = ['/login', '/register', '/forgot', '/reset', '/verify-email', '/new-email', '/setup', '/invitation'];
    for (const path of [...gettingIn, '/consent', '/logout', '/logged-out']) {
      const { status, text } = await get(path);
      expect([path, status, text.includes('<p>sign-in')]).toEqual([path, 200, true]);
    }
  });

  it('serves every path of the dashboard to who is signed in, with the brand inside', async () => {
    for (const path of ['/dashboard', '/dashboard/', '/dashboard/settings/profile', '/dashboard/accounts/7/keys/55?tab=jwts']) {
      const { status, text } = await get(path, { cookie });
      expect([path, status, text.includes('<p>dashboard')]).toEqual([path, 200, true]);
    }
    const { text } = await get('/dashboard', { cookie });
    expect(text).toContain('<title>Keyhouse</title>');
    expect(text).toContain('{&quot;name&quot;:&quot;Keyhouse&quot;');
  });

  it('sends a stranger to log in, and remembers where they wanted to go: a path of our own, query and all', async () => {
    const { status, headers } = await get('/dashboard/accounts/7/audit?event=key.made');
    expect(status).toBe(302);
    expect(headers.location).toBe('/login');
    expect(headers['cache-control']).toBe('no-store');
    const [set = ''] = headers['set-cookie'] ?? [];
    expect(set).toBe(
      '__Host-keyhouse-return=/dashboard/accounts/7/audit?event=key.made; Max-Age=1800; Path=/; HttpOnly; Secure; SameSite=Lax',
    );
  });

  it('remembers nothing that is longer than a path of ours, or that a browser would read as another host', async () => {
    const long = await get(`/dashboard/settings/profile?x=${'a'.repeat(1500)}`);
    expect(long.headers['set-cookie']?.[0]).toMatch(/^__Host-keyhouse-return=\/dashboard\/settings\/profile;/);
    const split = await get('/dashboard/settings/a;Domain=example.com');
    expect([split.status, split.headers['set-cookie']]).toEqual([302, undefined]);
    const query = await get('/dashboard/settings/profile?a;Domain=example.com');
    expect(query.headers['set-cookie']?.[0]).toMatch(
      /^__Host-keyhouse-return=[^;]*%3BDomain%3Dexample.com; Max-Age=1800; Path=\/; HttpOnly/,
    );
    const odd = await get('/dashboard//evil.example/');
    expect(odd.status).toBe(302);
    expect(odd.headers['set-cookie']).toBeUndefined();
  });

  it('takes a sign-in that has ended for none', async () => {
    const { id } = await server.register();
    const browser = await browserFor(server, id);
    expect((await get('/dashboard', { cookie: browser.cookie })).status).toBe(200);
    await server.keyhouse.users.disable({ userId: id, by: { actor: 'operator', requestId: null, person: {} } });
    expect((await get('/dashboard', { cookie: browser.cookie })).status).toBe(302);
  });

  it('sends whoever comes under another name to the public one, and nowhere else', async () => {
    for (const path of ['/login', '/dashboard/settings/profile?a=b']) {
      const { status, headers } = await server.request(path, { headers: { host: 'keys.evil.example', cookie } });
      expect([status, headers.location]).toEqual([302, `https://keys.example.com${path}`]);
    }
    const forwarded = await get('/login', { 'x-forwarded-host': 'evil.example' });
    expect(forwarded.status, 'a header of a stranger was believed').toBe(200);
  });

  it('begins at the dashboard', async () => {
    const { status, headers } = await get('/');
    expect([status, headers.location]).toEqual([302, '/dashboard']);
  });

  it('leaves the private API and what is not there to themselves, in JSON', async () => {
    const paths = [
      '/dashboard/api',
      '/dashboard/api/nothing',
      '/dashboard/files/x',
      '/dashboard/files/assets/gone.js',
      '/nothing',
    ];
    for (const path of paths) {
      const { status, json, headers } = await get(path, { cookie });
      expect([path, status, json]).toEqual([path, 404, { message: 'Not found.' }]);
      expect(String(headers['cache-control'] ?? 'no-store')).not.toContain('immutable');
    }
    expect((await server.request('/dashboard/settings', { method: 'POST', headers: HOST })).status).toBe(404);
    expect((await server.request('/dashboard/api/log-out', { method: 'DELETE', headers: HOST })).status).not.toBe(200);
  });

  it('lets browsers keep assets for good, in the smallest form that they can read', async () => {
    const path = '/dashboard/files/assets/app-1a2b3c.js';
    const plain = await get(path);
    expect(plain.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(plain.headers['content-type']).toMatch(/^(text|application)\/javascript/);
    expect(plain.text).toBe('plain');
    const brotli = await get(path, { 'accept-encoding': 'gzip, deflate, br' });
    expect([brotli.headers['content-encoding'], brotli.text]).toEqual(['br', 'brotli']);
    expect(brotli.headers.vary).toContain('accept-encoding');
    const gzip = await get(path, { 'accept-encoding': 'gzip' });
    expect([gzip.headers['content-encoding'], gzip.text]).toEqual(['gzip', 'gzipped']);
  });

  it('serves no other file of the build, however the path is spelled', async () => {
    const assets = '/dashboard/files/assets';
    for (const path of [
      `${assets}/../index.html`,
      `${assets}/%2e%2e/.built-from`,
      `${assets}/..%2f.built-from`,
      `${assets}/.built-from`,
    ]) {
      const { status, text } = await get(path, { cookie });
      expect([path, status >= 400 || status === 302 || text.includes('<p>dashboard')]).toEqual([path, true]);
      expect(text).not.toContain('a secret of the build');
    }
  });
});

describe('the pages behind a proxy', () => {
  it('believes a trusted proxy about the name that was asked for, and does not send people in circles when it says none', async () => {
    const server = await startTestServer({ trustedProxies: ['127.0.0.0/8'] });
    const ask = (headers: Record<string, string>) => server.request('/login', { headers: { host: 'backend:4100', ...headers } });
    expect((await ask({})).status).toBe(503);
    expect((await ask({ 'x-forwarded-host': 'keys.example.com' })).status).toBe(503);
    expect((await ask({ 'x-forwarded-host': 'other.example' })).headers.location).toBe('https://keys.example.com/login');
    await server.stop();
  });
});

describe('the pages without a build', () => {
  it('says what to do', async () => {
    const server = await startTestServer();
    const { status, text, headers } = await server.request('/login', { headers: HOST });
    expect([status, headers['content-type']]).toEqual([503, 'text/plain; charset=utf-8']);
    expect(text).toContain('npm run build');
    await server.stop();
  });
});
