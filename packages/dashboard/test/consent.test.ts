/** The way of a user who comes from an application: sign-in, consent, and back; in a real browser, with a real callback. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider as OidcProvider } from 'oidc-provider';
import { Secret, TOTP } from 'otpauth';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openProvider } from '../../server/src/providers/openid.ts';
import {
  askTokens,
  authPath,
  newApplication,
  newPkce,
  type TestApplication,
  withSecret,
} from '../../server/test/applications.ts';
import { mailsOf } from '../../server/test/mails.ts';
import { newMember, newPerson, newTeam } from '../../server/test/people.ts';
import { png } from '../../server/test/pictures.ts';
import { OPERATOR, PASSWORD } from '../../server/test/server.ts';
import { closeBrowser, type Dashboard, signIn, startDashboard, type Visit } from './browser.ts';
import { button, isIn, logIn, title } from './steps.ts';

const ELSEWHERE = 'https://app.example.com';
const ASKS = 'Ledger asks for access';
const HOUR_MS = 3_600_000;
const CATALOGUE = [
  { name: 'invoices.read', sentence: 'See your invoices', isGrantable: true, isSensitive: false },
  { name: 'invoices.write', sentence: 'Make and change invoices', isGrantable: true, isSensitive: false },
  { name: 'payouts.write', sentence: 'Send money', isGrantable: true, isSensitive: true },
];
const newEmail = (): string => `u-${crypto.randomUUID()}@example.com`;

describe('coming from an application', () => {
  let dashboard: Dashboard;
  /** The application's own end: a page for every path. */
  let listener: Server;
  let callback: string;
  let identityProvider: Server;
  let issuer: string;
  let ownerAccountId: number;
  const visits: Visit[] = [];

  beforeAll(async () => {
    listener = createServer((_request, response) => response.setHeader('content-type', 'text/html').end('<title>Back</title>'));
    callback = `${await listen(listener)}/callback`;
    identityProvider = createServer();
    issuer = (await listen(identityProvider)).replace('127.0.0.1', 'localhost');
    const secret = 'a secret of the client, long enough';
    const settings = {
      id: 'acme',
      name: 'Acme ID',
      issuer,
      clientId: 'keyhouse',
      clientSecret: secret,
      domains: ['example.com'],
    };
    dashboard = await startDashboard({ providers: [openProvider(settings)] });
    const client = { client_id: 'keyhouse', client_secret: secret, redirect_uris: [`${dashboard.url}/login/provider/acme`] };
    const provider = new OidcProvider(issuer, {
      clients: [client],
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
      findAccount: (_context, id) => ({
        accountId: id,
        claims: async () => ({ sub: id, email: `${id}@example.com`, email_verified: true, name: 'Ada Lovelace' }),
      }),
    });
    identityProvider.on('request', provider.callback());
    await dashboard.keyhouse.permissions.setCatalogue({ catalogue: CATALOGUE, by: OPERATOR });
    ownerAccountId = (await dashboard.register()).accountId;
  });
  afterEach(async () => {
    for (const visit of visits.splice(0)) {
      // Applications are elsewhere, and the browser goes there. It logs every status that is not a success.
      const others = [callback, ELSEWHERE, issuer, 'googleapis', 'com.example.ledger', 'status of 400'];
      const isOurs = (line: string): boolean => !others.some((part) => line.includes(part));
      visit.complaints.splice(0, visit.complaints.length, ...visit.complaints.filter(isOurs));
      await visit.close();
    }
  });
  afterAll(async () => {
    await dashboard.stop();
    for (const each of [listener, identityProvider]) {
      each.closeAllConnections();
      each.close();
    }
    await closeBrowser();
  });

  const application = (wish: Parameters<typeof newApplication>[2] = {}): Promise<TestApplication> =>
    newApplication(dashboard, ownerAccountId, { redirectUris: [callback, `${ELSEWHERE}/callback`], ...wish });

  async function openVisit(options: Parameters<Dashboard['visit']>[0] = {}): Promise<Visit> {
    const visit = await dashboard.visit(options);
    visits.push(visit);
    await visit.context.route(`${ELSEWHERE}/**`, (route) =>
      route.fulfill({ contentType: 'text/html', body: '<title>Back</title>' }),
    );
    await visit.context.route('https://fonts.googleapis.com/**', (route) => route.fulfill({ contentType: 'text/css', body: '' }));
    return visit;
  }

  /** Of a new user who is signed in already. */
  async function member(options: Parameters<Dashboard['visit']>[0] = {}) {
    const person = await newPerson(dashboard);
    const visit = await openVisit(options);
    await signIn(dashboard, visit, person.id);
    return { ...visit, visit, person };
  }

  /** Where an application sends the browser. */
  const way = (client: TestApplication, rest: Record<string, string> = {}, pkce = newPkce()): string =>
    authPath(client, pkce, { redirect_uri: callback, ...rest });

  /** What came back to the application. */
  async function answer(page: Page, to = callback): Promise<URLSearchParams> {
    await page.waitForURL((url) => url.href.startsWith(to));
    return new URL(page.url()).searchParams;
  }

  async function redeem(client: TestApplication, code: string | null, verifier: string): Promise<string> {
    const form = { grant_type: 'authorization_code', ...withSecret(client), redirect_uri: callback };
    const redeemed = await askTokens(dashboard, { ...form, code: code ?? '', code_verifier: verifier });
    if (redeemed.status !== 200) throw new Error(redeemed.text);
    return redeemed.json.scope;
  }

  it('leads a stranger through log-in and consent, back to the application, and from then on straight through', async () => {
    const client = await application({ kind: 'confidential', homePage: 'https://ledger.example.com/about' });
    const { email } = await dashboard.register();
    const pkce = newPkce();
    const visit = await openVisit();
    const { page } = visit;
    await visit.open(way(client, { login_hint: email, scope: 'openid email profile invoices.read invoices.write' }, pkce));
    await title(page, 'Sign in to Keyhouse');
    await expect.poll(() => page.getByLabel('Email').inputValue()).toBe(email);
    await logIn(page, email, PASSWORD);
    await title(page, ASKS);
    const shown = page.getByRole('main');
    for (const text of [
      ...['ledger.example.com', 'Registered by', 'Not verified.'],
      ...['See your invoices', 'Make and change invoices', 'invoices.write', 'See your name', 'See your email address'],
      ...['You’ll return to an app on this device.'],
    ])
      await shown.getByText(text).first().waitFor();
    await loggedInAs(page, email);
    await visit.expectAccessible();
    await button(page, 'Allow').click();
    const came = await answer(page);
    expect([came.get('state'), came.get('iss')]).toEqual(['of the application', dashboard.url]);
    expect(await redeem(client, came.get('code'), pkce.verifier)).toBe('invoices.read invoices.write openid email profile');

    const second = newPkce();
    await visit.open(way(client, {}, second));
    expect(await redeem(client, (await answer(page)).get('code'), second.verifier)).toBe('invoices.read');
  });

  it('takes a no back to the application', async () => {
    const { page, open } = await member();
    const client = await application();
    await open(way(client, { redirect_uri: `${ELSEWHERE}/callback` }));
    await page.getByText('You’ll continue to app.example.com.').waitFor();
    await button(page, 'Deny').click();
    const came = await answer(page, ELSEWHERE);
    expect([came.get('error'), came.get('code'), came.get('state')]).toEqual(['access_denied', null, 'of the application']);
    // It was an answer for once.
    await open(way(client));
    await title(page, ASKS);
  });

  it('leaves out what was unticked, and offers boxes for what may be left out alone', async () => {
    const { page, open, expectAccessible } = await member();
    const client = await application({ optionalPermissions: ['invoices.write'] });
    const pkce = newPkce();
    await open(way(client, { scope: 'invoices.read invoices.write' }, pkce));
    await title(page, ASKS);
    const box = page.getByRole('checkbox');
    expect([await box.count(), await box.isChecked()]).toEqual([1, true]);
    await expectAccessible();
    await page.getByText('Make and change invoices').click();
    await button(page, 'Allow').click();
    expect(await redeem(client, (await answer(page)).get('code'), pkce.verifier)).toBe('invoices.read');
  });

  it('is for the account that was chosen, within what the role there allows, and says so', async () => {
    const visit = await openVisit();
    const { page, open } = visit;
    const owner = await newPerson(dashboard);
    const team = await newTeam(owner, 'Engines');
    await signIn(dashboard, visit, (await newMember(dashboard, owner, team, 'viewer')).id);
    const client = await application();
    const pkce = newPkce();
    await open(way(client, { scope: 'invoices.read invoices.write' }, pkce));
    await title(page, ASKS);
    const choice = page.getByLabel('For which account');
    await expect.poll(() => page.getByText('You’re a viewer in Engines').count()).toBe(0);
    await choice.selectOption(String(team));
    await page.getByText('You’re a viewer in Engines, so this app gets read-only access there.').waitFor();
    await visit.expectAccessible();
    await button(page, 'Allow').click();
    expect(await redeem(client, (await answer(page)).get('code'), pkce.verifier)).toBe('invoices.read');
  });

  it('warns of what the operator has not verified, and marks what is sensitive', async () => {
    const { page, open, expectAccessible } = await member();
    await open(way(await application()));
    await page.getByText('The operator has not checked who is behind it.').waitFor();
    const verified = await application({ isVerified: true });
    await open(way(verified, { scope: 'payouts.write' }));
    await page.getByText('Verified by Keyhouse').waitFor();
    await page.getByRole('listitem').getByText('Sensitive').waitFor();
    await expect.poll(() => page.getByText('Not verified.').count()).toBe(0);
    await expectAccessible();
  });

  it('shows the name as it is, and never as a part of the page', async () => {
    const { page, open } = await member();
    await open(way(await application({ name: '<img src=x onerror=alert(1)>' })));
    await title(page, '<img src=x onerror=alert(1)> asks for access');
    await expect.poll(() => page.locator('main img').count()).toBe(0);
  });

  it('shows the logo, and says so where the application is the operator’s own', async () => {
    const { page, open, expectAccessible } = await member();
    const client = await application({ isFirstParty: true });
    const logo = png(64, 64).toString('base64');
    await dashboard.keyhouse.applications.update({ application: client, settings: {}, logo }, OPERATOR);
    await dashboard.keyhouse.applications.setFirstParty(client, true, OPERATOR);
    await open(way(client, { prompt: 'consent' }));
    await page.getByText('An application of Keyhouse itself.').waitFor();
    await expect.poll(() => page.getByText('Not verified.').count()).toBe(0);
    const width = () => page.locator('main img').evaluate((image: HTMLImageElement) => image.naturalWidth);
    await expect.poll(width).toBeGreaterThan(0);
    await expectAccessible();
  });

  it('lets somebody who finds another person logged in log in as themselves, and keeps the request', async () => {
    const { page, open, person } = await member();
    const { email } = await dashboard.register();
    await open(way(await application()));
    await loggedInAs(page, person.email);
    await button(page, 'Not you?').click();
    await title(page, 'Sign in to Keyhouse');
    await logIn(page, email, PASSWORD);
    await loggedInAs(page, email);
    await button(page, 'Allow').click();
    expect((await answer(page)).get('code')).toMatch(/^kh_code_/);
  });

  it('keeps the request through registering and every link between the pages', async () => {
    const visit = await openVisit();
    const { page } = visit;
    await visit.open(way(await application()));
    await page.getByRole('link', { name: 'Forgot your password?' }).click();
    await page.getByRole('link', { name: 'Back to sign-in' }).click();
    await page.getByRole('link', { name: 'Register' }).click();
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.getByRole('link', { name: 'Register' }).click();
    await title(page, 'Register at Keyhouse');
    const email = newEmail();
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await button(page, 'Register').click();
    await loggedInAs(page, email);
    await button(page, 'Allow').click();
    expect((await answer(page)).get('code')).toMatch(/^kh_code_/);
  });

  it('keeps the request on the way through another provider', async () => {
    const visit = await openVisit();
    const { page } = visit;
    await visit.open(way(await application()));
    await button(page, 'Continue with Acme ID').click();
    await throughProvider(page, 'grace');
    await loggedInAs(page, 'grace@example.com');
    await button(page, 'Allow').click();
    expect((await answer(page)).get('code')).toMatch(/^kh_code_/);
  });

  it('has somebody who is logged in prove themselves again where the application wants it, and says why', async () => {
    const { page, open, person, expectAccessible } = await member();
    await open(way(await application(), { prompt: 'login' }));
    await title(page, 'Sign in to Keyhouse');
    await page.getByText('An application asks you to confirm it’s you').waitFor();
    await expectAccessible();
    await logIn(page, person.email, PASSWORD);
    await title(page, ASKS);
    await button(page, 'Allow').click();
    expect((await answer(page)).get('code')).toMatch(/^kh_code_/);
  });

  it('asks for the password before something new is granted with an old proof, and then goes on by itself', async () => {
    const { page, open, person, expectAccessible } = await member();
    const client = await application({ optionalPermissions: ['invoices.write'] });
    const pkce = newPkce();
    dashboard.advance(11 * 60_000);
    await open(way(client, { scope: 'invoices.read invoices.write' }, pkce));
    await title(page, ASKS);
    await page.getByText('Make and change invoices').click();
    await button(page, 'Allow').click();
    await title(page, 'Confirm it’s you');
    await expectAccessible();
    await page.getByLabel('Password', { exact: true }).fill('not it');
    await button(page, 'Confirm').click();
    await page.getByRole('alert').first().waitFor();
    // Back is not an answer, and what was cleared stays cleared.
    await button(page, 'Back').click();
    await title(page, ASKS);
    await expect.poll(() => page.getByRole('checkbox').isChecked()).toBe(false);
    await button(page, 'Allow').click();
    await title(page, 'Confirm it’s you');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await button(page, 'Confirm').click();
    expect(await redeem(client, (await answer(page)).get('code'), pkce.verifier)).toBe('invoices.read');
    expect((await mailsOf(dashboard, person.email)).map(({ kind }) => kind)).toContain('application-connected');

    // The same once more needs no proof, more of it does.
    dashboard.advance(11 * 60_000);
    await open(way(client, { prompt: 'consent' }));
    await title(page, ASKS);
    await button(page, 'Allow').click();
    expect((await answer(page)).get('code')).toMatch(/^kh_code_/);
    await open(way(client, { scope: 'invoices.read openid email' }));
    await title(page, ASKS);
    await button(page, 'Allow').click();
    await title(page, 'Confirm it’s you');
    await page.getByRole('link', { name: 'Sign in again' }).click();
    await title(page, 'Sign in to Keyhouse');
    await logIn(page, person.email, PASSWORD);
    await title(page, ASKS);
    await button(page, 'Allow').click();
    expect((await answer(page)).get('code')).toMatch(/^kh_code_/);
  });

  it('asks to log in on the page where the sign-in ended meanwhile, and keeps what was chosen', async () => {
    const { page, open, person, context, expectAccessible } = await member();
    const client = await application({ optionalPermissions: ['invoices.write'] });
    const pkce = newPkce();
    await open(way(client, { scope: 'invoices.read invoices.write' }, pkce));
    await title(page, ASKS);
    await page.getByText('Make and change invoices').click();
    await context.clearCookies();
    await button(page, 'Allow').click();
    await title(page, 'Sign in to Keyhouse');
    await page.getByText('You are no longer signed in.').waitFor();
    await expectAccessible();
    await logIn(page, person.email, PASSWORD);
    await title(page, ASKS);
    await expect.poll(() => page.getByRole('checkbox').isChecked()).toBe(false);
    await button(page, 'Allow').click();
    expect(await redeem(client, (await answer(page)).get('code'), pkce.verifier)).toBe('invoices.read');
  });

  it('asks whoever logs in there as somebody else as themselves, with nothing of what was chosen', async () => {
    const { page, open, context } = await member();
    const other = await dashboard.register();
    const client = await application({ optionalPermissions: ['invoices.write'] });
    await open(way(client, { scope: 'invoices.read invoices.write' }));
    await title(page, ASKS);
    await page.getByText('Make and change invoices').click();
    await context.clearCookies();
    await button(page, 'Allow').click();
    await title(page, 'Sign in to Keyhouse');
    await logIn(page, other.email, PASSWORD);
    await loggedInAs(page, other.email);
    await expect.poll(() => page.getByRole('checkbox').isChecked()).toBe(true);
  });

  it('finds the request again after logging in there with another provider', async () => {
    const { page, open, context } = await member();
    await open(way(await application()));
    await title(page, ASKS);
    await context.clearCookies();
    await button(page, 'Allow').click();
    await title(page, 'Sign in to Keyhouse');
    await button(page, 'Continue with Acme ID').click();
    await throughProvider(page, 'rosalind');
    await loggedInAs(page, 'rosalind@example.com');
  });

  it('asks each time for a program on this computer, with what was left out before left out', async () => {
    const { page, open, expectAccessible } = await member();
    const wish = { redirectUris: [callback], optionalPermissions: ['invoices.write'] };
    const client = await application(wish);
    const scope = { scope: 'invoices.read invoices.write' };
    await open(way(client, scope));
    await title(page, ASKS);
    await page.getByText('Make and change invoices').click();
    await button(page, 'Allow').click();
    await answer(page);
    await open(way(client, scope));
    await page.getByText('You have allowed this before.').waitFor();
    await expect.poll(() => page.getByRole('checkbox').isChecked()).toBe(false);
    await expectAccessible();
    await button(page, 'Allow').click();
    expect((await answer(page)).get('code')).toMatch(/^kh_code_/);
  });

  it('keeps the request through a second step, also when the page is loaded again', async () => {
    const person = await newPerson(dashboard);
    const { secret } = (await person.ask('/me/totp', { method: 'POST' })).json;
    const codeNow = (): string => new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: dashboard.now() });
    expect((await person.ask('/me/totp/confirm', { body: { code: codeNow() } })).status).toBe(200);
    const { page, open } = await openVisit();
    await open(way(await application()));
    await logIn(page, person.email, PASSWORD);
    await title(page, 'Two-step verification');
    await page.reload();
    await title(page, 'Two-step verification');
    dashboard.advance(30_000);
    await page.getByLabel('Code').fill(codeNow());
    await button(page, 'Continue').click();
    await loggedInAs(page, person.email);
  });

  it('goes on in a second tab after the log-in in the first, and asks again where somebody has logged out', async () => {
    const client = await application();
    const { email } = await dashboard.register();
    const visit = await openVisit();
    const { page } = visit;
    await visit.open(way(client));
    await title(page, 'Sign in to Keyhouse');
    const second = await visit.context.newPage();
    await second.goto(dashboard.url + way(client));
    await logIn(second, email, PASSWORD);
    await title(second, ASKS);
    // Loaded again.
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await title(page, ASKS);
    await button(second, 'Not you?').click();
    await title(second, 'Sign in to Keyhouse');
    await button(page, 'Allow').click();
    await title(page, 'Sign in to Keyhouse');
    await logIn(page, email, PASSWORD);
    await title(page, ASKS);
  });

  it('names whoever is logged in now, when another window has logged somebody else in', async () => {
    const { page, open, visit, person } = await member();
    await open(way(await application()));
    await loggedInAs(page, person.email);
    const other = await newPerson(dashboard);
    await signIn(dashboard, visit, other.id);
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await loggedInAs(page, other.email);
  });

  it('says that a request is over, when it opens and when it is answered', async () => {
    const { page, open, expectAccessible } = await member();
    const client = await application();
    for (const path of [
      '/consent',
      '/consent?request=v1.nothing',
      '/consent?request=a/b',
      '/logout',
      '/logout?request=v1.nothing',
    ]) {
      await open(path);
      await title(page, 'This request has expired');
    }
    await expectAccessible();
    await open(way(client));
    await title(page, ASKS);
    const address = page.url();
    dashboard.advance(HOUR_MS + 60_000);
    await button(page, 'Allow').click();
    await title(page, 'This request has expired');
    await page.goto(address);
    await title(page, 'This request has expired');
    await page.goto(address.replace('/consent?', '/auth/continue?'));
    await title(page, 'This request has expired');
    await expectAccessible();
  });

  it('loses nothing without a connection, and asks once however often it is clicked', async () => {
    const { page, open, context, complaints } = await member();
    await open(way(await application({ optionalPermissions: ['invoices.read'] }), { scope: 'invoices.read invoices.write' }));
    await page.getByRole('checkbox').uncheck();
    await expect.poll(() => button(page, 'Allow').getAttribute('aria-disabled')).toBe('false');
    await context.setOffline(true);
    await button(page, 'Allow').click();
    await page.getByText('The server can’t be reached.').waitFor();
    await expect.poll(() => page.getByRole('checkbox').isChecked()).toBe(false);
    await context.setOffline(false);
    let asked = 0;
    page.on('request', (request) => (asked += request.url().endsWith('/dashboard/api/consent') ? 1 : 0));
    await button(page, 'Allow').dblclick();
    expect((await answer(page)).get('code')).toMatch(/^kh_code_/);
    expect(asked).toBe(1);
    complaints.splice(0, complaints.length, ...complaints.filter((line) => !line.includes('ERR_INTERNET_DISCONNECTED')));
  });

  it('does not take a double click that began on another window for a yes', async () => {
    const { page, open } = await member();
    await open(way(await application()));
    await title(page, ASKS);
    await expect.poll(() => button(page, 'Allow').getAttribute('aria-disabled')).toBe('false');
    await page.evaluate(() => window.dispatchEvent(new Event('focus')));
    await button(page, 'Allow').click({ force: true });
    expect(page.url()).toContain('/consent?request=');
    await title(page, ASKS);
  });

  it('stays where it is when a program of this computer takes over, and says that the window may be closed', async () => {
    const { page, open, expectAccessible } = await member();
    const uri = 'com.example.ledger:/callback';
    await open(way(await application({ redirectUris: [uri] }), { redirect_uri: uri }));
    await page.getByText('return to an app on this device').waitFor();
    await button(page, 'Allow').click();
    await title(page, 'Ledger has access');
    await page.getByText('You can close this window.').waitFor();
    await expectAccessible();
  });

  it('is used with the keyboard: nothing is chosen for anybody, and no key that is meant for something else allows', async () => {
    const { page, open } = await member();
    await open(way(await application({ optionalPermissions: ['invoices.read'] })));
    await title(page, ASKS);
    const focused = () => page.evaluate(() => document.activeElement?.textContent || document.activeElement?.tagName);
    await expect.poll(() => focused()).not.toMatch(/^(Allow|Deny)$/);
    await page.keyboard.press('Enter');
    const order: (string | undefined)[] = [];
    for (let steps = 0; steps < 4; steps++) {
      await page.keyboard.press('Tab');
      order.push(await focused());
    }
    expect(order).toEqual(['Not you?', 'INPUT', 'Allow', 'Deny']);
    await page.getByRole('checkbox').press('Enter');
    expect(page.url()).toContain('/consent?request=');
    await button(page, 'Deny').press('Enter');
    expect((await answer(page)).get('error')).toBe('access_denied');
  });

  it.each([
    [360, 'light'],
    [360, 'dark'],
    [1440, 'dark'],
  ] as const)('is accessible and fits at %i pixels in %s', async (width, colorScheme) => {
    const { page, open, person, expectAccessible, expectToFit } = await member({ viewport: { width, height: 740 }, colorScheme });
    await newTeam(person, 'A team with a long name '.repeat(3).trim());
    const client = await application({ name: 'Wort'.repeat(25), homePage: ELSEWHERE, optionalPermissions: ['invoices.write'] });
    await open(
      way(client, { scope: 'openid profile email invoices.read invoices.write', redirect_uri: `${ELSEWHERE}/callback` }),
    );
    await page.getByLabel('For which account').waitFor();
    await expectAccessible();
    await expectToFit();
    for (const path of ['/logged-out', '/auth?client_id=none', `/auth/logout?client_id=${client.clientId}`]) {
      await open(path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await expectAccessible();
      await expectToFit();
    }
  });

  describe('with a link that leads nowhere', () => {
    it('says so to the person, and what is wrong to the developer, and repeats nothing of the link', async () => {
      const visit = await openVisit();
      const { page } = visit;
      const client = await application();
      for (const [path, detail] of [
        ['/auth?client_id=shibboleth&state=shibboleth', 'No application has this client_id'],
        [way(client, { redirect_uri: 'https://shibboleth.example/' }), 'is not registered for the application'],
        [`${way(client, { state: 'shibboleth' })}&client_id=b`, 'A parameter is repeated'],
        ['/auth/logout?client_id=shibboleth', 'No application has this client_id'],
      ] as const) {
        await visit.open(path);
        await title(page, 'This link cannot be used');
        await page.getByText(detail).waitFor();
        expect(await page.content()).not.toContain('shibboleth');
      }
      await visit.expectAccessible();
    });

    it('says it without JavaScript too', async () => {
      const visit = await openVisit({ javaScriptEnabled: false });
      await visit.open('/auth?client_id=none');
      await expect
        .poll(() => visit.page.locator('body').innerText())
        .toMatch(/^This link cannot be used\. .* No application has this client_id/);
    });
  });

  describe('to sign out', () => {
    it('asks first, since anybody can send anybody there', async () => {
      const { page, open, expectAccessible } = await member();
      const client = await application({ postLogoutRedirectUris: [`${ELSEWHERE}/bye`] });
      const path = `/auth/logout?${new URLSearchParams({ client_id: client.clientId, post_logout_redirect_uri: `${ELSEWHERE}/bye`, state: 'x y' })}`;
      await open(path);
      await title(page, 'Sign out of Keyhouse?');
      await page.getByText('Ledger asks you to sign out here. You’ll continue to app.example.com.').waitFor();
      await expectAccessible();
      await button(page, 'Stay signed in').click();
      await isIn(page);
      await open(path);
      await button(page, 'Sign out').click();
      expect((await answer(page, ELSEWHERE)).get('state')).toBe('x y');
      await open('/dashboard');
      await title(page, 'Sign in to Keyhouse');
    });

    it('ends on a page of ours where the application named none, and asks nobody who is logged out already', async () => {
      const { page, open, expectAccessible, context } = await member();
      await open('/auth/logout');
      await title(page, 'Sign out of Keyhouse?');
      const address = page.url();
      await button(page, 'Sign out').click();
      await title(page, 'You are signed out');
      await expectAccessible();
      await page.goto(address);
      await title(page, 'You are signed out');
      expect((await context.cookies()).map(({ name }) => name)).not.toContain('keyhouse_sign_in');
      await page.getByRole('link', { name: 'Sign in again' }).click();
      await title(page, 'Sign in to Keyhouse');
    });
  });
});

/** On the pages of the other provider. */
async function throughProvider(page: Page, person: string): Promise<void> {
  await page.locator('input[name=login]').fill(person);
  await page.locator('input[name=password]').fill('any');
  await page.locator('button[type=submit]').click();
  await page.locator('input[name=prompt][value=consent]').waitFor({ state: 'attached' });
  await page.locator('button[type=submit]').click();
}

const loggedInAs = (page: Page, email: string): Promise<void> =>
  page.getByText('You are signed in as').getByText(email).waitFor();

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
