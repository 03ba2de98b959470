/** A team in real browsers: from its creation to its end, each role with a separate browser. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkIn } from '../../server/test/mails.ts';
import { newMember, newPerson, newTeam } from '../../server/test/people.ts';
import { closeBrowser, type Dashboard, signIn, startDashboard, type Visit } from './browser.ts';

describe('a team', () => {
  let dashboard: Dashboard;
  beforeAll(async () => {
    dashboard = await startDashboard();
  });
  afterAll(async () => {
    await dashboard.stop();
    await closeBrowser();
  });

  /** A separate browser for a user, at a path of the dashboard. */
  async function browse(userId: number, path: string, options: Parameters<Dashboard['visit']>[0] = {}): Promise<Visit> {
    const visit = await dashboard.visit({ reducedMotion: 'reduce', ...options });
    await signIn(dashboard, visit, userId);
    await visit.open(`/dashboard${path}`);
    await visit.page.getByRole('heading', { level: 1 }).waitFor();
    return visit;
  }
  const verify = async (bearer: string): Promise<number> => (await dashboard.request('/verify/api/invoices', { bearer })).status;

  it('is made from the account switcher, and its maker owns it', async () => {
    const { id } = await newPerson(dashboard);
    const { page, ...visit } = await browse(id, '');
    await page.getByLabel('Account', { exact: true }).selectOption('New team…');
    await page.getByLabel('Name').fill('Difference Engines');
    await visit.expectAccessible();
    await page.getByRole('button', { name: 'Create team' }).click();
    await page.getByRole('heading', { name: 'Members', level: 1 }).waitFor();
    const row = page.getByRole('table', { name: 'Members' }).getByRole('row').nth(1);
    await expect.poll(() => row.textContent()).toContain('Owner');
    await expect
      .poll(() => page.getByLabel('Account', { exact: true }).locator('option:checked').textContent())
      .toBe('Difference Engines');
  });

  it('invites by mail; who follows the link joins with that role, and a viewer sees without being able to change', async () => {
    const owner = await newPerson(dashboard);
    const team = await newTeam(owner, 'Engines');
    const guest = await newPerson(dashboard);
    const inviter = await browse(owner.id, `/accounts/${team}/members`);
    await invite(inviter.page, guest.email, 'Viewer');
    await inviter.page.getByRole('table', { name: 'Open invitations' }).getByText(guest.email).waitFor();
    await inviter.expectAccessible();

    const ticket = await linkIn(dashboard, guest.email, '/invitation#');
    const guestVisit = await dashboard.visit();
    await signIn(dashboard, guestVisit, guest.id);
    await guestVisit.open(`/invitation#${ticket}`);
    await guestVisit.page.getByRole('button', { name: /Join|Accept/ }).click();
    await guestVisit.page.waitForURL(new RegExp(`/dashboard/accounts/${team}`));

    await guestVisit.open(`/dashboard/accounts/${team}/members`);
    await guestVisit.page.getByText('Inviting people and changing roles requires the role admin or owner.').waitFor();
    await expect.poll(() => guestVisit.page.getByRole('button', { name: 'Invite someone' }).count()).toBe(0);
    await expect.poll(() => guestVisit.page.getByRole('button', { name: /^Actions: / }).count()).toBe(1);
    await guestVisit.expectAccessible();
    await guestVisit.open(`/dashboard/accounts/${team}/keys`);
    await guestVisit.page.getByText('You can view keys here.').waitFor();
    await guestVisit.open(`/dashboard/accounts/${team}/settings`);
    await guestVisit.page.getByText('Only an owner can delete the team.').waitFor();
    await expect.poll(() => guestVisit.page.getByRole('button', { name: 'Delete team' }).isDisabled()).toBe(true);

    await inviter.page.reload();
    await inviter.page.getByRole('table', { name: 'Members' }).getByText(guest.email).waitFor();
    await expect.poll(() => inviter.page.getByRole('table', { name: 'Open invitations' }).count()).toBe(0);
  });

  it('tells at the field that somebody is a member already, and keeps what was typed', async () => {
    const owner = await newPerson(dashboard);
    const team = await newTeam(owner);
    const member = await newMember(dashboard, owner, team, 'developer');
    const { page } = await browse(owner.id, `/accounts/${team}/members`);
    await invite(page, member.email, 'Admin');
    await page.getByText('Someone with this email address is already a member.').waitFor();
    await expect.poll(() => page.getByRole('textbox', { name: 'Email address' }).inputValue()).toBe(member.email);
  });

  it('sends an invitation again, which ends the link before, and takes it back, which ends that one', async () => {
    const owner = await newPerson(dashboard);
    const team = await newTeam(owner);
    const guest = await newPerson(dashboard);
    const { page } = await browse(owner.id, `/accounts/${team}/members`);
    await invite(page, guest.email, 'Developer');
    const works = async (ticket: string) => (await guest.ask('/invitation/check', { body: { ticket } })).status;
    await page.getByRole('button', { name: `Create a new link for ${guest.email}` }).waitFor();
    const first = await linkIn(dashboard, guest.email, '/invitation#');
    await page.getByRole('button', { name: `Create a new link for ${guest.email}` }).click();
    await page.getByText(`A new link for ${guest.email} was created`).waitFor();
    const second = await linkIn(dashboard, guest.email, '/invitation#');
    expect([await works(first), await works(second)]).toEqual([422, 200]);
    await page.getByRole('button', { name: `Revoke invitation of ${guest.email}` }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke invitation' }).click();
    await page.getByRole('table', { name: 'Open invitations' }).waitFor({ state: 'detached' });
    expect(await works(second)).toBe(422);
  });

  it('keeps the key of a developer who left', async () => {
    const owner = await newPerson(dashboard);
    const team = await newTeam(owner);
    const developer = await newMember(dashboard, owner, team, 'developer');
    const { page } = await browse(developer.id, `/accounts/${team}/keys`);
    await page.getByRole('button', { name: 'Create an API key' }).click();
    await page.getByLabel('Name').fill('exporter');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    const key = await page.getByLabel('Secret', { exact: true }).inputValue();
    await page.getByRole('button', { name: 'Done' }).click();
    expect(await verify(key)).toBe(200);

    await page.getByRole('link', { name: 'Members' }).click();
    await page.getByRole('button', { name: `Actions: ${developer.email.split('@')[0]}` }).click();
    await page.getByRole('menuitem', { name: 'Leave team' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Leave team' }).click();
    await page.getByText('You have left Engines.').waitFor();
    await expect
      .poll(() => page.getByLabel('Account', { exact: true }).locator('option').allTextContents())
      .not.toContain('Engines');
    expect(await verify(key)).toBe(200);
    const keys = await browse(owner.id, `/accounts/${team}/keys`);
    await keys.page.getByRole('link', { name: 'exporter' }).waitFor();
  });

  it('lets an admin invite and change all but owners, and says why not those', async () => {
    const owner = await newPerson(dashboard);
    const team = await newTeam(owner);
    const admin = await newMember(dashboard, owner, team, 'admin');
    const other = await newMember(dashboard, owner, team, 'viewer');
    const { page, ...visit } = await browse(admin.id, `/accounts/${team}/members`);
    await page.getByRole('button', { name: 'Invite someone' }).click();
    await expect.poll(() => page.getByRole('dialog').getByRole('radio').count()).toBe(3);
    await visit.expectAccessible();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });

    await page.getByRole('button', { name: `Actions: ${nameOf(owner.email)}` }).click();
    const remove = page.getByRole('menuitem', { name: /^Remove/ });
    await expect.poll(() => remove.textContent()).toContain('Only an owner can change an owner.');
    await expect.poll(() => remove.getAttribute('aria-disabled')).toBe('true');
    await visit.expectAccessible();
    await page.keyboard.press('Escape');

    await page.getByRole('button', { name: `Actions: ${nameOf(other.email)}` }).click();
    await page.getByRole('menuitem', { name: 'Change role' }).click();
    await page.getByRole('dialog').getByLabel('Developer').check();
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByText(`${nameOf(other.email)} is now developer.`).waitFor();
    const row = page.getByRole('row').filter({ hasText: other.email });
    await expect.poll(() => row.textContent()).toContain('Developer');
  });

  it('takes a removed member out at the next click', async () => {
    const owner = await newPerson(dashboard);
    const team = await newTeam(owner);
    const member = await newMember(dashboard, owner, team, 'developer');
    const theirs = await browse(member.id, `/accounts/${team}/members`);
    const { page } = await browse(owner.id, `/accounts/${team}/members`);
    await page.getByRole('button', { name: `Actions: ${nameOf(member.email)}` }).click();
    await page.getByRole('menuitem', { name: 'Remove' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('API keys that they created belong to the team and keep working.').waitFor();
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await page.getByText(`${nameOf(member.email)} is no longer a member.`).waitFor();
    await theirs.page.reload();
    await theirs.page.getByRole('heading', { name: 'Page not found' }).waitFor();
  });

  it('is passed on by its owner, renamed, and deleted by typing its name; then its keys end', async () => {
    const owner = await newPerson(dashboard);
    const team = await newTeam(owner, 'Engines');
    const heir = await newMember(dashboard, owner, team, 'admin');
    const key = await dashboard.key(team);
    const first = await browse(owner.id, `/accounts/${team}/members`);
    await first.page.getByRole('button', { name: `Actions: ${nameOf(heir.email)}` }).click();
    await first.page.getByRole('menuitem', { name: 'Make owner' }).click();
    await first.page.getByRole('dialog').getByRole('button', { name: 'Transfer ownership' }).click();
    await first.page.getByText(`${nameOf(heir.email)} is now the owner.`).waitFor();
    await first.page.getByRole('link', { name: 'Team settings' }).click();
    await first.page.getByText('Only an owner can delete the team.').waitFor();

    const { page, ...second } = await browse(heir.id, `/accounts/${team}/settings`);
    await page.getByLabel('Team name').fill('Analytical Engines');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The name was changed.').waitFor();
    await page.getByRole('button', { name: 'Delete team' }).click();
    const dialog = page.getByRole('dialog');
    const confirm = dialog.getByRole('button', { name: 'Delete team' });
    await dialog.getByText('1 API key', { exact: true }).waitFor();
    await expect.poll(() => confirm.isDisabled()).toBe(true);
    await second.expectAccessible();
    await dialog.getByLabel('Type Analytical Engines to confirm').fill('Analytical Engines');
    expect(await verify(key.text)).toBe(200);
    await confirm.click();
    await page.getByText('Analytical Engines is deleted.').waitFor();
    await expect.poll(() => verify(key.text)).toBe(401);
    expect(new URL(page.url()).pathname).toMatch(/^\/dashboard\/?$/);
  });

  it('says to its only owner why they cannot leave', async () => {
    const owner = await newPerson(dashboard);
    const team = await newTeam(owner);
    const { page } = await browse(owner.id, `/accounts/${team}/members`);
    await page.getByRole('button', { name: `Actions: ${nameOf(owner.email)}` }).click();
    const leave = page.getByRole('menuitem', { name: /^Leave team/ });
    await expect.poll(() => leave.textContent()).toContain('You’re the only owner.');
    await leave.press('Enter');
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
  });

  it('is no page to a stranger, and a personal account has no members', async () => {
    const owner = await newPerson(dashboard);
    const team = await newTeam(owner);
    const stranger = await newPerson(dashboard);
    for (const path of [`/accounts/${team}/members`, `/accounts/${stranger.accountId}/members`]) {
      const { page } = await browse(stranger.id, path);
      await page.getByRole('heading', { name: 'Page not found' }).waitFor();
    }
  });

  it.each([
    [360, 'light'],
    [900, 'dark'],
    [1440, 'light'],
  ] as const)('is accessible and fits %i pixels (%s)', async (width, colorScheme) => {
    const owner = await newPerson(dashboard);
    const team = await newTeam(owner, 'Difference Engines and Analytical Machinery, Research and Development');
    await newMember(dashboard, owner, team, 'viewer');
    await owner.ask(`/accounts/${team}/invitations`, {
      body: { email: 'a.very.long.address@departments.of.a-university-with-a-long-name.example.com', role: 'developer' },
    });
    const visit = await browse(owner.id, '/new-team', { viewport: { width, height: 800 }, colorScheme });
    for (const path of ['/new-team', `/accounts/${team}/members`, `/accounts/${team}/settings`]) {
      await visit.open(`/dashboard${path}`);
      await visit.page.getByRole('heading', { level: 1 }).waitFor();
      await visit.page.waitForLoadState('networkidle');
      await visit.expectAccessible();
      await visit.expectToFit();
    }
  });
});

/** People who gave no name are called by the beginning of their address. */
const nameOf = (email: string): string => email.split('@')[0] ?? '';

async function invite(page: Page, email: string, role: string): Promise<void> {
  await page.getByRole('button', { name: 'Invite someone' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Email address').fill(email);
  await dialog.getByLabel(role, { exact: true }).check();
  await dialog.getByRole('button', { name: 'Create link' }).click();
}
