/** A new installation that sends mail requires a verified address before the first token and the first key. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { closeBrowser, type Dashboard, signIn, startDashboard } from './browser.ts';
import { type Post, startPost } from './post.ts';
import { button, title } from './steps.ts';

let post: Post;
let dashboard: Dashboard;
beforeAll(async () => {
  post = await startPost();
  dashboard = await startDashboard({ transport: post.transport });
});
afterAll(async () => {
  await dashboard.stop();
  await post.stop();
  await closeBrowser();
});

it.each([
  ['token', 'Create a token', () => '/dashboard/settings/developers'],
  ['key', 'Create an API key', (account: number) => `/dashboard/accounts/${account}/keys`],
] as const)(
  'asks for the verified address before the first %s, sends the link again, and goes on after it',
  async (_, create, at) => {
    const user = await dashboard.register(undefined, { isVerified: false });
    const visit = await dashboard.visit();
    const { page } = visit;
    await signIn(dashboard, visit, user.id);
    await visit.open(at(user.accountId));
    await button(page, create).first().click();
    await page.getByRole('heading', { name: 'Verify your email first' }).waitFor();
    await page.getByText(`Follow the link in the email to ${user.email}.`).waitFor();
    await expect.poll(() => page.getByLabel('Name', { exact: true }).count()).toBe(0);
    await visit.expectAccessible();
    await visit.expectToFit();

    // Not verified stays not verified, whatever the button is told.
    await button(page, 'I’ve verified it').click();
    await page.getByRole('heading', { name: 'Verify your email first' }).waitFor();
    // The one from the registration, which the new one replaces.
    const old = await post.linkTo(user.email, '/verify-email');
    await button(page, 'Send the email again').click();
    await page.getByText('The email is on its way.').waitFor();

    const link = await post.linkTo(user.email, '/verify-email');
    expect(link).not.toBe(old);
    const other = await visit.context.newPage();
    await other.goto(`${dashboard.url}${link}`);
    await title(other, 'Your email address is verified');
    await other.close();
    await button(page, 'I’ve verified it').click();
    await page.getByLabel('Name', { exact: true }).fill('first');
    await button(page, 'Create').click();
    await expect.poll(() => page.getByLabel('Secret', { exact: true }).inputValue()).toMatch(/kh_/);
    await button(page, 'Done').click();
  },
);
