/** What waits in a browser while its user signs in with another provider: an invitation, a link from a mail, an application. */
import { beforeAll, expect, it } from 'vitest';
import { type Browser, newEmail, openBrowser, registered } from '../../../test/browser.ts';
import { eachDatabase } from '../../../test/databases.ts';
import { linkIn } from '../../../test/mails.ts';
import { newAdministrator, newTeam } from '../../../test/people.ts';
import { startTestServer, type TestServer } from '../../../test/server.ts';
import type { Provider, ProviderAnswer } from '../../core/providers/provider.ts';

/** The other provider: it reports the identity that the test has set. */
let said: ProviderAnswer = { subject: 'nobody', email: null, emailVerified: false, name: null };
const acme: Provider = {
  id: 'acme',
  name: 'Acme ID',
  domains: ['example.com'],
  start: async () => 'https://acme.example.org/authorize',
  finish: async () => said,
};

/** Signs in at the provider as the person with this address, and comes back. Returns where to. */
async function comeThrough(server: TestServer, browser: Browser, email: string, link?: string, meanwhile = async () => {}) {
  const body = { purpose: 'log-in', ...(link === undefined ? {} : { link }) };
  expect((await browser.ask('/providers/acme/start', { body })).status).toBe(200);
  said = { subject: crypto.randomUUID(), email, emailVerified: true, name: null };
  await meanwhile();
  return await comeBack(server, browser);
}

async function comeBack(server: TestServer, browser: Browser): Promise<string> {
  const answer = await server.request('/login/provider/acme?code=x', { headers: { cookie: browser.cookie } });
  expect(answer.status).toBe(302);
  browser.take(answer);
  return String(answer.headers.location);
}

eachDatabase('an invited stranger, who comes through another provider', (makeDatabase) => {
  let server: TestServer;
  let admin: Awaited<ReturnType<typeof newAdministrator>>;
  beforeAll(async () => {
    server = await startTestServer({
      database: await makeDatabase(),
      signup: 'invite',
      teamInvitationsRegister: true,
      providers: [acme],
    });
    admin = await newAdministrator(server);
    return () => server.stop();
  });
  const inviteToRegister = async (email: string): Promise<string> => {
    expect((await admin.ask('/operator/invitations', { body: { email } })).status).toBe(204);
    return `/invitation#${await linkIn(server, email, '/invitation#')}`;
  };

  it('registers with an invitation to register, which is then used up', async () => {
    const email = newEmail();
    const link = await inviteToRegister(email);
    const browser = openBrowser(server);
    expect(await comeThrough(server, browser, email, link)).toBe('/dashboard');
    expect((await browser.ask('/me')).json.user).toMatchObject({ email, email_verified: true });
    expect((await openBrowser(server).ask('/invitation/check', { body: { ticket: link.slice(12) } })).status).not.toBe(200);
  });

  it('registers with an invitation to a team, and is in it', async () => {
    const email = newEmail();
    const team = await newTeam(admin);
    expect((await admin.ask(`/accounts/${team}/invitations`, { body: { email, role: 'developer' } })).status).toBe(200);
    const link = `/invitation#${await linkIn(server, email, '/invitation#')}`;
    const browser = openBrowser(server);
    expect(await comeThrough(server, browser, email, link)).toBe(`/dashboard/accounts/${team}`);
    expect((await browser.ask(`/accounts/${team}/home`)).status).toBe(200);
  });

  it('is told when the invitation is for another address, and nobody is created', async () => {
    const link = await inviteToRegister(newEmail());
    const other = newEmail();
    expect(await comeThrough(server, openBrowser(server), other, link)).toBe('/login#other-address');
    // The invitation is still valid, and does not help a person who comes without it.
    expect(await comeThrough(server, openBrowser(server), other)).toBe('/login#sign-up-closed');
  });

  it('is judged by the invitation at the moment of the act', async () => {
    const email = newEmail();
    const team = await newTeam(admin);
    const { id } = (await admin.ask(`/accounts/${team}/invitations`, { body: { email, role: 'viewer' } })).json;
    const link = `/invitation#${await linkIn(server, email, '/invitation#')}`;
    const takeBack = async () => {
      expect((await admin.ask(`/accounts/${team}/invitations/${id}`, { method: 'DELETE' })).status).toBe(204);
    };
    expect(await comeThrough(server, openBrowser(server), email, link, takeBack)).toBe('/login#invitation-over');
    expect(await server.store.accounts.findUserByEmail(email)).toBeNull();
  });

  it('registers nobody where sign-up is closed by then', async () => {
    const email = newEmail();
    const link = await inviteToRegister(email);
    const closed = await startTestServer({ database: server.database, signup: 'closed', providers: [acme] });
    expect(await comeThrough(closed, openBrowser(closed), email, link)).toBe('/login#sign-up-closed');
    await closed.stop();
  });
});

eachDatabase('an application that waits in a browser', (makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase(), providers: [acme] });
    return () => server.stop();
  });

  it('still waits after a link from a mail was followed with another provider', async () => {
    const { email, browser } = await registered(server);
    const link = `/verify-email#${await linkIn(server, email, '/verify-email#')}`;
    browser.plant('return', '/auth/continue?request=sealed');
    const other = newEmail();
    expect(await comeThrough(server, browser, other, link)).toBe(link);
    expect(decodeURIComponent(browser.value('return') ?? '')).toBe('/auth/continue?request=sealed');
    // The link has been followed: it does not come again.
    expect(await comeThrough(server, browser, other)).toBe('/auth/continue?request=sealed');
    expect(browser.value('return')).toBeNull();
  });

  it('is not led to a link that was given up', async () => {
    const browser = openBrowser(server);
    const body = { purpose: 'log-in', link: '/invitation#given-up' };
    expect((await browser.ask('/providers/acme/start', { body })).status).toBe(200);
    browser.plant('return', '/auth/continue?request=sealed');
    expect(await comeThrough(server, browser, newEmail())).toBe('/auth/continue?request=sealed');
  });
});
