/** On a phone and on a tablet: the navigation is a menu, and the page begins near the top. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newAdministrator, newTeam, type Person } from '../../server/test/people.ts';
import { closeBrowser, type Dashboard, signIn, startDashboard, type Visit } from './browser.ts';
import { title } from './steps.ts';

describe('on a narrow screen', () => {
  let dashboard: Dashboard;
  let admin: Person;
  let team: number;
  beforeAll(async () => {
    dashboard = await startDashboard();
    // Not verified: the page says so above everything else.
    admin = await newAdministrator(dashboard, 'ada@example.com');
    team = await newTeam(admin, 'Engines');
  });
  afterEach(() => dashboard.closeVisits());
  afterAll(async () => {
    await dashboard.stop();
    await closeBrowser();
  });

  async function at(path: string, width: number): Promise<Visit> {
    const visit = await dashboard.visit({ viewport: { width, height: 740 } });
    await signIn(dashboard, visit, admin.id);
    await visit.open(path);
    await visit.page.getByRole('heading', { level: 1 }).waitFor();
    return visit;
  }

  const menu = ({ page }: Visit) => page.getByRole('button', { name: /^Menu/ });
  const drawer = ({ page }: Visit) => page.getByRole('dialog', { name: 'Menu' });

  it.each([360, 900])('begins the page in the first 150 pixels of %i × 740', async (width) => {
    const visit = await at('/dashboard', width);
    for (const path of ['', `/accounts/${team}/keys`, '/settings/security', '/operator/users', '/operator/permissions']) {
      await visit.open(`/dashboard${path}`);
      const heading = visit.page.getByRole('heading', { level: 1 });
      await heading.waitFor();
      expect.soft((await heading.boundingBox())?.y, path).toBeLessThan(150);
      await expect.poll(() => visit.page.getByRole('navigation').count()).toBe(0);
    }
  });

  it.each([360, 900])('leads everywhere from one button (%i pixels)', async (width) => {
    const visit = await at('/dashboard/settings/security', width);
    const { page } = visit;
    await expect.poll(() => menu(visit).getAttribute('aria-label')).toBe('Menu, you are at Security');
    await expect.poll(() => menu(visit).getAttribute('aria-expanded')).toBe('false');
    await menu(visit).click();
    await drawer(visit).waitFor();
    await visit.expectAccessible();
    for (const name of ['Main', 'Account settings', 'Administration'])
      await drawer(visit).getByRole('navigation', { name }).waitFor();
    const settings = drawer(visit).getByRole('navigation', { name: 'Account settings' });
    await expect.poll(() => settings.getByRole('link', { name: 'Security' }).getAttribute('aria-current')).toBe('page');

    await drawer(visit).getByRole('link', { name: 'Server audit log' }).click();
    await title(page, 'Server audit log');
    await drawer(visit).waitFor({ state: 'detached' });
    // A screen reader begins at the page that was opened.
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('content');
    await page.getByRole('button', { name: 'Menu, you are at Server audit log' }).click();

    await drawer(visit).getByLabel('Account', { exact: true }).selectOption('Engines');
    await page.waitForURL(`${dashboard.url}/dashboard/accounts/${team}`);
    await drawer(visit).waitFor({ state: 'detached' });
    await menu(visit).click();
    await drawer(visit).getByRole('link', { name: 'Members' }).click();
    await title(page, 'Members');
  });

  it('keeps the keyboard in the open menu, and gives it back', async () => {
    const visit = await at('/dashboard/settings/developers', 360);
    const { page } = visit;
    await menu(visit).focus();
    await page.keyboard.press('Enter');
    await drawer(visit).waitFor();
    const isInside = () => page.evaluate(() => document.activeElement?.closest('dialog') !== null);
    await expect.poll(isInside).toBe(true);
    const stops = await drawer(visit).locator('a, button, select').count();
    for (let step = 0; step <= stops; step++) {
      await page.keyboard.press('Tab');
      expect([step, await isInside()]).toEqual([step, true]);
    }
    await page.keyboard.press('Escape');
    await drawer(visit).waitFor({ state: 'detached' });
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toMatch(/^Menu/);
    await expect.poll(() => menu(visit).getAttribute('aria-expanded')).toBe('false');

    await menu(visit).click();
    await drawer(visit).getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${dashboard.url}/login`);
  });

  it('calls the account, the pages and the people of the operator by three names', async () => {
    const visit = await at('/dashboard/operator/users', 1280);
    const { page } = visit;
    await page.getByLabel('Account', { exact: true }).selectOption('Operator account');
    await title(page, 'Operator account');
    await expect.poll(() => page.getByRole('link', { name: 'Operator' }).count()).toBe(0);
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Administration' }).click();
    await page.getByRole('navigation', { name: 'Administration' }).getByRole('link', { name: 'Branding' }).waitFor();
    await page
      .getByRole('row', { name: new RegExp(admin.email) })
      .getByText('Administrator')
      .waitFor();
  });
});
