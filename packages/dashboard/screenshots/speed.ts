/**
 * How long forms take with a catalogue of 1,000 permissions, and the page of routes with 5,000 patterns: `npm run speed:forms`.
 * Figures for people to read; the tests count the work that is done, not the time.
 */
import { afterAll, beforeAll, it } from 'vitest';
import { authPath, newApplication, newPkce } from '../../server/test/applications.ts';
import { newAdministrator, type Person } from '../../server/test/people.ts';
import { closeBrowser, type Dashboard, signIn, startDashboard, type Visit } from '../test/browser.ts';
import { catalogueOf, routesOf } from '../test/large.ts';

const PERMISSIONS = 1000;
const ROUTES = 5000;
const LETTERS = 'abcdef';

let dashboard: Dashboard;
let admin: Person;
let visit: Visit;

beforeAll(async () => {
  dashboard = await startDashboard();
  admin = await newAdministrator(dashboard);
  await admin.ask('/operator/permissions', { method: 'PUT', body: { permissions: catalogueOf(PERMISSIONS) } });
  await admin.ask('/operator/routes', { method: 'PUT', body: { routes: routesOf(ROUTES) } });
  visit = await dashboard.visit();
  await signIn(dashboard, visit, admin.id);
});
afterAll(async () => {
  await dashboard.stop();
  await closeBrowser();
});

/** Milliseconds from an action to the second frame after it: by then its effect is on the screen. */
async function taken(act: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await act();
  await visit.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  return performance.now() - before;
}

const say = (what: string, ms: number): void => void process.stdout.write(`${what.padEnd(48)} ${ms.toFixed(0).padStart(6)} ms\n`);

/** For one letter, the median of several. */
async function letter(label: string | RegExp, what: string): Promise<void> {
  const field = visit.page.getByLabel(label).first();
  await field.click();
  const each: number[] = [];
  for (const key of LETTERS) each.push(await taken(() => visit.page.keyboard.press(key)));
  for (const _ of LETTERS) await visit.page.keyboard.press('Backspace');
  say(`${what}, a letter`, each.sort((one, other) => one - other)[LETTERS.length >> 1] ?? 0);
}

it('says how long forms take', async () => {
  const { page } = visit;
  const button = (name: string | RegExp) => page.getByRole('button', { name }).first();
  await visit.open('/dashboard/settings/developers');
  await button('Create a token').click();
  const fold = page.getByRole('button', { name: /^Permissions/ });
  await fold.click();
  say('New token, open the permissions', await taken(() => page.getByText('Only some', { exact: true }).click()));
  await letter('Name', 'New token, name');
  await letter(/Filter/, 'New token, search');
  const box = page.getByRole('checkbox', { name: /^area-00-thing-0\.read/ }).first();
  say('New token, tick a box', await taken(() => box.click()));

  await visit.open(`/dashboard/accounts/${admin.accountId}/applications`);
  page.once('dialog', (dialog) => void dialog.accept());
  await button('Register an application').click();
  say(
    'New application, open the permissions',
    await taken(() => page.getByRole('button', { name: /^Requests access to/ }).click()),
  );
  await letter('Name', 'New application, name');
  await letter(/Filter/, 'New application, search');

  await visit.open('/dashboard/operator/permissions');
  await page
    .getByRole('textbox', { name: /Resource/ })
    .first()
    .waitFor();
  await letter(/^Resource/, 'Catalogue, a name');
  say(
    'Catalogue, open',
    await taken(async () => {
      await page.reload();
      await page
        .getByRole('textbox', { name: /Resource/ })
        .first()
        .waitFor();
    }),
  );

  say(
    'Routes, open',
    await taken(async () => {
      await visit.open('/dashboard/operator/routes');
      await page
        .getByRole('textbox', { name: /pattern/i })
        .first()
        .waitFor();
    }),
  );
  await letter(/pattern/i, 'Routes, a pattern');

  const application = await newApplication(dashboard, admin.accountId, { name: 'Everything', permissions: null });
  say(
    'Consent, open',
    await taken(async () => {
      await visit.open(
        authPath(application, newPkce(), {
          scope: catalogueOf(100)
            .map(({ name }) => name)
            .join(' '),
        }),
      );
      await button('Allow').waitFor();
    }),
  );
}, 300_000);
