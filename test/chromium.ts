/**
 * Chromium for the tests of pages: from `$CHROMIUM`, from the system, or the one that comes with npm (`CHROMIUM=bundled` uses
 * that one, even if there is another).
 */
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium } from 'playwright-core';
import { PATIENCE_MS } from './patience.ts';
import { unpackedChromium } from './shared-things.ts';

const FLAGS = [
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const SYSTEM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable'];

/** A separate browser, without a window. `env`: what its process gets instead of this one's environment. */
export async function launchChromium(env?: Readonly<Record<string, string>>): Promise<Browser> {
  return await chromium.launch({
    ...{ executablePath: await executablePath(), args: FLAGS, headless: true, timeout: PATIENCE_MS },
    ...(env === undefined ? {} : { env }),
  });
}

/** Shares no cookie with another; it waits for a slow page as long as any test does. */
export async function newContext(browser: Browser, options?: BrowserContextOptions): Promise<BrowserContext> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE_MS);
  return context;
}

async function executablePath(): Promise<string> {
  const wanted = process.env.CHROMIUM;
  if (wanted !== undefined && wanted !== '' && wanted !== 'bundled') return wanted;
  const found = wanted === 'bundled' ? undefined : SYSTEM.find((path) => existsSync(path));
  return found ?? (await unpackedChromium());
}
