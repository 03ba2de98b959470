/** An imported token, in a real browser: its origin is shown, and it can be narrowed, rotated and revoked. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERATOR } from '../../server/test/server.ts';
import { closeBrowser, type Dashboard, signIn, startDashboard } from './browser.ts';

describe('an imported token', () => {
  let dashboard: Dashboard;
  beforeAll(async () => {
    dashboard = await startDashboard();
  });
  afterAll(async () => {
    await dashboard.stop();
    await closeBrowser();
  });

  const verify = async (bearer: string): Promise<number> => (await dashboard.request('/verify/api/invoices', { bearer })).status;

  it('says where it came from, gets a secret of ours, and ends', async () => {
    const { id, accountId } = await dashboard.register();
    const nowMs = Date.now();
    await dashboard.store.imports.importCredentials({
      ...{ origin: 'sanctum', nowMs, by: OPERATOR },
      credentials: [
        {
          ...{ kind: 'token', foreignId: '12', startsWith: '12|', environment: 'live', accountId, userId: id, name: 'phone' },
          ...{ permissions: null, hash: createHash('sha256').update('plain').digest('hex') },
          ...{ createdAtMs: Date.parse('2024-05-06T07:08:09Z'), expiresAtMs: null, lastUsedAtMs: null },
        },
      ],
    });
    expect(await verify('12|plain')).toBe(200);

    const visit = await dashboard.visit();
    await signIn(dashboard, visit, id);
    await visit.open('/dashboard/settings/developers');
    const { page } = visit;
    await page.getByRole('row', { name: /phone/ }).getByText('Imported from Sanctum').waitFor();
    await page.getByRole('link', { name: 'phone' }).click();
    await page.waitForURL(/developers\/\d+/);
    await page.getByText('Imported from Sanctum').waitFor();
    await expect.poll(() => page.getByText('12|', { exact: false }).first().isVisible()).toBe(true);

    await page.getByRole('button', { name: 'Rotate' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click();
    await page.getByText('It will not be shown again.').waitFor();
    await page.getByRole('button', { name: 'Copy' }).click();
    const secret = await page.evaluate(() => navigator.clipboard.readText());
    expect(secret).toMatch(/^\d+\|kh_[0-9A-Za-z]{48}$/);
    expect([await verify('12|plain'), await verify(secret)]).toEqual([200, 200]);
    await page.getByRole('button', { name: 'Done' }).click();

    await page.getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('“phone” is revoked.').waitFor();
    expect([await verify('12|plain'), await verify(secret)]).toEqual([401, 401]);
  });
});
