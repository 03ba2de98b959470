/** In a real browser: tabs, sleep, a network that is interrupted. */
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { inPage, openTabs, ready, signInWithRedirect, type Tabs } from './tabs.ts';

const TOKEN = 'POST /auth/token';
const HOUR_MS = 3_600_000;

describe.each(['inLocalStorage', 'inIndexedDb'] as const)('a page that keeps its session %s', (store) => {
  let tabs: Tabs;
  beforeAll(async () => {
    tabs = await openTabs(store);
    return () => tabs.close();
  });

  const requests = async (work: () => Promise<unknown>): Promise<number> => {
    const before = tabs.world.wire.count(TOKEN);
    await work();
    return tabs.world.wire.count(TOKEN) - before;
  };
  const call = (tab: Page): Promise<number> =>
    inPage(tab, async ({ client }, url) => (await client.fetch(url)).status, `${tabs.world.api.origin}/api/invoices`);
  async function signedIn(): Promise<Page> {
    const tab = await tabs.open();
    if ((await inPage(tab, ({ client }) => client.session())) === null) await signInWithRedirect(tab);
    return tab;
  }

  it('signs in with a redirect, comes back to where it was, and leaves nothing in the address bar or a Referer', async () => {
    const tab = await tabs.open('/invoices?page=2#last');
    await signInWithRedirect(tab);
    expect(tab.url()).toBe(`${tabs.app.origin}/invoices?page=2#last`);
    expect(await inPage(tab, ({ started }) => started)).toMatchObject({
      returnTo: '/invoices?page=2#last',
      session: { permissions: ['invoices.read'] },
    });
    expect(await call(tab)).toBe(200);
    expect(JSON.stringify(tabs.world.api.asked)).not.toMatch(/kh_code_|kh_refresh_/);
    expect(await inPage(tab, () => sessionStorage.length)).toBe(0);
    // There is no page to go back to that has the code in its address.
    await tab.reload();
    expect(await inPage(tab, ({ started }) => started)).toBeNull();
    expect(await call(tab)).toBe(200);
    await tab.close();
  });

  it('signs in with a window of its own, which closes by itself', async () => {
    const tab = await signedIn();
    await inPage(tab, ({ client }) => client.signOut());
    const opened = tabs.context.waitForEvent('page');
    const session = inPage(tab, ({ client }) => client.signIn({ mode: 'popup' }));
    const popup = await opened;
    const closed = popup.waitForEvent('close');
    expect(await session).toMatchObject({ permissions: ['invoices.read'] });
    await closed;
    expect(await call(tab)).toBe(200);
    await tab.close();
  });

  it('gives up a window when the caller does, or opens another', async () => {
    const tab = await signedIn();
    const errors = await inPage(tab, async ({ client }) => {
      const codeOf = (promise: Promise<unknown>) =>
        promise.then(
          () => 'none',
          (error) => error.code,
        );
      const first = codeOf(client.signIn({ mode: 'popup' }));
      const second = codeOf(client.signIn({ mode: 'popup', signal: AbortSignal.abort() }));
      return await Promise.all([first, second]);
    });
    expect(errors).toEqual(['aborted', 'aborted']);
    await tab.close();
  });

  it('says that the browser opened no window', async () => {
    const tab = await tabs.open();
    await tab.evaluate('window.open = () => null');
    expect(await inPage(tab, ({ client }) => client.signIn({ mode: 'popup' }).catch((error) => error.code))).toBe(
      'popup_blocked',
    );
    await tab.close();
  });

  it('keeps two sign-ins apart that go on side by side', async () => {
    const [one, other] = [await tabs.open('/one'), await tabs.open('/other')];
    await Promise.all([signInWithRedirect(one), signInWithRedirect(other)]);
    expect([one.url(), other.url()]).toEqual([`${tabs.app.origin}/one`, `${tabs.app.origin}/other`]);
    expect([await call(one), await call(other)]).toEqual([200, 200]);
    await one.close();
    await other.close();
  });

  it('tells every tab of signing in, refreshing and signing out', async () => {
    const [one, other] = [await signedIn(), await tabs.open()];
    expect(await inPage(other, ({ client }) => client.session())).not.toBeNull();
    await tabs.age(one, HOUR_MS);
    await one.reload();
    await inPage(one, ({ client }) => client.getToken());
    await other.waitForFunction(`app.heard.includes('refreshed')`);
    expect(await requests(() => call(other))).toBe(0);
    await inPage(one, ({ client }) => client.signOut());
    await other.waitForFunction(`app.heard.at(-1) === 'signed-out'`);
    expect([await inPage(other, ({ client }) => client.session()), await call(other)]).toEqual([null, 401]);
    await signInWithRedirect(one);
    await other.waitForFunction(`app.heard.at(-1) === 'signed-in'`);
    expect(await call(other)).toBe(200);
    await one.close();
    await other.close();
  });

  it('refreshes once in fifty tabs', async () => {
    const first = await signedIn();
    const others = await Promise.all(Array.from({ length: 49 }, () => tabs.open()));
    await tabs.age(first, HOUR_MS);
    const all = [first, ...others];
    // Each reads its storage again, as after a sleep.
    await Promise.all(all.map((tab) => tab.reload()));
    await Promise.all(all.map(ready));
    const asked = await requests(async () => {
      const tokens = await Promise.all(all.map((tab) => inPage(tab, ({ client }) => client.getToken())));
      expect(new Set(tokens).size).toBe(1);
    });
    expect(asked).toBe(1);
    await Promise.all(all.map((tab) => tab.close()));
  });

  it('lives on after a sleep over the end of its JWT', async () => {
    const tab = await signedIn();
    expect(await call(tab)).toBe(200);
    // The wall clock continues, timers and the monotonic clock do not.
    await tab.evaluate((ms) => {
      const now = Date.now;
      Date.now = () => now() + ms;
    }, 8 * HOUR_MS);
    tabs.world.server.advance(8 * HOUR_MS);
    expect(await requests(async () => expect(await call(tab)).toBe(200))).toBe(1);
    tabs.world.server.advance(-8 * HOUR_MS);
    await inPage(tab, ({ client }) => client.signOut());
    await tab.close();
  });

  it('lives when the network goes while the answer to a refresh is on its way', async () => {
    const tab = await signedIn();
    await tabs.age(tab, HOUR_MS);
    await tab.reload();
    // More than two: Chromium itself repeats a request if a connection ends without an answer.
    tabs.world.wire.fail('/auth/token', 'lost', 'lost', 'lost', 'lost', 'lost', 'lost');
    const code = await inPage(tab, ({ client }) => client.getToken().catch((error) => error.code));
    expect(code).toBe('unreachable');
    await tabs.context.setOffline(true);
    expect(await inPage(tab, ({ client }) => client.getToken().catch((error) => error.code))).toBe('unreachable');
    expect(await inPage(tab, ({ client }) => client.session())).not.toBeNull();
    await tabs.context.setOffline(false);
    tabs.world.wire.fail('/auth/token');
    expect(await call(tab)).toBe(200);
    await tab.close();
  });

  it('refreshes in another tab when the one that was at it is closed', async () => {
    const [one, other] = [await signedIn(), await tabs.open()];
    await tabs.age(one, HOUR_MS);
    await Promise.all([one.reload(), other.reload()]);
    tabs.world.wire.fail('/auth/token', 'hang');
    const asked = await requests(async () => {
      const hanging = tabs.context.waitForEvent('request', (request) => request.url().endsWith('/auth/token'));
      void inPage(one, ({ client }) => client.getToken()).catch(() => {});
      await hanging;
      const token = inPage(other, ({ client }) => client.getToken());
      await one.close();
      expect(await token).toMatch(/^eyJ/);
    });
    expect(asked).toBe(2);
    await other.close();
  });

  it('gives its JWT to no other origin, not even through a redirect', async () => {
    const tab = await signedIn();
    const away = `${tabs.app.origin}/elsewhere`;
    await tab.route(`${tabs.world.api.origin}/moved`, (route) =>
      route.fulfill({ status: 302, headers: { location: away, 'access-control-allow-origin': tabs.app.origin } }),
    );
    const seen = tabs.app.asked.length;
    await inPage(
      tab,
      ({ client }, url) =>
        client.fetch(url).then(
          () => {},
          () => {},
        ),
      `${tabs.world.api.origin}/moved`,
    );
    await inPage(tab, ({ client }, url) => client.fetch(url).then(() => {}), away);
    const elsewhere = tabs.app.asked.slice(seen).filter(({ line }) => line === 'GET /elsewhere');
    expect(elsewhere.length).toBeGreaterThan(0);
    expect(elsewhere.map(({ headers }) => headers.authorization)).toEqual(elsewhere.map(() => undefined));
    await tab.close();
  });

  // A worker has no localStorage.
  if (store === 'inIndexedDb')
    it('shares its session with a worker', async () => {
      const tab = await signedIn();
      const theirs = tab.evaluate(`new Promise((resolve) => {
      const worker = new Worker('/worker.js', { type: 'module' });
      worker.onmessage = ({ data }) => resolve(data);
      worker.postMessage('');
    })`);
      const both = [await theirs, await inPage(tab, ({ client }) => client.getToken())];
      expect(both[0]).toBe(both[1]);
      await tab.close();
    });
});
