/**
 * A link works once, and a user who follows it again is told that it was used: never that it did not exist, or that something
 * broke.
 */
import { beforeAll, expect, it } from 'vitest';
import { openBrowser } from '../../../../test/browser.ts';
import { browserFor, browserWith, type DashboardBrowser } from '../../../../test/dashboard-browser.ts';
import { eachDatabase } from '../../../../test/databases.ts';
import { linkIn } from '../../../../test/mails.ts';
import { invite, newPerson, newTeam } from '../../../../test/people.ts';
import { PASSWORD, startTestServer, type TestServer } from '../../../../test/server.ts';

const NEW_PASSWORD = 'four other unrelated words';
const USED = { ticket: ['This link was already used.'] };
const OVER = { ticket: ['This link no longer works. It expired, a newer link replaced it, or a part of it is missing.'] };

eachDatabase('a link', (makeDatabase) => {
  let server: TestServer;
  let stranger: DashboardBrowser;
  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase() });
    stranger = browserWith(server, '');
    return () => server.stop();
  });
  const errorsOf = async (browser: DashboardBrowser, path: string, body: object) => {
    const { status, json } = await browser.ask(path, { body });
    expect(status).toBe(422);
    return json.errors;
  };
  const newUnverified = async () => {
    const email = newEmail();
    const signedUp = await openBrowser(server).ask('/register', { body: { email, password: PASSWORD } });
    expect(signedUp.status).toBe(200);
    const found = await server.store.accounts.findUserByEmail(email);
    return { ...(await browserFor(server, found?.id ?? 0)), email };
  };
  const newEmail = () => `u-${crypto.randomUUID()}@example.com`;

  it('that sets the server up says that it was used, and never that the server shows another', async () => {
    const link = { ticket: (await server.keyhouse.signIns.createSetupTicket()) ?? '' };
    expect((await errorsOf(stranger, '/setup/check', { ticket: 'a'.repeat(43) })).ticket[0]).toContain(
      'it writes a new link to its log',
    );
    const root = { email: newEmail(), password: PASSWORD };
    expect((await stranger.ask('/setup', { body: { ...link, ...root } })).status).toBe(200);
    const used = { ticket: ['This link was already used. The server already has an administrator. Sign in.'] };
    expect(await errorsOf(stranger, '/setup/check', link)).toEqual(used);
    expect(await errorsOf(stranger, '/setup', { ...link, ...root })).toEqual(used);
    // Also for a person who finds it in a log much later, and for a link that another server showed at the same time.
    server.advance(31 * 86_400_000);
    while (await server.store.tickets.sweepTickets({ nowMs: server.now(), limit: 100 }));
    expect((await errorsOf(stranger, '/setup/check', link)).ticket).toEqual([
      'The server already has an administrator. Sign in.',
    ]);
  });

  it('that sets a new password says that it was used, and that it was replaced when it was', async () => {
    const { email } = await newPerson(server);
    const askFor = async () => {
      const before = await linkIn(server, email, '/reset#').catch(() => '');
      await stranger.ask('/forgot', { body: { email } });
      await expect.poll(() => linkIn(server, email, '/reset#').catch(() => '')).not.toBe(before);
      return await linkIn(server, email, '/reset#');
    };
    const replaced = await askFor();
    const ticket = await askFor();
    expect(await errorsOf(stranger, '/reset/check', { ticket: replaced })).toEqual(OVER);
    expect((await stranger.ask('/reset', { body: { ticket, password: NEW_PASSWORD } })).status).toBe(204);
    expect(await errorsOf(stranger, '/reset/check', { ticket })).toEqual(USED);
    expect(await errorsOf(stranger, '/reset', { ticket, password: NEW_PASSWORD })).toEqual(USED);
  });

  it('that verifies an address says that it is verified already, whatever became of the link, and to its owner alone', async () => {
    const { email, ...person } = await newUnverified();
    const other = await newUnverified();
    const replaced = await linkIn(server, email, '/verify-email#');
    expect((await person.ask('/verify-email/send', { body: {} })).status).toBe(204);
    await expect.poll(() => linkIn(server, email, '/verify-email#')).not.toBe(replaced);
    const ticket = await linkIn(server, email, '/verify-email#');
    expect(await errorsOf(person, '/verify-email', { ticket: replaced })).toEqual(OVER);
    const theirs = { ticket: ['This link is for another user than the one who is signed in.'] };
    expect(await errorsOf(other, '/verify-email', { ticket })).toEqual(theirs);
    expect((await person.ask('/verify-email', { body: { ticket } })).json).toEqual({ email });
    const verified = `Your address ${email} is already verified.`;
    expect((await errorsOf(person, '/verify-email', { ticket })).ticket).toEqual([`This link was already used. ${verified}`]);
    expect((await errorsOf(person, '/verify-email', { ticket: replaced })).ticket).toEqual([
      `This link no longer works. ${verified}`,
    ]);
    // Another person who has the link does not learn whose it was.
    expect(await errorsOf(other, '/verify-email', { ticket })).toEqual(USED);
    expect(await errorsOf(other, '/verify-email', { ticket: replaced })).toEqual(OVER);
    expect((await stranger.ask('/verify-email', { body: { ticket } })).status).toBe(401);
  });

  it('that takes a new address says that it was used, and is left to the one whose it is', async () => {
    const [owner, other] = [await newPerson(server), await newPerson(server)];
    const next = newEmail();
    expect((await owner.ask('/me/email', { body: { email: next } })).status).toBe(204);
    const ticket = await linkIn(server, next, '/new-email#');
    expect((await errorsOf(other, '/me/email/confirm', { ticket })).ticket).toEqual([
      'This link is for another user than the one who is signed in.',
    ]);
    expect((await owner.ask('/me/email/confirm', { body: { ticket } })).json).toEqual({ email: next });
    expect(await errorsOf(owner, '/me/email/confirm', { ticket })).toEqual(USED);
  });

  it('of an invitation says that it was accepted, to whoever follows it again', async () => {
    const [owner, guest] = [await newPerson(server), await newPerson(server)];
    const team = await newTeam(owner);
    const ticket = await invite(server, owner, team, guest.email, 'viewer');
    expect((await guest.ask('/invitation/accept', { body: { ticket } })).json).toEqual({ account: team });
    const accepted = { ticket: ['This invitation was already accepted.'] };
    expect(await errorsOf(stranger, '/invitation/check', { ticket })).toEqual(accepted);
    expect(await errorsOf(guest, '/invitation/accept', { ticket })).toEqual(accepted);
  });

  it('of an invitation leads whoever registers with it to the team', async () => {
    const owner = await newPerson(server);
    const team = await newTeam(owner);
    const email = newEmail();
    const invitation = await invite(server, owner, team, email, 'viewer');
    const body = { email, password: PASSWORD, invitation };
    expect((await stranger.ask('/register', { body })).json).toEqual({ next: 'done', to: `/dashboard/accounts/${team}` });
    expect(await errorsOf(stranger, '/register', body)).toEqual({ ticket: ['This invitation was already accepted.'] });
  });

  it('that was used leaves nothing of anybody behind', async () => {
    const { email, ...person } = await newPerson(server);
    const next = newEmail();
    await person.ask('/me/email', { body: { email: next } });
    const ticket = await linkIn(server, next, '/new-email#');
    await person.ask('/me/email/confirm', { body: { ticket } });
    const { hashTicket } = await import('../../../core/users/ticket.ts');
    const mark = await server.store.tickets.findTicket('used', hashTicket(ticket), server.now());
    expect(mark).toMatchObject({ userId: null, data: {} });
    expect(email).not.toBe(next);
  });
});
