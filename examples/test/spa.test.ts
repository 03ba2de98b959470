/** The page without a back end, as a user sees it. */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { button, logIn } from '../../packages/dashboard/test/steps.ts';
import { newEmail } from '../../packages/server/test/browser.ts';
import { OPERATOR, PASSWORD } from '../../packages/server/test/server.ts';
import { startWorld, type Visit, type World } from './world.ts';

const MINUTE_MS = 60_000;

describe('examples/spa', () => {
  let world: World;
  let url: string;
  let visit: Visit;
  beforeAll(async () => {
    world = await startWorld();
    url = await world.startSpa();
    return () => world.stop();
  });
  beforeEach(async () => {
    visit = await world.visit(url);
  });
  afterEach(() => visit.close());

  const row = (text: string) => visit.page.getByRole('row').filter({ hasText: text });
  const says = (text: string): Promise<void> => visit.page.getByRole('status').getByText(text).waitFor();

  async function signIn(): Promise<{ email: string; id: number }> {
    const user = await world.keyhouse.register();
    await button(visit.page, 'Sign in').click();
    await logIn(visit.page, user.email, PASSWORD);
    await button(visit.page, 'Allow').click();
    await row('Analytical Engines').waitFor();
    return user;
  }

  it('lets somebody register, allow it, and see their invoices', async () => {
    const { page } = visit;
    const email = newEmail();
    await button(page, 'Sign in').click();
    await page.getByRole('link', { name: 'Register' }).click();
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await button(page, 'Register').click();
    await page.getByRole('heading', { name: 'Invoices asks for access' }).waitFor();
    await button(page, 'Allow').click();
    await row('Analytical Engines').waitFor();
    await page.getByText(email).waitFor();
    // No code stays in the address bar, nor where the back button leads.
    expect(page.url()).toBe(`${url}/`);
  });

  it('creates an invoice', async () => {
    await signIn();
    await visit.page.getByLabel('Customer').fill('<b>Ada</b> & Co.');
    await visit.page.getByLabel('Amount').fill('120.5');
    await button(visit.page, 'Create').click();
    await row('<b>Ada</b> & Co.').getByText('€120.50').waitFor();
  });

  it('is still signed in after a reload, and in another tab', async () => {
    const { email } = await signIn();
    await visit.page.reload();
    await row('Analytical Engines').waitFor();
    const tab = await visit.context.newPage();
    await tab.goto(url);
    await tab.getByText(email).waitFor();
  });

  it('goes on when its JWT has ended, without anybody noticing', async () => {
    await signIn();
    world.keyhouse.advance(11 * MINUTE_MS);
    const refreshed = visit.page.waitForResponse(/\/auth\/token$/);
    await visit.page.getByLabel('Customer').fill('Much later');
    await visit.page.getByLabel('Amount').fill('1');
    await button(visit.page, 'Create').click();
    expect((await refreshed).status()).toBe(200);
    await row('Much later').waitFor();
    // The browser itself logs the 401; nothing else does.
    expect(visit.complaints.splice(0)).toEqual([expect.stringContaining('401')]);
  });

  it('signs out, in every tab, and the session is over', async () => {
    await signIn();
    const tab = await visit.context.newPage();
    await tab.goto(url);
    await button(tab, 'Sign out').waitFor();
    const revoked = visit.page.waitForResponse(/\/auth\/revoke$/);
    await button(visit.page, 'Sign out').click();
    expect((await revoked).status()).toBe(200);
    await button(visit.page, 'Sign in').waitFor();
    await button(tab, 'Sign in').waitFor();
  });

  it('says so when access was denied', async () => {
    const { email } = await world.keyhouse.register();
    await button(visit.page, 'Sign in').click();
    await logIn(visit.page, email, PASSWORD);
    await button(visit.page, 'Deny').click();
    await says('You denied access, so nobody is signed in.');
    await button(visit.page, 'Sign in').waitFor();
    expect(visit.page.url()).toBe(`${url}/`);
  });

  it('says so when the session was ended at Keyhouse', async () => {
    const { id } = await signIn();
    await world.keyhouse.keyhouse.users.disable({ userId: id, by: OPERATOR });
    await button(visit.page, 'Reload').click();
    await says('Your session has ended. Sign in again.');
    await button(visit.page, 'Sign in').waitFor();
    visit.complaints.splice(0);
  });
});
