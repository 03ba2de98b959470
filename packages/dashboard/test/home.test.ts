/** The home page in a real browser: what to do first, and the first request as it arrives. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeBrowser, type Dashboard, signIn, startDashboard } from './browser.ts';

describe('home', () => {
  let dashboard: Dashboard;
  beforeAll(async () => {
    dashboard = await startDashboard();
  });
  afterAll(async () => {
    await dashboard.stop();
    await closeBrowser();
  });

  it.each([360, 900, 1440])('tells what to do first, and sees the first request arrive by itself (%i pixels)', async (width) => {
    const { id, token } = await dashboard.register();
    const visit = await dashboard.visit({ viewport: { width, height: 800 } });
    const { page } = visit;
    await signIn(dashboard, visit, id);
    await visit.open('/dashboard');
    await page.getByText('Waiting for the first request').waitFor();
    await page.getByText(`${dashboard.url}/api/v1/cli/loggedUser`).waitFor();
    await visit.expectAccessible();
    expect(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')).toBe(0);

    expect((await dashboard.request('/api/v1/cli/loggedUser', { bearer: token })).status).toBe(200);
    await page.getByText('Your first request has arrived.').waitFor();
    await page.getByRole('img', { name: /1 request/ }).waitFor();
    await visit.expectAccessible();
  });
});
