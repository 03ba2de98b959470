/**
 * A real server on a real port with the built dashboard, and a real browser. Any error on the console, violation of the policy,
 * or request to another host fails the test during which it happened.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { launchChromium, newContext } from '../../../test/chromium.ts';
import { PATIENCE_MS } from '../../../test/patience.ts';
import { builtDashboard } from '../../../test/shared-things.ts';
import { IN_THE_ACT } from '../../server/src/core/authority.ts';
import { startTestServer, type TestServer } from '../../server/test/server.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let launched: Promise<Browser> | null = null;

/** One for each process; it ends with the process, or with `closeBrowser`. `env`: what the first call gives the browser. */
export function launchBrowser(env?: Readonly<Record<string, string>>): Promise<Browser> {
  launched ??= launchChromium(env).catch((error: unknown) => {
    launched = null;
    throw error;
  });
  return launched;
}

export async function closeBrowser(): Promise<void> {
  const browser = await launched;
  launched = null;
  await browser?.close();
}

export interface Dashboard extends TestServer {
  readonly url: string;
  /** A separate browser: it shares no cookies. English, UTC, 1280 × 800, unless given otherwise. */
  visit(options?: BrowserContextOptions): Promise<Visit>;
  /** Closes every open browser; fails if one of them reported a problem. For `afterEach`. */
  closeVisits(): Promise<void>;
}

export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Opens a path of the server. */
  open(path: string): Promise<void>;
  /** Fails if axe finds a violation on the current page. */
  expectAccessible(): Promise<void>;
  /** Fails if anything is wider than the window: nobody should have to scroll sideways (WCAG 2.2 §1.4.10). */
  expectToFit(): Promise<void>;
  /** Pictures of the current page, at three widths and in both themes: `<folder>/<name>-<width>-<theme>.png`. */
  shoot(folder: string, name: string): Promise<void>;
  /** What went wrong in the browser so far; a test that expects some of it removes it. */
  readonly complaints: string[];
  close(): Promise<void>;
}

/** `hostname`: of the public origin; passkeys work at `localhost`, and not where it is a number. */
type Options = Parameters<typeof startTestServer>[0] & { readonly hostname?: '127.0.0.1' };

export async function startDashboard({ hostname, ...options }: Options = {}): Promise<Dashboard> {
  const port = await freePort();
  const url = `http://${hostname ?? 'localhost'}:${port}`;
  const server = await startTestServer({ ...options, url, port, dashboardFolder: await builtDashboard() });
  const visits: Visit[] = [];
  const closeVisits = async (): Promise<void> => {
    for (const visit of visits.splice(0)) await visit.close();
  };
  return {
    ...server,
    url,
    visit: async (contextOptions = {}) => {
      const visit = await open(url, contextOptions);
      visits.push(visit);
      return visit;
    },
    closeVisits,
    stop: async () => {
      await closeVisits();
      await server.stop();
    },
  };
}

async function open(url: string, options: BrowserContextOptions): Promise<Visit> {
  const browser = await launchBrowser();
  const context = await newContext(browser, {
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    timezoneId: 'UTC',
    permissions: ['clipboard-read', 'clipboard-write'],
    ...options,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('console', (message) => {
    // The browser itself logs what the private API refuses; tests check what the page shows of it.
    const isRefusal =
      message.text().startsWith('Failed to load resource') && message.location().url.startsWith(`${url}/dashboard/api/`);
    if (message.type() === 'error' && !isRefusal) complaints.push(`${message.text()} ${message.location().url}`);
  });
  // Not every violation of the policy is reported on the console.
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
      console.error(`The policy forbids ${effectiveDirective} of ${blockedURI}`);
    });
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !/^(data|blob|about):/.test(request.url()))
      complaints.push(`a request to ${request.url()}`);
  });
  return {
    page,
    context,
    complaints,
    open: (path) => goTo(page, `${url}${path}`),
    // The page may still be loading: the previous one is gone, and this one is not drawn yet.
    expectAccessible: () => expect.poll(() => violations(page)).toEqual([]),
    // Elements that move when the window gets another size may take a moment.
    expectToFit: () =>
      expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0),
    shoot: (folder, name) => shoot(page, folder, name),
    close: async () => {
      await context.close();
      expect(complaints).toEqual([]);
    },
  };
}

async function shoot(page: Page, folder: string, name: string): Promise<void> {
  const before = page.viewportSize();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const width of [360, 900, 1440]) {
      await page.setViewportSize({ width, height: width === 360 ? 760 : 900 });
      await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true });
    }
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  if (before !== null) await page.setViewportSize(before);
}

/** Each violation as one line that says what and where. */
async function violations(page: Page): Promise<readonly string[]> {
  // Through the debugger: the page's policy lets no other script in.
  await page.evaluate(AXE);
  // A colour is judged at the end of its transition, not during it.
  await page.evaluate(async () => {
    for (let frame = 0; frame < 2; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
    const ending = document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(ending.map(({ finished }) => finished));
  });
  return await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; help: string; nodes: { html: string }[] }[] }> };
    };
    const { violations: found } = await axe.run();
    return found.map(({ id, help, nodes }) => `${id}: ${help} — ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`);
  });
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** Gives a browser the cookie of a user who has signed in, as the sign-in page would. */
export async function signIn(dashboard: Dashboard, { context }: Visit, userId: number): Promise<void> {
  const opened = await dashboard.keyhouse.signIns.open({
    user: { id: userId, email: 'somebody@example.com' },
    methods: ['password'],
    passwordHash: null,
    addressHash: null,
    browser: null,
    by: {
      actor: `user:${userId}`,
      requestId: null,
      person: { address: '127.0.0.1', userAgent: 'a test' },
      authority: IN_THE_ACT,
    },
  });
  if (!opened.ok) throw new Error('The user cannot sign in.');
  await context.addCookies([
    { name: 'keyhouse_sign_in', value: opened.value.secret, url: dashboard.url, httpOnly: true, sameSite: 'Lax' },
  ]);
}

/**
 * Reloads until something is there that the server writes a little later. Each time it waits twice as long as before, so that it
 * also works on a machine on which a page takes many seconds.
 */
export async function reloadUntil(page: Page, wanted: Locator): Promise<void> {
  for (let patienceMs = 1000; ; patienceMs *= 2) {
    await page.reload();
    const isThere = await wanted.waitFor({ timeout: patienceMs }).then(
      () => true,
      () => false,
    );
    if (isThere) return;
    if (patienceMs > PATIENCE_MS) throw new Error(`It never came: ${wanted}`);
  }
}

/** If a page redirects by itself at this moment (the sign-in page of a signed-in user), waits for that first. */
async function goTo(page: Page, url: string): Promise<void> {
  await page.goto(url).catch(async (error: unknown) => {
    if (!String(error).includes('interrupted by another navigation')) throw error;
    await page.waitForLoadState();
    await page.goto(url);
  });
}
