/** oidc-client-ts in a page without a back end, in a real browser, with the real pages of log-in and consent. */

import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { closeBrowser, type Dashboard, launchBrowser, startDashboard } from '../../packages/dashboard/test/browser.ts';
import { button, logIn } from '../../packages/dashboard/test/steps.ts';
import type { TestApplication } from '../../packages/server/test/applications.ts';
import { PASSWORD } from '../../packages/server/test/server.ts';
import { newContext } from '../../test/chromium.ts';
import { type Place, placeOf } from '../place.ts';

const LIBRARY = dirname(createRequire(import.meta.url).resolve('oidc-client-ts/package.json'));
/** Where the library itself finds what it needs. */
const beside = createRequire(join(LIBRARY, 'package.json'));
const FILES: Readonly<Record<string, { readonly path: string; readonly type: string }>> = {
  '/page.js': { path: join(import.meta.dirname, 'page/page.js'), type: 'text/javascript' },
  '/oidc-client-ts.js': {
    path: join(LIBRARY, 'dist/esm/oidc-client-ts.js'),
    type: 'text/javascript',
  },
  '/jwt-decode.js': { path: join(dirname(beside.resolve('jwt-decode')), '../esm/index.js'), type: 'text/javascript' },
};
const PAGE = { path: join(import.meta.dirname, 'page/index.html'), type: 'text/html' };

describe('oidc-client-ts', () => {
  let dashboard: Dashboard;
  let place: Place;
  let application: TestApplication;
  let web: Server;
  let origin: string;
  let context: BrowserContext;
  let page: Page;
  let email: string;
  /** The next answer that arrives is sent on with another state. */
  let isStateChanged = false;

  beforeAll(async () => {
    dashboard = await startDashboard();
    place = await placeOf(dashboard);
    web = createServer((request, response) => {
      const url = new URL(request.url ?? '/', origin);
      const { pathname } = url;
      if (pathname === '/callback' && isStateChanged) {
        isStateChanged = false;
        url.searchParams.set('state', 'another');
        return response.writeHead(302, { Location: url.href }).end();
      }
      if (pathname === '/settings.json')
        return response.end(JSON.stringify({ issuer: place.issuer, clientId: application.clientId }));
      const { path, type } = FILES[pathname] ?? PAGE;
      return response.setHeader('Content-Type', type).end(readFileSync(path));
    });
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
    application = await place.application({ redirectUris: [`${origin}/callback`], postLogoutRedirectUris: [`${origin}/`] });
    return async () => {
      await closeBrowser();
      web.closeAllConnections();
      web.close();
      await dashboard.stop();
    };
  });
  beforeEach(async () => {
    ({ email } = await place.server.register());
    context = await newContext(await launchBrowser());
    page = await context.newPage();
    await page.goto(origin);
  });
  afterEach(() => context.close());

  const says = (status: string): Promise<void> => page.getByRole('status').getByText(status, { exact: true }).waitFor();
  const known = async () => JSON.parse((await page.locator('pre').textContent()) ?? '');
  const statusOf = async (jwt: string) => (await place.server.request('/verify/api/invoices', { bearer: jwt })).status;

  async function signIn(): Promise<void> {
    await button(page, 'Sign in').click();
    await logIn(page, email, PASSWORD);
    await button(page, 'Allow').click();
    await says('signed in');
  }

  it('signs somebody in, and learns who it is', async () => {
    await signIn();
    const { profile, accessToken } = await known();
    expect(profile).toMatchObject({ iss: place.issuer, email, sub: expect.stringMatching(/^user:\d+$/) });
    expect(page.url()).toBe(`${origin}/`);
    expect(await statusOf(accessToken)).toBe(200);
  });

  it('refreshes with its refresh token', async () => {
    await signIn();
    const before = await known();
    await button(page, 'Refresh').click();
    await says('refreshed');
    const after = await known();
    expect(after.accessToken).not.toBe(before.accessToken);
    expect(after.refreshToken).not.toBe(before.refreshToken);
    expect(after.profile.sub).toBe(before.profile.sub);
  });

  it('revokes what it has', async () => {
    await signIn();
    const { accessToken } = await known();
    await button(page, 'Revoke').click();
    await says('revoked');
    expect(await statusOf(accessToken)).toBe(401);
  });

  it('logs out there, and comes back', async () => {
    await signIn();
    await button(page, 'Sign out').click();
    await page.waitForURL(`${origin}/`);
    await says('nobody is signed in');
    await button(page, 'Sign in').click();
    await page.getByRole('heading', { level: 1, name: /^Sign in/ }).waitFor();
  });

  it('hears that access was denied', async () => {
    await button(page, 'Sign in').click();
    await logIn(page, email, PASSWORD);
    await button(page, 'Deny').click();
    await says('ErrorResponse: access_denied');
  });

  it('takes no answer with another state', async () => {
    isStateChanged = true;
    await button(page, 'Sign in').click();
    await logIn(page, email, PASSWORD);
    await button(page, 'Allow').click();
    await says('Error: No matching state found in storage');
  });
});
