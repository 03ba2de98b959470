/** A page without a back end, like an application, in a real Chromium: tabs, workers and windows over the same session. */
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { build } from 'vite';
import { launchChromium, newContext } from '../../../test/chromium.ts';
import type { Client, TokenStorage } from '../src/index.ts';
import { type Listener, listen, startWorld, type World } from './world.ts';

/** What the page's own script puts there for the tests. */
export interface App {
  readonly client: Client;
  /** The events, in their order. */
  readonly heard: string[];
  readonly storage: TokenStorage;
  /** The outcome of `handleRedirect`. */
  readonly started: Promise<unknown>;
}

export interface Tabs {
  readonly world: World;
  readonly app: Listener;
  readonly context: BrowserContext;
  /** A tab at a path of the application; `store` is part of the path's query. */
  open(path?: string): Promise<Page>;
  /** As if the session in storage had been written that long ago. */
  age(page: Page, ms: number): Promise<void>;
  close(): Promise<void>;
}

const page = (script: string): string => `<!doctype html><title>App</title><script type="module">${script}</script>`;

export async function openTabs(store: 'inLocalStorage' | 'inIndexedDb'): Promise<Tabs> {
  const code = await bundle();
  let script = '';
  const app = await listen((request, response) => {
    const isCode = request.url === '/client.js';
    const isWorker = request.url === '/worker.js';
    response.writeHead(200, { 'content-type': isCode || isWorker ? 'text/javascript' : 'text/html' });
    response.end(
      isCode
        ? code
        : isWorker
          ? `${script} self.onmessage = async () => self.postMessage(await client.getToken());`
          : page(script),
    );
  });
  const redirectUri = `${app.origin}/callback`;
  const world = await startWorld({ redirectUris: [redirectUri], apiCors: app.origin });
  const options = {
    ...{ issuer: world.issuer, clientId: world.application.clientId, redirectUri },
    ...{ permissions: ['invoices.read'], apiOrigins: [world.api.origin] },
  };
  script = `
    import { createClient, ${store} } from '/client.js';
    const storage = ${store}();
    const client = createClient({ ...${JSON.stringify(options)}, storage });
    const heard = [];
    for (const name of ['signed-in', 'refreshed', 'ended', 'signed-out']) client.on(name, () => heard.push(name));
    if ('document' in globalThis) {
      const started = client.handleRedirect().catch((error) => ({ error: error.code }));
      globalThis.app = { client, heard, storage, started };
    }`;
  const browser = await launchChromium();
  const context = await newContext(browser);
  // An application on loopback asks for consent each time (RFC 8252 §8.6): the user allows it as soon as the page is opened.
  context.on('page', (page) => {
    page.on('framenavigated', async (frame) => {
      const { origin, pathname, search } = new URL(frame.url());
      if (origin !== world.issuer || pathname !== '/consent') return;
      const location = await world.allow(pathname + search);
      await page.goto(location).catch(() => {});
    });
  });
  // The user is signed in at the issuer and has allowed the application.
  await world.goThrough(await world.client({ redirectUri }).signInUrl());
  await context.addCookies([
    {
      name: 'keyhouse_sign_in',
      value: world.person.browser.value('sign-in') ?? '',
      url: world.issuer,
      httpOnly: true,
      sameSite: 'Lax',
    },
  ]);
  const key = `keyhouse:${world.issuer}:${world.application.clientId}`;
  return {
    ...{ world, app, context },
    open: async (path = '/') => {
      const tab = await context.newPage();
      await tab.goto(app.origin + path);
      await ready(tab);
      return tab;
    },
    age: (tab, ms) =>
      inPage(
        tab,
        async ({ storage }, [name, age]) => {
          const tokens = JSON.parse((await storage.get(name)) ?? '{}');
          await storage.set(name, JSON.stringify({ ...tokens, askedAtMs: tokens.askedAtMs - age }));
        },
        [key, ms] as const,
      ),
    close: async () => {
      await browser.close();
      await app.close();
      await world.stop();
    },
  };
}

/** Runs a function in the page, with what its script has put there. */
export const inPage = <Result, Argument = undefined>(
  tab: Page,
  work: (app: App, argument: Argument) => Result | Promise<Result>,
  argument?: Argument,
): Promise<Result> => tab.evaluate(`(${work})(app, ${JSON.stringify(argument)})`);

export const ready = async (tab: Page): Promise<void> => void (await tab.waitForFunction('globalThis.app !== undefined'));

/** Signs in with the page's own button's code: leaves, and comes back. */
export async function signInWithRedirect(tab: Page): Promise<void> {
  const back = tab.waitForRequest((request) => new URL(request.url()).pathname === '/callback');
  await inPage(tab, ({ client }) => void client.signIn());
  await back;
  await ready(tab);
  await inPage(tab, ({ started }) => started);
}

async function bundle(): Promise<string> {
  const built = await build({
    ...{ configFile: false, logLevel: 'silent' },
    build: {
      ...{ write: false, modulePreload: false },
      rolldownOptions: { input: join(import.meta.dirname, '../src/index.ts'), preserveEntrySignatures: 'strict' },
    },
  });
  const chunks = (Array.isArray(built) ? built : [built]).flatMap((each) => ('output' in each ? each.output : []));
  return chunks.map((chunk) => ('code' in chunk ? chunk.code : '')).join('');
}
