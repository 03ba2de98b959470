/**
 * Profile and Security in a real browser: mail, passkeys of Chromium's own authenticator, codes as an authenticator app computes
 * them.
 */
import { readFileSync } from 'node:fs';
import { Secret, TOTP } from 'otpauth';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newApplication, openSession } from '../../server/test/applications.ts';
import { loggedIn } from '../../server/test/browser.ts';
import { newPerson, newTeam } from '../../server/test/people.ts';
import { OPERATOR, PASSWORD } from '../../server/test/server.ts';
import { addAuthenticator } from './authenticator.ts';
import { closeBrowser, type Dashboard, signIn, startDashboard, type Visit } from './browser.ts';
import { type Post, startPost } from './post.ts';
import { button, isIn, logIn, title } from './steps.ts';

const NEW_PASSWORD = 'four other unrelated words';
const PROOF_LASTS_MS = 10 * 60_000;

describe('Profile and Security', () => {
  let post: Post;
  let dashboard: Dashboard;
  beforeAll(async () => {
    post = await startPost();
    dashboard = await startDashboard({ transport: post.transport });
  });
  afterEach(() => dashboard.closeVisits());
  afterAll(async () => {
    await dashboard.stop();
    await post.stop();
    await closeBrowser();
  });

  async function visitAt(path: string, options: Parameters<Dashboard['visit']>[0] = {}): Promise<Visit> {
    const visit = await dashboard.visit(options);
    await visit.open(path);
    return visit;
  }
  /** A browser in which a new user has signed in, at a page of their settings. */
  async function settings(
    name: 'profile' | 'security',
    options: Parameters<Dashboard['visit']>[0] = {},
    who: Promise<Awaited<ReturnType<Dashboard['register']>>> = dashboard.register(),
  ) {
    const user = await who;
    const visit = await dashboard.visit(options);
    await signIn(dashboard, visit, user.id);
    await visit.open(`/dashboard/settings/${name}`);
    await title(visit.page, name === 'profile' ? 'Profile' : 'Security');
    return { ...user, visit, page: visit.page };
  }
  /** A browser that offers passkeys only by the button. */
  async function withoutAutofill(): Promise<Visit> {
    const visit = await visitAt('/forgot');
    await visit.page.addInitScript(() => {
      PublicKeyCredential.isConditionalMediationAvailable = async () => false;
    });
    await visit.open('/login');
    return visit;
  }
  /** The recovery codes that are shown. */
  async function codesOn(page: Page): Promise<readonly string[]> {
    const items = page.getByRole('list', { name: 'Your recovery codes' }).getByRole('listitem');
    await items.first().waitFor();
    return await items.allTextContents();
  }
  const codeNow = (secret: string, offsetMs = 0): string =>
    new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: dashboard.now() + offsetMs });

  it('changes the names, and says at its field what is wrong with one', async () => {
    const { page, visit } = await settings('profile');
    await page.getByLabel('Display name').fill(' ');
    await button(page, 'Save').click();
    await page.getByText('The display_name field is required.').waitFor();
    await visit.expectAccessible();
    await page.getByLabel('Display name').fill('Ada');
    await page.getByLabel('Last name').fill('Lovelace');
    await button(page, 'Save').click();
    await page.getByText('Saved.').waitFor();
    await page.reload();
    await expect.poll(() => page.getByLabel('Display name').inputValue()).toBe('Ada');
    await expect.poll(() => page.getByLabel('Last name').inputValue()).toBe('Lovelace');
  });

  it('sends the link that confirms the address again, and not twice in a breath', async () => {
    const { page, email } = await settings('profile', {}, dashboard.register(undefined, { isVerified: false }));
    await page.getByText('Not verified').waitFor();
    const main = page.getByRole('main');
    // The one from the registration ends with the next.
    const first = await post.linkTo(email, '/verify-email');
    await button(page, 'Send again').last().click();
    await main.getByText('Sent. It can take a minute').waitFor();
    await expect.poll(() => main.getByRole('button', { name: /^Send again in/ }).isDisabled()).toBe(true);
    const second = await post.linkTo(email, '/verify-email');
    await page.goto(dashboard.url + first);
    await page.getByText('This link no longer works').waitFor();
    await page.goto(dashboard.url + second);
    await title(page, 'Your email address is verified');
    await page.goto(`${dashboard.url}/dashboard/settings/profile`);
    await page.getByText('Verified', { exact: true }).waitFor();
  });

  it('changes the address with a proof, a link to the new one and a notice to the old one', async () => {
    const { page, visit, email } = await settings('profile');
    const next = `new-${email}`;
    dashboard.advance(PROOF_LASTS_MS + 60_000);
    await page.getByLabel('New address').fill('nonsense');
    await button(page, 'Change address').click();
    const proof = page.getByRole('dialog', { name: 'Confirm it’s you' });
    await proof.getByLabel('Password', { exact: true }).fill('wrong');
    await proof.getByRole('button', { name: 'Confirm' }).click();
    await proof.getByText('The password is wrong.').waitFor();
    await visit.expectAccessible();
    await proof.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await proof.getByRole('button', { name: 'Confirm' }).click();
    await expect.poll(() => page.getByLabel('New address').getAttribute('aria-invalid')).toBe('true');
    await visit.expectAccessible();
    await page.getByLabel('New address').fill(next);
    await button(page, 'Change address').click();
    await page.getByText(`Waiting for ${next}`).waitFor();
    await visit.expectAccessible();
    await expect.poll(() => post.subjectsTo(email).some((subject) => subject.startsWith('Email change requested'))).toBe(true);

    const other = await visitAt(await post.linkTo(next, '/new-email'));
    await other.page.getByText('Sign in with your old address first').waitFor();
    await logIn(other.page, email, PASSWORD);
    await title(other.page, 'Your email address was changed');
    await other.page.getByText(`From now on, sign in with ${next}`).waitFor();
    await other.expectAccessible();
    await page.reload();
    await page.getByText(next, { exact: true }).waitFor();
  });

  it('deletes the account: what stands in the way is said, then everything of it ends', async () => {
    const { page, visit, email, token } = await settings('profile');
    await button(page, 'Delete your account …').click();
    const dialog = page.getByRole('dialog');
    const action = dialog.getByRole('button', { name: 'Delete account' });
    await expect.poll(() => action.isDisabled()).toBe(true);
    await dialog.getByLabel(`Type ${email} to confirm`).fill(email);
    await visit.expectAccessible();
    await action.click();
    await title(page, 'Sign in to Keyhouse');
    await logIn(page, email, PASSWORD);
    await page.getByText('These credentials do not match our records.').waitFor();
    expect((await dashboard.request('/api/v1/cli/loggedUser', { bearer: token })).status).toBe(401);
    await expect.poll(() => post.subjectsTo(email)).toContain('Your Keyhouse account was deleted');
  });

  it('tells the only owner of a team, and the last administrator, why they cannot leave', async () => {
    const owner = await newPerson(dashboard);
    await newTeam(owner, 'Engines');
    const admin = await dashboard.keyhouse.users.create({
      email: 'admin@example.com',
      password: PASSWORD,
      isAdministrator: true,
      by: OPERATOR,
    });
    if (!admin.ok) throw new Error(admin.reason);
    for (const [user, reason] of [
      [owner, 'You are the only owner of “Engines”.'],
      [{ id: admin.value.id, email: 'admin@example.com' }, 'You are the last administrator.'],
    ] as const) {
      const visit = await dashboard.visit();
      await signIn(dashboard, visit, user.id);
      await visit.open('/dashboard/settings/profile');
      await button(visit.page, 'Delete your account …').click();
      const dialog = visit.page.getByRole('dialog');
      await dialog.getByText(reason).waitFor();
      await dialog.getByLabel(`Type ${user.email} to confirm`).fill(user.email);
      await expect.poll(() => dialog.getByRole('button', { name: 'Delete account' }).isDisabled()).toBe(true);
    }
  });

  it('changes the password: this browser stays, the others are out', async () => {
    const { page, visit, email, id } = await settings('security');
    const other = await dashboard.visit();
    await signIn(dashboard, other, id);
    await other.open('/dashboard');
    await isIn(other.page);
    await page.getByLabel('New password').fill('password1');
    await button(page, 'Change password').click();
    await page.getByText(/This password is too common/).waitFor();
    await visit.expectAccessible();
    await page.getByLabel('New password').fill(NEW_PASSWORD);
    await page.getByText('A good length.').waitFor();
    await button(page, 'Change password').click();
    await page.getByText('Your password was changed.').waitFor();
    await page.reload();
    await title(page, 'Security');
    await other.open('/dashboard/accounts');
    await title(other.page, 'Sign in to Keyhouse');
    await logIn(other.page, email, NEW_PASSWORD);
    await isIn(other.page);
    await expect.poll(() => post.subjectsTo(email)).toContain('Your password for Keyhouse was changed');
  });

  it('adds a passkey, which then logs in by itself; renames it, and removes it', async () => {
    const { page, visit, email } = await settings('security');
    const authenticator = await addAuthenticator(page);
    await button(page, 'Add a passkey').click();
    const dialog = page.getByRole('dialog');
    await expect.poll(() => dialog.getByLabel('Name').inputValue()).toBe('Linux PC');
    await visit.expectAccessible();

    await authenticator.setVerified(false);
    await dialog.getByRole('button', { name: 'Continue' }).click();
    await dialog.getByText('You cancelled, or it took too long: no passkey was added.').waitFor();
    await authenticator.setVerified(true);
    await dialog.getByRole('button', { name: 'Continue' }).click();
    const list = page.getByRole('list', { name: 'Passkeys' });
    await list.getByText('Linux PC').waitFor();
    await expect.poll(() => authenticator.count()).toBe(1);
    await visit.expectAccessible();

    await button(page, 'Rename the passkey Linux PC').click();
    await dialog.getByLabel('Name').fill('Laptop');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await list.getByText('Laptop').waitFor();

    // The same authenticator has one already.
    await button(page, 'Add a passkey').click();
    await dialog.getByRole('button', { name: 'Continue' }).click();
    await dialog.getByText('This device already has one of your passkeys.').waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();

    const other = await withoutAutofill();
    const synced = await addAuthenticator(other.page);
    await authenticator.copyTo(synced);
    await button(other.page, 'Sign in with a passkey').click();
    await isIn(other.page);

    // Instead of the password, not after it: a password alone is enough until two-step verification is turned on.
    const withPassword = await withoutAutofill();
    await logIn(withPassword.page, email, PASSWORD);
    await isIn(withPassword.page);
    await page.reload();
    await page.getByText('Your passkeys are a way to sign in, not a second step.').waitFor();
    await button(page, 'Use a passkey').click();
    await page.getByRole('dialog', { name: 'Turn on two-step verification?' }).waitFor();
    await visit.expectAccessible();
    await dialog.getByRole('button', { name: 'Turn on' }).click();
    // The first second factor leads to the recovery codes, whichever it is.
    const codes = await codesOn(page);
    expect(codes).toHaveLength(10);
    await visit.expectAccessible();
    await button(page, 'I’ve saved them').click();
    await page.getByText('After your password: a passkey, or a recovery code.').waitFor();

    // As a second step then, where the password came first.
    const third = await withoutAutofill();
    // From the one that was used last: an authenticator counts, and a count that goes back is refused.
    const again = await addAuthenticator(third.page);
    await synced.copyTo(again);
    await logIn(third.page, email, PASSWORD);
    await title(third.page, 'Two-step verification');
    await third.expectAccessible();
    await button(third.page, 'Use a passkey').click();
    await isIn(third.page);

    // A user who lost it reads what is left, and a recovery code signs them in.
    const lost = await withoutAutofill();
    await logIn(lost.page, email, PASSWORD);
    await button(lost.page, 'I lost my second factor').click();
    await title(lost.page, 'Lost your second factor?');
    await lost.page.getByText('Ask the operator of Keyhouse to reset your second factor.').waitFor();
    await lost.expectAccessible();
    await button(lost.page, 'Use a recovery code').click();
    await lost.page.getByLabel('Recovery code').fill(codes[0] ?? '');
    await button(lost.page, 'Continue').click();
    await isIn(lost.page);

    await page.reload();
    await page.getByText('9 are left.').waitFor();
    await button(page, 'Remove the passkey Laptop').click();
    await dialog.getByText('It is your last second factor').waitFor();
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await page.getByText('No passkeys yet.').waitFor();
    await page.getByText('Off. Your password is enough to sign in.').waitFor();
    await expect.poll(() => post.subjectsTo(email).length).toBeGreaterThan(1);
    const fourth = await withoutAutofill();
    await addAuthenticator(fourth.page).then((one) => again.copyTo(one));
    await button(fourth.page, 'Sign in with a passkey').click();
    await fourth.page.getByText('This passkey was not accepted.').waitFor();
  });

  it('offers the passkey in the field of the address', async () => {
    const { page } = await settings('security');
    const authenticator = await addAuthenticator(page);
    await button(page, 'Add a passkey').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Continue' }).click();
    await page.getByText('No passkeys yet.').waitFor({ state: 'detached' });
    const other = await visitAt('/forgot');
    await addAuthenticator(other.page).then((one) => authenticator.copyTo(one));
    // The browser's own list of passkeys picks the existing one: nothing on the page is clicked.
    await other.open('/login');
    await isIn(other.page);
  });

  it('does not end the passkey that was asked for by the button with an offer in the field that comes late', async () => {
    const { page } = await settings('security');
    const authenticator = await addAuthenticator(page);
    await button(page, 'Add a passkey').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Continue' }).click();
    await page.getByText('No passkeys yet.').waitFor({ state: 'detached' });

    const other = await visitAt('/forgot');
    await addAuthenticator(other.page).then((one) => authenticator.copyTo(one));
    // The browser's own part begins when the test says so, with the signal that it was given before.
    await other.page.addInitScript(() => {
      const begin = navigator.credentials.get.bind(navigator.credentials);
      navigator.credentials.get = async (options) => {
        if (options?.mediation === 'conditional') return await new Promise(() => {});
        document.documentElement.dataset.asked = 'yes';
        await new Promise((resolve) => document.addEventListener('begin', resolve, { once: true }));
        return await begin(options);
      };
    });
    // What the offer in the field requests first is answered last.
    const late = Promise.withResolvers<void>();
    let asked = 0;
    await other.page.route('**/log-in/passkey/options', async (route) => {
      if (++asked === 1) await late.promise;
      await route.continue();
    });
    await other.open('/login');
    await expect.poll(() => asked).toBe(1);
    await button(other.page, 'Sign in with a passkey').click();
    await other.page.locator('html[data-asked]').waitFor();
    const answered = other.page.waitForResponse('**/log-in/passkey/options');
    late.resolve();
    await (await answered).finished();
    await other.page.evaluate(async () => {
      for (let frame = 0; frame < 3; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
      document.dispatchEvent(new Event('begin'));
    });
    await isIn(other.page);
  });

  it('says why passkeys are not offered where the address of the server is a number', async () => {
    const place = await startDashboard({ hostname: '127.0.0.1' });
    const { email } = await place.register();
    const visit = await place.visit();
    const { page } = visit;
    await visit.open('/login');
    await page.getByText('Passkeys are not available here: browsers don’t allow them').waitFor();
    await expect.poll(() => button(page, 'Sign in with a passkey').count()).toBe(0);
    await logIn(page, email, PASSWORD);
    await isIn(page);
    await visit.open('/dashboard/settings/security');
    await page.getByText('Passkeys are not available here: browsers don’t allow them').waitFor();
    await expect.poll(() => button(page, 'Add a passkey').count()).toBe(0);
    await place.stop();
  });

  it('says in plain words that a passkey was cancelled', async () => {
    const visit = await visitAt('/login');
    await button(visit.page, 'Sign in with a passkey').waitFor();
    await addAuthenticator(visit.page).then((one) => one.setVerified(false));
    await button(visit.page, 'Sign in with a passkey').click();
    await visit.page.getByText('You cancelled, or it took too long').waitFor();
    await visit.expectAccessible();
  });

  it('turns an authenticator app on, asks for its code, takes a recovery code once, and turns it off', async () => {
    const { page, visit, email } = await settings('security');
    await button(page, 'Use an authenticator app').click();
    await page.getByRole('img', { name: 'QR code of the key below' }).waitFor();
    await visit.expectAccessible();
    const secret = ((await page.getByRole('group', { name: 'Key', exact: true }).textContent()) ?? '').replaceAll(' ', '');
    await page.getByLabel('Code', { exact: true }).fill('000000');
    await button(page, 'Turn on').click();
    await expect.poll(() => page.getByLabel('Code', { exact: true }).getAttribute('aria-invalid')).toBe('true');
    await visit.expectAccessible();
    await page.getByLabel('Code', { exact: true }).fill(codeNow(secret));
    await button(page, 'Turn on').click();
    const codes = await codesOn(page);
    expect(codes).toHaveLength(10);
    await visit.expectAccessible();
    const downloading = page.waitForEvent('download');
    await button(page, 'Download').click();
    const file = readFileSync(await (await downloading).path(), 'utf8');
    for (const code of codes) expect(file).toContain(code);
    // They cannot be shown again, so users must not leave them by mistake.
    await page.getByRole('link', { name: 'Profile' }).click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /stay|keep/i })
      .click();
    await button(page, 'Copy').click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain(codes[9]);
    await button(page, 'I’ve saved them').click();
    await page.getByText('10 are left.').waitFor();
    await visit.expectAccessible();

    const other = await visitAt('/login');
    await logIn(other.page, email, PASSWORD);
    await title(other.page, 'Two-step verification');
    const field = other.page.getByLabel('Code', { exact: true });
    await expect.poll(() => field.getAttribute('autocomplete')).toBe('one-time-code');
    await expect.poll(() => field.evaluate((input) => document.activeElement === input)).toBe(true);
    await field.fill('000 000');
    await button(other.page, 'Continue').click();
    await other.page.getByText('This code is not valid, or was already used.').waitFor();
    await other.expectAccessible();
    // The first step is remembered when the page is loaded again, and forgotten when one starts over.
    await other.page.reload();
    await title(other.page, 'Two-step verification');
    await button(other.page, 'Start over').click();
    await title(other.page, 'Sign in to Keyhouse');
    await other.page.reload();
    await logIn(other.page, email, PASSWORD);
    dashboard.advance(30_000);
    await field.fill(codeNow(secret));
    await button(other.page, 'Continue').click();
    await isIn(other.page);

    const third = await visitAt('/login');
    for (const isFirst of [true, false]) {
      await third.open('/login');
      await logIn(third.page, email, PASSWORD);
      await button(third.page, 'Use a recovery code').click();
      await third.expectAccessible();
      await third.page.getByLabel('Recovery code').fill((codes[0] ?? '').toUpperCase());
      await button(third.page, 'Continue').click();
      if (!isFirst) continue;
      await isIn(third.page);
      await button(third.page, 'Sign out').click();
      await title(third.page, 'Sign in to Keyhouse');
    }
    await third.page.getByText('This code is not valid, or was already used.').waitFor();

    await page.reload();
    await page.getByText('9 are left.').waitFor();
    await button(page, 'Create new codes').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Create new codes' }).click();
    const renewed = await codesOn(page);
    expect(renewed).not.toContain(codes[1]);
    await button(page, 'I’ve saved them').click();
    await button(page, 'Turn off').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Turn off' }).click();
    await page.getByText('Off. Your password is enough to sign in.').waitFor();
    await third.open('/login');
    await logIn(third.page, email, PASSWORD);
    await isIn(third.page);
  });

  it('prints the recovery codes, and nothing else', async () => {
    const { page, email } = await settings('security');
    await button(page, 'Use an authenticator app').click();
    const secret = ((await page.getByRole('group', { name: 'Key', exact: true }).textContent()) ?? '').replaceAll(' ', '');
    await page.getByLabel('Code', { exact: true }).fill(codeNow(secret));
    await button(page, 'Turn on').click();
    const codes = page.getByRole('list', { name: 'Your recovery codes' });
    await codes.waitFor();
    await page.emulateMedia({ media: 'print' });
    await expect.poll(() => codes.isVisible()).toBe(true);
    await page.getByText(`Recovery codes of ${email}`).waitFor();
    for (const name of ['Download', 'Sign out'])
      await expect.poll(() => page.getByRole('button', { name }).isVisible()).toBe(false);
  });

  it('lists where one is logged in; what is ended is out at its next click, one or all others', async () => {
    const { page, visit, id } = await settings('security');
    const others: Visit[] = [];
    for (let count = 0; count < 3; count++) {
      const other = await dashboard.visit();
      others.push(other);
      await signIn(dashboard, other, id);
      await other.open('/dashboard/settings/security');
      await title(other.page, 'Security');
    }
    await page.reload();
    const list = page.getByRole('list', { name: 'Active sessions' });
    await expect.poll(() => list.getByRole('listitem').count()).toBe(4);
    await expect.poll(() => list.getByRole('listitem').first().textContent()).toContain('This browser');
    await expect.poll(() => list.getByRole('listitem').nth(1).textContent()).toContain('127.0.0.1');
    await visit.expectAccessible();
    await list.getByRole('button').first().click();
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out', exact: true }).click();
    await expect.poll(() => list.getByRole('listitem').count()).toBe(3);
    await button(page, 'Sign out everywhere else').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere else' }).click();
    await expect.poll(() => list.getByRole('listitem').count()).toBe(1);
    for (const other of others) {
      await other.page.getByRole('link', { name: 'Developers' }).click();
      await other.page.getByRole('dialog', { name: 'Sign in again' }).getByRole('button', { name: 'Leave this page' }).click();
      await title(other.page, 'Sign in to Keyhouse');
    }
    await page.reload();
    await title(page, 'Security');
  });

  it('offers to end what applications got through the sign-ins that end, and leaves it when that is unticked', async () => {
    const visit = await dashboard.visit();
    const { page } = visit;
    const { id, email } = await dashboard.register();
    await signIn(dashboard, visit, id);
    const client = await newApplication(dashboard, (await newPerson(dashboard)).accountId);
    const session = await openSession(dashboard, await loggedIn(dashboard, email), client);
    const lives = async () => (await dashboard.store.sessions.findSession(session.id))?.endedAtMs === null;
    await visit.open('/dashboard/settings/security');
    const list = page.getByRole('list', { name: 'Active sessions' });
    await expect.poll(() => list.getByRole('listitem').count()).toBe(2);
    await list.getByRole('button').first().click();
    const box = page.getByRole('dialog').getByRole('checkbox', { name: 'Also end the session' });
    await expect.poll(() => box.isChecked()).toBe(true);
    await visit.expectAccessible();
    await box.uncheck();
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out', exact: true }).click();
    await expect.poll(() => list.getByRole('listitem').count()).toBe(1);
    expect(await lives()).toBe(true);
    // The sign-in has ended; what was granted in it is still offered.
    await button(page, 'Sign out everywhere else').click();
    await expect.poll(() => box.isChecked()).toBe(true);
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere else' }).click();
    await expect.poll(() => button(page, 'Sign out everywhere else').count()).toBe(0);
    expect(await lives()).toBe(false);
  });

  it.each([
    [360, 'light'],
    [360, 'dark'],
    [900, 'dark'],
    [1440, 'light'],
  ] as const)('is accessible and fits at %i pixels in %s', async (width, colorScheme) => {
    for (const name of ['profile', 'security'] as const) {
      const { page, visit } = await settings(name, { viewport: { width, height: 800 }, colorScheme });
      if (name === 'security') {
        await button(page, 'Use an authenticator app').click();
        await page.getByRole('img', { name: 'QR code of the key below' }).waitFor();
      }
      await visit.expectAccessible();
      await visit.expectToFit();
    }
  });
});
