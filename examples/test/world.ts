/** A real Keyhouse with its pages; the examples as `npm start` runs them, in separate processes; and users with real browsers. */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BrowserContext, Page } from 'playwright-core';
import { expect } from 'vitest';
import { freePort } from '../../conformance/free-port.ts';
import { closeBrowser, type Dashboard, launchBrowser, startDashboard } from '../../packages/dashboard/test/browser.ts';
import { newApplication } from '../../packages/server/test/applications.ts';
import { newPerson } from '../../packages/server/test/people.ts';
import { newContext } from '../../test/chromium.ts';
import { PATHS, type Program, startProgram } from './program.ts';

const EXAMPLES = join(import.meta.dirname, '..');
const VITE = join(dirname(fileURLToPath(import.meta.resolve('vite/package.json'))), 'bin/vite.js');

export interface World {
  readonly keyhouse: Dashboard;
  readonly api: string;
  /** The page, registered as a public application. */
  startSpa(): Promise<string>;
  /** The web application, registered as a confidential one. */
  startWebApp(): Promise<string>;
  /** Another browser, at this address. It fails the test during which it reports a problem. */
  visit(url: string): Promise<Visit>;
  stop(): Promise<void>;
}

export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What went wrong in the browser so far; a test that expects some of it removes it. */
  readonly complaints: string[];
  close(): Promise<void>;
}

export async function startWorld(): Promise<World> {
  const keyhouse = await startDashboard();
  const owner = await newPerson(keyhouse);
  const { text: key } = await keyhouse.key(1, { permissions: ['keyhouse.verify'] });
  const programs: Program[] = [];
  const built = mkdtempSync(join(tmpdir(), 'keyhouse-spa-'));
  const start = async (script: string, folder: string, env: Record<string, string>, rest: string[] = []): Promise<string> => {
    const program = await startProgram([script, ...rest], folder, { ISSUER: keyhouse.url, ...env });
    programs.push(program);
    return program.origin;
  };
  const api = await start('server.ts', 'invoices-api', { API_KEY: key, PORT: '0' });
  return {
    keyhouse,
    api,
    startSpa: async () => {
      const port = await freePort();
      const { clientId } = await newApplication(keyhouse, owner.accountId, {
        name: 'Invoices',
        redirectUris: [`http://localhost:${port}/`],
      });
      // As it would be published: the server of `npm start` reloads the page whenever a file of the client is saved.
      const env = { VITE_ISSUER: keyhouse.url, VITE_API: api, VITE_CLIENT_ID: clientId };
      await promisify(execFile)(process.execPath, [VITE, 'build', '--outDir', built], {
        cwd: join(EXAMPLES, 'spa'),
        env: { ...PATHS, ...env },
      });
      return await start(VITE, 'spa', {}, ['preview', '--outDir', built, '--port', `${port}`, '--strictPort']);
    },
    startWebApp: async () => {
      const port = await freePort();
      const origin = `http://localhost:${port}`;
      const { clientId, secret } = await newApplication(keyhouse, owner.accountId, {
        ...{ name: 'Invoices on the server', kind: 'confidential' },
        ...{ redirectUris: [`${origin}/callback`], postLogoutRedirectUris: [`${origin}/`] },
      });
      return await start('server.ts', 'web-app', { API: api, PORT: `${port}`, CLIENT_ID: clientId, CLIENT_SECRET: secret ?? '' });
    },
    visit: (url) => openVisit(url),
    stop: async () => {
      await closeBrowser();
      for (const program of programs) await program.stop();
      rmSync(built, { recursive: true, force: true });
      await keyhouse.stop();
    },
  };
}

async function openVisit(url: string): Promise<Visit> {
  const context = await newContext(await launchBrowser(), { locale: 'en-GB' });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} ${message.location().url}`);
  });
  await page.goto(url);
  return {
    page,
    context,
    complaints,
    close: async () => {
      await context.close();
      expect(complaints).toEqual([]);
    },
  };
}
