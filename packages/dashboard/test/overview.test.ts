/** The overview page in a real browser: first steps, and the first request as it arrives. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MANY_REFUSALS } from '../../server/src/core/use/notices.ts';
import { OPERATOR } from '../../server/test/server.ts';
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
    await expect.poll(() => page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')).toBe(0);

    expect((await dashboard.request('/api/v1/cli/loggedUser', { bearer: token })).status).toBe(200);
    await page.getByText('Your first request has arrived.').waitFor();
    await page.getByRole('img', { name: /1 request/ }).waitFor();
    await visit.expectAccessible();
  });

  it('says that nothing needs attention only where that is true, whatever else happened since', async () => {
    const { id, accountId, token } = await dashboard.register();
    const { store } = dashboard;
    expect((await dashboard.request('/api/v1/cli/loggedUser', { bearer: token })).status).toBe(200);
    await expect
      .poll(async () => (await store.credentials.useOfAccount({ accountId, sinceDay: 0, nowMs: dashboard.now() })).hasRequest)
      .toBe(true);
    const visit = await dashboard.visit();
    const { page } = visit;
    await signIn(dashboard, visit, id);
    await visit.open('/dashboard');
    await page.getByText('You’re all caught up.').waitFor();

    const refused = await dashboard.key(accountId, { name: 'refused' });
    const write = (event: 'request.refused' | 'jwt.minted', times: number) =>
      store.audit.record({
        events: Array.from({ length: times }, () => ({
          ...{ event, atMs: dashboard.now(), by: OPERATOR, accountId, credentialId: refused.id },
        })),
      });
    await write('request.refused', MANY_REFUSALS);
    for (let written = 0; written < 3000; written += 500) await write('jwt.minted', 500);
    await page.reload();
    await page.getByRole('link', { name: 'Requests with “refused” are rejected' }).waitFor();
    await expect.poll(() => page.getByText('You’re all caught up.').count()).toBe(0);
    await visit.expectAccessible();
    await page.getByRole('link', { name: 'Requests with “refused” are rejected' }).click();
    await page.getByRole('heading', { name: 'refused' }).waitFor();
  });
});
