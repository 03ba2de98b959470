/** The frame around every page, in a real browser. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newMember, newPerson, newTeam } from '../../server/test/people.ts';
import { OPERATOR } from '../../server/test/server.ts';
import { closeBrowser, type Dashboard, signIn, startDashboard, type Visit } from './browser.ts';

describe('the dashboard', () => {
  let dashboard: Dashboard;
  beforeAll(async () => {
    dashboard = await startDashboard();
  });
  afterEach(() => dashboard.closeVisits());
  afterAll(async () => {
    await dashboard.stop();
    await closeBrowser();
  });

  /** A browser in which a user has signed in, at a path. */
  async function at(path: string, options: Parameters<Dashboard['visit']>[0] = {}, userId?: number): Promise<Visit> {
    const visit = await dashboard.visit(options);
    await signIn(dashboard, visit, userId ?? (await dashboard.register()).id);
    await visit.open(path);
    await visit.page.getByRole('link', { name: 'Account settings' }).waitFor();
    return visit;
  }

  async function administrator(): Promise<number> {
    const email = `admin-${crypto.randomUUID()}@example.com`;
    const created = await dashboard.keyhouse.users.create({
      email,
      password: 'a long password',
      isAdministrator: true,
      by: OPERATOR,
    });
    if (!created.ok) throw new Error(created.reason);
    return created.value.id;
  }

  /**
   * As in a tab that was just opened, wherever the focus is: an address that ends in #content moves it when the page has been
   * loaded.
   */
  async function fromTheTop(page: Visit['page']): Promise<void> {
    await page.evaluate(() => {
      const top = document.createElement('span');
      top.tabIndex = -1;
      document.body.prepend(top);
      top.focus();
      top.remove();
    });
  }

  it('sends a stranger to log in', async () => {
    const visit = await dashboard.visit();
    await visit.open('/dashboard/settings/developers');
    expect(visit.page.url()).toBe(`${dashboard.url}/login`);
  });

  it('has a link Account settings on every page, outside menus, and below it Profile, Security and Developers', async () => {
    const { page } = await at('/dashboard');
    const { accountId } = await dashboard.register();
    for (const path of ['/', `/accounts/${accountId}/keys`, '/settings/developers', '/nowhere']) {
      await page.goto(`${dashboard.url}/dashboard${path}`);
      await page.getByRole('banner').getByRole('link', { name: 'Account settings' }).waitFor();
    }
    await page.getByRole('link', { name: 'Account settings' }).click();
    const settings = page.getByRole('navigation', { name: 'Account settings' });
    for (const name of ['Profile', 'Security', 'Developers']) await settings.getByRole('link', { name }).waitFor();
    await settings.getByRole('link', { name: 'Developers' }).click();
    expect(new URL(page.url()).pathname).toBe('/dashboard/settings/developers');
    await expect.poll(() => settings.getByRole('link', { name: 'Developers' }).getAttribute('aria-current')).toBe('page');
  });

  it.each([
    [360, 'light'],
    [360, 'dark'],
    [900, 'light'],
    [1440, 'dark'],
  ] as const)('is accessible and fits at %i pixels in %s', async (width, colorScheme) => {
    const visit = await at('/dashboard', { viewport: { width, height: 800 }, colorScheme }, await administrator());
    for (const path of ['/settings/developers', '/operator/nowhere']) {
      await visit.open(`/dashboard${path}`);
      await visit.page.getByRole('heading', { level: 1 }).waitFor();
      await visit.expectAccessible();
      await visit.expectToFit();
    }
  });

  it('can be walked with the keyboard, beginning with a way past the navigation', async () => {
    const { page } = await at('/dashboard/settings/developers');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await fromTheTop(page);
    await page.keyboard.press('Tab');
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? document.activeElement?.id);
    await expect.poll(focused).toBe('Skip to content');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('content');

    await page.reload();
    await page.getByRole('heading', { level: 1 }).waitFor();
    // The rooms of an account are shown once it is known which accounts there are.
    await page.getByRole('link', { name: 'Audit log' }).waitFor();
    await fromTheTop(page);
    const names: string[] = [];
    for (let step = 0; step < 13; step++) {
      await page.keyboard.press('Tab');
      names.push(
        await page.evaluate(
          () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '',
        ),
      );
    }
    expect(names.join(' · ')).toMatch(/Skip to content · Keyhouse · Account · Account settings · Theme: system · Sign out · /);
    expect(names).toEqual(expect.arrayContaining(['Home', 'API keys', 'Applications', 'Audit log', 'Profile', 'Security']));
  });

  it('moves the focus to a page that was opened, so that a screen reader begins there', async () => {
    const { page } = await at('/dashboard');
    await page.getByRole('link', { name: 'API keys' }).click();
    await page.getByRole('heading', { name: 'API keys', level: 1 }).waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('content');
    await expect.poll(() => page.title()).toBe('API keys · Keyhouse');
  });

  it('follows the theme of the system, takes another one by a button, and remembers it', async () => {
    const { page } = await at('/dashboard', { colorScheme: 'dark' });
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await ground();
    await page.getByRole('button', { name: 'Theme: system' }).click();
    await page.getByRole('button', { name: 'Theme: light' }).waitFor();
    await expect.poll(() => ground()).toBe('rgb(255, 255, 255)');
    await page.reload();
    await page.getByRole('button', { name: 'Theme: light' }).click();
    await expect.poll(() => ground()).toBe(dark);
    await page.getByRole('button', { name: 'Theme: dark' }).click();
    await page.emulateMedia({ colorScheme: 'light' });
    await expect.poll(ground).toBe('rgb(255, 255, 255)');
  });

  it('switches between the accounts that somebody can reach', async () => {
    const owner = await newPerson(dashboard);
    const team = await newTeam(owner, 'Engines');
    const member = await newMember(dashboard, owner, team, 'viewer');
    const { page } = await at('/dashboard', {}, member.id);
    const main = page.getByRole('navigation', { name: 'Main' });
    await main.getByRole('link', { name: 'API keys' }).waitFor();
    await expect.poll(() => main.getByRole('link', { name: 'Members' }).count()).toBe(0);
    await page.getByLabel('Account', { exact: true }).selectOption('Engines');
    await page.waitForURL(`${dashboard.url}/dashboard/accounts/${team}`);
    await main.getByRole('link', { name: 'Members' }).waitFor();
    // A viewer cannot change anything, so there is nothing to set.
    await expect.poll(() => main.getByRole('link', { name: 'Team settings' }).count()).toBe(0);
  });

  it('shows the pages of administrators to administrators alone', async () => {
    const { page } = await at('/dashboard');
    await page.getByRole('link', { name: 'API keys' }).waitFor();
    await expect.poll(() => page.getByRole('link', { name: 'Administration' }).count()).toBe(0);
    const admin = await at('/dashboard', {}, await administrator());
    await admin.page.getByRole('link', { name: 'Administration' }).waitFor();
  });

  it('says that the server cannot be reached, keeps what was typed, and goes on by itself', async () => {
    const { page, context, complaints } = await at('/dashboard/settings/developers');
    await page.getByRole('button', { name: 'Create a token' }).first().click();
    await page.getByLabel('Name').fill('backup job');
    await context.setOffline(true);
    await page.getByText('You are offline').first().waitFor();
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByRole('alert').getByText('You are offline').waitFor();
    await expect.poll(() => page.getByLabel('Name').inputValue()).toBe('backup job');
    await context.setOffline(false);
    await page.getByRole('status').getByText('You are offline').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByLabel('Secret', { exact: true }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('asks to confirm that it is you when the last proof is old, and then does what was asked', async () => {
    const { page, ...visit } = await at('/dashboard/settings/developers');
    dashboard.advance(11 * 60_000);
    await page.getByRole('button', { name: 'Create a token' }).first().click();
    await page.getByLabel('Name').fill('deploy');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Confirm it’s you' });
    await dialog.waitFor();
    await visit.expectAccessible();
    await dialog.getByLabel('Password', { exact: true }).fill('not this one');
    await dialog.getByRole('button', { name: 'Confirm' }).click();
    await dialog.getByText('The password is wrong').waitFor();
    await dialog.getByLabel('Password', { exact: true }).fill('correct horse battery staple');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await page.getByLabel('Secret', { exact: true }).waitFor();
  });

  it('changes nothing when the confirmation is turned away, and keeps what was typed', async () => {
    const { page } = await at('/dashboard/settings/developers');
    dashboard.advance(11 * 60_000);
    await page.getByRole('button', { name: 'Create a token' }).first().click();
    await page.getByLabel('Name').fill('deploy');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByRole('dialog').getByLabel('Password', { exact: true }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('Nothing was changed, because you didn’t confirm it’s you.').waitFor();
    await expect.poll(() => page.getByLabel('Name').inputValue()).toBe('deploy');
  });

  it('asks in place when the sign-in has ended meanwhile, and leads to the log-in page whoever leaves', async () => {
    const { id } = await dashboard.register();
    const { page, context } = await at('/dashboard/settings/profile', {}, id);
    // The page knows whose it is: before that it would lead to the sign-in page at once.
    await page.getByRole('link', { name: 'API keys' }).waitFor();
    await dashboard.keyhouse.administration.endSignInsOf({ userId: id, by: OPERATOR });
    // Not by the mouse: a request behind the page may have opened the dialog over it already.
    await page.getByRole('link', { name: 'API keys' }).dispatchEvent('click');
    await page.getByRole('dialog', { name: 'Sign in again' }).waitFor();
    await page.reload();
    await page.waitForURL(`${dashboard.url}/login`);
    const cookies = await context.cookies();
    expect(cookies.find(({ name }) => name === 'keyhouse_return')?.value).toMatch(/accounts%2F\d+%2Fkeys|accounts\/\d+\/keys/);
  });

  it('logs out', async () => {
    const { page, context } = await at('/dashboard');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${dashboard.url}/login`);
    expect((await context.cookies()).map(({ name }) => name)).not.toContain('keyhouse_sign_in');
    await page.goto(`${dashboard.url}/dashboard`);
    expect(page.url()).toBe(`${dashboard.url}/login`);
  });

  it('wears the operator’s name and colour from the first moment, in both themes, and stays readable', async () => {
    const set = (name: string, accent: string) =>
      dashboard.keyhouse.branding.set({ wish: { name, accent, logo: undefined }, by: OPERATOR });
    for (const [accent, colorScheme] of [
      ['#101010', 'dark'],
      ['#b00020', 'light'],
    ] as const) {
      await set('Acme <Keys> & "Co"', accent);
      const visit = await at('/dashboard/settings/developers', { colorScheme });
      await visit.page.getByRole('link', { name: 'Acme <Keys> & "Co"' }).waitFor();
      await visit.page.getByRole('button', { name: 'Create a token' }).first().waitFor();
      await visit.expectAccessible();
    }
    await set('Keyhouse', '#3451b2');
  });
});
