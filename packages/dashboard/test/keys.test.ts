/** API keys in a real browser: document B from the key to a JWT, and the JWTs that were minted. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkIn } from '../../server/test/mails.ts';
import { OPERATOR } from '../../server/test/server.ts';
import { closeBrowser, type Dashboard, signIn, startDashboard, type Visit } from './browser.ts';

describe('API keys', () => {
  let dashboard: Dashboard;
  beforeAll(async () => {
    dashboard = await startDashboard();
  });
  afterAll(async () => {
    await dashboard.stop();
    await closeBrowser();
  });

  /** A browser of a new user, at the keys of the personal account. */
  async function keys(options: Parameters<Dashboard['visit']>[0] = {}): Promise<{ visit: Visit; page: Page; accountId: number }> {
    const { id, accountId } = await dashboard.register();
    const visit = await dashboard.visit(options);
    await signIn(dashboard, visit, id);
    await visit.open(`/dashboard/accounts/${accountId}/keys`);
    await visit.page.getByRole('heading', { name: 'API keys', level: 1 }).waitFor();
    return { visit, page: visit.page, accountId };
  }

  const mint = async (key: string, subject?: string): Promise<string> => {
    const answer = await dashboard.request('/auth', {
      bearer: key,
      body: { permissions: ['invoices.read'], ...(subject === undefined ? {} : { subject }) },
    });
    expect(answer.status).toBe(200);
    return answer.json.token;
  };
  const verify = async (bearer: string): Promise<number> => (await dashboard.request('/verify/api/invoices', { bearer })).status;

  it('document B: a key that was made here mints a JWT with POST /auth', async () => {
    const { page, visit } = await keys();
    const key = await createKey(page, 'billing');
    expect(key).toMatch(/^kh_live_[0-9A-Za-z]{40}[0-9a-f]{8}$/);
    expect(await verify(await mint(key))).toBe(200);
    await visit.expectAccessible();
  });

  it('makes a test key that says so', async () => {
    const { page } = await keys();
    await page.getByRole('button', { name: 'Create an API key' }).click();
    await page.getByLabel('Name').fill('trial');
    await page.getByText('Test', { exact: true }).click();
    await page.getByRole('button', { name: 'Create' }).click();
    await expect.poll(() => page.getByLabel('Secret', { exact: true }).inputValue()).toMatch(/^kh_test_/);
  });

  it('lists the JWTs of a key, finds one by its subject, and revokes one or all; what is revoked is refused', async () => {
    const { page, visit } = await keys();
    const key = await createKey(page, 'billing');
    await page.getByRole('button', { name: 'Done' }).click();
    const [ada, ben, own] = [await mint(key, 'ada'), await mint(key, 'ben'), await mint(key)];
    await page.getByRole('link', { name: 'billing' }).click();
    await page.getByRole('tab', { name: 'JWTs' }).click();
    const rows = page.getByRole('table', { name: 'Active JWTs' }).getByRole('row');
    await expect.poll(() => rows.count()).toBe(4);
    await visit.expectAccessible();
    await page.getByLabel('Search by subject').fill('ada');
    await expect.poll(() => rows.count()).toBe(2);
    await page.getByRole('button', { name: /^Revoke JWT/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('No active JWT for subject “ada”.').waitFor();
    expect([await verify(ada), await verify(ben), await verify(own)]).toEqual([401, 200, 200]);

    await page.getByLabel('Search by subject').fill('');
    await page.getByRole('button', { name: 'Revoke all' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke all' }).click();
    await page.getByText('2 JWTs are revoked.').waitFor();
    expect([await verify(ben), await verify(own), await verify(key)]).toEqual([401, 401, 200]);
  });

  it('decodes a JWT and says whether it holds, and no address of the browser ever carries it', async () => {
    const { page, visit } = await keys();
    const key = await createKey(page, 'billing');
    await page.getByRole('button', { name: 'Done' }).click();
    const jwt = await mint(key, 'ada');
    const urls: string[] = [];
    page.on('request', (request) => urls.push(request.url()));
    await page.getByRole('link', { name: 'billing' }).click();
    await page.getByRole('tab', { name: 'JWTs' }).click();
    await page.getByLabel('JWT', { exact: true }).fill(jwt);
    await page.getByRole('button', { name: 'Decode' }).click();
    await page.getByText('Valid', { exact: true }).waitFor();
    await page.getByText('"invoices.read"').waitFor();
    await visit.expectAccessible();
    await page.getByLabel('JWT', { exact: true }).fill(`${jwt.slice(0, -8)}AAAAAAAA`);
    await page.getByRole('button', { name: 'Decode' }).click();
    await page.getByText('Not signed by this server').waitFor();
    expect([...urls, page.url()].join('\n')).not.toContain(jwt.slice(0, 20));
  });

  it('revoking a key says that its JWTs end, and they do', async () => {
    const { page } = await keys();
    const key = await createKey(page, 'billing');
    await page.getByRole('button', { name: 'Done' }).click();
    const jwt = await mint(key);
    await page.getByRole('link', { name: 'billing' }).click();
    await page.getByRole('button', { name: 'Revoke' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('all JWTs minted from it will be revoked').waitFor();
    await dialog.getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('heading', { name: 'No API keys yet' }).waitFor();
    expect([await verify(key), await verify(jwt)]).toEqual([401, 401]);
  });

  it('shows a viewer everything and offers nothing, with the reason', async () => {
    const owner = await keys();
    const { id: team } = await ask(owner.page, '/accounts', { name: 'Engines' });
    await owner.visit.open(`/dashboard/accounts/${team}/keys`);
    await createKey(owner.page, 'of the team');
    const { id, email } = await dashboard.register();
    await ask(owner.page, `/accounts/${team}/invitations`, { email, role: 'viewer' });
    const viewer = await dashboard.visit();
    await signIn(dashboard, viewer, id);
    await viewer.open('/dashboard');
    await ask(viewer.page, '/invitation/accept', { ticket: await linkIn(dashboard, email, '/invitation#') });
    await viewer.open(`/dashboard/accounts/${team}/keys`);
    await viewer.page.getByText('You can view keys here.').waitFor();
    await viewer.page.getByRole('link', { name: 'of the team' }).click();
    await viewer.page.getByRole('heading', { name: 'Least privilege' }).waitFor();
    for (const name of ['Rename', 'Reduce permissions', 'Rotate', 'Revoke'])
      await expect.poll(() => viewer.page.getByRole('button', { name }).count()).toBe(0);
    await viewer.expectAccessible();
  });

  it('gives keyhouse.verify to a key of the operator account', async () => {
    const created = await dashboard.keyhouse.users.create({
      email: 'operator@example.com',
      password: 'an administrator has a long one',
      isAdministrator: true,
      by: OPERATOR,
    });
    if (!created.ok) throw new Error(created.reason);
    const visit = await dashboard.visit();
    const { page } = visit;
    await signIn(dashboard, visit, created.value.id);
    await visit.open('/dashboard/accounts/1/keys');
    await page.getByRole('button', { name: 'Create an API key' }).click();
    await page.getByLabel('Name').fill('gateway');
    await page.getByRole('button', { name: 'Permissions' }).click();
    await page.getByText('Only some').click();
    await page.getByLabel('keyhouse.verify').check();
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    const key = await page.getByLabel('Secret', { exact: true }).inputValue();
    const other = await dashboard.register();
    const answer = await dashboard.request('/auth/introspect', {
      bearer: key,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ token: other.token }).toString(),
    });
    expect(answer.json).toMatchObject({ active: true, kind: 'token' });
  });

  it.each([360, 900, 1440])('fits %i pixels', async (width) => {
    const { page, visit } = await keys({ viewport: { width, height: 800 } });
    await visit.expectAccessible();
    await createKey(page, 'billing');
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('link', { name: 'billing' }).click();
    await page.getByRole('tab', { name: 'JWTs' }).click();
    await page.getByRole('heading', { name: 'Decode a JWT' }).waitFor();
    await visit.expectAccessible();
    await expect.poll(() => page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')).toBe(0);
  });
});

/** As the page itself asks: with the browser's cookie and origin. */
const ask = (page: Page, path: string, body: unknown): Promise<{ id: number }> =>
  page.evaluate(
    async ([path, body]) => {
      const response = await fetch(`/dashboard/api${path}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      });
      if (!response.ok) throw new Error(await response.text());
      return await response.json();
    },
    [path, body] as const,
  );

async function createKey(page: Page, name: string): Promise<string> {
  await page.getByRole('button', { name: 'Create an API key' }).click();
  await page.getByLabel('Name').fill(name);
  await page.getByRole('button', { name: 'Create' }).click();
  return page.getByLabel('Secret', { exact: true }).inputValue();
}
