/** What the pages say is what the server did: of mails, of links, of addresses, of teams. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { closeBrowser, type Dashboard, startDashboard, type Visit } from './browser.ts';
import { title } from './steps.ts';

describe('what the pages say', () => {
  let dashboard: Dashboard;
  const visits: Visit[] = [];
  beforeAll(async () => {
    dashboard = await startDashboard();
  });
  // Each closes with a look at what the console said.
  afterEach(async () => {
    for (const visit of visits.splice(0)) await visit.close();
  });
  afterAll(async () => {
    await dashboard.stop();
    await closeBrowser();
  });

  async function at(path: string): Promise<Visit> {
    const visit = await dashboard.visit({ reducedMotion: 'reduce' });
    visits.push(visit);
    await visit.open(path);
    return visit;
  }

  it('shows a page at a wrong address, with the way to the dashboard', async () => {
    const visit = await at('/login');
    const answer = await visit.page.goto(`${dashboard.url}/logn`);
    expect(answer?.status()).toBe(404);
    await title(visit.page, 'This page does not exist');
    await visit.expectAccessible();
    await visit.page.getByRole('link', { name: 'Go to the dashboard' }).click();
    await title(visit.page, 'Log in to Keyhouse');
    // The browser notes the 404 by itself.
    visit.complaints.splice(0);
  });
});
