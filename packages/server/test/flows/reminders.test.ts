import { expect, it } from 'vitest';
import type { CredentialWithUse } from '../../src/core/credentials/credential.ts';
import { MasterSecret } from '../../src/core/lib/master-secret.ts';
import { openBody } from '../../src/core/mail/compose.ts';
import { dueOf } from '../../src/core/use/reminders.ts';
import { browserFor, type DashboardBrowser } from '../dashboard-browser.ts';
import { eachDatabase } from '../databases.ts';
import { newAdministrator, newMember, newPerson, newTeam } from '../people.ts';
import { OPERATOR, startTestServer, type TestServer } from '../server.ts';

const DAY_MS = 86_400_000;
const CREDENTIAL: CredentialWithUse = {
  id: 1,
  kind: 'key',
  environment: 'live',
  accountId: 2,
  userId: null,
  name: 'Billing',
  source: 'dashboard',
  permissions: null,
  addresses: null,
  hash: '',
  previousHash: null,
  previousEndsAtMs: null,
  createdAtMs: 0,
  rotatedAtMs: null,
  expiresAtMs: null,
  revokedAtMs: null,
  createdBy: null,
  permissionsChangedAtMs: null,
  imported: null,
  use: {
    requests: 0,
    lastUsedAtMs: null,
    lastAddress: null,
    lastUserAgent: null,
    previousRequests: 0,
    previousLastUsedAtMs: null,
    previousLastAddress: null,
    previousLastUserAgent: null,
  },
};
const SECRET = new MasterSecret('a master secret for the tests, long enough');

/** The oldest first. */
async function remindersTo(server: TestServer, email: string): Promise<readonly { subject: string; text: string }[]> {
  const { mails } = server.store;
  const found = (await mails.listMails({ limit: 500 })).filter(
    ({ kind, recipient }) => kind === 'reminder' && recipient === email,
  );
  const texts = found.toReversed().map(async ({ id, subject }) => {
    const sealedBody = (await mails.findMail(id))?.sealedBody ?? '';
    const body = openBody([SECRET], { recipient: email, sealedBody });
    return { subject, text: body.ok ? body.value.text : '' };
  });
  return await Promise.all(texts);
}

