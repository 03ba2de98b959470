/** Personal access tokens in a real browser: document A from the log-in to a request, and what happens to a token afterwards. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD } from '../../server/test/server.ts';
import { closeBrowser, type Dashboard, reloadUntil, signIn, startDashboard, type Visit } from './browser.ts';

const run = promisify(execFile);
const MINUTE_MS = 60_000;

describe('personal access tokens', () => {
  let dashboard: Dashboard;
  beforeAll(async () => {
    dashboard = await startDashboard();
  });
  afterAll(async () => {
    await dashboard.stop();
    await closeBrowser();
  });

  /** A browser of a new user, at Account settings → Developers. */
  async function developers(
    options: Parameters<Dashboard['visit']>[0] = {},
  ): Promise<{ visit: Visit; page: Page; userId: number }> {
    const { id } = await dashboard.register();
    const visit = await dashboard.visit(options);
    await signIn(dashboard, visit, id);
    await visit.open('/dashboard/settings/developers');
    await visit.page.getByRole('heading', { name: 'Developers', level: 1 }).waitFor();
    return { visit, page: visit.page, userId: id };
  }

  const verify = async (bearer: string, path = '/verify/api/invoices', method = 'GET'): Promise<number> =>
    (await dashboard.request(path, { bearer, method })).status;

  it('document A: log in, Account settings, Developers, Create a token, copy it, and curl is told who you are', async () => {
    const { email } = await dashboard.register();
    const { page, open } = await dashboard.visit();
    await open('/dashboard');
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('link', { name: 'Account settings' }).click();
    await page.getByRole('link', { name: 'Developers' }).click();
    await page.getByRole('button', { name: 'Create a token' }).click();
    await page.getByLabel('Name').fill('laptop');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByText('It will not be shown again.').waitFor();
    await page.getByRole('button', { name: 'Copy' }).click();
    const token = await page.evaluate(() => navigator.clipboard.readText());
    expect(token).toMatch(/^\d+\|kh_[0-9A-Za-z]{40}[0-9a-f]{8}$/);

    const bearer = `Authorization: Bearer ${token}`;
    const { stdout } = await run('curl', ['-sS', '-H', bearer, `${dashboard.url}/api/v1/cli/loggedUser`]);
    expect(JSON.parse(stdout)).toMatchObject({ user: { email } });
    // By then the page shows next to the secret that it works.
    await page.getByText('It works. First request:').waitFor();
  });

  it('shows the secret in the forms that people paste, and the curl that is shown works as it stands', async () => {
    const { page } = await developers();
    await createToken(page, 'laptop');
    const secret = page.getByLabel('Secret', { exact: true });
    const token = await secret.inputValue();
    await page.getByText('.env', { exact: true }).click();
    await expect.poll(() => secret.inputValue()).toBe(`KEYHOUSE_TOKEN="${token}"`);
    await page.getByText('PowerShell', { exact: true }).click();
    await expect.poll(() => secret.inputValue()).toBe(`$env:KEYHOUSE_TOKEN = '${token}'`);
    await page.getByText('export', { exact: true }).click();
    await expect.poll(() => secret.inputValue()).toBe(`export KEYHOUSE_TOKEN='${token}'`);
    await page.getByText('curl', { exact: true }).click();
    const { stdout } = await run('sh', ['-c', `${await secret.inputValue()} -sS`]);
    expect(JSON.parse(stdout)).toHaveProperty('user.email');
  });

  it('shows a secret until it is closed with intent, and never again', async () => {
    const { page, visit } = await developers();
    const token = await createToken(page, 'laptop');
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Security' }).click();
    await page.getByRole('dialog', { name: 'Have you copied the token?' }).getByRole('button', { name: 'Stay here' }).click();
    await expect.poll(() => page.getByLabel('Secret', { exact: true }).inputValue()).toBe(token);
    await page.getByRole('button', { name: 'Done' }).click();
    await expect.poll(() => focused(page)).toBe('Create a token');
    await visit.open('/dashboard/settings/developers');
    await page.getByRole('link', { name: 'laptop' }).waitFor();
    expect(await page.content()).not.toContain(token.split('|')[1]);
  });

  it('makes a token with the keyboard alone', async () => {
    const { page } = await developers();
    await page.getByRole('button', { name: 'Create a token' }).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.type('by hand');
    await page.keyboard.press('Enter');
    await page.getByLabel('Secret', { exact: true }).waitFor();
    await expect.poll(() => focused(page)).toBe('Your new token');
  });

  it('enforces the end, the permissions and the addresses that were chosen', async () => {
    const { page } = await developers();
    await page.getByRole('button', { name: 'Create a token' }).click();
    await page.getByLabel('Name').fill('narrow');
    await page.getByRole('button', { name: 'Expires' }).click();
    await page.getByRole('combobox', { name: 'Expires' }).selectOption({ label: 'In 7 days' });
    await page.getByRole('button', { name: 'Permissions' }).click();
    await page.getByText('Only some').click();
    await page.getByLabel('Permissions, one per line').fill('invoices.read');
    await page.getByRole('button', { name: 'Allowed addresses' }).click();
    await page.getByLabel('Addresses or blocks').fill('127.0.0.1\n::1');
    await page.getByRole('button', { name: 'Create' }).click();
    const token = await page.getByLabel('Secret', { exact: true }).inputValue();
    expect(await verify(token)).toBe(200);
    expect(await verify(token, '/verify/api/invoices', 'POST')).toBe(403);
    expect(await verify(token, '/verify/api/customers')).toBe(403);

    await page.getByRole('button', { name: 'Done' }).click();
    const elsewhere = await createToken(page, 'elsewhere', { addresses: '203.0.113.0/24' });
    expect(await verify(elsewhere)).toBe(401);

    dashboard.advance(8 * 24 * 60 * MINUTE_MS);
    expect(await verify(token)).toBe(401);
  });

  it('says at the field what is wrong, all of it typed still there', async () => {
    const { page, visit } = await developers();
    await page.getByRole('button', { name: 'Create a token' }).click();
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByText('Enter a name').waitFor();
    await page.getByLabel('Name').fill('faulty');
    await page.getByRole('button', { name: 'Allowed addresses' }).click();
    await page.getByLabel('Addresses or blocks').fill('203.0.113.7/24');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByText('host bits').or(page.getByText('bits set after its prefix')).waitFor();
    await expect.poll(() => page.getByLabel('Addresses or blocks').getAttribute('aria-invalid')).toBe('true');
    await expect.poll(() => page.getByLabel('Name').inputValue()).toBe('faulty');
    await visit.expectAccessible();
  });

  it('loses nothing that was typed when the connection is lost, and makes the token when it is back', async () => {
    const { page, visit } = await developers();
    await page.getByRole('button', { name: 'Create a token' }).click();
    await page.getByLabel('Name').fill('on a train');
    await visit.context.setOffline(true);
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('alert').getByText('Nothing you typed is lost').waitFor();
    await expect.poll(() => page.getByLabel('Name').inputValue()).toBe('on a train');
    await visit.context.setOffline(false);
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByLabel('Secret', { exact: true }).waitFor();
    visit.complaints.length = 0;
  });

  it('asks for the password when the last proof is older than ten minutes, and goes on with the name that was typed', async () => {
    const { page } = await developers();
    dashboard.advance(11 * MINUTE_MS);
    await page.getByRole('button', { name: 'Create a token' }).click();
    await page.getByLabel('Name').fill('after lunch');
    await page.getByRole('button', { name: 'Create' }).click();
    const dialog = page.getByRole('dialog', { name: 'Confirm it’s you' });
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('alert').waitFor();
    await expect.poll(() => page.getByLabel('Name').inputValue()).toBe('after lunch');
    await page.getByRole('button', { name: 'Create' }).click();
    await dialog.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await dialog.getByRole('button', { name: 'Confirm' }).click();
    await page.getByLabel('Secret', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('link', { name: 'after lunch' }).waitFor();
  });

  it('rotates with an overlap: both secrets work, the page tells who still uses the old one, and ending the overlap kills it', async () => {
    const { page, visit } = await developers();
    const old = await createToken(page, 'rotated');
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('button', { name: 'Actions: rotated' }).click();
    await page.getByRole('menuitem', { name: 'Rotate' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click();
    const young = await page.getByLabel('Secret', { exact: true }).inputValue();
    await visit.expectAccessible();
    await page.getByRole('button', { name: 'Done' }).click();
    expect(young).not.toBe(old);
    expect([await verify(old), await verify(young)]).toEqual([200, 200]);

    await page.getByRole('link', { name: 'rotated' }).click();
    await page.getByText('The old secret still works').waitFor();
    await reloadUntil(page, page.getByText('The old secret was used for 1 request since the rotation.'));
    await visit.expectAccessible();
    await page.getByRole('button', { name: 'End overlap now' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'End overlap now' }).click();
    await page.getByText('The old secret no longer works.').waitFor();
    expect([await verify(old), await verify(young)]).toEqual([401, 200]);
  });

  it('suggests what to take away after a month, narrows to it with one click, and undoes it for a day', async () => {
    const { page, visit, userId } = await developers();
    const token = await createToken(page, 'wide', { permissions: 'invoices.read\ninvoices.write' });
    await page.getByRole('button', { name: 'Done' }).click();
    expect(await verify(token)).toBe(200);
    await page.getByRole('link', { name: 'wide' }).click();
    await page.getByText('Its use has been recorded since').waitFor();
    const narrow = page.getByRole('button', { name: 'Remove unused permissions' });
    await expect.poll(() => narrow.count()).toBe(0);
    await dashboard.keyhouse.flush();
    dashboard.advance(30 * 24 * 60 * MINUTE_MS);
    await signIn(dashboard, visit, userId);
    await reloadUntil(page, narrow);
    await page.getByText('This suggestion is based on its use over 30 days.').waitFor();
    await visit.expectAccessible();
    await narrow.click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Will be removed:').waitFor();
    await dialog.getByText('invoices.write').waitFor();
    await dialog.getByRole('button', { name: 'Reduce permissions' }).click();
    await page.getByText('You can undo this for one day').waitFor();
    const both = async () => [await verify(token), await verify(token, '/verify/api/invoices', 'POST')];
    expect(await both()).toEqual([200, 403]);
    await visit.expectAccessible();
    // It widens, so it requires a proof.
    dashboard.advance(11 * MINUTE_MS);
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await dialog.getByText('These permissions will be restored:').waitFor();
    await visit.expectAccessible();
    await dialog.getByRole('button', { name: 'Undo', exact: true }).click();
    const proof = page.getByRole('dialog', { name: 'Confirm it’s you' });
    await proof.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await proof.getByRole('button', { name: 'Confirm' }).click();
    await page.getByText('Restored. It has the same permissions and addresses as before.').waitFor();
    expect(await both()).toEqual([200, 200]);
    await expect.poll(() => page.getByRole('button', { name: 'Undo', exact: true }).count()).toBe(0);
  });

  it('renames and revokes from the list; what is revoked is refused at once', async () => {
    const { page } = await developers();
    const token = await createToken(page, 'first');
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('button', { name: 'Actions: first' }).click();
    await page.getByRole('menuitem', { name: 'Rename' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('second');
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Actions: second' }).click();
    await page.getByRole('menuitem', { name: 'Revoke' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('link', { name: 'second' }).waitFor({ state: 'detached' });
    expect(await verify(token)).toBe(401);
  });

  it.each([360, 900, 1440])('fits %i pixels, in light and dark, without a violation', async (width) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, visit } = await developers({ viewport: { width, height: 800 }, colorScheme });
      await visit.expectAccessible();
      await page.getByRole('button', { name: 'Create a token' }).click();
      for (const fold of ['Expires', 'Permissions', 'Allowed addresses']) await page.getByRole('button', { name: fold }).click();
      await page
        .getByLabel('Name')
        .fill('a name as long as names are allowed to be, and no space to break it at: '.padEnd(100, 'x'));
      await visit.expectAccessible();
      await page.getByRole('button', { name: 'Create' }).click();
      await page.getByLabel('Secret', { exact: true }).waitFor();
      await visit.expectAccessible();
      await expect.poll(() => sideways(page)).toBe(0);
      await page.getByRole('button', { name: 'Done' }).click();
      await page.getByRole('link', { name: /a name as long/ }).click();
      await page.getByRole('heading', { name: 'Least privilege' }).waitFor();
      await visit.expectAccessible();
      await expect.poll(() => sideways(page)).toBe(0);
      await visit.close();
    }
  });
});

/** How many pixels the page can be scrolled sideways. */
const sideways = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

const focused = (page: Page): Promise<string> => page.evaluate("document.activeElement?.textContent ?? ''");

async function createToken(page: Page, name: string, wish: { permissions?: string; addresses?: string } = {}): Promise<string> {
  await page.getByRole('button', { name: 'Create a token' }).click();
  await page.getByLabel('Name').fill(name);
  if (wish.permissions !== undefined) {
    await page.getByRole('button', { name: 'Permissions' }).click();
    await page.getByText('Only some').click();
    await page.getByLabel('Permissions, one per line').fill(wish.permissions);
  }
  if (wish.addresses !== undefined) {
    await page.getByRole('button', { name: 'Allowed addresses' }).click();
    await page.getByLabel('Addresses or blocks').fill(wish.addresses);
  }
  await page.getByRole('button', { name: 'Create' }).click();
  return page.getByLabel('Secret', { exact: true }).inputValue();
}
