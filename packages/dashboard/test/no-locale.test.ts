/** A browser that reports nothing useful about itself: started where no locale is set, and without storage or clipboard. */
import type { BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newAdministrator, newTeam } from '../../server/test/people.ts';
import { closeBrowser, type Dashboard, launchBrowser, signIn, startDashboard, type Visit } from './browser.ts';

const NO_LOCALE = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', LC_ALL: 'POSIX' };
/** As the process has it: the test sets no locale and no zone. */
const AS_IT_IS = { locale: undefined, timezoneId: undefined } as unknown as BrowserContextOptions;

describe('a browser without a locale', () => {
  let dashboard: Dashboard;
  let administrator: Awaited<ReturnType<typeof newAdministrator>>;
  let paths: readonly string[];
  beforeAll(async () => {
    await launchBrowser(NO_LOCALE);
    dashboard = await startDashboard();
    administrator = await newAdministrator(dashboard);
    const team = await newTeam(administrator);
    const wish = { name: 'laptop', expires_at: null, permissions: null, addresses: null };
    const token = (await administrator.ask('/tokens', { body: wish })).json.credential.id;
    const key = (await administrator.ask(`/accounts/${team}/keys`, { body: { ...wish, environment: 'live' } })).json.credential
      .id;
    const account = `/dashboard/accounts/${team}`;
    paths = [
      ...['', '/settings/profile', '/settings/security', '/settings/applications', '/settings/developers'].map(
        (path) => `/dashboard${path}`,
      ),
      ...[`/dashboard/settings/developers/${token}`, '/dashboard/new-team', account, `${account}/keys`, `${account}/keys/${key}`],
      ...['applications', 'audit', 'members', 'settings'].map((page) => `${account}/${page}`),
      ...[
        'users',
        `users/${administrator.id}`,
        'accounts',
        'applications',
        'permissions',
        'routes',
        'signing-keys',
        'mails',
        'limits',
      ].map((page) => `/dashboard/operator/${page}`),
      ...['health', 'audit', 'brand'].map((page) => `/dashboard/operator/${page}`),
    ];
  });
  afterAll(async () => {
    await dashboard.stop();
    await closeBrowser();
  });

  async function walk(visit: Visit): Promise<void> {
    for (const path of paths) {
      await visit.open(path);
      await visit.page.getByRole('heading', { level: 1 }).waitFor();
      await expect.poll(() => visit.page.getByRole('status', { name: 'Loading' }).count(), { message: path }).toBe(0);
      // What is shown instead of a part, or of the whole page, that has failed.
      for (const text of [/can’t be shown/, /^Reload$/])
        await expect.poll(() => visit.page.getByText(text).count(), { message: path }).toBe(0);
      expect(visit.complaints, path).toEqual([]);
    }
  }

  it('is shown every page', async () => {
    const visit = await dashboard.visit(AS_IT_IS);
    await signIn(dashboard, visit, administrator.id);
    await visit.open('/dashboard');
    // Otherwise the browser has a locale anyway, and nothing was tested.
    await expect.poll(() => visit.page.evaluate(() => navigator.language)).toMatch(/posix|^C$|^en-US$/i);
    await walk(visit);
  });

  it('is shown every page where its language is not a tag, nothing may be stored, and there is neither clipboard nor passkey', async () => {
    const visit = await dashboard.visit(AS_IT_IS);
    await visit.page.addInitScript(() => {
      const refuse = () => {
        throw new DOMException('It is not allowed here.', 'SecurityError');
      };
      for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name, { get: refuse });
      Object.defineProperty(navigator, 'language', { get: () => 'en-US@posix' });
      Object.defineProperty(navigator, 'languages', { get: () => ['en-US@posix', 'C'] });
      Object.defineProperty(navigator, 'clipboard', { get: () => undefined });
      Object.defineProperty(window, 'PublicKeyCredential', { value: undefined });
      Object.defineProperty(navigator, 'credentials', { get: () => undefined });
    });
    for (const path of ['/login', '/register', '/forgot']) {
      await visit.open(path);
      await visit.page.getByRole('heading', { level: 1 }).waitFor();
    }
    await signIn(dashboard, visit, administrator.id);
    await walk(visit);
  });
});
