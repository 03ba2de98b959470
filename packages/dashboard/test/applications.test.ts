/** Applications in a real browser: registered, changed, judged, connected, disconnected; and what ends with each. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newApplication, openSession, refresh, type TestApplication, type TestSession } from '../../server/test/applications.ts';
import { loggedIn } from '../../server/test/browser.ts';
import { linkIn } from '../../server/test/mails.ts';
import { png } from '../../server/test/pictures.ts';
import { OPERATOR } from '../../server/test/server.ts';
import { closeBrowser, type Dashboard, signIn, startDashboard } from './browser.ts';

const CATALOGUE = [
  { name: 'invoices.read', sentence: 'See your invoices', isGrantable: true, isSensitive: false },
  { name: 'invoices.write', sentence: 'Make and change invoices', isGrantable: true, isSensitive: false },
  { name: 'payouts.write', sentence: 'Send money', isGrantable: true, isSensitive: true },
  { name: 'inner.read', sentence: 'See what is inside', isGrantable: false, isSensitive: false },
];

describe('applications', () => {
  let dashboard: Dashboard;
  beforeAll(async () => {
    dashboard = await startDashboard();
    await dashboard.keyhouse.permissions.setCatalogue({ catalogue: CATALOGUE, by: OPERATOR });
  });
  afterAll(async () => {
    await dashboard.stop();
    await closeBrowser();
  });

  /** A browser of a new user, at the applications of the personal account. */
  async function applications(options: Parameters<Dashboard['visit']>[0] = {}) {
    const user = await dashboard.register();
    const visit = await dashboard.visit(options);
    await signIn(dashboard, visit, user.id);
    await visit.open(`/dashboard/accounts/${user.accountId}/applications`);
    await visit.page.getByRole('heading', { name: 'Applications', level: 1 }).waitFor();
    return { visit, page: visit.page, user };
  }

  const lives = async (client: TestApplication, session: TestSession): Promise<boolean> =>
    (await refresh(dashboard, client, session.refreshToken)).status === 200;

  it('are registered with a name and a place to go back to, and the secret is shown once', async () => {
    const { page, visit } = await applications();
    await page.getByText('No applications yet').waitFor();
    await visit.expectAccessible();
    await register(page, 'Ledger');
    const id = await page.getByLabel('Client ID', { exact: true }).inputValue();
    const secret = await page.getByLabel('Client secret', { exact: true }).inputValue();
    expect([id, secret]).toEqual([expect.stringMatching(/^app_\w{22}$/), expect.stringMatching(/^kh_client_\w{48}$/)]);
    await visit.expectAccessible();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('link', { name: 'Ledger' }).click();
    await page.getByRole('heading', { name: 'Ledger', level: 1 }).waitFor();
    await page.getByText(id).waitFor();
    await page.getByText('https://ledger.example.com/callback').waitFor();
    expect(await page.content()).not.toContain(secret);
    await visit.expectAccessible();
    const answer = await dashboard.request('/auth/token', {
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
      },
      body: 'grant_type=client_credentials',
    });
    // It is known; it only has nothing that it may do by itself.
    expect(answer.json.error).toBe('unauthorized_client');
  });

  it('ask for some permissions only, some of them optional; the form says at its fields what is wrong', async () => {
    const { page, visit } = await applications();
    await page.getByRole('button', { name: 'Register an application' }).click();
    await page.getByRole('radio', { name: 'In a browser' }).check();
    await page.getByRole('button', { name: 'Register', exact: true }).click();
    await page.getByText('Enter a name').waitFor();
    await page.getByText('Enter at least one redirect URI.').waitFor();
    await page.getByLabel('Name').fill('Desk');
    await page.getByLabel('Redirect URIs').fill('http://desk.example.com/callback');
    await page.getByRole('button', { name: 'Register', exact: true }).click();
    await page.getByText('http is only possible on the same machine').waitFor();
    await visit.expectAccessible();
    await page.getByLabel('Redirect URIs').fill('http://127.0.0.1/callback\ncom.example.desk:/callback');
    await page.getByRole('button', { name: 'Requests access to' }).click();
    await page.getByText('Only some').click();
    await page.getByRole('checkbox', { name: 'Request invoices.read' }).check();
    await page.getByRole('checkbox', { name: 'Request invoices.write' }).check();
    await page.getByRole('checkbox', { name: 'invoices.write is optional' }).check();
    await expect.poll(() => page.getByRole('checkbox', { name: 'inner.read' }).count()).toBe(0);
    await page.getByText('verified only').waitFor();
    await page.getByRole('button', { name: 'Session lifetime' }).click();
    await page.getByLabel('After inactivity of').selectOption('30 days');
    await visit.expectAccessible();
    await page.getByRole('button', { name: 'Register', exact: true }).click();
    await page.getByText('A public application has no secret').waitFor();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('link', { name: 'Desk' }).click();
    await page.getByText('after 30 days of inactivity').waitFor();
    await page.getByText('Make and change invoices').waitFor();
    await page.getByText('optional').waitFor();
    await expect.poll(() => page.getByRole('button', { name: 'New secret' }).count()).toBe(0);
  });

  it('are changed; a verified one is told what its new name costs', async () => {
    const { page, visit, user } = await applications();
    const client = await newApplication(dashboard, user.accountId, { kind: 'confidential', name: 'Ledger', isVerified: true });
    await visit.open(`/dashboard/accounts/${user.accountId}/applications/${client.id}`);
    await page.getByText('Verified', { exact: true }).waitFor();
    await page.getByRole('tab', { name: 'Settings' }).click();
    await expect.poll(() => page.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Machine-to-machine permissions' }).click();
    await page.getByRole('checkbox', { name: 'Grant inner.read' }).check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    expect((await dashboard.store.applications.findApplication(client.id))?.ownPermissions).toEqual(['inner.read']);
    // That took the verification away; the operator has looked again.
    await dashboard.keyhouse.applications.verify(client, true, OPERATOR);
    await page.reload();
    await page.getByRole('tab', { name: 'Settings' }).click();
    await page.getByLabel('Name').fill('Your bank');
    await page.getByText('This application is verified.').waitFor();
    await visit.expectAccessible();
    await page.getByRole('button', { name: 'Discard changes' }).click();
    await expect.poll(() => page.getByLabel('Name').inputValue()).toBe('Ledger');
    await page.getByLabel('Name').fill('Your bank');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'Your bank', level: 1 }).waitFor();
    expect((await dashboard.store.applications.findApplication(client.id))?.verifiedAtMs).toBeNull();
    await expect.poll(() => page.getByText('Verified', { exact: true }).count()).toBe(0);
  });

  it('get a logo, which the pages may show', async () => {
    const { page, user } = await applications();
    const client = await newApplication(dashboard, user.accountId, { name: 'Ledger' });
    await page.goto(`${dashboard.url}/dashboard/accounts/${user.accountId}/applications/${client.id}`);
    await page.getByRole('tab', { name: 'Settings' }).click();
    await page.getByRole('button', { name: 'Home page and logo' }).click();
    const buffer = png(28, 28);
    await page.locator('input[type=file]').setInputFiles({ name: 'logo.png', mimeType: 'image/png', buffer });
    await page.getByRole('img', { name: 'The logo' }).waitFor();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    const logo = page.locator('h1 ~ div img, header img, img[src*="/logo"]').first();
    await logo.waitFor();
    await expect.poll(() => logo.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(28);
  });

  it('get a new secret while the old one works on, until somebody ends it', async () => {
    const { page, visit, user } = await applications();
    const client = await newApplication(dashboard, user.accountId, { kind: 'confidential', ownPermissions: ['invoices.read'] });
    const works = async (secret: string | null): Promise<boolean> => {
      const body = new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: client.clientId,
        client_secret: secret ?? '',
      }).toString();
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      return (await dashboard.request('/auth/token', { body, headers })).status === 200;
    };
    await visit.open(`/dashboard/accounts/${user.accountId}/applications/${client.id}`);
    await page.getByRole('button', { name: 'New secret' }).click();
    await page.getByRole('button', { name: 'Create' }).click();
    const secret = await page.getByLabel('Client secret', { exact: true }).inputValue();
    await visit.expectAccessible();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByText('The old secret still works').waitFor();
    expect([await works(client.secret), await works(secret)]).toEqual([true, true]);
    await page.getByRole('button', { name: 'End it now' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'End it now' }).click();
    await page.getByText('The old secret no longer works.').waitFor();
    expect([await works(client.secret), await works(secret)]).toEqual([false, true]);
  });

  it('show who is signed in, and end one session or, deleted, all of them', async () => {
    const { page, visit, user } = await applications();
    const client = await newApplication(dashboard, user.accountId);
    const people = [await dashboard.register(), await dashboard.register()];
    const sessions: TestSession[] = [];
    for (const { email } of people) sessions.push(await openSession(dashboard, await loggedIn(dashboard, email), client));
    const [first, second] = sessions;
    if (first === undefined || second === undefined) throw new Error('No session.');
    await visit.open(`/dashboard/accounts/${user.accountId}/applications/${client.id}`);
    await page.getByRole('tab', { name: 'Sessions' }).click();
    const rows = page.getByRole('table', { name: 'Active sessions' }).getByRole('row');
    await expect.poll(() => rows.count()).toBe(3);
    await visit.expectAccessible();
    // Most recently used first.
    await page
      .getByRole('button', { name: /^End the session of/ })
      .first()
      .click();
    await page.getByRole('dialog').getByRole('button', { name: 'End' }).click();
    await page.getByText('The session has ended.').waitFor();
    await expect.poll(() => rows.count()).toBe(2);
    expect([await lives(client, first), await lives(client, second)]).toEqual([true, false]);

    await page.getByRole('button', { name: 'Delete' }).click();
    const dialog = page.getByRole('dialog');
    await expect.poll(() => dialog.getByRole('button', { name: 'Delete' }).isDisabled()).toBe(true);
    await dialog.getByLabel('Type Ledger to confirm').fill('Ledger');
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('“Ledger” is deleted.').waitFor();
    await page.getByText('No applications yet').waitFor();
    expect(await lives(client, first)).toBe(false);
  });

  it('that a person has connected say what they may do, and are disconnected', async () => {
    const { page, visit, user } = await applications();
    const owner = await dashboard.register();
    const client = await newApplication(dashboard, owner.accountId, { homePage: 'https://ledger.example.com' });
    await visit.open('/dashboard/settings/applications');
    await page.getByText('No connected applications').waitFor();
    await visit.expectAccessible();
    const session = await openSession(dashboard, await loggedIn(dashboard, user.email), client, {
      rest: { scope: 'openid email invoices.read' },
    });
    await page.reload();
    const card = page.getByRole('list', { name: 'Connected applications' }).getByRole('listitem').first();
    for (const text of ['Ledger', 'Not verified', 'See your invoices', 'see your email address', '1 session'])
      await card.getByText(text).first().waitFor();
    await visit.expectAccessible();
    await page.getByRole('button', { name: /^Disconnect Ledger/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Disconnect' }).click();
    await page.getByText('No connected applications').waitFor();
    expect(await lives(client, session)).toBe(false);
    expect((await dashboard.request('/auth/userinfo', { bearer: session.jwt })).status).toBe(401);
  });

  it('that somebody is signed in to stand among the sign-ins, and end there', async () => {
    const { page, visit, user } = await applications();
    const client = await newApplication(dashboard, user.accountId);
    const session = await openSession(dashboard, await loggedIn(dashboard, user.email), client);
    await visit.open('/dashboard/settings/security');
    const list = page.getByRole('list', { name: 'Signed in to applications' });
    await list.getByText('Ledger').waitFor();
    await visit.expectAccessible();
    await list.getByRole('button', { name: 'End the session of Ledger' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'End' }).click();
    await page.getByText('You are not signed in to any application.').waitFor();
    expect(await lives(client, session)).toBe(false);
    await page.getByRole('link', { name: 'Connected applications' }).click();
    await page.getByRole('list', { name: 'Connected applications' }).getByText('Ledger').waitFor();
  });

  it('are verified and called first-party by the operator', async () => {
    const root = await newAdministrator();
    // Only the operator's own can be first-party.
    const client = await newApplication(dashboard, 1, { name: `Judged ${crypto.randomUUID().slice(0, 8)}` });
    const visit = await dashboard.visit();
    const { page } = visit;
    await signIn(dashboard, visit, root);
    await visit.open('/dashboard/operator/applications');
    await page.getByLabel('Search by name or client ID').fill(client.clientId);
    const table = page.getByRole('table', { name: 'Applications' });
    await expect.poll(() => table.getByRole('row').count()).toBe(2);
    await visit.expectAccessible();
    const judge = async (verb: string) => {
      await page.getByRole('button', { name: /^Actions/ }).click();
      await page.getByRole('menuitem', { name: verb }).click();
      await page.getByRole('dialog').getByRole('button', { name: verb }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    };
    await judge('Verify');
    await table.getByText('Verified', { exact: true }).waitFor();
    await judge('Make first-party');
    await table.getByText('First-party', { exact: true }).waitFor();
    const found = await dashboard.store.applications.findApplication(client.id);
    expect([found?.isFirstParty, found?.verifiedAtMs]).toEqual([true, expect.any(Number)]);
    await judge('Remove verification');
    await expect.poll(() => table.getByText('Verified', { exact: true }).count()).toBe(0);
    await judge('Verify');

    // A change takes both away; the list says what has changed, and nobody vouches for what they have not seen.
    const change = (redirectUri: string) =>
      dashboard.keyhouse.applications.update({ application: client, settings: { redirectUris: [redirectUri] } }, OPERATOR);
    await change('https://elsewhere.example.com/callback');
    await page.reload();
    await page.getByLabel('Search by name or client ID').fill(client.clientId);
    await table.getByText('No longer verified and first-party').waitFor();
    await table.getByText('Changed since the operator reviewed it: redirect URIs.').waitFor();
    await visit.expectAccessible();
    // The search has found only this one.
    await expect.poll(() => table.getByRole('button', { name: /^Actions/ }).count()).toBe(1);
    await table.getByRole('button', { name: /^Actions/ }).click();
    await page.getByRole('menuitem', { name: 'Verify' }).click();
    await change('https://evil.example/callback');
    await page.getByRole('dialog').getByRole('button', { name: 'Verify' }).click();
    await page.getByText('It was changed after you opened this page. Reload the page and check the changes.').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await table.getByText('evil.example').waitFor();
    await judge('Verify');
    await table.getByText('Verified', { exact: true }).waitFor();
  });

  it('say before and after saving that a badge goes with the change', async () => {
    const { page, visit, user } = await applications();
    const client = await newApplication(dashboard, user.accountId, { name: 'Badged', isVerified: true });
    await visit.open(`/dashboard/accounts/${user.accountId}/applications/${client.id}`);
    await page.getByRole('tab', { name: 'Settings' }).click();
    const uris = page.getByLabel('Redirect URIs');
    await uris.fill('https://elsewhere.example.com/callback');
    await page.getByText('This application is verified. Saving this change removes that').waitFor();
    await visit.expectAccessible();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved. The application is no longer verified').waitFor();
    await page.getByRole('tab', { name: 'Overview' }).click();
    await page.getByText('No longer verified', { exact: true }).waitFor();
    await page.getByText('Changed since the operator reviewed it: redirect URIs.').waitFor();
    await visit.expectAccessible();
  });

  it('are only looked at by a viewer', async () => {
    const { page, visit } = await applications();
    const team = await ask(page, '/accounts', { name: 'Engines' });
    await newApplication(dashboard, team.id, { kind: 'confidential', name: 'Of the team' });
    const email = `viewer-${crypto.randomUUID()}@example.com`;
    await ask(page, `/accounts/${team.id}/invitations`, { email, role: 'viewer' });
    const viewer = await dashboard.visit();
    await signIn(dashboard, viewer, (await dashboard.register(email)).id);
    await viewer.open('/dashboard');
    await ask(viewer.page, '/invitation/accept', { ticket: await linkIn(dashboard, email, '/invitation#') });
    await viewer.open(`/dashboard/accounts/${team.id}/applications`);
    await viewer.page.getByText('You can view applications here.').waitFor();
    await viewer.page.getByRole('link', { name: 'Of the team' }).click();
    await viewer.page.getByRole('heading', { name: 'Of the team', level: 1 }).waitFor();
    for (const name of ['New secret', 'Delete'])
      await expect.poll(() => viewer.page.getByRole('button', { name }).count()).toBe(0);
    await expect.poll(() => viewer.page.getByRole('tab', { name: 'Settings' }).count()).toBe(0);
    await viewer.expectAccessible();
    await visit.close();
  });

  it('says so when there is no such application', async () => {
    const { page, visit, user } = await applications();
    await visit.open(`/dashboard/accounts/${user.accountId}/applications/999999`);
    await page.getByText('This application does not exist').waitFor();
  });

  it('asks for the password before a secret is made when the last proof is old, and goes on by itself', async () => {
    const { page } = await applications();
    dashboard.advance(11 * 60_000);
    await register(page, 'Late');
    await page.getByRole('dialog').getByLabel('Password', { exact: true }).fill('correct horse battery staple');
    await page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).click();
    await expect.poll(() => page.getByLabel('Client secret', { exact: true }).inputValue()).toMatch(/^kh_client_/);
  });

  it.each([360, 900, 1440])('fit %i pixels, the form, the page and what is connected', async (width) => {
    const { page, visit, user } = await applications({ viewport: { width, height: 800 } });
    await page.getByRole('button', { name: 'Register an application' }).click();
    for (const name of [
      'Requests access to',
      'Machine-to-machine permissions',
      'Session lifetime',
      'Home page and logo',
      'After sign-out',
      'Public keys',
    ])
      await page.getByRole('button', { name }).click();
    await page.getByText('Only some').click();
    await visit.expectToFit();
    await visit.expectAccessible();
    const client = await newApplication(dashboard, user.accountId, {
      name: 'An application with quite a long name that somebody has given it',
      redirectUris: [
        'https://app.example.com/callback',
        `https://a-very-long-name-of-a-host.example.com/${'callback/'.repeat(8)}`,
      ],
      permissions: ['invoices.read', 'invoices.write'],
    });
    await openSession(dashboard, await loggedIn(dashboard, user.email), client);
    for (const path of [
      `/accounts/${user.accountId}/applications`,
      `/accounts/${user.accountId}/applications/${client.id}`,
      '/settings/applications',
      '/settings/security',
    ]) {
      await visit.open(`/dashboard${path}`);
      await page.getByText('An application with quite').first().waitFor();
      await visit.expectToFit();
      await visit.expectAccessible();
    }
  });

  async function newAdministrator(): Promise<number> {
    const created = await dashboard.keyhouse.users.create({
      email: `root-${crypto.randomUUID()}@example.com`,
      password: 'an administrator has a long one',
      isAdministrator: true,
      by: OPERATOR,
    });
    if (!created.ok) throw new Error(created.reason);
    return created.value.id;
  }
});

async function register(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'Register an application' }).click();
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Redirect URIs').fill(`https://${name.toLowerCase()}.example.com/callback`);
  await page.getByRole('button', { name: 'Register', exact: true }).click();
}

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
      return response.status === 204 ? { id: 0 } : await response.json();
    },
    [path, body] as const,
  );
