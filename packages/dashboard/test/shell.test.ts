import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeBrowser, type Dashboard, signIn, startDashboard } from './browser.ts';

describe('the dashboard', () => {
  let dashboard: Dashboard;
  beforeAll(async () => {
    dashboard = await startDashboard();
  });
  afterAll(async () => {
    await dashboard.stop();
    await closeBrowser();
  });

  it('sends a stranger to log in, and shows who has signed in their home', async () => {
    const { id } = await dashboard.register();
    const visit = await dashboard.visit();
    await visit.open('/dashboard/settings/developers');
    expect(visit.page.url()).toBe(`${dashboard.url}/login`);
    await signIn(dashboard, visit, id);
    await visit.open('/');
    await visit.page.getByRole('link', { name: 'Account settings' }).waitFor();
    await visit.expectAccessible();
  });
});
