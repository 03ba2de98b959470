/**
 * Ending sign-ins, and what was granted in them: a thief's sign-in may have connected an application that continues without it.
 */
import { beforeAll, expect, it } from 'vitest';
import { authPath, newApplication, newPkce, openSession, type TestApplication, visit } from '../../../../test/applications.ts';
import { type Browser, loggedIn, registered } from '../../../../test/browser.ts';
import { eachDatabase } from '../../../../test/databases.ts';
import { newAdministrator, newPerson } from '../../../../test/people.ts';
import { startTestServer, type TestServer } from '../../../../test/server.ts';

eachDatabase('ending sign-ins', (makeDatabase) => {
  let server: TestServer;
  let one: TestApplication;
  let two: TestApplication;
  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase() });
    const { accountId } = await newPerson(server);
    [one, two] = [await newApplication(server, accountId), await newApplication(server, accountId)];
    return () => server.stop();
  });

  const lives = async (id: string): Promise<boolean> => (await server.store.sessions.findSession(id))?.endedAtMs === null;
  const statusOf = async (jwt: string): Promise<number> => (await server.request('/verify/api/invoices', { bearer: jwt })).status;
  const ownId = async (browser: Browser): Promise<number> =>
    (await browser.ask('/me/security')).json.sign_ins.find(({ current }: { current: boolean }) => current).id;
  const isRemembered = async (browser: Browser, client: TestApplication): Promise<boolean> =>
    (await visit(server, browser, authPath(client, newPkce()))).headers.location?.includes('code=') === true;

  it('counts what was granted in each, and ends it only when that is asked for', async () => {
    const { browser, email } = await registered(server);
    const thief = await loggedIn(server, email);
    const mine = await openSession(server, browser, one);
    const theirs = [await openSession(server, thief, one), await openSession(server, thief, two)] as const;
    const { json } = await browser.ask('/me/security');
    const counts = json.sign_ins.map(({ current, sessions }: { current: boolean; sessions: number }) => [current, sessions]);
    expect(counts.sort()).toEqual([
      [false, 2],
      [true, 1],
    ]);
    expect(json.sessions_elsewhere).toBe(2);
    const id = await ownId(thief);
    expect((await browser.ask(`/me/sign-ins/${id}?sessions=all`, { method: 'DELETE' })).status).toBe(422);
    expect((await browser.ask(`/me/sign-ins/${id}`, { method: 'DELETE' })).status).toBe(204);
    for (const session of [mine, ...theirs]) expect(await lives(session.id)).toBe(true);
    // That sign-in has ended before; its sessions still count as being elsewhere.
    expect((await browser.ask('/me/sign-ins?sessions=end', { method: 'DELETE' })).status).toBe(204);
    expect([await lives(mine.id), await lives(theirs[0].id), await lives(theirs[1].id)]).toEqual([true, false, false]);
    expect([await statusOf(mine.jwt), await statusOf(theirs[0].jwt), await statusOf(theirs[1].jwt)]).toEqual([200, 401, 401]);
    expect((await browser.ask('/me/security')).json.sessions_elsewhere).toBe(0);
  });

  it('forgets with one sign-in what it connected, and nothing that another still uses', async () => {
    const { browser, email } = await registered(server);
    const thief = await loggedIn(server, email);
    const other = await loggedIn(server, email);
    const kept = await openSession(server, other, one);
    const mine = await openSession(server, browser, one);
    const stolen = await openSession(server, thief, two);
    const end = await browser.ask(`/me/sign-ins/${await ownId(thief)}?sessions=end`, { method: 'DELETE' });
    expect(end.status).toBe(204);
    expect([await lives(stolen.id), await lives(kept.id), await lives(mine.id)]).toEqual([false, true, true]);
    expect([await isRemembered(browser, two), await isRemembered(browser, one)]).toEqual([false, true]);
    // A user cannot end what belongs to another user.
    const stranger = await registered(server);
    const answer = await stranger.browser.ask(`/me/sign-ins/${await ownId(other)}?sessions=end`, { method: 'DELETE' });
    expect([answer.status, await lives(kept.id)]).toEqual([404, true]);
    expect((await stranger.browser.ask('/me/sign-ins?sessions=end', { method: 'DELETE' })).status).toBe(204);
    expect([await lives(kept.id), await lives(mine.id)]).toEqual([true, true]);
  });

  it('counts for an administrator, and for a new password, what else would end, and ends it when that is asked for', async () => {
    const root = await newAdministrator(server);
    const { browser } = await registered(server);
    const sessions = [await openSession(server, browser, one), await openSession(server, browser, two)] as const;
    const { id } = (await browser.ask('/me')).json.user;
    const path = `/operator/users/${id}`;
    expect((await root.ask(path)).json).toMatchObject({ sessions: 2, more_sign_ins: false });
    expect((await browser.ask('/me/security')).json.password_ends).toEqual({ tokens: 0, sessions: 2 });
    expect((await root.ask(`${path}/end-sign-ins?sessions=all`, { method: 'POST' })).status).toBe(422);
    expect((await root.ask(`${path}/end-sign-ins`, { method: 'POST' })).status).toBe(204);
    expect((await browser.ask('/me')).status).toBe(401);
    for (const session of sessions) expect(await lives(session.id)).toBe(true);
    expect((await root.ask(path)).json).toMatchObject({ sessions: 2, sign_ins: [] });
    expect((await root.ask(`${path}/end-sign-ins?sessions=end`, { method: 'POST' })).status).toBe(204);
    for (const session of sessions) expect([await lives(session.id), await statusOf(session.jwt)]).toEqual([false, 401]);
    expect((await root.ask(path)).json.sessions).toBe(0);
  });
});
