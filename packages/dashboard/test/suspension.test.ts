/** Suspending and deleting accounts in a real browser: what the operator does, and what the members of the account then see. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { newApplication, openSession } from '../../server/test/applications.ts';
import { newAdministrator, newMember, newPerson, newTeam, type Person } from '../../server/test/people.ts';
import { closeBrowser, type Dashboard, signIn, startDashboard, type Visit } from './browser.ts';

let dashboard: Dashboard;
let admin: Person;
beforeAll(async () => {
  dashboard = await startDashboard({ trustedProxies: ['127.0.0.1'] });
  admin = await newAdministrator(dashboard);
});
afterEach(() => dashboard.closeVisits());
afterAll(async () => {
  await dashboard.stop();
  await closeBrowser();
});

async function browse(userId: number, path: string): Promise<Visit> {
  const visit = await dashboard.visit({ reducedMotion: 'reduce' });
  await signIn(dashboard, visit, userId);
  await visit.open(`/dashboard${path}`);
  await visit.page.getByRole('heading', { level: 1 }).waitFor();
  return visit;
}
const verify = async (bearer: string): Promise<number> => (await dashboard.request('/verify/api/invoices', { bearer })).status;

it('an account is found, suspended with a reason, and resumed; its keys follow, and its members read why', async () => {
  const owner = await newPerson(dashboard);
  const team = await newTeam(owner, 'Looms');
  const key = await dashboard.key(team);
  const { page, ...visit } = await browse(admin.id, '/operator/accounts');
  await page.getByLabel('Search', { exact: false }).fill('Loo');
  await page.getByRole('link', { name: 'Looms', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Looms' }).waitFor();
  await page.getByText('1 API key', { exact: true }).waitFor();
  await visit.expectAccessible();

  await page.getByRole('button', { name: 'Suspend', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Suspend Looms?' });
  await dialog.getByLabel('Reason (optional)').fill('An invoice is open.');
  await visit.expectAccessible();
  await dialog.getByRole('button', { name: 'Suspend' }).click();
  await page.getByRole('button', { name: 'Resume', exact: true }).waitFor();
  await page.getByText('Shown to members: An invoice is open.').waitFor();
  expect(await verify(key.text)).toBe(401);

  const theirs = await browse(owner.id, `/accounts/${team}/keys`);
  await theirs.page.getByText('The team Looms is suspended', { exact: false }).waitFor();
  await theirs.page.getByText('The operator says: An invoice is open.', { exact: false }).waitFor();
  await theirs.expectAccessible();
  await theirs.open(`/dashboard/accounts/${team}/keys/${key.id}`);
  await theirs.page.getByRole('button', { name: 'Rename', exact: true }).click();
  await theirs.page.getByRole('dialog').getByRole('textbox').fill('Too late');
  await theirs.page.getByRole('dialog').locator('button[type=submit]').click();
  await theirs.page.getByText('This account is suspended.').waitFor();

  await page.getByRole('button', { name: 'Resume', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click();
  await page.getByRole('button', { name: 'Suspend', exact: true }).waitFor();
  expect(await verify(key.text)).toBe(200);
});

it('an account is deleted only after all that ends with it was shown and its name typed', async () => {
  const owner = await newPerson(dashboard);
  const team = await newTeam(owner, 'Doomed');
  await newMember(dashboard, owner, team, 'viewer');
  const key = await dashboard.key(team);
  const application = await newApplication(dashboard, team);
  for (let count = 0; count < 2; count++) await openSession(dashboard, await newPerson(dashboard), application);
  const { page, ...visit } = await browse(admin.id, `/operator/accounts/${team}`);
  await page.getByRole('button', { name: 'Delete account' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete Doomed?' });
  for (const line of ['1 API key', '1 application', '2 user sessions', '2 memberships'])
    await dialog.getByText(line, { exact: true }).waitFor();
  await visit.expectAccessible();
  const confirm = dialog.getByRole('button', { name: 'Delete account' });
  await expect.poll(() => confirm.isDisabled()).toBe(true);
  await dialog.getByLabel('Type Doomed to confirm').fill('Doomed');
  await confirm.click();
  await page.waitForURL('**/operator/accounts');
  await expect.poll(() => verify(key.text)).toBe(401);
});

it('owners are shown what ends with a team, an application and a key before they confirm', async () => {
  const owner = await newPerson(dashboard);
  const team = await newTeam(owner, 'Engines');
  const key = await dashboard.key(team);
  await dashboard.request('/auth', { bearer: key.text, body: { permissions: ['invoices.read'] } });
  const application = await newApplication(dashboard, team, { name: 'Reader' });
  await openSession(dashboard, await newPerson(dashboard), application);
  const { page, ...visit } = await browse(owner.id, `/accounts/${team}/settings`);
  await page.getByRole('button', { name: 'Delete', exact: false }).click();
  const dialog = page.getByRole('dialog');
  for (const line of ['1 API key', '1 JWT minted from API keys', '1 application', '1 user session'])
    await dialog.getByText(line, { exact: true }).waitFor();
  await visit.open(`/dashboard/accounts/${team}/applications/${application.id}`);
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await dialog.getByText('1 user session', { exact: true }).waitFor();
  await visit.open(`/dashboard/accounts/${team}/keys/${key.id}`);
  await page.getByText('Created by', { exact: true }).waitFor();
  await page.getByText('the operator', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Revoke', exact: true }).click();
  await dialog.getByText('1 JWT minted from API keys', { exact: true }).waitFor();
  await visit.open('/dashboard/settings/profile');
  await page.getByRole('button', { name: 'Delete your account' }).click();
  await dialog.getByText('1 membership in a team', { exact: true }).waitFor();
});
