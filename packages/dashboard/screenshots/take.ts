/** Takes the pictures of docs/screenshots: a real server with some invented data in it, and a real browser. */
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, it } from 'vitest';
import { authPath, newApplication, newPkce, openSession, type TestApplication } from '../../server/test/applications.ts';
import { browserFor } from '../../server/test/dashboard-browser.ts';
import { linkIn } from '../../server/test/mails.ts';
import { invite, newPerson, newTeam, type Person } from '../../server/test/people.ts';
import { OPERATOR } from '../../server/test/server.ts';
import { closeBrowser, type Dashboard, signIn, startDashboard, type Visit } from '../test/browser.ts';

const FOLDER = resolve(import.meta.dirname, '../../../docs/screenshots');
const DAY_MS = 86_400_000;
const SCHEMES = ['light', 'dark'] as const;
const CATALOGUE = ['invoices', 'services', 'customers', 'reports'].flatMap((resource) => [
  { name: `${resource}.read`, sentence: `Read ${resource}.`, grantable: true },
  {
    name: `${resource}.write`,
    sentence: `Make, change and delete ${resource}.`,
    grantable: true,
    sensitive: resource === 'customers',
  },
]);

let dashboard: Dashboard;
let ada: Person;
let team: number;
let billing: number;
let ledger: TestApplication;
let charts: TestApplication;

beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true });
  dashboard = await startDashboard();
  const { keyhouse } = dashboard;
  const created = await keyhouse.users.create({
    email: 'ada@example.com',
    password: 'an engine of analysis',
    isAdministrator: true,
    by: OPERATOR,
  });
  if (!created.ok) throw new Error(created.reason);
  const user = created.value;
  await keyhouse.users.rename(user, { displayName: 'Ada Lovelace', firstName: 'Ada', lastName: 'Lovelace' }, OPERATOR);
  ada = { ...(await browserFor(dashboard, user.id)), id: user.id, email: user.email, accountId: user.accountId };
  await keyhouse.users.sendVerification(user, OPERATOR);
  await ada.ask('/verify-email', { body: { ticket: await linkIn(dashboard, user.email, '/verify-email#') } });
  await ada.ask('/operator/permissions', { method: 'PUT', body: { permissions: CATALOGUE } });

  await make('/tokens', { name: 'Backup script', permissions: ['invoices.read', 'reports.read'] }, 410);
  await make('/tokens', { name: 'Laptop' }, 96);
  await make(
    '/tokens',
    { name: 'CI, nightly', permissions: ['*.read'], expires_at: new Date(dashboard.now() + 12 * DAY_MS).toISOString() },
    1900,
  );
  await make('/tokens', { name: 'Trying things out' }, 0);

  team = await newTeam(ada, 'Analytical Engines');
  await join('Charles Babbage', 'developer');
  await join('Mary Somerville', 'viewer');
  billing = await make(
    `/accounts/${team}/keys`,
    { name: 'Billing', environment: 'live', permissions: ['invoices.read', 'invoices.write', 'customers.read', 'reports.read'] },
    5200,
    ['invoices.read', 'customers.read'],
  );
  await make(`/accounts/${team}/keys`, { name: 'Staging', environment: 'test' }, 60);

  ledger = await newApplication(dashboard, team, {
    ...{ name: 'Ledger', kind: 'confidential', isVerified: true },
    ...{ homePage: 'https://ledger.example.com', permissions: ['invoices.read', 'invoices.write', 'reports.read'] },
  });
  await openSession(dashboard, ada, ledger, { rest: { scope: 'invoices.read reports.read' } });
  const stranger = await newPerson(dashboard, 'grace@example.com');
  await stranger.ask('/me', { method: 'PATCH', body: { display_name: 'Grace Hopper' } });
  charts = await newApplication(dashboard, stranger.accountId, { name: 'Charts', optionalPermissions: ['reports.read'] });
}, 120_000);
/** A new user who comes with an invitation. */
async function join(name: string, role: string): Promise<void> {
  const person = await newPerson(dashboard, `${name.split(' ')[0]?.toLowerCase()}@example.com`);
  await person.ask('/me', { method: 'PATCH', body: { display_name: name } });
  const ticket = await invite(dashboard, ada, team, person.email, role);
  await person.ask('/invitation/accept', { body: { ticket } });
}

