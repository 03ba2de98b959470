/**
 * Races that a person could win who has lost an account, or never had it: on both databases, through the doors that they would
 * use.
 */
import { readFile } from 'node:fs/promises';
import { beforeAll, expect, it } from 'vitest';
import { startAmbush } from '../../test/ambush.ts';
import { addPasskey, createAuthenticator } from '../../test/authenticator.ts';
import { addTotp, type Browser, followLink, loggedIn, newEmail, openBrowser, registered } from '../../test/browser.ts';
import { browserFor } from '../../test/dashboard-browser.ts';
import { eachDatabase } from '../../test/databases.ts';
import { linkIn, mailsOf } from '../../test/mails.ts';
import { invite, newAdministrator, newPerson, newTeam } from '../../test/people.ts';
import { OPERATOR, PASSWORD, startTestServer, type TestServer } from '../../test/server.ts';

const NEW_PASSWORD = 'four other unrelated words';
const WISH = { name: 'left behind', expires_at: null, permissions: null, addresses: null };

eachDatabase('whoever lost an account', (makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase() });
    return () => server.stop();
  });

  async function resetLink(email: string): Promise<string> {
    await openBrowser(server).ask('/forgot', { body: { email } });
    await expect.poll(async () => (await mailsOf(server, email)).map(({ kind }) => kind)).toContain('reset-password');
    return await linkIn(server, email, '/reset#');
  }
  /** Does `again` over and over, `act` in the middle of it, and ends a little after `act` has. */
  async function amidst(act: () => Promise<unknown>, again: () => Promise<unknown>): Promise<void> {
    const round = () => Promise.all([again(), again(), again()]);
    await round();
    let isOver = false;
    const acting = act().finally(() => {
      isOver = true;
    });
    while (!isOver) await round();
    await round();
    await acting;
  }
  const reset = async (ticket: string) => {
    const { status } = await openBrowser(server).ask('/reset', { body: { ticket, password: NEW_PASSWORD } });
    expect(status).toBe(204);
  };

  it('leaves no token behind, however fast they are made while the owner proves the address', async () => {
    const squatter = await registered(server);
    const ticket = await resetLink(squatter.email);
    const secrets: string[] = [];
    await amidst(
      () => reset(ticket),
      async () => {
        const { status, json } = await squatter.browser.ask('/tokens', { body: WISH });
        if (status === 200) secrets.push(json.secret);
      },
    );
    expect(secrets.length).toBeGreaterThan(2);
    for (const bearer of secrets) expect((await server.request('/api/v1/cli/loggedUser', { bearer })).status).toBe(401);
    const left = { kind: 'token', userId: squatter.id, withRevoked: false, limit: 10 } as const;
    expect(await server.store.credentials.listCredentials(left)).toEqual([]);
  });

  it('leaves no passkey and no authenticator app behind', async () => {
    const squatter = await registered(server);
    const ticket = await resetLink(squatter.email);
    const added: number[] = [];
    await amidst(
      () => reset(ticket),
      async () => void added.push(await add(squatter.browser)),
    );
    expect(added).toContain(200);
    const { factors } = server.store;
    expect(await factors.listPasskeys(squatter.id)).toEqual([]);
    const asked = await openBrowser(server).ask('/log-in', { body: { email: squatter.email, password: NEW_PASSWORD } });
    expect(asked.json).toEqual({ next: 'done', to: '/dashboard' });

    async function add(browser: Browser): Promise<number> {
      return await addPasskey(browser, createAuthenticator(server.url)).catch(() => 0);
    }
  });

  it('says by mail what a reset ended, when the address is verified in the same moment', async () => {
    const ambush = await startAmbush(await makeDatabase(), []);
    const { server: place } = ambush;
    const { browser, email, id } = await registered(place);
    const user = await place.keyhouse.users.find(id);
    const made = await browser.ask('/tokens', { body: WISH });
    await openBrowser(place).ask('/forgot', { body: { email } });
    await expect.poll(async () => (await mailsOf(place, email)).map(({ kind }) => kind)).toContain('reset-password');
    const [ticket, verification] = [await linkIn(place, email, '/reset#'), await linkIn(place, email, '/verify-email#')];
    ambush.beforeAct('user.password_changed', async () => {
      if (user !== null) await place.keyhouse.users.verifyEmail(user, verification, OPERATOR);
    });
    const { status } = await openBrowser(place).ask('/reset', { body: { ticket, password: NEW_PASSWORD } });
    expect(status).toBe(204);
    expect(ambush.isWaiting).toBe(false);
    expect((await place.request('/api/v1/cli/loggedUser', { bearer: made.json.secret })).status).toBe(200);
    const mail = (await mailsOf(place, email)).findLast(({ kind }) => kind === 'password-changed')?.text ?? '';
    for (const untrue of ['first proof', WISH.name]) expect(mail).not.toContain(untrue);
    expect(mail).toContain('All other browsers were signed out');
    await place.stop();
  });

  it('keeps what was made when the address had been proved before, and the second factor is still asked for', async () => {
    const { browser, email } = await registered(server);
    await browser.ask('/verify-email', { body: { ticket: await linkIn(server, email, '/verify-email#') } });
    await addTotp(server, browser);
    const made = await browser.ask('/tokens', { body: WISH });
    await reset(await resetLink(email));
    expect((await server.request('/api/v1/cli/loggedUser', { bearer: made.json.secret })).status).toBe(200);
    const asked = await openBrowser(server).ask('/log-in', { body: { email, password: NEW_PASSWORD } });
    expect(asked.json.next).toBe('second-factor');
  });

  it('changes no password with a sign-in that is ended while it is hashed', async () => {
    const owner = await registered(server);
    const thief = await loggedIn(server, owner.email);
    const taking = thief.ask('/me/password', { method: 'PUT', body: { password: NEW_PASSWORD } });
    const ending = owner.browser.ask('/me/sign-ins', { method: 'DELETE' });
    const [taken, ended] = [await taking, await ending];
    // One of the two: never both.
    expect([taken.status, ended.status].filter((status) => status === 204)).toHaveLength(1);
    const password = taken.status === 204 ? NEW_PASSWORD : PASSWORD;
    await loggedIn(server, owner.email, password);
  });

  it('signs in no more once the user is deleted, with whatever was proved just before', async () => {
    const { browser, email, id } = await registered(server);
    const user = await server.keyhouse.users.find(id);
    if (user === null) throw new Error('There is no user.');
    expect((await browser.ask('/me', { method: 'DELETE', body: { email } })).status).toBe(204);
    const input = { user, methods: ['password'], passwordHash: null, addressHash: null, browser: null, by: OPERATOR } as const;
    expect(await server.keyhouse.signIns.open(input)).toEqual({ ok: false, reason: 'gone' });
    expect(await server.keyhouse.users.find(id)).toBeNull();
  });

  it('is one of two last administrators who go at once: the other stays', async () => {
    const before = await server.store.accounts.countAdministrators();
    expect(before).toBe(0);
    const both = [await newAdministrator(server), await newAdministrator(server)];
    const gone = await Promise.all(both.map(({ email, ask }) => ask('/me', { method: 'DELETE', body: { email } })));
    expect(gone.map(({ status }) => status).sort()).toEqual([204, 422]);
    expect(await server.store.accounts.countAdministrators()).toBe(1);
  });

  it('is forgotten when deleted: address, names, networks and browsers are nowhere any more', async () => {
    const email = newEmail();
    const name = `Name-${crypto.randomUUID()}`;
    const agent = `Agent-${crypto.randomUUID()}`;
    const browser = openBrowser(server);
    const headers = { 'user-agent': agent };
    await browser.ask('/register', { body: { email, password: PASSWORD, display_name: name }, headers });
    const { id } = (await browser.ask('/me')).json.user;
    await followLink(server, browser, email);
    const made = await browser.ask('/tokens', { body: WISH, headers });
    await server.request('/verify/api/x', { bearer: made.json.secret, headers });
    // Refused as well: by the token, by a key of the personal account, and by a JWT that was minted from it.
    const { accounts } = (await browser.ask('/me')).json;
    const key = await server.key(accounts[0].id, { permissions: ['x.read'] });
    const { json } = await server.request('/auth', { bearer: key.text, body: { permissions: ['x.read'] }, headers });
    for (const bearer of [made.json.secret, key.text, json.token])
      for (const path of [`/verify/api/y?name=${name}`, `/verify/api/${name}/../z`, '/auth/usage'])
        await server.request(path, { bearer, headers, method: 'POST' });
    await browser.ask('/accounts', { body: { name: 'A team of one' }, headers });
    const [, team] = (await browser.ask('/me')).json.accounts;
    await openBrowser(server).ask('/log-in', { body: { email, password: 'wrong' }, headers });
    expect((await browser.ask('/me', { method: 'DELETE', body: { email }, headers })).status).toBe(422);
    expect((await browser.ask(`/accounts/${team.id}`, { method: 'DELETE', body: { name: team.name }, headers })).status).toBe(
      204,
    );
    // What is counted in memory is written after the answers.
    await expect.poll(async () => (await browser.ask('/tokens')).json.credentials?.[0]?.last_used_at ?? null).not.toBeNull();
    expect((await browser.ask('/me', { method: 'DELETE', body: { email }, headers })).status).toBe(204);
    const rest = await everything();
    for (const text of [name, agent]) expect(rest.filter((line) => line.includes(text))).toEqual([]);
    // The mail about it is the last thing that contains the address.
    expect(rest.filter((line) => line.includes(email))).toHaveLength(1);
    expect((await mailsOf(server, email)).map(({ kind }) => kind)).toEqual(['user-deleted']);
    // They are not left in the file either, once its log was written back.
    for (const text of [name, agent]) expect(await isInFile(text)).toBe(false);
    const again = await registered(server, email);
    expect(again.id).toBeGreaterThan(id);
  });

  it('is forgotten when deleted also by what is written behind the answers', async () => {
    const { browser, email } = await registered(server);
    const agent = `Agent-${crypto.randomUUID()}`;
    const headers = { 'user-agent': agent };
    const [account] = (await browser.ask('/me')).json.accounts;
    const key = await server.key(account.id, { permissions: ['x.read'] });
    expect((await server.request('/verify/api/x', { bearer: key.text, headers })).status).toBe(200);
    expect((await server.request('/verify/api/y', { bearer: key.text, headers })).status).toBe(403);
    expect((await browser.ask('/me', { method: 'DELETE', body: { email } })).status).toBe(204);
    await server.keyhouse.flush();
    await server.keyhouse.audit.refusals.flush();
    expect((await everything()).filter((line) => line.includes(agent))).toEqual([]);
    const refused = await server.store.audit.list({ accountId: account.id, event: 'request.refused', limit: 10 });
    expect(refused).toHaveLength(1);
  });

  it('is forgotten when deleted also where others invited them', async () => {
    const [owner, other] = [await newPerson(server), await newPerson(server)];
    const root = await newAdministrator(server);
    const email = newEmail();
    const [accepted, open] = [await newTeam(owner), await newTeam(other)];
    await root.ask('/operator/invitations', { body: { email } });
    const ticket = await invite(server, owner, accepted, email, 'viewer');
    await invite(server, other, open, email, 'viewer');
    const beside = newEmail();
    await invite(server, owner, accepted, beside, 'viewer');
    const browser = (await registered(server, email)).browser;
    expect((await browser.ask('/invitation/accept', { body: { ticket } })).status).toBe(200);
    expect((await everything()).filter((line) => line.includes(email)).length).toBeGreaterThan(5);
    expect((await browser.ask('/me', { method: 'DELETE', body: { email } })).status).toBe(204);
    const rest = (await everything()).filter((line) => line.includes(email));
    // The mail about it, and the invitations that are open: those are for the owner of the address.
    expect(rest.filter((line) => !line.startsWith('invitations '))).toEqual([expect.stringContaining('user-deleted')]);
    expect(rest.filter((line) => line.startsWith('audit_events '))).toEqual([]);
    expect((await everything()).filter((line) => line.startsWith('audit_events ') && line.includes(beside))).toHaveLength(1);
  });

  it('is forgotten when deleted also under an address that they had before, and where an invitation has expired', async () => {
    const [owner, other] = [await newPerson(server), await newPerson(server)];
    const [accepted, expired] = [await newTeam(owner), await newTeam(other)];
    const [before, now] = [newEmail(), newEmail()];
    await invite(server, other, expired, before, 'viewer');
    await invite(server, other, expired, now, 'viewer');
    server.advance(30 * 86_400_000);
    const [ownerNow, { browser }] = [await browserFor(server, owner.id), await registered(server, before)];
    const ticket = await invite(server, { ...owner, ...ownerNow }, accepted, before, 'viewer');
    expect((await browser.ask('/invitation/accept', { body: { ticket } })).status).toBe(200);
    expect((await browser.ask('/me/email', { body: { email: now } })).status).toBe(204);
    const link = await linkIn(server, now, '/new-email#');
    expect((await browser.ask('/me/email/confirm', { body: { ticket: link } })).json).toEqual({ email: now });
    expect((await everything()).filter((line) => line.includes(before)).length).toBeGreaterThan(3);
    expect((await browser.ask('/me', { method: 'DELETE', body: { email: now } })).status).toBe(204);
    const rest = await everything();
    expect(rest.filter((line) => line.includes(before))).toEqual([]);
    // The mail about it is the last thing that contains the address.
    expect(rest.filter((line) => line.includes(now))).toEqual([expect.stringContaining('user-deleted')]);
  });

  /** What is between the rows counts too. PostgreSQL has no file to read: it overwrites in its own time. */
  async function isInFile(text: string): Promise<boolean> {
    const { database } = server;
    if (database.kind !== 'sqlite') return false;
    const file = database.url.slice('sqlite:'.length);
    const { default: Sqlite } = await import('better-sqlite3');
    const db = new Sqlite(file);
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.close();
    return (await readFile(file)).includes(text);
  }

  /** Every row of every table as text. */
  async function everything(): Promise<readonly string[]> {
    const { database } = server;
    if (database.kind === 'sqlite') {
      const { default: Sqlite } = await import('better-sqlite3');
      const db = new Sqlite(database.url.slice('sqlite:'.length), { readonly: true });
      const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as { name: string }[];
      const rows = tables.flatMap(({ name }) =>
        db
          .prepare(`SELECT * FROM "${name}"`)
          .all()
          .map((row) => `${name} ${JSON.stringify(row)}`),
      );
      db.close();
      return rows;
    }
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const tables = await client.query<{ name: string }>("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'");
    const rows: string[] = [];
    for (const { name } of tables.rows)
      for (const row of (await client.query(`SELECT * FROM "${name}"`)).rows) rows.push(`${name} ${JSON.stringify(row)}`);
    await client.end();
    return rows;
  }
});
