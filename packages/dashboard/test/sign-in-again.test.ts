/** A sign-in that ends while a form is open: the same user signs in again on the same page, and what was typed is done. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addTotp, registered } from '../../server/test/browser.ts';
import { browserFor } from '../../server/test/dashboard-browser.ts';
import { OPERATOR, PASSWORD } from '../../server/test/server.ts';
import { addAuthenticator } from './authenticator.ts';
import { closeBrowser, type Dashboard, signIn, startDashboard, type Visit } from './browser.ts';
import { button, isIn, logIn } from './steps.ts';

describe('a sign-in that ends while a form is open', () => {
  let dashboard: Dashboard;
  beforeAll(async () => {
    dashboard = await startDashboard();
  });
  afterAll(async () => {
    await dashboard.stop();
    await closeBrowser();
  });

  const endSignIns = (userId: number) => dashboard.keyhouse.administration.endSignInsOf({ userId, by: OPERATOR });
  const tokensOf = async (userId: number): Promise<readonly string[]> => {
    const { json } = await (await browserFor(dashboard, userId)).ask('/tokens');
    return json.credentials.map(({ name }: { name: string }) => name);
  };
  /** *Create a token*, filled in by a user who is signed in; nothing is sent yet. */
  async function typing(user: { readonly id: number }, name: string): Promise<Visit> {
    const visit = await dashboard.visit();
    await signIn(dashboard, visit, user.id);
    return await typingIn(visit, name);
  }
  async function typingIn(visit: Visit, name: string): Promise<Visit> {
    await visit.open('/dashboard/settings/developers');
    await button(visit.page, 'Create a token').click();
    await visit.page.getByLabel('Name').fill(name);
    await visit.page.getByRole('button', { name: 'Permissions' }).click();
    await visit.page.getByText('Only some').click();
    await visit.page.getByLabel('Permissions, one per line').fill('invoices.read');
    return visit;
  }
  const dialogOf = (page: Page) => page.getByRole('dialog', { name: 'Sign in again' });
  const createdToken = (page: Page): Promise<string> => page.getByLabel('Secret', { exact: true }).inputValue();
  async function expectWhatWasTyped(token: string): Promise<void> {
    const verify = (method: string) => dashboard.request('/verify/api/invoices', { bearer: token, method });
    expect([(await verify('GET')).status, (await verify('POST')).status]).toEqual([200, 403]);
  }

  it('asks for the password in place, and creates the token with all that was typed', async () => {
    const user = await dashboard.register();
    const visit = await typing(user, 'typed before lunch');
    const { page } = visit;
    await endSignIns(user.id);
    await button(page, 'Create').click();
    const dialog = dialogOf(page);
    await dialog.getByText('nothing you typed is lost').waitFor();
    await expect.poll(() => dialog.getByLabel('Email').inputValue()).toBe(user.email);
    await visit.expectAccessible();
    await dialog.getByLabel('Password', { exact: true }).fill('not the password');
    await button(page, 'Sign in').click();
    await dialog.getByText('do not match').waitFor();
    await dialog.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await button(page, 'Sign in').click();
    await expectWhatWasTyped(await createdToken(page));
    // Once, and the list behind it knows of it.
    await button(page, 'Done').click();
    await page.getByRole('link', { name: 'typed before lunch' }).waitFor();
    expect((await tokensOf(user.id)).filter((name) => name === 'typed before lunch')).toHaveLength(1);
  });

  it('keeps what was typed when somebody turns away, and asks again when they try again', async () => {
    const user = await dashboard.register();
    const { page } = await typing(user, 'not now');
    await endSignIns(user.id);
    await button(page, 'Create').click();
    await dialogOf(page).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('alert').getByText('You are signed out.').first().waitFor();
    await expect.poll(() => page.getByLabel('Name').inputValue()).toBe('not now');
    await button(page, 'Create').click();
    await dialogOf(page).getByLabel('Password', { exact: true }).fill(PASSWORD);
    await button(page, 'Sign in').click();
    await expectWhatWasTyped(await createdToken(page));
  });

  it('asks for the second factor in place as well', async () => {
    const { browser, ...user } = await registered(dashboard);
    const visit = await dashboard.visit();
    await signIn(dashboard, visit, user.id);
    const { code } = await addTotp(dashboard, browser);
    await typingIn(visit, 'in two steps');
    const { page } = visit;
    await endSignIns(user.id);
    await button(page, 'Create').click();
    const dialog = dialogOf(page);
    await dialog.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await button(page, 'Sign in').click();
    await dialog.getByLabel('Code').fill('000000');
    await dialog.getByRole('button', { name: 'Continue' }).click();
    await dialog.getByText('This code is not valid').waitFor();
    await visit.expectAccessible();
    await dialog.getByLabel('Code').fill(code());
    await dialog.getByRole('button', { name: 'Continue' }).click();
    await expectWhatWasTyped(await createdToken(page));
  });

  it('takes a passkey in place', async () => {
    const user = await dashboard.register();
    const visit = await dashboard.visit();
    const { page } = visit;
    await addAuthenticator(page);
    await signIn(dashboard, visit, user.id);
    await visit.open('/dashboard/settings/security');
    await button(page, 'Add a passkey').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Continue' }).click();
    await page.getByText('No passkeys yet.').waitFor({ state: 'detached' });
    await visit.open('/dashboard/settings/developers');
    await button(page, 'Create a token').click();
    await page.getByLabel('Name').fill('by passkey');
    await endSignIns(user.id);
    await button(page, 'Create').click();
    await dialogOf(page).getByRole('button', { name: 'Sign in with a passkey' }).click();
    await createdToken(page);
    expect(await tokensOf(user.id)).toContain('by passkey');
  });

  it('does nothing for another user who signs in instead, says so, and loses nothing', async () => {
    const [user, other] = [await dashboard.register(), await dashboard.register()];
    const visit = await typing(user, 'for one alone');
    const { page, context } = visit;
    await endSignIns(user.id);
    await button(page, 'Create').click();
    const dialog = dialogOf(page);
    await dialog.waitFor();
    const tab = await context.newPage();
    await tab.goto(`${dashboard.url}/login`);
    await logIn(tab, other.email, PASSWORD);
    await isIn(tab);
    await dialog.getByRole('button', { name: 'I’ve signed in' }).click();
    await dialog.getByText(`You are now signed in as ${other.email}, but this page is for ${user.email}.`).waitFor();
    await visit.expectAccessible();
    expect(await tokensOf(user.id)).not.toContain('for one alone');
    expect(await tokensOf(other.id)).not.toContain('for one alone');
    await dialog.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await button(page, 'Sign in').click();
    await expectWhatWasTyped(await createdToken(page));
    expect(await tokensOf(user.id)).toContain('for one alone');
    expect(await tokensOf(other.id)).not.toContain('for one alone');
  });

  it('asks in place, too, where another user has signed in from another tab, and nothing is done for them', async () => {
    const [user, other] = [await dashboard.register(), await dashboard.register()];
    const visit = await typing(user, 'mine');
    await signIn(dashboard, visit, other.id);
    await button(visit.page, 'Create').click();
    await dialogOf(visit.page).waitFor();
    expect(await tokensOf(other.id)).not.toContain('mine');
    await dialogOf(visit.page).getByLabel('Password', { exact: true }).fill(PASSWORD);
    await button(visit.page, 'Sign in').click();
    await createdToken(visit.page);
    expect(await tokensOf(user.id)).toContain('mine');
  });
});
