/** The API reference in a real browser: it works without an origin, and reaches nothing of the dashboard. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeBrowser, type Dashboard, startDashboard } from './browser.ts';

describe('the API reference', () => {
  let dashboard: Dashboard;
  beforeAll(async () => {
    dashboard = await startDashboard();
  });
  afterAll(async () => {
    await dashboard.stop();
    await closeBrowser();
  });

  it('is read and searched, with a console without errors, and asks no other host', async () => {
    const { page, open, complaints } = await dashboard.visit();
    await open('/docs');
    await page.getByText('Sign in and get a token').first().click();
    await page.getByRole('heading', { name: 'Sign in and get a token' }).waitFor();
    await page.getByText('/api/v1/auth/login').first().waitFor();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('introspect');
    await page
      .getByRole('option', { name: /Introspect a credential/ })
      .first()
      .waitFor();
    await expect.poll(() => page.getByRole('button', { name: /test request/i }).count()).toBe(0);
    // A library in it checks whether it may compile at run time, and accepts a refusal.
    const others = complaints.filter((each) => each !== 'The policy forbids script-src of eval ');
    expect(others).toEqual([]);
    complaints.length = 0;
  });

  it('has no origin: no cookie, no storage, and no request reaches the dashboard, whatever its script would do', async () => {
    const { page, open, context, complaints } = await dashboard.visit();
    await context.addCookies([{ name: 'keyhouse_sign_in', value: 'x', url: dashboard.url, sameSite: 'Lax' }]);
    await open('/docs/');
    await page.getByText('Sign in and get a token').first().waitFor();
    const found = await page.evaluate(async () => ({
      origin: self.origin,
      cookie: (() => {
        try {
          return document.cookie;
        } catch {
          return 'refused';
        }
      })(),
      asked: await fetch('/dashboard/api/state').then(
        () => 'answered',
        () => 'refused',
      ),
      inline: (() => {
        const script = document.createElement('script');
        script.textContent = 'window.ran = true';
        document.body.append(script);
        return 'ran' in window;
      })(),
    }));
    expect(found).toEqual({ origin: 'null', cookie: 'refused', asked: 'refused', inline: false });
    // The browser reports each thing that was tried here, a moment later.
    const policies = () => complaints.filter((each) => /^The policy forbids (connect-src|script-src-elem)/.test(each));
    await expect.poll(policies).toHaveLength(2);
    await page.close();
    complaints.length = 0;
  });
});
