/** What the pages say is what the server did: about mails, links, addresses, teams. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { linkIn } from '../../server/test/mails.ts';
import { invite, newAdministrator, newMember, newPerson, newTeam } from '../../server/test/people.ts';
import { PASSWORD } from '../../server/test/server.ts';
import { closeBrowser, type Dashboard, signIn, startDashboard, type Visit } from './browser.ts';
import { button, isIn, title } from './steps.ts';

describe('what the pages say', () => {
  let dashboard: Dashboard;
  beforeAll(async () => {
    dashboard = await startDashboard();
  });
  afterEach(() => dashboard.closeVisits());
  afterAll(async () => {
    await dashboard.stop();
    await closeBrowser();
  });

  async function at(path: string): Promise<Visit> {
    const visit = await dashboard.visit({ reducedMotion: 'reduce' });
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
    await title(visit.page, 'Sign in to Keyhouse');
    // The browser itself logs the 404.
    visit.complaints.splice(0);
  });

  it('never says that a mail was sent where there is no mail server, and says whom to ask for the link', async () => {
    const { page, ...visit } = await at('/forgot');
    await page.getByText('This server sends no email').waitFor();
    await page.getByLabel('Email').fill('somebody@example.com');
    await button(page, 'Create link').click();
    await title(page, 'Ask the operator for the link');
    await visit.expectAccessible();

    await page.goto(`${dashboard.url}/register`);
    const email = `u-${crypto.randomUUID()}@example.com`;
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await button(page, 'Register').click();
    await isIn(page);
    const banner = page.getByRole('region', { name: 'Your email address' });
    await banner.getByText('This server sends no email: ask the operator').waitFor();
    await visit.expectAccessible();
    const before = await linkIn(dashboard, email, '/verify-email#');
    await banner.getByRole('button', { name: 'Create a new link' }).click();
    await banner.getByText('The operator finds it under Administration, Email').waitFor();
    await expect.poll(() => linkIn(dashboard, email, '/verify-email#')).not.toBe(before);
    await page.goto(`${dashboard.url}/dashboard/settings/profile`);
    await page.getByText('This server sends no email: you get the link from the operator.').waitFor();
    await expect.poll(() => page.getByText(/that we sent|Send again|on its way/).count()).toBe(0);
  });

  it('sends nothing by the name of a button either: of a team, of the operator, of the mails', async () => {
    const admin = await newAdministrator(dashboard);
    const team = await newTeam(admin);
    await invite(dashboard, admin, team, 'guest@example.com', 'viewer');
    const visit = await at('/login');
    const { page } = visit;
    await signIn(dashboard, visit, admin.id);
    const sends = page.getByRole('button', { name: /\bsend/i });
    await visit.open(`/dashboard/accounts/${team}/members`);
    await button(page, 'Create a new link for guest@example.com').waitFor();
    await expect.poll(() => sends.count()).toBe(0);
    await button(page, 'Invite someone').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Create link' }).waitFor();
    await expect.poll(() => sends.count()).toBe(0);
    await visit.open('/dashboard/operator/users');
    await button(page, 'Invite someone').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Create link' }).waitFor();
    await expect.poll(() => sends.count()).toBe(0);
    await visit.open('/dashboard/operator/mails');
    await button(page, 'Create a test email').waitFor();
    await expect.poll(() => sends.count()).toBe(0);
  });

  it('says that a link was used already, whichever it is', async () => {
    const owner = await newPerson(dashboard);
    const team = await newTeam(owner, 'Engines');
    const guest = await newPerson(dashboard);
    const ticket = await invite(dashboard, owner, team, guest.email, 'viewer');
    await guest.ask('/invitation/accept', { body: { ticket } });
    const { page } = await at(`/invitation#${ticket}`);
    await page.getByText('This invitation was already accepted.').waitFor();
  });

  it('opens the team that was joined by registering with its invitation', async () => {
    const owner = await newPerson(dashboard);
    const team = await newTeam(owner, 'Difference Engines');
    // A team's own invitation opens registration only where everyone may register.
    const email = `u-${crypto.randomUUID()}@example.com`;
    const { page } = await at(`/invitation#${await invite(dashboard, owner, team, email, 'developer')}`);
    await button(page, 'Register to accept').click();
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await button(page, 'Register').click();
    await page.waitForURL(`${dashboard.url}/dashboard/accounts/${team}`);
    await title(page, 'Difference Engines');
  });

  it('drops a team at once when somebody was removed from it: its lists, its name in the switcher, and it says why', async () => {
    const owner = await newPerson(dashboard);
    const team = await newTeam(owner, 'Analytical Engines');
    const member = await newMember(dashboard, owner, team, 'developer');
    const visit = await at('/login');
    const { page } = visit;
    await title(page, 'Sign in to Keyhouse');
    await signIn(dashboard, visit, member.id);
    await visit.open(`/dashboard/accounts/${team}/members`);
    await page.getByRole('table', { name: 'Members' }).waitFor();
    const navigation = page.getByRole('navigation', { name: 'Main' });
    await navigation.getByRole('link', { name: 'API keys' }).click();
    await title(page, 'API keys');
    const removed = await owner.ask(`/accounts/${team}/members/${member.id}`, { method: 'DELETE' });
    expect(removed.status).toBeLessThan(300);

    // What this page remembers of the members is too recent to be requested again automatically.
    await navigation.getByRole('link', { name: 'Audit log' }).click();
    await title(page, 'You’re no longer a member of Analytical Engines');
    await visit.expectAccessible();
    const switcher = page.getByLabel('Account', { exact: true });
    await expect.poll(() => switcher.locator('option').allTextContents()).not.toContain('Analytical Engines');
    await page.goBack();
    await title(page, 'You’re no longer a member of Analytical Engines');
    await page.goBack();
    await title(page, 'You’re no longer a member of Analytical Engines');
    await expect.poll(() => page.getByRole('table', { name: 'Members' }).count()).toBe(0);
  });

  it('asks again for the accounts when the window is looked at', async () => {
    const owner = await newPerson(dashboard);
    const team = await newTeam(owner, 'Looms');
    const member = await newMember(dashboard, owner, team, 'viewer');
    const visit = await at('/login');
    const { page } = visit;
    await signIn(dashboard, visit, member.id);
    await visit.open('/dashboard');
    const looms = page.getByLabel('Account', { exact: true }).locator('option', { hasText: 'Looms' });
    await looms.waitFor({ state: 'attached' });
    await owner.ask(`/accounts/${team}/members/${member.id}`, { method: 'DELETE' });
    await page.evaluate(() => window.dispatchEvent(new Event('focus')));
    await looms.waitFor({ state: 'detached' });
  });
});
