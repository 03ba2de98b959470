/** Signing in with another OpenID provider in a real browser: a real one, oidc-provider, with its own pages. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider as OidcProvider } from 'oidc-provider';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openProvider } from '../../server/src/providers/openid.ts';
import { linkIn } from '../../server/test/mails.ts';
import { invite, newPerson, newTeam } from '../../server/test/people.ts';
import { closeBrowser, type Dashboard, signIn, startDashboard, type Visit } from './browser.ts';
import { type CookieFilter, startCookieFilter } from './cookie-filter.ts';
import { button, isIn, title } from './steps.ts';

const CLIENT = { client_id: 'keyhouse', client_secret: 'a secret of the client, long enough' };

const FONTS = 'https://fonts.googleapis.com/';

describe('logging in with another provider', () => {
  let dashboard: Dashboard;
  let listener: Server;
  let issuer: string;
  /** Whether it has verified the addresses of its users. */
  let isVerified = true;
  const visits: Visit[] = [];

  beforeAll(async () => {
    listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    issuer = `http://localhost:${(listener.address() as AddressInfo).port}`;
    const settings = {
      id: 'acme',
      name: 'Acme ID',
      issuer,
      clientId: CLIENT.client_id,
      clientSecret: CLIENT.client_secret,
      domains: ['example.com'],
    };
    dashboard = await startDashboard({ providers: [openProvider(settings)] });
    const provider = new OidcProvider(issuer, {
      clients: [{ ...CLIENT, redirect_uris: [`${dashboard.url}/login/provider/acme`] }],
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
      findAccount: (_context, id) => ({
        accountId: id,
        claims: async () => ({ sub: id, email: `${id}@example.com`, email_verified: isVerified, name: 'Ada Lovelace' }),
      }),
    });
    listener.on('request', provider.callback());
  });
  afterAll(async () => {
    for (const { complaints } of visits) {
      // The provider's pages are on another host and load a font from a third: that does not concern us.
      complaints.splice(0, complaints.length, ...complaints.filter((line) => !line.includes(issuer) && !line.includes(FONTS)));
    }
    await dashboard.stop();
    listener.closeAllConnections();
    listener.close();
    await closeBrowser();
  });

  async function visit(options: Parameters<Dashboard['visit']>[0] = {}): Promise<Visit> {
    const opened = await dashboard.visit(options);
    visits.push(opened);
    await opened.context.route(`${FONTS}**`, (route) => route.fulfill({ contentType: 'text/css', body: '' }));
    return opened;
  }
  /** On the pages of the provider. */
  async function goThrough(page: Page, person: string): Promise<void> {
    await page.locator('input[name=login]').fill(person);
    await page.locator('input[name=password]').fill('any');
    await page.locator('button[type=submit]').click();
    await page.locator('input[name=prompt][value=consent]').waitFor({ state: 'attached' });
    await page.locator('button[type=submit]').click();
  }

  it('lets somebody in who has no password here, and shows the link under Security', async () => {
    const one = await visit();
    const { page } = one;
    await one.open('/dashboard/settings/security');
    await title(page, 'Sign in to Keyhouse');
    await one.expectAccessible();
    await button(page, 'Continue with Acme ID').click();
    await goThrough(page, 'ada');
    // Back to where they wanted to go.
    await title(page, 'Security');
    await page.getByText('You have no password yet').waitFor();
    await page.getByRole('list', { name: 'Other ways to sign in' }).getByText('ada@example.com').waitFor();
    await one.expectAccessible();
  });

  it('says why nobody was let in, and takes the reason out of the address bar', async () => {
    isVerified = false;
    const one = await visit();
    const { page } = one;
    await one.open('/login');
    await button(page, 'Continue with Acme ID').click();
    await goThrough(page, 'ben');
    await page.getByText('The provider has not verified your email address').waitFor();
    expect(page.url()).toBe(`${dashboard.url}/login`);
    await one.expectAccessible();
    isVerified = true;
  });

  it('counts what ends before it is the first to prove an address, and ends it only when that is confirmed', async () => {
    const { email, token } = await dashboard.register('fay@example.com', { isVerified: false });
    const works = async () => (await dashboard.request('/api/v1/cli/loggedUser', { bearer: token })).status === 200;
    const one = await visit();
    const { page } = one;
    const throughAcme = async () => {
      await one.open('/login');
      await button(page, 'Continue with Acme ID').click();
      await goThrough(page, 'fay');
      await title(page, 'Is this account yours?');
    };
    await throughAcme();
    await page.getByText(`An account with the address ${email} exists here`).waitFor();
    await page.getByText('the password, every sign-in, 1 token of this account will end').waitFor();
    await one.expectAccessible();
    // Loaded again it still waits; cancelled it ends nothing.
    await page.reload();
    await title(page, 'Is this account yours?');
    await button(page, 'Cancel').click();
    await title(page, 'Sign in to Keyhouse');
    await page.reload();
    await title(page, 'Sign in to Keyhouse');
    await page.getByText('Is this account yours?').waitFor({ state: 'detached' });
    expect(await works()).toBe(true);
    await one.context.clearCookies();
    await throughAcme();
    await button(page, 'End it all and continue').click();
    await isIn(page);
    expect(await works()).toBe(false);
  });

  describe('in a browser that keeps no cookies', () => {
    const noCookies = 'Your browser blocks cookies';
    let filter: CookieFilter;
    beforeAll(async () => {
      filter = await startCookieFilter(dashboard.url);
      return () => filter.stop();
    });

    it('says so before it leads to the provider, which would be asked for nothing', async () => {
      const one = await visit({ proxy: { server: filter.url } });
      const { page } = one;
      await one.open('/login');
      await button(page, 'Continue with Acme ID').click();
      await page.getByText(noCookies).waitFor();
      expect(page.url()).toBe(`${dashboard.url}/login`);
      await one.expectAccessible();
      // With cookies it continues from there.
      filter.letThrough();
      await button(page, 'Continue with Acme ID').click();
      await goThrough(page, 'gil');
      await isIn(page);
    });

    it('says so too when the provider leads back and there is no cookie left', async () => {
      filter.letThrough();
      const one = await visit({ proxy: { server: filter.url } });
      const { page } = one;
      await one.open('/login');
      await button(page, 'Continue with Acme ID').click();
      await page.locator('input[name=login]').waitFor();
      await one.context.clearCookies({ name: /^keyhouse/ });
      filter.block();
      await goThrough(page, 'hal');
      await page.getByText(noCookies).waitFor();
      expect(page.url()).toBe(`${dashboard.url}/login`);
      await expect.poll(() => page.getByText('This took too long').count()).toBe(0);
      await one.expectAccessible();
    });

    it('does not say so of one that keeps them, where the one that was meant is gone', async () => {
      const one = await visit();
      const { page } = one;
      await one.open('/login');
      await button(page, 'Continue with Acme ID').click();
      await page.locator('input[name=login]').waitFor();
      await one.context.clearCookies({ name: /^keyhouse/ });
      await goThrough(page, 'ida');
      await page.getByText('This took too long, or was started in another window').waitFor();
      await expect.poll(() => page.getByText(noCookies).count()).toBe(0);
    });
  });

  it('leads back to the link of a mail: an invitation, and a new address', async () => {
    const owner = await newPerson(dashboard);
    const team = await newTeam(owner, 'Engines');
    const mary = await newPerson(dashboard, 'mary@example.com');
    const ticket = await invite(dashboard, owner, team, mary.email, 'viewer');
    const one = await visit();
    const { page } = one;
    await one.open(`/invitation#${ticket}`);
    await button(page, 'Sign in to accept').click();
    await button(page, 'Continue with Acme ID').click();
    await goThrough(page, 'mary');
    await title(page, 'Join Engines');
    expect(page.url()).toBe(`${dashboard.url}/invitation`);
    await button(page, 'Accept invitation').click();
    await page.waitForURL(`${dashboard.url}/dashboard/accounts/${team}`);

    const asked = await mary.ask('/me/email', { body: { email: 'somerville@example.com' } });
    expect(asked.status, asked.text).toBeLessThan(300);
    await one.context.clearCookies();
    await one.open(`/new-email#${await linkIn(dashboard, 'somerville@example.com', '/new-email#')}`);
    await button(page, 'Continue with Acme ID').click();
    await goThrough(page, 'mary');
    await title(page, 'Your email address was changed');
  });

  it('links by hand, and unlinks', async () => {
    const { id } = await dashboard.register();
    const one = await visit();
    const { page } = one;
    await signIn(dashboard, one, id);
    await one.open('/dashboard/settings/security');
    await button(page, 'Link Acme ID').click();
    await goThrough(page, 'cleo');
    await button(page, 'Unlink Acme ID').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Unlink' }).click();
    await button(page, 'Link Acme ID').waitFor();
    await isIn(page);
  });

  it('does not link what is linked to somebody else, and says so', async () => {
    const { id } = await dashboard.register();
    const one = await visit();
    const { page } = one;
    await signIn(dashboard, one, id);
    await one.open('/dashboard/settings/security');
    await button(page, 'Link Acme ID').click();
    await goThrough(page, 'ada');
    await page.getByText('is already linked to another user here').waitFor();
    expect(page.url()).toBe(`${dashboard.url}/dashboard/settings/security`);
    await one.expectAccessible();
  });
});
