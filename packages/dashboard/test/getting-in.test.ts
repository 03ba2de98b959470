/** The sign-in pages, in a real browser, with real mail. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newPerson, newTeam } from '../../server/test/people.ts';
import { PASSWORD } from '../../server/test/server.ts';
import { closeBrowser, type Dashboard, signIn, startDashboard, type Visit } from './browser.ts';
import { type Post, startPost } from './post.ts';
import { button, isIn, logIn, title } from './steps.ts';

const NEW_PASSWORD = 'four other unrelated words';
const newEmail = (): string => `u-${crypto.randomUUID()}@example.com`;

describe('getting in', () => {
  let post: Post;
  let dashboard: Dashboard;
  const visits: Visit[] = [];
  beforeAll(async () => {
    post = await startPost();
    dashboard = await startDashboard({ transport: post.transport });
  });
  // Each ends with a check of what the console reported.
  afterEach(async () => {
    for (const visit of visits.splice(0)) await visit.close();
  });
  afterAll(async () => {
    await dashboard.stop();
    await post.stop();
    await closeBrowser();
  });

  async function at(path: string, options: Parameters<Dashboard['visit']>[0] = {}, place = dashboard): Promise<Visit> {
    const visit = await place.visit(options);
    visits.push(visit);
    await visit.open(path);
    return visit;
  }

  it('says that the browser keeps no cookie, where the password was right and nothing would come of it', async () => {
    const { email } = await newPerson(dashboard);
    const visit = await at('/login');
    const { page } = visit;
    // Like a browser that blocks cookies of this site: it says that it accepts them, and sends none back.
    await page.route('**/dashboard/api/log-in', async (route) => {
      const answer = await route.fetch();
      await page.context().clearCookies();
      const { 'set-cookie': _, ...headers } = answer.headers();
      await route.fulfill({ response: answer, headers });
    });
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await button(page, 'Sign in').click();
    await page.getByText('Your browser blocks cookies').waitFor();
    expect(new URL(page.url()).pathname).toBe('/login');
    await visit.expectAccessible();
  });

  it('registers somebody, who confirms their address with the mailed link, logs out, and logs in again', async () => {
    const email = newEmail();
    const visit = await at('/login');
    const { page } = visit;
    await page.getByRole('link', { name: 'Register' }).click();
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Name').fill('Ada Lovelace');
    const password = page.getByLabel('Password', { exact: true });
    await password.fill('short');
    await page.getByText('3 more characters.').waitFor();
    await password.fill(PASSWORD);
    await visit.expectAccessible();
    await button(page, 'Register').click();
    await isIn(page);
    await page.getByRole('region', { name: 'Your email address' }).waitFor();

    await page.goto(dashboard.url + (await post.linkTo(email, '/verify-email')));
    await title(page, 'Your email address is verified');
    expect(page.url()).toBe(`${dashboard.url}/verify-email`);
    await visit.expectAccessible();
    await page.getByRole('link', { name: 'Go to the dashboard' }).click();
    await isIn(page);
    await expect.poll(() => page.getByRole('region', { name: 'Your email address' }).count()).toBe(0);

    await button(page, 'Sign out').click();
    await title(page, 'Sign in to Keyhouse');
    await visit.expectAccessible();
    await logIn(page, email, PASSWORD);
    await isIn(page);
  });

  it('confirms an address after the log-in that the link asks for, and keeps its secret out of the address bar and every store', async () => {
    const { email } = await registered();
    const visit = await at(await post.linkTo(email, '/verify-email'));
    const { page } = visit;
    await page.getByText('Sign in first: then your email address is verified.').waitFor();
    expect(page.url()).toBe(`${dashboard.url}/verify-email`);
    await expect
      .poll(() => page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }, history.state])))
      .toBe('[{},{},null]');
    await visit.expectAccessible();
    await logIn(page, email, PASSWORD);
    await title(page, 'Your email address is verified');
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
  });

  it('lets whoever follows a link as somebody else log in as the one it is for', async () => {
    const { email } = await registered();
    const visit = await at('/forgot');
    const { page } = visit;
    await signIn(dashboard, visit, (await dashboard.register()).id);
    await visit.open(await post.linkTo(email, '/verify-email'));
    await page.getByText('This link is for another user than the one who is signed in.').waitFor();
    await visit.expectAccessible();
    await button(page, 'Sign in as someone else').click();
    await logIn(page, email, PASSWORD);
    await title(page, 'Your email address is verified');
  });

  it('goes back to where somebody wanted to go', async () => {
    const { email } = await dashboard.register();
    const { page } = await at('/dashboard/settings/developers?from=mail');
    await logIn(page, email, PASSWORD);
    await page.waitForURL(`${dashboard.url}/dashboard/settings/developers?from=mail`);
    // A signed-in user is not asked again.
    await page.goto(`${dashboard.url}/login`);
    await page.waitForURL(`${dashboard.url}/dashboard`);
  });

  it('says the same for a wrong password and for nobody, at the field that takes the focus, and loses nothing typed', async () => {
    const { email } = await dashboard.register();
    const visit = await at('/login');
    const { page } = visit;
    for (const typed of [email, newEmail()]) {
      await logIn(page, typed, 'wrong');
      const field = page.getByLabel('Email');
      await expect.poll(() => field.getAttribute('aria-invalid')).toBe('true');
      await page.getByText('These credentials do not match our records.').waitFor();
      await expect.poll(() => field.inputValue()).toBe(typed);
      await expect.poll(() => page.getByLabel('Password', { exact: true }).inputValue()).toBe('wrong');
      await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('email');
    }
    await visit.expectAccessible();
  });

  it('counts down when there were too many tries', async () => {
    const place = await startDashboard();
    const { email } = await place.register();
    const visit = await at('/login', {}, place);
    const { page } = visit;
    await page.getByLabel('Email').fill(email);
    for (let tries = 0; tries < 11; tries++) {
      await page.getByLabel('Password', { exact: true }).fill(`wrong ${tries}`);
      const answered = page.waitForResponse(/log-in$/);
      await page.keyboard.press('Enter');
      await answered;
      await expect.poll(() => button(page, 'One moment …').count()).toBe(0);
    }
    const alert = page.getByRole('alert');
    await alert.getByText(/Too many attempts/).waitFor();
    const left = () => alert.locator('[aria-hidden]').textContent();
    const first = await left();
    expect(first).toMatch(/^Try again in \d/);
    await expect.poll(left).not.toBe(first);
    await visit.expectAccessible();
    await expect.poll(() => button(page, 'Sign in').getAttribute('aria-disabled')).toBe('true');
    await visits.splice(visits.indexOf(visit), 1)[0]?.close();
    await place.stop();
  });

  it('loses nothing when the connection is lost, and goes on when it is back', async () => {
    const { email } = await dashboard.register();
    const { page, context, complaints } = await at('/login');
    await page.getByLabel('Email').waitFor();
    await context.setOffline(true);
    await logIn(page, email, PASSWORD);
    await page.getByText('The server can’t be reached. Nothing you typed is lost').waitFor();
    await context.setOffline(false);
    await button(page, 'Sign in').click();
    await isIn(page);
    // The browser itself logs what could not be fetched.
    complaints.splice(0, complaints.length, ...complaints.filter((line) => !line.includes('ERR_INTERNET_DISCONNECTED')));
  });

  it('sets a forgotten password by mail; what was signed in before is dead', async () => {
    const { email } = await registered();
    const before = await at('/login');
    await logIn(before.page, email, PASSWORD);
    await isIn(before.page);
    const login = { email, password: PASSWORD, device_name: 'production' };
    expect((await dashboard.request('/api/v1/auth/login', { body: login })).status).toBe(200);

    const visit = await at('/login');
    const { page } = visit;
    await page.getByRole('link', { name: 'Forgot your password?' }).click();
    await title(page, 'Forgot your password?');
    await visit.expectAccessible();
    await page.getByLabel('Email').fill(email);
    await button(page, 'Send link').click();
    await title(page, 'Check your email');
    await page.getByText(`If ${email} is registered here`).waitFor();
    await visit.expectAccessible();
    const link = await post.linkTo(email, '/reset');
    await page.goto(dashboard.url + link);
    await title(page, 'Set a new password');
    await expect.poll(() => page.getByLabel('Email').inputValue()).toBe(email);
    // What ends is counted before it does, with the reason and how to avoid it.
    await page.getByText('A new password ends 1 token.').waitFor();
    await page.getByText('then nothing ends').waitFor();
    await visit.expectAccessible();
    await visit.expectToFit();
    await page.getByLabel('New password').fill('password1');
    await button(page, 'Set password').click();
    await page.getByText(/This password is too common/).waitFor();
    await visit.expectAccessible();
    await page.getByLabel('New password').fill(NEW_PASSWORD);
    await button(page, 'Set password').click();
    await title(page, 'Your password was set');
    await page.getByRole('link', { name: 'Sign in' }).click();
    await logIn(page, email, PASSWORD);
    await page.getByText('These credentials do not match our records.').waitFor();
    await logIn(page, email, NEW_PASSWORD);
    await isIn(page);

    await expect.poll(() => post.subjectsTo(email)).toContain('Your password for Keyhouse was changed');
    await before.open('/dashboard/settings/security');
    await title(before.page, 'Sign in to Keyhouse');

    // A link is valid once.
    const again = await at(link);
    await again.page.getByText('This link was already used').waitFor();
    await again.page.getByRole('link', { name: 'Ask for another link' }).waitFor();
    await again.expectAccessible();
  });

  it('answers alike whether somebody is registered or not', async () => {
    const { page } = await at('/forgot');
    const email = newEmail();
    await page.getByLabel('Email').fill(email);
    await button(page, 'Send link').click();
    await page.getByText(`If ${email} is registered here`).waitFor();
  });

  it('says what is missing when a link is not whole', async () => {
    for (const path of ['/reset', '/verify-email', '/new-email', '/setup', '/invitation']) {
      const visit = await at(path);
      await title(visit.page, 'This link is incomplete');
      await visit.expectAccessible();
    }
  });

  it('makes the first administrator with the link of the log, once', async () => {
    const place = await startDashboard();
    const link = `/setup#${await place.keyhouse.signIns.createSetupTicket()}`;
    const visit = await at(link, {}, place);
    const { page } = visit;
    await title(page, 'Welcome to Keyhouse');
    expect(page.url()).toBe(`${place.url}/setup`);
    await page.getByLabel('Email').fill('root@example.com');
    await page.getByLabel('Password', { exact: true }).fill('root@example.com');
    await page.getByText('This is your name or email address').waitFor();
    await button(page, 'Create administrator').click();
    await page.getByText(/must not be your name or email address/).waitFor();
    await visit.expectAccessible();
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await button(page, 'Create administrator').click();
    await isIn(page);
    await page.getByRole('link', { name: 'Administration' }).waitFor();
    const again = await at(link, {}, place);
    await again.page.getByText('This link was already used. The server already has an administrator. Sign in.').waitFor();
    await expect.poll(() => again.page.getByText('Restart the server').count()).toBe(0);
    await again.expectAccessible();
    for (const one of visits.splice(0)) await one.close();
    await place.stop();
  });

  it('says so where registering is by invitation, or closed', async () => {
    for (const [signup, sentence] of [
      ['invite', 'You can register only by invitation'],
      ['closed', 'Registration is currently closed'],
    ] as const) {
      const place = await startDashboard({ signup });
      const visit = await at('/register', {}, place);
      await visit.page.getByText(sentence).waitFor();
      await visit.expectAccessible();
      await visit.page.getByRole('link', { name: 'Sign in' }).click();
      await title(visit.page, 'Sign in to Keyhouse');
      await expect.poll(() => visit.page.getByRole('link', { name: 'Register' }).count()).toBe(0);
      for (const one of visits.splice(0)) await one.close();
      await place.stop();
    }
  });

  it('lets the invited in: by registering, by logging in, and refuses others', async () => {
    const owner = await newPerson(dashboard);
    const team = await newTeam(owner, 'Engines');
    const invite = async (email: string, role: string): Promise<string> => {
      expect((await owner.ask(`/accounts/${team}/invitations`, { body: { email, role } })).status).toBe(200);
      return await post.linkTo(email, '/invitation');
    };
    const stranger = newEmail();
    const first = await at(await invite(stranger, 'developer'));
    await title(first.page, 'Join Engines');
    await first.page.getByText(/invites you to the team Engines as a developer/).waitFor();
    await first.expectAccessible();
    await button(first.page, 'Register to accept').click();
    await expect.poll(() => first.page.getByLabel('Email').inputValue()).toBe(stranger);
    await first.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await button(first.page, 'Register').click();
    await isIn(first.page);
    await expect.poll(() => first.page.getByLabel('Account').textContent()).toContain('Engines');

    const known = await dashboard.register();
    const link = await invite(known.email, 'viewer');
    const second = await at('/login');
    await signIn(dashboard, second, (await dashboard.register()).id);
    await second.page.goto('about:blank');
    await second.open(link);
    await button(second.page, 'Accept invitation').click();
    await second.page.getByText('This invitation is for another email address').waitFor();
    await second.expectAccessible();
    await button(second.page, 'Sign in as someone else').click();
    await title(second.page, 'Sign in to Keyhouse');
    await logIn(second.page, known.email, PASSWORD);
    await second.page.waitForURL(`${dashboard.url}/dashboard/accounts/${team}`);
  });

  it('has what password managers look for', async () => {
    const { page } = await at('/login');
    const attributes = (name: string) =>
      page
        .locator(`form[method=post] input[name=${name}]`)
        .evaluate((input) => [input.getAttribute('type'), input.getAttribute('autocomplete')]);
    await expect.poll(() => attributes('email')).toEqual(['email', 'username webauthn']);
    await expect.poll(() => attributes('password')).toEqual(['password', 'current-password']);
    await page.goto(`${dashboard.url}/register`);
    await expect.poll(() => attributes('email')).toEqual(['email', 'username']);
    await expect.poll(() => attributes('password')).toEqual(['password', 'new-password']);
    await page.getByRole('button', { name: 'Show password' }).click();
    expect((await attributes('password'))[0]).toBe('text');
  });

  it.each([
    [360, 'light'],
    [360, 'dark'],
    [1440, 'dark'],
  ] as const)('is accessible and fits at %i pixels in %s', async (width, colorScheme) => {
    const visit = await at('/login', { viewport: { width, height: 740 }, colorScheme });
    for (const path of ['/login', '/register', '/forgot', '/reset']) {
      await visit.open(path);
      await visit.page.getByRole('heading', { level: 1 }).waitFor();
      await visit.expectAccessible();
      await visit.expectToFit();
    }
  });

  it('shows the name and colour that the operator chose before anything was asked for', async () => {
    const visit = await at('/login');
    await visit.page.route('**/dashboard/api/state', () => {});
    await visit.page.reload();
    await visit.page.getByText('Keyhouse', { exact: true }).waitFor();
    const { page } = visit;
    await expect
      .poll(() => page.evaluate(() => document.documentElement.style.getPropertyValue('--kh-accent-fill-light')))
      .toBe('#3451b2');
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  });

  /** A user who was registered by the page's own endpoint, so that a mail with a link is being sent. */
  async function registered(): Promise<{ email: string }> {
    const email = newEmail();
    const answer = await dashboard.request('/dashboard/api/register', {
      body: { email, password: PASSWORD },
      headers: { origin: dashboard.url },
    });
    expect(answer.status).toBe(200);
    return { email };
  }
});
