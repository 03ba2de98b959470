/** The web application on a server, as a user sees it. */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { button, logIn, title } from '../../packages/dashboard/test/steps.ts';
import { OPERATOR, PASSWORD } from '../../packages/server/test/server.ts';
import { startWorld, type Visit, type World } from './world.ts';

const MINUTE_MS = 60_000;

describe('examples/web-app', () => {
  let world: World;
  let url: string;
  let visit: Visit;
  beforeAll(async () => {
    world = await startWorld();
    url = await world.startWebApp();
    return () => world.stop();
  });
  beforeEach(async () => {
    visit = await world.visit(url);
  });
  afterEach(() => visit.close());

  const row = (text: string) => visit.page.getByRole('row').filter({ hasText: text });
  const says = (text: string): Promise<void> => visit.page.getByRole('status').getByText(text).waitFor();
  const signInLink = () => visit.page.getByRole('link', { name: 'Sign in' });

  async function signIn(decision: 'Allow' | 'Deny' = 'Allow'): Promise<{ email: string; id: number }> {
    const user = await world.keyhouse.register();
    await signInLink().click();
    await logIn(visit.page, user.email, PASSWORD);
    await button(visit.page, decision).click();
    return user;
  }

  it('shows somebody their invoices, and keeps the tokens to itself', async () => {
    const { email } = await signIn();
    await row('Analytical Engines').waitFor();
    await visit.page.getByText(email).waitFor();
    expect(visit.page.url()).toBe(`${url}/`);
    const cookies = await visit.context.cookies(url);
    const own = cookies.filter(({ name }) => name === 'web_app_session');
    expect(own).toMatchObject([{ httpOnly: true, sameSite: 'Lax' }]);
    for (const text of [await visit.page.content(), ...own.map(({ value }) => value)]) expect(text).not.toMatch(/eyJ|kh_/);
  });

  it('creates an invoice', async () => {
    await signIn();
    await visit.page.getByLabel('Customer').fill('<b>Ada</b> & Co.');
    await visit.page.getByLabel('Amount').fill('120.5');
    await button(visit.page, 'Create').click();
    await row('<b>Ada</b> & Co.').getByText('€120.50').waitFor();
    await says('Created.');
  });

  it('goes on when its JWT has ended, without anybody noticing', async () => {
    await signIn();
    await row('Analytical Engines').waitFor();
    world.keyhouse.advance(11 * MINUTE_MS);
    await visit.page.reload();
    await row('Analytical Engines').waitFor();
  });

  it('signs out here and at Keyhouse, and comes back', async () => {
    await signIn();
    await button(visit.page, 'Sign out').click();
    await signInLink().waitFor();
    expect(visit.page.url()).toBe(`${url}/`);
    await signInLink().click();
    await title(visit.page, /^Sign in/);
  });

  it('says so when access was denied', async () => {
    await signIn('Deny');
    await says('You denied access, so nobody is signed in.');
    await signInLink().waitFor();
  });

  it('says so when the session was ended at Keyhouse', async () => {
    const { id } = await signIn();
    await row('Analytical Engines').waitFor();
    await world.keyhouse.keyhouse.users.disable({ userId: id, by: OPERATOR });
    await visit.page.reload();
    await says('Your session has ended. Sign in again.');
    await signInLink().waitFor();
  });

  it('signs nobody in by an answer that it did not ask for, and takes no form of another site', async () => {
    await visit.page.goto(`${url}/callback?code=kh_code_x&state=y`);
    await says('That took too long. Sign in again.');
    // The browser has asked, but the answer that comes back is one to another question.
    const asked = await visit.context.request.get(`${url}/login`, { maxRedirects: 0 });
    const question = new URL(asked.headers().location ?? '');
    question.searchParams.set('state', 'another');
    const { email } = await world.keyhouse.register();
    await visit.page.goto(question.href);
    await logIn(visit.page, email, PASSWORD);
    await button(visit.page, 'Allow').click();
    await says('That did not work (unexpected_answer). Sign in again.');
    const foreign = await fetch(`${url}/logout`, { method: 'POST', headers: { Origin: 'https://attacker.example.com' } });
    expect(foreign.status).toBe(403);
  });
});
