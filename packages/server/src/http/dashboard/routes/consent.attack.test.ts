/** What a thief can do with a stolen cookie: its proof is old, so nothing new is granted with it. */
import { beforeAll, expect, it } from 'vitest';
import {
  allowed,
  answerOf,
  authPath,
  newApplication,
  newPkce,
  openSession,
  requestOf,
  type TestApplication,
  visit,
} from '../../../../test/applications.ts';
import { type Browser, verified } from '../../../../test/browser.ts';
import { eachDatabase } from '../../../../test/databases.ts';
import { mailsOf } from '../../../../test/mails.ts';
import { newPerson, newTeam } from '../../../../test/people.ts';
import { OPERATOR, PASSWORD, startTestServer, type TestServer } from '../../../../test/server.ts';

const OLD_MS = 11 * 60_000;

eachDatabase('consent', (makeDatabase) => {
  let server: TestServer;
  let ownerId: number;
  let client: TestApplication;
  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase() });
    ownerId = (await newPerson(server)).accountId;
    client = await newApplication(server, ownerId);
    return () => server.stop();
  });

  const waits = async (browser: Browser, rest: Record<string, string> = {}, of = client): Promise<string> =>
    (await visit(server, browser, authPath(of, newPkce(), rest))).headers.location ?? '';
  const answer = (browser: Browser, request: string, more: object = {}) =>
    browser.ask('/consent', { body: { request, decision: 'allow', ...more } });
  const grantsOf = (userId: number, of = client) => server.store.grants.grantsOf({ userId, applicationId: of.id });
  const toldOf = async (email: string): Promise<number> =>
    (await mailsOf(server, email)).filter(({ kind }) => kind === 'application-connected').length;

  it('with an old proof grants an application nothing, and goes on once it was given again', async () => {
    const { browser, email, id } = await verified(server);
    server.advance(OLD_MS);
    const request = requestOf(await waits(browser));
    const refused = await answer(browser.steal(), request);
    expect([refused.status, refused.json.proof]).toEqual([403, 'required']);
    expect([await grantsOf(id), await toldOf(email)]).toEqual([[], 0]);
    expect((await answer(browser, request, { decision: 'deny' })).status).toBe(200);
    await browser.ask('/proof', { body: { password: PASSWORD } });
    expect((await answer(browser, request)).status).toBe(200);
    expect(await grantsOf(id)).toMatchObject([{ permissions: ['invoices.read'] }]);
  });

  it('asks for no proof for what was allowed before, and for one for whatever is more', async () => {
    const { browser, email, id } = await verified(server);
    const owner = await newPerson(server);
    await allowed(server, browser, client, { rest: { scope: 'invoices.read openid' } });
    server.advance(OLD_MS);
    for (const scope of ['invoices.read', 'invoices.read openid offline_access']) {
      const request = requestOf(await waits(browser, { scope, prompt: 'consent' }));
      expect((await answer(browser, request)).status, scope).toBe(200);
      expect(await waits(browser, { scope })).toContain('code=kh_code_');
    }
    for (const scope of ['invoices.read invoices.write', 'invoices.read openid email', 'invoices.write']) {
      const request = requestOf(await waits(browser, { scope }));
      expect((await answer(browser, request)).json?.proof, scope).toBe('required');
    }
    // For another account it is another grant.
    const team = await newTeam({ ...owner, ask: browser.ask }, 'Engines');
    const request = requestOf(await waits(browser, { prompt: 'consent' }));
    expect((await answer(browser, request, { account: team })).json?.proof).toBe('required');
    expect(await grantsOf(id)).toMatchObject([{ permissions: ['invoices.read'], scopes: ['openid', 'offline_access'] }]);
    expect(await toldOf(email)).toBe(1);
  });

  it('lets the operator’s own application in unasked, and with an old proof nothing new into it', async () => {
    const own = await newApplication(server, ownerId, { isFirstParty: true });
    const { browser, email, id } = await verified(server);
    server.advance(OLD_MS);
    expect(await waits(browser, {}, own)).toMatch(/^\/login\?request=/);
    expect(answerOf(await waits(browser, { prompt: 'none' }, own)).get('error')).toBe('login_required');
    expect([await grantsOf(id, own), await toldOf(email)]).toEqual([[], 0]);
    await browser.ask('/proof', { body: { password: PASSWORD } });
    expect(await waits(browser, {}, own)).toContain('code=kh_code_');
    expect(await toldOf(email)).toBe(1);
    server.advance(OLD_MS);
    expect(await waits(browser, {}, own)).toContain('code=kh_code_');
    expect(await waits(browser, { scope: 'invoices.read invoices.write' }, own)).toMatch(/^\/login\?request=/);
    expect(await toldOf(email)).toBe(1);
  });

  it('tells the person by mail which application got access to what, and when it got more', async () => {
    const { browser, email } = await verified(server);
    const wish = { name: 'Ledger https://evil.example', permissions: ['invoices.read', 'invoices.write'] };
    const named = await newApplication(server, ownerId, wish);
    await openSession(server, browser, named);
    await openSession(server, browser, named);
    await openSession(server, browser, named, { rest: { prompt: 'consent' } });
    const [first, ...none] = (await mailsOf(server, email)).filter(({ kind }) => kind === 'application-connected');
    expect(none).toEqual([]);
    expect(first?.text).toContain('Ledger https: //evil. example');
    expect(first?.text).toContain('invoices.read');
    expect(first?.text).toContain('/dashboard/settings/applications');
    await openSession(server, browser, named, { rest: { scope: 'invoices.read invoices.write' } });
    const after = (await mailsOf(server, email)).filter(({ kind }) => kind === 'application-connected');
    expect(after).toHaveLength(2);
    expect(after[1]?.text).toContain('more access');
  });

  it('is judged by the application as it is at the moment of the act, not when the page was opened', async () => {
    const { browser, id } = await verified(server);
    const changed = await newApplication(server, ownerId);
    const request = requestOf(await waits(browser, {}, changed));
    const settings = { redirectUris: ['https://elsewhere.example.com/callback'] };
    await server.keyhouse.applications.update({ application: changed, settings }, OPERATOR);
    expect((await answer(browser, request)).status).toBe(422);
    expect(await grantsOf(id, changed)).toEqual([]);
  });
});