eachDatabase('reminders', (makeDatabase) => {
  /** A new server each, because they move the clock by years. */
  async function open(): Promise<{
    server: TestServer;
    browser: DashboardBrowser;
    email: string;
    nextDay(days?: number): Promise<void>;
  }> {
    const server = await startTestServer({ database: await makeDatabase() });
    const { id, email } = await server.register();
    const browser = await browserFor(server, id);
    const nextDay = async (days = 1): Promise<void> => {
      server.advance(days * DAY_MS);
      await server.keyhouse.remind();
    };
    return { server, browser, email, nextDay };
  }
  const make = (server: TestServer, browser: DashboardBrowser, name: string, endsInDays: number | null) =>
    browser.ask('/tokens', {
      body: {
        name,
        expires_at: endsInDays === null ? null : new Date(server.now() + endsInDays * DAY_MS).toISOString(),
        permissions: null,
        addresses: null,
      },
    });

  it('tell of an end 14, 3 and 1 days before, once each, and of all in one mail', async () => {
    const { server, browser, email, nextDay } = await open();
    await make(server, browser, 'Billing', 20);
    await make(server, browser, 'Reports', 20);
    await nextDay(5);
    expect(await remindersTo(server, email)).toHaveLength(0);
    await nextDay(2);
    expect((await remindersTo(server, email)).map(({ subject }) => subject)).toEqual([
      '2 reminders about your credentials (Keyhouse)',
    ]);
    expect((await remindersTo(server, email))[0]?.text).toMatch(/“Billing” expires in 13 days.*“Reports” expires in 13 days/s);
    for (let day = 0; day < 13; day++) await nextDay();
    expect(await remindersTo(server, email)).toHaveLength(3);
    await nextDay(30);
    expect(await remindersTo(server, email)).toHaveLength(3);
    await server.stop();
  });

  it('tell of secrets that are not used and of old ones; a rotation makes them fresh, a revocation ends them', async () => {
    const { server, browser, email, nextDay } = await open();
    const { json } = await make(server, browser, 'Cron', null);
    await nextDay(89);
    expect(await remindersTo(server, email)).toHaveLength(0);
    await nextDay(2);
    expect((await remindersTo(server, email)).map(({ subject }) => subject)).toEqual(['Token “Cron” is not used (Keyhouse)']);
    await nextDay(280);
    expect((await remindersTo(server, email)).at(-1)?.subject).toBe('Token “Cron” has an old secret (Keyhouse)');
    await nextDay();
    expect(await remindersTo(server, email)).toHaveLength(2);
    await server.keyhouse.credentials.revoke(
      { kind: 'token', id: json.credential.id },
      { actor: 'operator', requestId: null, person: {} },
    );
    await nextDay(400);
    expect(await remindersTo(server, email)).toHaveLength(2);
    await server.stop();
  });

  it('say nothing to whoever was shut out, and nothing of tokens that end by themselves', async () => {
    const { server, browser, email, nextDay } = await open();
    const { id } = (await browser.ask('/me')).json.user;
    await make(server, browser, 'Billing', 10);
    await server.keyhouse.users.disable({ userId: id, by: { actor: 'operator', requestId: null, person: {} } });
    await nextDay();
    expect(await remindersTo(server, email)).toHaveLength(0);
    await server.keyhouse.users.enable({ userId: id, by: { actor: 'operator', requestId: null, person: {} } });
    await nextDay(400);
    // The token of the registration is unused and old too, but has expired.
    expect(await remindersTo(server, email)).toHaveLength(0);
    await server.stop();
  });

  it('tell the owners and admins of a team of its keys, and the administrators of the operator’s', async () => {
    const { server, nextDay } = await open();
    const owner = await newPerson(server);
    const team = await newTeam(owner);
    const [admin, left, developer] = [
      await newMember(server, owner, team, 'admin'),
      await newMember(server, owner, team, 'admin'),
      await newMember(server, owner, team, 'developer'),
    ];
    const root = await newAdministrator(server);
    await server.keyhouse.users.disable({ userId: left.id, by: OPERATOR });
    await server.key(team, { expiresAtMs: server.now() + 40 * DAY_MS });
    await server.key(1, { expiresAtMs: server.now() + 40 * DAY_MS });
    await server.key(owner.accountId, { expiresAtMs: server.now() + 40 * DAY_MS });
    await nextDay(38);
    const told = async (email: string) => (await remindersTo(server, email)).map(({ text }) => text);
    expect(await told(owner.email)).toEqual([
      expect.stringMatching(/“key” of Engines expires in 2 days.*“key” expires in 2 days/s),
    ]);
    expect(await told(admin.email)).toEqual([expect.stringContaining('“key” of Engines expires in 2 days')]);
    expect(await told(root.email)).toEqual([expect.stringMatching(/“key” of \S+ expires in 2 days/)]);
    expect(await told(developer.email)).toEqual([]);
    expect(await told(left.email)).toEqual([]);
    await server.stop();
  });

  it('are said anew of what was used meanwhile, or got a new secret', async () => {
    const { server, browser, email, nextDay } = await open();
    const { id } = (await browser.ask('/me')).json.user;
    const { json } = await make(server, browser, 'Cron', null);
    const subjects = async () => (await remindersTo(server, email)).map(({ subject }) => subject);
    const unused = 'Token “Cron” is not used (Keyhouse)';
    const old = 'Token “Cron” has an old secret (Keyhouse)';
    await nextDay(91);
    expect(await subjects()).toEqual([unused]);
    expect((await server.request('/verify/api/anything', { bearer: json.secret })).status).not.toBe(401);
    const used = async () =>
      (await (await browserFor(server, id)).ask(`/tokens/${json.credential.id}`)).json.credential.last_used_at;
    await expect.poll(used).toBeTruthy();
    await nextDay(91);
    expect(await subjects()).toEqual([unused, unused]);
    await nextDay(190);
    expect(await subjects()).toEqual([unused, unused, old]);
    const rotated = await (await browserFor(server, id)).ask(`/tokens/${json.credential.id}/rotate`, {
      body: { overlap_seconds: 0 },
    });
    expect(rotated.status, rotated.text).toBe(200);
    await nextDay(364);
    expect(await subjects()).toEqual([unused, unused, old]);
    await nextDay(2);
    expect(await subjects()).toEqual([unused, unused, old, old]);
    await server.stop();
  });

  it('list the most urgent first, and say how many more there are', async () => {
    const { server, browser, email, nextDay } = await open();
    const { json } = await browser.ask('/me');
    const accountId = json.accounts[0].id;
    for (let n = 0; n < 60; n++) await server.key(accountId);
    await server.key(accountId, { expiresAtMs: server.now() + 93 * DAY_MS });
    await nextDay(91);
    const [mail, ...others] = await remindersTo(server, email);
    expect(others).toEqual([]);
    // 60 keys, one of which expires and is unused too.
    expect(mail?.subject).toBe('62 reminders about your credentials (Keyhouse)');
    expect(mail?.text).toContain('And 12 more. The dashboard lists all of them.');
    expect(mail?.text).toMatch(/^The API key “key” expires in 2 days/);
    expect(mail?.text.match(/has not been used/g)).toHaveLength(49);
    await nextDay();
    expect((await remindersTo(server, email)).at(-1)?.text).not.toContain('not been used');
    await server.stop();
  });

  it('are the next server’s to send a day later when the one that sent them is gone', async () => {
    const { server } = await open();
    // It asks every hour, as the job does, and writes in the first.
    for (let hour = 1; hour <= 22; hour++) {
      server.advance(DAY_MS / 24);
      await server.keyhouse.remind();
    }
    const isFree = () => {
      const nowMs = server.now();
      return server.store.leases.takeLease({ job: 'remind', holder: 'the next', nowMs, forMs: DAY_MS / 2 });
    };
    expect(await isFree()).toBe(false);
    server.advance((3 * DAY_MS) / 24);
    expect(await isFree()).toBe(true);
    await server.stop();
  });

  it('are not sent at once of what was made for a short while, nor of old secrets where the operator turned that off', () => {
    const nowMs = Date.parse('2026-11-23T10:30:00Z');
    const about = (livesDays: number, leftDays: number, rules = { oldSecretDays: 0 }) => {
      const createdAtMs = nowMs - (livesDays - leftDays) * DAY_MS;
      return dueOf({ ...CREDENTIAL, createdAtMs, expiresAtMs: nowMs + leftDays * DAY_MS }, rules, nowMs).map(({ kind }) => kind);
    };
    expect(about(7, 7)).toEqual([]);
    expect(about(7, 2.9)).toEqual(['expires-3']);
    expect(about(7, 0.5)).toEqual(['expires-1']);
    expect(about(1, 1)).toEqual([]);
    expect(about(30, 14)).toEqual(['expires-14']);
    expect(about(30, 14.1)).toEqual([]);
    expect(about(800, 100)).toEqual(['unused']);
    expect(about(800, 100, { oldSecretDays: 365 })).toEqual(['unused', 'old-secret']);
  });
});
