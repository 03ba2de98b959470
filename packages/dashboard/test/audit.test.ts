/** The audit log of an account in a real browser: why a request was refused, filters, files. */
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newAdministrator, newMember, newPerson, newTeam, type Person } from '../../server/test/people.ts';
import { closeBrowser, type Dashboard, signIn, startDashboard, type Visit } from './browser.ts';

describe('the audit log', () => {
  let dashboard: Dashboard;
  beforeAll(async () => {
    dashboard = await startDashboard();
  });
  afterAll(async () => {
    await dashboard.stop();
    await closeBrowser();
  });

  async function browse(userId: number, path: string, options: Parameters<Dashboard['visit']>[0] = {}): Promise<Visit> {
    const visit = await dashboard.visit({ reducedMotion: 'reduce', ...options });
    await signIn(dashboard, visit, userId);
    await visit.open(`/dashboard${path}`);
    await visit.page.getByRole('heading', { level: 1 }).waitFor();
    return visit;
  }

  /** A team with the key *Billing*, created as the page creates it. */
  async function teamWithKey(): Promise<{ owner: Person; team: number; key: string; keyId: number }> {
    const owner = await newPerson(dashboard);
    const team = await newTeam(owner, 'Engines');
    const made = await owner.ask(`/accounts/${team}/keys`, {
      body: { name: 'Billing', environment: 'live', expires_at: null, permissions: ['crm.read'], addresses: null },
    });
    if (made.status !== 200) throw new Error(made.text);
    return { owner, team, key: made.json.secret, keyId: made.json.credential.id };
  }

  /** What a gateway asks; its answer's X-Request-Id is what people have in their logs. */
  async function refused(bearer: string): Promise<{ status: number; requestId: string }> {
    const { status, headers } = await dashboard.request('/verify/api/invoices', { bearer });
    return { status, requestId: String(headers['x-request-id']) };
  }
  const find = async (page: Page, requestId: string): Promise<void> => {
    await page.getByLabel('Find a rejected request by its X-Request-Id').fill(requestId);
    await page.getByRole('button', { name: 'Find', exact: true }).click();
  };

  it('finds a 403 by its X-Request-Id, with the permission that was lacking', async () => {
    const { owner, team, key } = await teamWithKey();
    const { status, requestId } = await refused(key);
    expect(status).toBe(403);
    const { page, ...visit } = await browse(owner.id, `/accounts/${team}/audit`);
    await find(page, requestId);
    const decision = page.getByRole('region', { name: 'The decision' });
    await decision.getByRole('heading', { name: 'The key Billing was rejected: it lacks a permission' }).waitFor();
    await expect
      .poll(() => facts(page))
      .toMatchObject({
        'Missing permission': 'invoices.read',
        'Permissions it has': 'crm.read',
        'Permissions requested': 'invoices.read',
        Request: 'GET /api/invoices',
        'Checked by': 'The server',
        'Allowed addresses': 'Any address',
        Kind: 'API key',
        Credential: 'Billing',
        Owner: 'Engines',
        Address: '127.0.0.1',
        'X-Request-Id': requestId,
      });
    await decision
      .getByText(
        /^Refused with 403: key \d+ \(“Billing”\) of account \d+ \(Engines\) has crm\.read, but the request needed invoices\.read\./,
      )
      .waitFor();
    await visit.expectAccessible();
    await visit.expectToFit();
    // The address of the page can be sent to a colleague.
    await page.reload();
    await decision.waitFor();
    await page.getByRole('button', { name: 'Back to the whole log' }).click();
    await page.getByText('created the key').first().waitFor();
  });

  it('finds a 401 of a revoked key with its true reason, which the answer never tells', async () => {
    const { owner, team, key, keyId } = await teamWithKey();
    const jwt = (await dashboard.request('/auth', { bearer: key, body: { permissions: ['crm.read'] } })).json.token;
    await owner.ask(`/accounts/${team}/keys/${keyId}`, { method: 'DELETE' });
    const ofKey = await refused(key);
    const ofJwt = await refused(jwt);
    expect([ofKey.status, ofJwt.status]).toEqual([401, 401]);
    const { page } = await browse(owner.id, `/accounts/${team}/audit`);
    await find(page, ofKey.requestId);
    await page.getByRole('heading', { name: 'The key Billing was rejected: it was revoked' }).waitFor();
    await find(page, ofJwt.requestId);
    await page.getByRole('heading', { name: 'A JWT of the key Billing was rejected: it was revoked' }).waitFor();
    await expect.poll(() => facts(page)).toMatchObject({ Kind: 'JWT minted from an API key' });
  });

  it('tells the operator of a bad token what was sent, and nobody else', async () => {
    const { owner, team } = await teamWithKey();
    const administrator = await newAdministrator(dashboard);
    const { status, requestId } = await refused('kh_live_<script>alert(1)</script>');
    expect(status).toBe(401);
    const ofOperator = await browse(administrator.id, `/operator/audit?request_id=${requestId}`);
    await ofOperator.page.getByText(/what was sent is not a credential of this server/).waitFor();
    await expect.poll(() => facts(ofOperator.page)).toMatchObject({ 'What was sent': 'Not a credential of this server' });
    await ofOperator.expectAccessible();
    const { page } = await browse(owner.id, `/accounts/${team}/audit?request_id=${requestId}`);
    await page.getByRole('heading', { name: 'Nothing is recorded for this ID' }).waitFor();
  });

  it.each([
    [360, 'dark'],
    [1280, 'light'],
  ] as const)('shows a decision that is accessible and fits %i pixels (%s)', async (width, colorScheme) => {
    const { owner, team, key } = await teamWithKey();
    const { requestId } = await refused(key);
    const visit = await browse(owner.id, `/accounts/${team}/audit?request_id=${requestId}`, {
      viewport: { width, height: 900 },
      colorScheme,
    });
    await visit.page.getByRole('region', { name: 'The decision' }).waitFor();
    if (process.env.KEYHOUSE_SHOTS !== undefined)
      await visit.page.screenshot({ path: `${process.env.KEYHOUSE_SHOTS}/decision-${width}.png`, fullPage: true });
    await visit.expectAccessible();
    await visit.expectToFit();
  });

  it('says what it means when an id is not found, and shows nothing of other accounts', async () => {
    const { key } = await teamWithKey();
    const { requestId } = await refused(key);
    const stranger = await newPerson(dashboard);
    const { page, ...visit } = await browse(stranger.id, `/accounts/${stranger.accountId}/audit?request_id=${requestId}`);
    await page.getByRole('heading', { name: 'Nothing is recorded for this ID' }).waitFor();
    await visit.expectAccessible();
  });

  it('finds the refusal of a member whose role was not enough', async () => {
    const { owner, team } = await teamWithKey();
    const viewer = await newMember(dashboard, owner, team, 'viewer');
    const answer = await viewer.ask(`/accounts/${team}/keys`, {
      body: { name: 'x', environment: 'live', expires_at: null, permissions: null, addresses: null },
    });
    expect(answer.status).toBe(403);
    const { page } = await browse(owner.id, `/accounts/${team}/audit`);
    await find(page, String(answer.headers['x-request-id']));
    await page.getByRole('heading', { name: /was rejected: their role does not allow it/ }).waitFor();
    await expect.poll(() => facts(page)).toMatchObject({ 'Role they have': 'viewer', 'Role required': 'developer' });
  });

  it('tells what happened in sentences, and opens one to everything that is known', async () => {
    const { owner, team, keyId } = await teamWithKey();
    await owner.ask('/me', { method: 'PATCH', body: { display_name: 'Ada' } });
    await owner.ask(`/accounts/${team}/keys/${keyId}/rotate`, { body: { overlap_seconds: 60, revoke_jwts: false } });
    const { page, ...visit } = await browse(owner.id, `/accounts/${team}/audit`);
    const entry = page.getByRole('listitem').filter({ hasText: 'Ada rotated the key Billing' });
    await entry.locator('summary').press('Enter');
    await entry.getByText('key.rotated').waitFor();
    await visit.expectAccessible();
    await entry.getByRole('link', { name: 'Billing' }).click();
    await page.waitForURL(new RegExp(`/accounts/${team}/keys/${keyId}`));
  });

  it('filters by who, what, credential and time, and goes back with the browser', async () => {
    const { owner, team, key, keyId } = await teamWithKey();
    const member = await newMember(dashboard, owner, team, 'developer');
    await member.ask(`/accounts/${team}/keys/${keyId}`, { method: 'PATCH', body: { name: 'Billing 2' } });
    await dashboard.request('/auth', { bearer: key, body: { permissions: ['crm.read'] } });
    const { page, ...visit } = await browse(owner.id, `/accounts/${team}/audit`);
    const entries = page.getByRole('region', { name: 'Events' }).getByRole('listitem');
    await entries.first().waitFor();
    const all = await entries.count();

    await page.getByLabel('What').selectOption('Key renamed');
    await expect.poll(() => entries.count()).toBe(1);
    await expect.poll(() => entries.first().textContent()).toContain('renamed the key Billing 2');
    await page.getByLabel('Who').selectOption(owner.email.split('@')[0] ?? '');
    await page.getByRole('heading', { name: 'Nothing matches' }).waitFor();
    await visit.expectAccessible();
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await expect.poll(() => entries.count()).toBe(all);
    await page.goBack();
    await page.getByRole('heading', { name: 'Nothing matches' }).waitFor();

    await page.getByRole('button', { name: 'Clear filters' }).click();
    await page.getByLabel('Token or key').selectOption('Billing 2');
    await expect.poll(() => entries.count()).toBe(3);
    await page.getByLabel('When').selectOption('From … to …');
    await page.getByLabel('Last day').fill('2020-01-01');
    await page.getByRole('heading', { name: 'Nothing matches' }).waitFor();
    await page.getByLabel('When').selectOption('In the last hour');
    await expect.poll(() => entries.count()).toBe(3);
  });

  it('exports what the filter finds, as CSV and as JSON lines', async () => {
    const { owner, team } = await teamWithKey();
    const { page } = await browse(owner.id, `/accounts/${team}/audit?event=key.created`);
    const exported = async (name: string): Promise<{ file: string; text: string }> => {
      await page.getByRole('button', { name: 'Export' }).click();
      const downloading = page.waitForEvent('download');
      await page.getByRole('menuitem', { name }).click();
      const download = await downloading;
      return { file: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
    };
    const csv = await exported('As CSV');
    expect(csv.file).toMatch(/^audit-.*\.csv$/);
    const [header, ...rows] = csv.text.trim().split('\r\n');
    expect(header).toMatch(/^id,at,event,actor,/);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toContain(',key.created,');
    const lines = await exported('As JSON lines');
    expect(lines.file).toMatch(/^audit-.*\.jsonl$/);
    expect(
      lines.text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([{ event: 'key.created', credential_name: 'Billing', account_id: team }]);
  });

  it('goes on to older entries', async () => {
    const { owner, team, keyId } = await teamWithKey();
    for (let round = 0; round < 60; round++)
      await owner.ask(`/accounts/${team}/keys/${keyId}`, { method: 'PATCH', body: { name: `Billing ${round}` } });
    const { page } = await browse(owner.id, `/accounts/${team}/audit`);
    await expect.poll(() => page.getByText('created the team').count()).toBe(0);
    await page.getByRole('button', { name: 'Show older' }).click();
    await page.getByText('created the team').waitFor();
  });

  it('can be searched without a mouse', async () => {
    const { owner, team, key } = await teamWithKey();
    const { requestId } = await refused(key);
    const { page } = await browse(owner.id, `/accounts/${team}/audit`);
    await page.getByLabel('Find a rejected request by its X-Request-Id').focus();
    await page.keyboard.type(requestId);
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: 'The decision' }).waitFor();
  });

  it.each([
    [360, 'dark'],
    [900, 'light'],
    [1440, 'dark'],
  ] as const)('is accessible and fits %i pixels (%s)', async (width, colorScheme) => {
    const { owner, team, key } = await teamWithKey();
    await refused(key);
    const visit = await browse(owner.id, `/accounts/${team}/audit`, { viewport: { width, height: 800 }, colorScheme });
    await visit.page.locator('summary').first().click();
    await visit.expectAccessible();
    await visit.expectToFit();
  });
});

/** Labels and values of the decision. */
async function facts(page: Page): Promise<Record<string, string>> {
  const list = page.getByRole('region', { name: 'The decision' }).locator('dl');
  const [labels, values] = await Promise.all([list.locator('dt').allTextContents(), list.locator('dd').allTextContents()]);
  return Object.fromEntries(labels.map((label, index) => [label, values[index] ?? '']));
}
