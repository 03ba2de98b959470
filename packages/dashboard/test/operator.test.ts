/** The operator's pages in a real browser; what is changed there is then checked at the doors that programs use. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CALLBACK, newApplication, openSession } from '../../server/test/applications.ts';
import { newAdministrator, newPerson, newTeam, type Person } from '../../server/test/people.ts';
import { PASSWORD } from '../../server/test/server.ts';
import { closeBrowser, type Dashboard, signIn, startDashboard, type Visit } from './browser.ts';

describe('the operator’s pages', () => {
  let dashboard: Dashboard;
  let admin: Person;
  beforeAll(async () => {
    dashboard = await startDashboard({ trustedProxies: ['127.0.0.1'] });
  });
  beforeEach(async () => {
    admin = await newAdministrator(dashboard);
  });
  afterEach(() => dashboard.closeVisits());
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
  const verify = async (path: string, bearer?: string): Promise<number> =>
    (await dashboard.request(`/verify${path}`, bearer === undefined ? {} : { bearer })).status;

  const PAGES = ['users', 'accounts', 'permissions', 'routes', 'signing-keys', 'mails', 'limits', 'health', 'audit', 'brand'];

  it('are closed to whoever is no administrator: a plain page, and 403 behind it', async () => {
    const person = await newPerson(dashboard);
    const { page, ...visit } = await browse(person.id, '/operator/users');
    for (const name of PAGES) {
      await visit.open(`/dashboard/operator/${name}`);
      await page.getByRole('heading', { name: 'These pages are for administrators' }).waitFor();
    }
    await visit.expectAccessible();
    for (const path of ['/operator/users', '/operator/mails', '/operator/audit', '/operator/brand'])
      expect((await person.ask(path)).status).toBe(403);
  });

  it('find a user, and disabling them ends their browser at the next click and their token at once', async () => {
    const user = await newPerson(dashboard);
    const login = await dashboard.request('/api/v1/auth/login', {
      body: { email: user.email, password: PASSWORD, device_name: 'x' },
    });
    const token: string = login.json.user.access_token;
    const theirs = await browse(user.id, '/settings/developers');
    const { page, ...visit } = await browse(admin.id, '/operator/users');
    await page.getByLabel('Search by email, name or ID').fill(user.email.slice(0, 8));
    const rows = page.getByRole('table', { name: 'Users' }).getByRole('row');
    await expect.poll(() => rows.count()).toBe(2);
    await visit.expectAccessible();
    await rows.nth(1).getByRole('link').click();
    await page.getByRole('table', { name: 'Active sign-ins' }).waitFor();
    await visit.expectAccessible();

    expect(await verify('/api/invoices', token)).toBe(200);
    await page.getByRole('button', { name: 'Disable', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('all their personal access tokens are rejected').waitFor();
    await dialog.getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('button', { name: 'Enable again' }).waitFor();
    expect(await verify('/api/invoices', token)).toBe(401);
    await theirs.page.getByRole('link', { name: 'API keys' }).click();
    await theirs.page.getByRole('dialog', { name: 'Sign in again' }).getByRole('button', { name: 'Leave this page' }).click();
    await theirs.page.waitForURL(`${dashboard.url}/login`);

    await page.getByRole('button', { name: 'Enable again' }).click();
    await dialog.getByRole('button', { name: 'Enable again' }).click();
    await page.getByRole('button', { name: 'Disable', exact: true }).waitFor();
    expect(await verify('/api/invoices', token)).toBe(200);
  });

  it('make an administrator, who then has these pages, and never disable oneself', async () => {
    const user = await newPerson(dashboard);
    const { page } = await browse(admin.id, `/operator/users/${user.id}`);
    await page.getByRole('button', { name: 'Make administrator' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Make administrator' }).click();
    await page.getByRole('button', { name: 'Remove administrator' }).waitFor();
    expect((await user.ask('/operator/users')).status).toBe(200);
    await page.goto(`${dashboard.url}/dashboard/operator/users/${admin.id}`);
    await page.getByText('This is you. Another administrator can do this.').waitFor();
    await expect.poll(() => page.getByRole('button', { name: 'Disable', exact: true }).isDisabled()).toBe(true);
  });

  it('end every sign-in of a user', async () => {
    const user = await newPerson(dashboard);
    const theirs = await browse(user.id, '/settings/developers');
    const { page } = await browse(admin.id, `/operator/users/${user.id}`);
    await page.getByRole('button', { name: 'End all sign-ins' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'End all sign-ins' }).click();
    await page.getByText('Not signed in anywhere.', { exact: true }).waitFor();
    await theirs.page.reload();
    expect(theirs.page.url()).toBe(`${dashboard.url}/login`);
  });

  it('set the catalogue: pasted, sorted, with faults at their rows; and tokens choose from it', async () => {
    const { page, ...visit } = await browse(admin.id, '/operator/permissions');
    await page.getByRole('button', { name: 'Paste many' }).click();
    const dialog = page.getByRole('dialog');
    const many = dialog.getByLabel('One permission per line: its name, then its description');
    await many.fill('invoices.read See your invoices\ninvoices.delete No\ncrm.read See customers');
    await dialog.getByRole('button', { name: 'Add them' }).click();
    await dialog.getByText('Line 2: each line needs a permission ending in .read or .write, then a description.').waitFor();
    await visit.expectAccessible();
    await many.fill('invoices.read See your invoices\ninvoices.write Change your invoices\ncrm.read See customers');
    await dialog.getByRole('button', { name: 'Add them' }).click();
    await page.getByText('3 new').waitFor();
    await expect.poll(() => page.getByLabel('Resource 1', { exact: true }).inputValue()).toBe('crm');

    await page.getByLabel('Resource 1', { exact: true }).fill('keyhouse.things');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Names that begin with keyhouse. are reserved.').waitFor();
    await expect.poll(() => page.getByLabel('Resource 1', { exact: true }).getAttribute('aria-invalid')).toBe('true');
    await visit.expectAccessible();
    await page.getByLabel('Resource 1', { exact: true }).fill('crm');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The catalogue was saved.').waitFor();
    expect((await admin.ask('/permissions')).json.permissions).toHaveLength(3);
    expect(
      (await admin.ask('/tokens', { body: { name: 'x', expires_at: null, permissions: ['moon.read'], addresses: null } })).status,
    ).toBe(422);

    // Applications may not ask for what was not opened to them.
    const toApplications = page.getByLabel('crm.read: which applications can request it');
    await expect.poll(() => toApplications.inputValue()).toBe('none');
    await toApplications.selectOption('Verified applications only');
    await page.getByText('1 changed').waitFor();

    await page.getByRole('button', { name: 'Remove invoices' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('dialog', { name: 'Remove 2 permissions?' }).getByText('invoices.write').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect((await admin.ask('/permissions')).json.permissions).toEqual([
      { name: 'crm.read', sentence: 'See customers', grantable: true, sensitive: true },
    ]);
    await admin.ask('/operator/permissions', { method: 'PUT', body: { permissions: [] } });
  });

  it('say who holds a permission before it is removed, and each keeps or loses it as was said', async () => {
    const entry = (name: string) => ({ name, sentence: `Use ${name}`, grantable: true, sensitive: false });
    const permissions = [entry('ships.read'), entry('trains.read')];
    await admin.ask('/operator/permissions', { method: 'PUT', body: { permissions } });
    const user = await newPerson(dashboard);
    const team = await newTeam(user, 'Engines');
    const wish = { permissions: ['ships.read'] };
    const kept = await dashboard.key(team, { ...wish, name: 'Dock' });
    for (let made = 1; made <= 11; made++) await dashboard.key(team, { ...wish, name: `Crane ${made}` });
    await user.ask('/tokens', { body: { ...wish, name: 'Laptop', expires_at: null, addresses: null } });
    const client = await newApplication(dashboard, team, { name: 'Harbour', redirectUris: [CALLBACK] });
    const scope = { rest: { scope: 'ships.read trains.read' } };
    const session = await openSession(dashboard, user, client, scope);
    expect([await verify('/api/ships', kept.text), await verify('/api/ships', session.jwt)]).toEqual([200, 200]);

    const { page, ...visit } = await browse(admin.id, '/operator/permissions');
    await page.getByRole('button', { name: 'Remove ships' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    const dialog = page.getByRole('dialog', { name: 'Remove one permission?' });
    const keep = dialog.getByRole('region', { name: 'These have them, and keep them' }).getByRole('listitem');
    await keep.first().waitFor();
    await expect
      .poll(() => keep.allTextContents())
      .toEqual([
        `12 API keys: Dock (Engines), ${range(9)
          .map((at) => `Crane ${at + 1} (Engines)`)
          .join(', ')} and 2 more`,
        expect.stringMatching(/^1 personal access token: Laptop \(.+\)$/),
      ]);
    const lose = dialog.getByRole('region', { name: 'These lose them immediately' }).getByRole('listitem');
    await expect
      .poll(() => lose.allTextContents())
      .toEqual(['1 application: Harbour (Engines)', '1 user session. It continues with its other permissions.']);
    await visit.expectAccessible();
    await page.setViewportSize({ width: 360, height: 800 });
    await visit.expectToFit();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The catalogue was saved.').waitFor();
    await dialog.waitFor({ state: 'detached' });
    expect([await verify('/api/ships', kept.text), await verify('/api/ships', session.jwt)]).toEqual([200, 401]);

    // Nobody loses anything with the last one: without a catalogue every permission exists.
    await page.getByRole('button', { name: 'Remove trains' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('dialog').getByText('no one loses a permission').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByText('No catalogue yet').waitFor();
  });

  it('set the route patterns, ordered by the keyboard; /verify then keeps them', async () => {
    const team = await newTeam(admin);
    const reader = (await dashboard.key(team, { permissions: ['reports.read'] })).text;
    const { page, ...visit } = await browse(admin.id, '/operator/routes');
    const add = async (row: number, pattern: string, resource: string | null, access = 'Nothing (public)'): Promise<void> => {
      await page.getByRole('button', { name: 'Add a pattern' }).click();
      await page.getByLabel(`Pattern ${row}`, { exact: true }).fill(pattern);
      if (resource === null) await page.getByLabel(`What pattern ${row} requires`).selectOption(access);
      else await page.getByLabel(`Resource of pattern ${row}`).fill(resource);
    };
    await add(1, '/shop/**', 'sales');
    await add(2, '/shop/summary', 'reports');
    await add(3, '/status', null);
    await add(4, '/files/:name.key', null, 'Rejected');
    await page.getByLabel('Pattern 2', { exact: true }).press('Alt+ArrowUp');
    await expect.poll(() => page.getByLabel('Pattern 1', { exact: true }).inputValue()).toBe('/shop/summary');
    await expect.poll(() => page.evaluate<string>('document.activeElement.value')).toBe('/shop/summary');
    await visit.expectAccessible();

    await page.getByLabel('Pattern 2', { exact: true }).fill('/shop/**/more');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect.poll(() => page.getByLabel('Pattern 2', { exact: true }).getAttribute('aria-invalid')).toBe('true');
    await page.getByLabel('Pattern 2', { exact: true }).fill('/shop/**');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The route patterns were saved.').waitFor();

    await page.getByRole('textbox', { name: 'Path' }).fill('/shop/summary');
    await page.getByRole('button', { name: 'Try', exact: true }).click();
    await page.getByText('requires reports.read').waitFor();
    await page.getByLabel('Method', { exact: true }).selectOption('POST');
    await page.getByRole('textbox', { name: 'Path' }).fill('/shop/summary/today');
    await page.getByRole('button', { name: 'Try', exact: true }).click();
    await page.getByText('requires sales.write').waitFor();
    await page.getByRole('textbox', { name: 'Path' }).fill('/status');
    await page.getByRole('button', { name: 'Try', exact: true }).click();
    await page.getByText('is public').waitFor();
    await expect.poll(() => verify('/shop/summary', reader)).toBe(200);
    expect([await verify('/shop/orders', reader), await verify('/status')]).toEqual([403, 200]);
    await page.getByRole('textbox', { name: 'Path' }).fill('/files/a.key');
    await page.getByRole('button', { name: 'Try', exact: true }).click();
    await page.getByText('/files/a.key is rejected').waitFor();

    await page.getByRole('button', { name: 'Move pattern 1 down' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await expect.poll(() => verify('/shop/summary', reader)).toBe(403);

    await add(5, '/shop/search', null);
    await page.getByLabel('What pattern 5 requires').selectOption('A permission');
    await page.getByLabel('Methods of pattern 5').fill('post, head');
    await page.getByLabel('Permission of pattern 5').fill('reports.read');
    for (let row = 5; row > 1; row--) await page.getByLabel(`Pattern ${row}`, { exact: true }).press('Alt+ArrowUp');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Leave out HEAD: it goes wherever GET goes.').waitFor();
    await page.getByLabel('Methods of pattern 1').fill('post');
    await visit.expectAccessible();
    await page.getByRole('button', { name: 'Save' }).click();
    await expect.poll(() => page.getByLabel('Methods of pattern 1').inputValue()).toBe('POST');
    await page.getByRole('textbox', { name: 'Path' }).fill('/shop/search');
    await page.getByRole('button', { name: 'Try', exact: true }).click();
    await page.getByText('requires reports.read').waitFor();
    await expect.poll(() => verify('/shop/search', reader)).toBe(403);
    expect((await dashboard.request('/verify/shop/search', { method: 'POST', bearer: reader })).status).toBe(200);
    await admin.ask('/operator/routes', { method: 'PUT', body: { routes: [] } });
  });

  it('render the routes that are seen of very many, and add one at their end', async () => {
    const routes = Array.from({ length: 150 }, (_, index) => ({
      ...{ methods: ['GET'], pattern: `/r${index}/:id`, resource: null, permission: 'reports.read' },
    }));
    await admin.ask('/operator/routes', { method: 'PUT', body: { routes } });
    const { page } = await browse(admin.id, '/operator/routes');
    await page.getByLabel('Pattern 1', { exact: true }).waitFor();
    await expect.poll(() => page.getByLabel('Pattern 150', { exact: true }).count()).toBe(0);
    await page.getByRole('button', { name: 'Add a pattern' }).click();
    await page.getByLabel('Pattern 151', { exact: true }).fill('/new');
    await page.getByLabel('Resource of pattern 151').fill('new');
    await expect.poll(() => page.getByLabel('Pattern 150', { exact: true }).inputValue()).toBe('/r149/:id');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The route patterns were saved.').waitFor();
    const saved = (await admin.ask('/operator/routes')).json.routes;
    expect([saved.length, saved[149].pattern, saved[150].pattern]).toEqual([151, '/r149/:id', '/new']);
    await admin.ask('/operator/routes', { method: 'PUT', body: { routes: [] } });
  });

  it('rotate the signing keys in an emergency; a JWT of before still verifies, and the schedule is kept', async () => {
    const team = await newTeam(admin);
    const { text } = await dashboard.key(team);
    const mint = async (): Promise<string> =>
      (await dashboard.request('/auth', { bearer: text, body: { permissions: ['invoices.read'] } })).json.token;
    const before = await mint();
    const { page, ...visit } = await browse(admin.id, '/operator/signing-keys');
    const rows = page.getByRole('table', { name: 'Signing keys' }).getByRole('row');
    await rows.nth(1).waitFor();
    await page.getByRole('button', { name: 'Rotate now' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate now' }).click();
    // The next key was published a moment ago: verifiers may not know it yet.
    await page.getByRole('dialog').getByText('Some verifiers may not know the next key yet.').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Emergency rotation' }).click();
    await visit.expectAccessible();
    await page.getByRole('dialog').getByRole('button', { name: 'Emergency rotation' }).click();
    await page.getByText('A new key signs now.').waitFor();
    await page.getByRole('table').getByText('Retired').first().waitFor();
    expect(await verify('/api/invoices', before)).toBe(200);
    const kid = (jwt: string): string => JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString()).kid;
    await expect.poll(async () => kid(await mint())).not.toBe(kid(before));

    await page.getByLabel('Rotate every … days').fill('30');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The schedule was saved.').waitFor();
    expect((await admin.ask('/operator/signing-keys')).json.rotate_every_days).toBe(30);
  });

  it('show a mail that would have been sent, when no mail server is set, without a script or a breach of the policy', async () => {
    const user = await newPerson(dashboard);
    await dashboard.request('/dashboard/api/forgot', { body: { email: user.email }, headers: { origin: dashboard.url } });
    const { page, ...visit } = await browse(admin.id, '/operator/mails');
    await page.getByText('No mail server is set').waitFor();
    await visit.expectAccessible();
    const row = page
      .getByRole('row')
      .filter({ hasText: user.email })
      .filter({ hasText: /password/i });
    await row.getByRole('link').click();
    const frame = page.frameLocator('iframe');
    const button = frame.getByRole('link').first();
    await button.waitFor();
    // Its branding was applied: a button in the accent colour, as in a mail program.
    await expect.poll(() => button.evaluate((link) => getComputedStyle(link).backgroundColor)).toBe('rgb(52, 81, 178)');
    await expect.poll(() => page.locator('iframe').getAttribute('sandbox')).toBe('');
    await visit.expectAccessible();
    await page.getByRole('tab', { name: 'Text' }).click();
    await expect.poll(() => page.locator('pre').textContent()).toContain(`${dashboard.url}/reset#`);
    await page.getByRole('link', { name: 'Email', exact: true }).first().click();
    await page.getByRole('button', { name: 'Create a test email' }).click();
    await page.getByRole('row').filter({ hasText: admin.email }).first().waitFor();
  });

  it('let somebody try again who typed a wrong password too often', async () => {
    const user = await newPerson(dashboard);
    // From many addresses, so that the user has to wait, and not an address.
    const logIn = async (password: string, round: number): Promise<number> => {
      const headers = { 'x-forwarded-for': `203.0.113.${round}`, 'x-forwarded-proto': 'https' };
      const body = { email: user.email, password, device_name: 'x' };
      return (await dashboard.request('/api/v1/auth/login', { body, headers })).status;
    };
    for (let round = 0; round < 10; round++) await logIn('wrong', round);
    expect(await logIn(PASSWORD, 10)).toBe(429);
    const { page } = await browse(admin.id, '/operator/limits');
    await page.getByRole('table', { name: 'Limits' }).getByText('Failed sign-ins').waitFor();
    await page.getByRole('textbox', { name: 'Email address' }).fill('nobody@example.com');
    await page.getByRole('button', { name: 'Unlock sign-in' }).click();
    await page.getByText('No user has this email address.').waitFor();
    await page.getByRole('textbox', { name: 'Email address' }).fill(user.email);
    await page.getByRole('button', { name: 'Unlock sign-in' }).click();
    await page.getByText(`${user.email} can try again now.`).waitFor();
    expect(await logIn(PASSWORD, 11)).toBe(200);
  });

  it('show that everything is well, and the chain of the whole log intact', async () => {
    const { page, ...visit } = await browse(admin.id, '/operator/health');
    await page.getByRole('list', { name: 'Checks' }).getByText('Database').waitFor();
    await visit.open('/dashboard/operator/audit');
    await page.getByRole('button', { name: 'Verify the chain' }).click();
    await page.getByText(/The chain is intact: \d+ entries were checked\./).waitFor();
    await visit.expectAccessible();
    await page.getByLabel('About user').fill(String(admin.id));
    await page.keyboard.press('Enter');
    await expect.poll(() => new URL(page.url()).search).toContain('user');
    await page.getByText('The operator created the user').waitFor();
  });

  it('change the look: name, colour and logo show where people sign in', async () => {
    const { page, ...visit } = await browse(admin.id, '/operator/brand');
    await page.getByLabel('Accent colour', { exact: true }).fill('#ffee88');
    await page.getByText('At least 4.5 : 1 is needed: choose a darker colour.').waitFor();
    await page.getByLabel('Name').fill('Acme Keys');
    await page.getByLabel('Accent colour', { exact: true }).fill('#0b6e4f');
    await page.getByText('It is easy to read.').waitFor();
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'logo.png', mimeType: 'image/png', buffer: Buffer.from(PIXEL, 'base64') });
    await page.getByRole('region', { name: 'Preview' }).locator('img').first().waitFor();
    await visit.expectAccessible();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The branding was changed.').waitFor();
    await page.getByRole('link', { name: 'Acme Keys' }).waitFor();

    const stranger = await dashboard.visit();
    await stranger.open('/login');
    await stranger.page.getByText('Acme Keys').first().waitFor();
    await stranger.page.locator('img').first().waitFor();
    const colour = () =>
      stranger.page
        .getByRole('button', { name: 'Sign in', exact: true })
        .evaluate((button) => getComputedStyle(button).backgroundColor);
    await expect.poll(colour).toBe('rgb(11, 110, 79)');
    await admin.ask('/operator/brand', { method: 'PUT', body: { name: 'Keyhouse', accent: '#3451b2', logo: null } });
  });

  it('lose nothing that was typed when the page is left by mistake', async () => {
    const { page } = await browse(admin.id, '/operator/permissions');
    await page.getByRole('button', { name: 'Add a resource' }).click();
    await page.getByLabel('Resource 1', { exact: true }).fill('crm');
    await page.getByLabel('crm, read – description shown to users').fill('See customers');
    await page.getByRole('link', { name: 'Health' }).click();
    await page.getByRole('dialog', { name: 'Leave without saving?' }).getByRole('button', { name: 'Stay here' }).click();
    await expect.poll(() => page.getByLabel('crm, read – description shown to users').inputValue()).toBe('See customers');
  });

  it.each([
    [360, 'light'],
    [900, 'dark'],
    [1440, 'light'],
  ] as const)('are accessible and fit %i pixels (%s)', async (width, colorScheme) => {
    const visit = await browse(admin.id, '/operator/users', { viewport: { width, height: 800 }, colorScheme });
    for (const path of [...PAGES, `users/${admin.id}`]) {
      await visit.open(`/dashboard/operator/${path}`);
      await visit.page.getByRole('heading', { level: 1 }).waitFor();
      await visit.page.waitForLoadState('networkidle');
      await visit.expectAccessible();
      await visit.expectToFit();
    }
  });
});

const range = (length: number): readonly number[] => Array.from({ length }, (_, at) => at);

/** One pixel, PNG. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