afterAll(async () => {
  await dashboard.stop();
  await closeBrowser();
});

/** Creates a credential and gives it about this many requests a day. */
async function make(path: string, wish: Record<string, unknown>, aDay: number, used: readonly string[] = []): Promise<number> {
  const made = await ada.ask(path, { body: { expires_at: null, permissions: null, addresses: null, ...wish } });
  if (made.status !== 200) throw new Error(made.text);
  const { id } = made.json.credential as { id: number };
  const today = Math.floor(dashboard.now() / DAY_MS);
  for (let ago = 29; ago >= 0 && aDay > 0; ago--) {
    const weekday = (today - ago + 4) % 7;
    const requests = Math.round(aDay * (weekday === 0 || weekday === 6 ? 0.3 : 1) * (0.75 + ((ago * 7919) % 50) / 100));
    await dashboard.store.credentials.recordUse({
      uses: [
        {
          credentialId: id,
          requests,
          previousRequests: 0,
          lastUsedAtMs: dashboard.now() - ago * DAY_MS - 420_000,
          lastAddress: '203.0.113.7',
          lastUserAgent: 'curl/8.9.1',
          previousLastUsedAtMs: null,
          previousLastAddress: null,
          previousLastUserAgent: null,
          day: today - ago,
        },
      ],
      permissions: used.map((permission, index) => ({
        credentialId: id,
        permission,
        day: today - ago,
        requests: Math.ceil(requests / (index * 4 + 1)),
        lastUsedAtMs: dashboard.now() - ago * DAY_MS - 420_000,
      })),
    });
  }
  return id;
}

it.each(SCHEMES)('takes the pictures, %s', async (colorScheme) => {
  const visit = await dashboard.visit({ viewport: { width: 1280, height: 800 }, colorScheme, deviceScaleFactor: 1 });
  await visit.open('/login');
  await visit.page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  await shoot(visit, `log-in-${colorScheme}`);
  await signIn(dashboard, visit, ada.id);
  const pages: readonly (readonly [name: string, path: string])[] = [
    ['home', ''],
    ['developers', '/settings/developers'],
    ['security', '/settings/security'],
    ['keys', `/accounts/${team}/keys`],
    ['key', `/accounts/${team}/keys/${billing}`],
    ['members', `/accounts/${team}/members`],
    ['applications', `/accounts/${team}/applications`],
    ['application', `/accounts/${team}/applications/${ledger.id}`],
    ['connected-applications', '/settings/applications'],
    ['audit', `/accounts/${team}/audit`],
    ['operator-signing-keys', '/operator/signing-keys'],
    ['operator-permissions', '/operator/permissions'],
  ];
  for (const [name, path] of pages) {
    await visit.open(`/dashboard${path}`);
    await visit.page.getByRole('main').waitFor();
    await visit.page.waitForLoadState('networkidle');
    await visit.page.waitForTimeout(400);
    await shoot(visit, `${name}-${colorScheme}`);
  }
  await visit.open(authPath(charts, newPkce(), { scope: 'invoices.read invoices.write reports.read profile openid' }));
  await visit.page.getByRole('button', { name: 'Allow' }).waitFor();
  await shoot(visit, `consent-${colorScheme}`);
  await visit.open('/dashboard/settings/developers');
  await visit.page.getByRole('button', { name: 'Create a token' }).click();
  await visit.page.getByLabel('Name').fill('Deploy script');
  await visit.page.getByRole('button', { name: 'Create', exact: true }).click();
  await visit.page.getByText('export ').first().waitFor();
  // A secret must not be in a repository, not even this one.
  const secret = visit.page.getByRole('main').locator('textarea[readonly]').first();
  await secret.evaluate((field: HTMLTextAreaElement) => {
    field.value = `${field.value.split('|')[0]}|kh_${'•'.repeat(48)}`;
  });
  await shoot(visit, `new-token-${colorScheme}`);
  // The page asks before it is left with a secret on it.
  visit.page.on('dialog', (dialog) => void dialog.accept());
});

const shoot = (visit: Visit, name: string): Promise<unknown> => visit.page.screenshot({ path: `${FOLDER}/${name}.png` });
