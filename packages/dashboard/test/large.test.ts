/**
 * A catalogue of 1,000 permissions and 5,000 routes: only what is visible is rendered, and a letter renders no row but its own.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { authPath, newApplication, newPkce } from '../../server/test/applications.ts';
import { crowdOfMembers } from '../../server/test/loop/crowd.ts';
import { newAdministrator, newMember, newTeam, type Person } from '../../server/test/people.ts';
import { closeBrowser, type Dashboard, signIn, startDashboard, type Visit } from './browser.ts';
import { catalogueOf, routesOf } from './large.ts';
import { button } from './steps.ts';
import { countWork, workOf } from './work.ts';

const DAY_MS = 86_400_000;
const CATALOGUE = catalogueOf(1000);
const NAMES = CATALOGUE.map(({ name }) => name);
/** Of a list, whatever its length: what fits into the window and a margin. */
const MAX_ROWS = 40;
/** A letter in another field: the form itself and its other fields. */
const MAX_FOR_A_LETTER = 400;

describe('with very many permissions and routes', () => {
  let dashboard: Dashboard;
  let admin: Person;
  let team: number;
  beforeAll(async () => {
    dashboard = await startDashboard();
    admin = await newAdministrator(dashboard);
    team = await newTeam(admin);
    await admin.ask('/operator/permissions', { method: 'PUT', body: { permissions: CATALOGUE } });
    await admin.ask('/operator/routes', { method: 'PUT', body: { routes: routesOf(5000) } });
  });
  afterEach(() => dashboard.closeVisits());
  afterAll(async () => {
    await dashboard.stop();
    await closeBrowser();
  });

  let visit: Visit;
  async function at(path: string): Promise<Visit['page']> {
    visit = await dashboard.visit();
    await countWork(visit.page);
    await signIn(dashboard, visit, admin.id);
    await visit.open(path);
    return visit.page;
  }

  it('renders what is seen of the permissions of a new token, and finds the others', async () => {
    const page = await at('/dashboard/settings/developers');
    await button(page, 'Create a token').first().click();
    await page.getByRole('button', { name: /^Permissions/ }).click();
    await page.getByText('Only some', { exact: true }).click();
    const table = page.getByRole('table', { name: 'Permissions' });
    await table.getByRole('checkbox', { name: /^area-00-thing-0\.read/ }).waitFor();
    // Screen readers are told how many there are: 500 resources, the row of all, and the heading.
    await expect.poll(() => table.getAttribute('aria-rowcount')).toBe('502');
    await expect.poll(() => table.getByRole('row').count()).toBeLessThan(MAX_ROWS);

    const name = page.getByLabel('Name');
    await name.click();
    expect(await workOf(page, () => page.keyboard.press('a'))).toBeLessThan(MAX_FOR_A_LETTER);
    const box = table.getByRole('checkbox', { name: /^area-00-thing-3\.write/ });
    expect(await workOf(page, () => box.click())).toBeLessThan(MAX_FOR_A_LETTER);
    await expect.poll(() => box.isChecked()).toBe(true);

    // The last of them: by the filter, and by scrolling.
    await page.getByLabel('Filter permissions').fill('area-49-thing-9');
    await table.getByRole('checkbox', { name: /^area-49-thing-9\.write/ }).check();
    await page.getByLabel('Filter permissions').fill('');
    await page.getByText('2 permissions').first().waitFor();
    await table.getByRole('checkbox', { name: /^area-00-thing-0\.read/ }).hover();
    await page.mouse.wheel(0, 100_000);
    await expect.poll(() => table.getByRole('checkbox', { name: /^area-49-thing-9\.write/ }).isChecked()).toBe(true);
    await expect.poll(() => table.getByRole('row').count()).toBeLessThan(MAX_ROWS);
  });

  it('lets the keyboard walk through all rows, and keeps the one that has the focus', async () => {
    const page = await at('/dashboard/settings/developers');
    await button(page, 'Create a token').first().click();
    await page.getByRole('button', { name: /^Permissions/ }).click();
    await page.getByText('Only some', { exact: true }).click();
    const table = page.getByRole('table', { name: 'Permissions' });
    await table.getByRole('checkbox', { name: /^area-00-thing-0\.read/ }).focus();
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label')?.split(':')[0]);
    for (const expected of NAMES.slice(1, 60)) {
      await page.keyboard.press('Tab');
      await expect.poll(focused).toBe(expected);
    }
    // Scrolled away, it still has the focus, and the next one is the next.
    await table.getByRole('checkbox', { name: /^area-02-thing-9\.write/ }).hover();
    await page.mouse.wheel(0, 5000);
    await expect.poll(() => table.getByRole('checkbox', { name: /^area-12-/ }).count()).toBeGreaterThan(0);
    await expect.poll(() => focused()).toBe(NAMES[59]);
    await page.keyboard.press('Tab');
    await expect.poll(focused).toBe(NAMES[60]);
  });

  it('renders what is seen where a token is narrowed', async () => {
    const made = await admin.ask('/tokens', {
      body: { name: 'broad', expires_at: null, addresses: null, permissions: null },
    });
    expect(made.status).toBe(200);
    const page = await at(`/dashboard/settings/developers/${made.json.credential.id}`);
    await button(page, 'Reduce permissions').first().click();
    await page.getByRole('dialog').getByText('Only some', { exact: true }).click();
    const table = page.getByRole('dialog').getByRole('table', { name: 'Permissions' });
    const box = table.getByRole('checkbox', { name: /^area-00-thing-1\.read/ });
    await box.waitFor();
    await expect.poll(() => table.getByRole('row').count()).toBeLessThan(MAX_ROWS);
    expect(await workOf(page, () => box.click())).toBeLessThan(MAX_FOR_A_LETTER);
    await expect.poll(() => box.isChecked()).toBe(true);
  });

  it('renders the first of very many members, and finds the others', async () => {
    const crowded = await newTeam(admin, 'Crowd');
    crowdOfMembers(dashboard.database.url.replace('sqlite:', ''), { accountId: crowded, size: 60 });
    const page = await at(`/dashboard/accounts/${crowded}/members`);
    const rows = page.getByRole('table', { name: 'Members' }).getByRole('row');
    await expect.poll(() => rows.count()).toBe(51);
    await button(page, 'Load more').click();
    await expect.poll(() => rows.count()).toBe(62);
    await page.getByLabel('Find a member by name or email').fill('CROWD42@');
    await expect.poll(() => rows.count()).toBe(2);
    await page.getByLabel('Find a member by name or email').fill('nobody else');
    await page.getByText('No member has a name or email like this.').waitFor();
    await visit.expectAccessible();

    // A viewer sees no addresses: the others are found by what is shown of them.
    const viewer = await newMember(dashboard, admin, crowded, 'viewer');
    visit = await dashboard.visit();
    await signIn(dashboard, visit, viewer.id);
    await visit.open(`/dashboard/accounts/${crowded}/members`);
    const search = visit.page.getByLabel('Find a member by name or email');
    await search.fill('null');
    await visit.page.getByText('No member has a name or email like this.').waitFor();
  });

  it('renders what is seen of what an application asks for', async () => {
    const { id } = await newApplication(dashboard, team, { permissions: NAMES.slice(0, 100) });
    const page = await at(`/dashboard/accounts/${team}/applications/${id}`);
    await page.getByRole('tab', { name: 'Settings' }).click();
    await page.getByRole('button', { name: /^Requests access to/ }).click();
    const table = page.getByRole('table', { name: 'Requests access to' });
    await table.getByRole('checkbox').first().waitFor();
    await expect.poll(() => table.getAttribute('aria-rowcount')).toBe('1001');
    await expect.poll(() => table.getByRole('row').count()).toBeLessThan(MAX_ROWS);
    await page.getByLabel('Name', { exact: true }).click();
    expect(await workOf(page, () => page.keyboard.press('a'))).toBeLessThan(MAX_FOR_A_LETTER);
  });

  it('renders what is seen of the catalogue, and takes one to what is wrong', async () => {
    const page = await at('/dashboard/operator/permissions');
    const first = page.getByLabel('Resource 1', { exact: true });
    await first.click();
    await expect.poll(() => page.getByRole('row').count()).toBeLessThan(MAX_ROWS);
    expect(await workOf(page, () => page.keyboard.press('a'))).toBeLessThan(MAX_FOR_A_LETTER);
    await page.keyboard.press('Backspace');
    await page.mouse.wheel(0, 1_000_000);
    const last = page.getByLabel('Resource 500', { exact: true });
    await last.fill('');
    await page.mouse.wheel(0, -1_000_000);
    await first.waitFor();
    await button(page, 'Save').click();
    await expect.poll(() => last.evaluate((field) => document.activeElement === field)).toBe(true);
  });

  it('renders what is seen of the routes', async () => {
    const page = await at('/dashboard/operator/routes');
    await page.getByLabel('Pattern 1', { exact: true }).click();
    await expect.poll(() => page.getByRole('listitem').count()).toBeLessThan(MAX_ROWS);
    expect(await workOf(page, () => page.keyboard.press('a'))).toBeLessThan(MAX_FOR_A_LETTER);
    await page.mouse.wheel(0, 10_000_000);
    await expect.poll(() => page.getByLabel('Pattern 5000', { exact: true }).inputValue()).toBe('/things-4999/:id');
  });

  it('renders one line again where a permission is left out of a consent', async () => {
    const asked = NAMES.slice(0, 100);
    const application = await newApplication(dashboard, team, { optionalPermissions: asked });
    const page = await at(authPath(application, newPkce(), { scope: asked.join(' ') }));
    const boxes = page.getByRole('checkbox');
    await boxes.first().waitFor();
    await expect.poll(() => boxes.count()).toBe(100);
    expect(await workOf(page, () => boxes.first().click())).toBeLessThan(50);
  });

  it('renders what is seen where a token is narrowed to what is used', async () => {
    const { id } = await dashboard.key(team, { permissions: NAMES.slice(0, 100) });
    const day = Math.floor(dashboard.now() / DAY_MS);
    const use = { credentialId: id, requests: 1, lastUsedAtMs: dashboard.now() };
    const seen = { lastAddress: null, lastUserAgent: null, previousRequests: 0 };
    const before = { previousLastUsedAtMs: null, previousLastAddress: null, previousLastUserAgent: null };
    await dashboard.store.credentials.recordUse({
      uses: [{ ...use, ...seen, ...before, day }],
      permissions: NAMES.slice(0, 50).map((permission) => ({ ...use, permission, day })),
    });
    // The last test: earlier sign-ins have ended by then.
    dashboard.advance(30 * DAY_MS);
    const page = await at(`/dashboard/accounts/${team}/keys/${id}`);
    await button(page, 'Remove unused permissions').click();
    const dialog = page.getByRole('dialog');
    const [kept, gone] = ['Will be kept:', 'Will be removed:'].map((name) => dialog.getByRole('region', { name }));
    if (kept === undefined || gone === undefined) throw new Error('Two lists.');
    await kept.getByText('area-00-thing-0.read', { exact: true }).waitFor();
    for (const list of [kept, gone]) await expect.poll(() => list.getByRole('listitem').count()).toBeLessThan(MAX_ROWS);
    // The last of them: by the keyboard.
    await gone.focus();
    await page.keyboard.press('End');
    await gone.getByText('area-04-thing-9.write', { exact: true }).waitFor();
    await expect.poll(() => gone.getByText('area-04-thing-9.write', { exact: true }).getAttribute('aria-setsize')).toBe('50');
    await visit.expectAccessible();
  });
});
