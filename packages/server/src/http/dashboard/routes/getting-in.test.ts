import { Secret, TOTP } from 'otpauth';
import { beforeAll, expect, it } from 'vitest';
import { followLink, registered as newRegistered } from '../../../../test/browser.ts';
import { browserFor, browserWith, type DashboardBrowser } from '../../../../test/dashboard-browser.ts';
import { eachDatabase } from '../../../../test/databases.ts';
import { linkIn, mailsOf } from '../../../../test/mails.ts';
import { type Answer, PASSWORD, startTestServer, type TestServer } from '../../../../test/server.ts';
import { MasterSecret } from '../../../core/lib/master-secret.ts';

/** What a browser would keep of an answer's cookies. */
function cookieOf(answer: Answer, before = ''): string {
  const jar = new Map(
    before
      .split('; ')
      .filter(Boolean)
      .map((pair) => [pair.split('=')[0], pair] as const),
  );
  for (const line of answer.headers['set-cookie'] ?? []) {
    const pair = line.split(';')[0] ?? '';
    const name = pair.split('=')[0];
    if (/Max-Age=0|Expires=Thu, 01 Jan 1970/.test(line)) jar.delete(name);
    else jar.set(name, pair);
  }
  return [...jar.values()].join('; ');
}

const EMAIL = () => `u${Math.random().toString(36).slice(2)}@example.com`;
const NEW_PASSWORD = 'four other unrelated words';

eachDatabase('getting in', (makeDatabase) => {
  let server: TestServer;
  let stranger: DashboardBrowser;
  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase(), trustedProxies: ['127.0.0.1'] });
    stranger = browserWith(server, '');
    return () => server.stop();
  });

  let places = 1;
  async function registered(email = EMAIL()) {
    const answer = await stranger.ask('/register', {
      body: { email, password: PASSWORD },
      // Each from a network of their own: registrations from one network are limited.
      headers: { 'x-forwarded-for': `2001:db8:${(places++).toString(16)}::1` },
    });
    expect(answer.json).toEqual({ next: 'done', to: '/dashboard' });
    return { email, cookie: cookieOf(answer), browser: browserWith(server, cookieOf(answer)) };
  }
  const logIn = (email: string, password = PASSWORD, cookie = '') =>
    browserWith(server, cookie).ask('/log-in', { body: { email, password } });
  const codeNow = (secret: string, offsetMs = 0) =>
    new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: server.now() + offsetMs });

  it('registers, signs in, proves the address with the mailed link, and logs out', async () => {
    const { email, browser } = await registered();
    expect((await browser.ask('/me')).json.user).toMatchObject({ email, email_verified: false, has_password: true });
    const ticket = await linkIn(server, email, '/verify-email#');
    expect((await browser.ask('/verify-email', { body: { ticket } })).json).toEqual({ email });
    expect((await browser.ask('/me')).json.user.email_verified).toBe(true);
    expect((await browser.ask('/verify-email', { body: { ticket } })).status).toBe(422);
    expect((await browser.ask('/log-out', { method: 'POST' })).status).toBe(204);
    expect((await browser.ask('/me')).status).toBe(401);
  });

  it('sends the mail that proves the address also to whoever registers at the API', async () => {
    const { email, id } = await server.register();
    const ticket = await linkIn(server, email, '/verify-email#');
    const browser = await browserFor(server, id);
    expect((await browser.ask('/verify-email', { body: { ticket } })).json).toEqual({ email });
  });

  it('sends the link once more, and the one before it is over', async () => {
    const { email, browser } = await registered();
    const first = await linkIn(server, email, '/verify-email#');
    expect((await browser.ask('/verify-email/send', { method: 'POST' })).status).toBe(204);
    expect((await browser.ask('/verify-email', { body: { ticket: first } })).status).toBe(422);
    const ticket = await linkIn(server, email, '/verify-email#');
    expect((await browser.ask('/verify-email', { body: { ticket } })).status).toBe(200);
    // There is nothing left to prove.
    const before = (await mailsOf(server, email)).length;
    expect((await browser.ask('/verify-email/send', { method: 'POST' })).status).toBe(204);
    expect(await mailsOf(server, email)).toHaveLength(before);
  });

  it('gives the personal account the new name of its user', async () => {
    const { browser } = await registered();
    expect((await browser.ask('/me', { method: 'PATCH', body: { display_name: 'Ada Lovelace' } })).status).toBe(204);
    expect((await browser.ask('/me')).json).toMatchObject({
      user: { display_name: 'Ada Lovelace' },
      accounts: [{ kind: 'personal', name: 'Ada Lovelace' }],
    });
  });

  it('tells of a password that the operator has set', async () => {
    const { email, id } = await server.register();
    const by = { actor: 'operator', requestId: null, person: {} } as const;
    expect((await server.keyhouse.signIns.resetPassword({ userId: id, password: NEW_PASSWORD, by })).ok).toBe(true);
    expect((await mailsOf(server, email)).map(({ kind }) => kind)).toContain('password-changed');
  });

  it('makes no secret for an app under a master secret that was replaced meanwhile', async () => {
    const own = await startTestServer();
    const { browser } = await newRegistered(own);
    const [from, to] = ['a master secret for the tests, long enough', 'the next master secret of the tests, long enough'];
    const by = { actor: 'operator', requestId: null, person: {} } as const;
    const rotated = await own.keyhouse.signingKeys.rotateMasterSecret({
      from: new MasterSecret(from),
      to: new MasterSecret(to),
      by,
    });
    expect(rotated.ok).toBe(true);
    // Nobody could open it after a restart.
    expect((await browser.ask('/me/totp', { method: 'POST' })).status).toBe(503);
    await own.stop();
  });

  it('leaves the link of somebody else to them', async () => {
    const [one, other] = [await registered(), await registered()];
    const ticket = await linkIn(server, one.email, '/verify-email#');
    expect((await other.browser.ask('/verify-email', { body: { ticket } })).status).toBe(422);
    expect((await one.browser.ask('/verify-email', { body: { ticket } })).status).toBe(200);
  });

  it('answers alike for a wrong password and for nobody', async () => {
    const { email } = await registered();
    const [wrong, nobody] = [await logIn(email, 'wrong'), await logIn(EMAIL(), 'wrong')];
    expect(wrong.status).toBe(422);
    expect(wrong.text).toBe(nobody.text);
  });

  it('asks for a TOTP code, takes each once, and a recovery code when the device is lost', async () => {
    const { email, browser } = await registered();
    await followLink(server, browser, email);
    const { secret } = (await browser.ask('/me/totp', { method: 'POST' })).json;
    const confirmed = codeNow(secret);
    const { recovery_codes: codes } = (await browser.ask('/me/totp/confirm', { body: { code: confirmed } })).json;
    expect(codes).toHaveLength(10);
    expect((await mailsOf(server, email)).map(({ kind }) => kind)).toContain('factor-changed');

    const first = await logIn(email);
    expect(first.json).toEqual({ next: 'second-factor', methods: ['totp', 'recovery-code'] });
    const half = browserWith(server, cookieOf(first));
    expect((await half.ask('/me')).status).toBe(401);
    // The step that confirmed the secret is used up.
    expect((await half.ask('/log-in/code', { body: { code: confirmed } })).status).toBe(422);
    const code = codeNow(secret, 30_000);
    const both = await Promise.all([half.ask('/log-in/code', { body: { code } }), half.ask('/log-in/code', { body: { code } })]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 422]);

    const second = browserWith(server, cookieOf(await logIn(email)));
    const entered = await second.ask('/log-in/code', { body: { code: codes[0].toUpperCase() } });
    expect((await browserWith(server, cookieOf(entered)).ask('/me/security')).json.recovery_codes_left).toBe(9);
    const third = browserWith(server, cookieOf(await logIn(email)));
    expect((await third.ask('/log-in/code', { body: { code: codes[0] } })).status).toBe(422);
  });

  it('asks for the second factor at the API’s log-in too', async () => {
    const { email, browser } = await registered();
    const { secret } = (await browser.ask('/me/totp', { method: 'POST' })).json;
    const { recovery_codes: codes } = (await browser.ask('/me/totp/confirm', { body: { code: codeNow(secret) } })).json;
    const ask = (more: object) =>
      server.request('/api/v1/auth/login', { body: { email, password: PASSWORD, device_name: 'cli', ...more } });
    expect((await ask({})).json.errors).toHaveProperty('code');
    expect((await ask({ code: '000000' })).json.errors).toHaveProperty('code');
    expect((await ask({ code: codes[3] })).status).toBe(200);
    expect((await ask({ code: codes[3] })).status).toBe(422);
  });

  it('sets a new password by mail: once, and every sign-in and log-in token ends', async () => {
    const { email, browser } = await registered();
    const token = (await server.request('/api/v1/auth/login', { body: { email, password: PASSWORD, device_name: 'cli' } })).json
      .user.access_token;
    const [known, unknown] = [
      await stranger.ask('/forgot', { body: { email } }),
      await stranger.ask('/forgot', { body: { email: EMAIL() } }),
    ];
    expect([known.status, known.text]).toEqual([unknown.status, unknown.text]);
    await expect.poll(async () => (await mailsOf(server, email)).filter(({ kind }) => kind === 'reset-password').length).toBe(1);
    const ticket = await linkIn(server, email, '/reset#');
    expect((await stranger.ask('/reset/check', { body: { ticket } })).json).toMatchObject({ email, first_proof: true });
    expect((await stranger.ask('/reset', { body: { ticket, password: '12345678' } })).json.errors).toHaveProperty('password');
    expect((await stranger.ask('/reset', { body: { ticket, password: NEW_PASSWORD } })).status).toBe(204);
    expect((await stranger.ask('/reset', { body: { ticket, password: NEW_PASSWORD } })).status).toBe(422);
    expect((await browser.ask('/me')).status).toBe(401);
    expect((await server.request('/api/v1/cli/loggedUser', { bearer: token })).status).toBe(401);
    expect((await logIn(email)).status).toBe(422);
    expect((await logIn(email, NEW_PASSWORD)).status).toBe(200);
  });

  it('ends everything that was made before the first proof of an address, when that is a reset', async () => {
    const { email, browser } = await registered();
    const made = await browser.ask('/tokens', {
      body: { name: 'squatter', expires_at: null, permissions: null, addresses: null },
    });
    await stranger.ask('/forgot', { body: { email } });
    await expect.poll(async () => (await mailsOf(server, email)).filter(({ kind }) => kind === 'reset-password').length).toBe(1);
    await stranger.ask('/reset', { body: { ticket: await linkIn(server, email, '/reset#'), password: NEW_PASSWORD } });
    expect((await server.request('/api/v1/cli/loggedUser', { bearer: made.json.secret })).status).toBe(401);
  });

  it.each([
    { name: 'before the address was verified', isVerified: false, keys: 1, tokens: 2 },
    { name: 'after it was', isVerified: true, keys: 0, tokens: 1 },
  ])('says what a reset will end $name, ends just that, and lists it by mail', async ({ isVerified, keys, tokens }) => {
    const { email, browser } = await registered();
    if (isVerified) await browser.ask('/verify-email', { body: { ticket: await linkIn(server, email, '/verify-email#') } });
    const account = (await browser.ask('/me')).json.accounts[0].id;
    const wish = { expires_at: null, permissions: null, addresses: null };
    const key = await browser.ask(`/accounts/${account}/keys`, { body: { name: 'production', environment: 'live', ...wish } });
    expect(key.status).toBe(200);
    const token = await browser.ask('/tokens', { body: { name: 'script', ...wish } });
    const login = { email, password: PASSWORD, device_name: 'laptop' };
    const { access_token } = (await server.request('/api/v1/auth/login', { body: login })).json.user;
    await stranger.ask('/forgot', { body: { email } });
    await expect.poll(async () => (await mailsOf(server, email)).map(({ kind }) => kind)).toContain('reset-password');
    const ticket = await linkIn(server, email, '/reset#');
    const said = (await stranger.ask('/reset/check', { body: { ticket } })).json;
    expect(said).toEqual({
      email,
      first_proof: !isVerified,
      ends: { keys, tokens, applications: 0, sessions: 0, passkeys: 0, authenticator_app: false },
      two_step: false,
    });
    // Until then nothing has ended.
    const works = async (bearer: string) => (await server.request('/api/v1/cli/loggedUser', { bearer })).status;
    expect([await works(token.json.secret), await works(access_token)]).toEqual([200, 200]);
    expect((await stranger.ask('/reset', { body: { ticket, password: NEW_PASSWORD } })).status).toBe(204);
    expect([await works(token.json.secret), await works(access_token)]).toEqual([isVerified ? 200 : 401, 401]);
    const mail = (await mailsOf(server, email)).findLast(({ kind }) => kind === 'password-changed')?.text ?? '';
    expect(mail).toContain('“laptop”');
    expect(mail.includes('“production”')).toBe(!isVerified);
    expect(mail.includes('“script”')).toBe(!isVerified);
    expect(mail.includes('first proof that this address is yours')).toBe(!isVerified);
  });

  it('counts nothing that has expired among what a reset will end', async () => {
    const { email, browser } = await registered();
    const expires = new Date(server.now() + 60_000).toISOString();
    const made = await browser.ask('/tokens', {
      body: { name: 'short', expires_at: expires, permissions: null, addresses: null },
    });
    expect(made.status).toBe(200);
    await stranger.ask('/forgot', { body: { email } });
    await expect.poll(async () => (await mailsOf(server, email)).map(({ kind }) => kind)).toContain('reset-password');
    const ticket = await linkIn(server, email, '/reset#');
    const tokens = async () => (await stranger.ask('/reset/check', { body: { ticket } })).json.ends.tokens;
    expect(await tokens()).toBe(1);
    server.advance(61_000);
    expect(await tokens()).toBe(0);
    await stranger.ask('/reset', { body: { ticket, password: NEW_PASSWORD } });
    const mail = (await mailsOf(server, email)).findLast(({ kind }) => kind === 'password-changed')?.text ?? '';
    expect(mail).not.toContain('“short”');
  });

  it('keeps a token of the dashboard when a proved owner changes the password, and ends the other sign-ins', async () => {
    const { email, browser } = await registered();
    await browser.ask('/verify-email', { body: { ticket: await linkIn(server, email, '/verify-email#') } });
    const made = await browser.ask('/tokens', { body: { name: 'mine', expires_at: null, permissions: null, addresses: null } });
    const other = browserWith(server, cookieOf(await logIn(email)));
    const changed = await browser.ask('/me/password', { method: 'PUT', body: { password: NEW_PASSWORD } });
    expect(changed.status).toBe(204);
    expect((await browser.ask('/me')).status).toBe(401);
    expect((await browserWith(server, cookieOf(changed, browser.cookie)).ask('/me')).status).toBe(200);
    expect((await other.ask('/me')).status).toBe(401);
    expect((await server.request('/api/v1/cli/loggedUser', { bearer: made.json.secret })).status).toBe(200);
    expect((await mailsOf(server, email)).map(({ kind }) => kind)).toContain('password-changed');
  });

  it('tells of a sign-in with another browser, and not of the first one', async () => {
    const { email, cookie } = await registered();
    await followLink(server, browserWith(server, cookie), email);
    expect((await mailsOf(server, email)).map(({ kind }) => kind)).not.toContain('new-sign-in');
    await logIn(email, PASSWORD, cookie);
    expect((await mailsOf(server, email)).map(({ kind }) => kind)).not.toContain('new-sign-in');
    await logIn(email);
    expect((await mailsOf(server, email)).map(({ kind }) => kind)).toContain('new-sign-in');
  });

  it('asks again for a proof that is older than ten minutes, and takes the password for it', async () => {
    const { browser } = await registered();
    server.advance(11 * 60_000);
    const asked = await browser.ask('/me/totp', { method: 'POST' });
    expect([asked.status, asked.json.proof]).toEqual([403, 'required']);
    expect((await browser.ask('/proof', { body: { password: 'wrong' } })).json.errors).toHaveProperty('password');
    expect((await browser.ask('/proof', { body: { password: PASSWORD } })).status).toBe(204);
    expect((await browser.ask('/me/totp', { method: 'POST' })).status).toBe(200);
  });

  it('changes the address with a link to the new one, and tells the old one', async () => {
    const { email, browser } = await registered();
    await followLink(server, browser, email);
    const next = EMAIL();
    expect((await browser.ask('/me/email', { body: { email: next } })).status).toBe(204);
    expect((await browser.ask('/me')).json.user).toMatchObject({ email, pending_email: next });
    const ticket = await linkIn(server, next, '/new-email#');
    expect((await browser.ask('/me/email/confirm', { body: { ticket } })).json).toEqual({ email: next });
    expect((await browser.ask('/me')).json.user).toMatchObject({ email: next, email_verified: true, pending_email: null });
    expect((await mailsOf(server, email)).filter(({ kind }) => kind === 'email-changed')).toHaveLength(2);
    expect((await logIn(email)).status).toBe(422);
  });

  it('deletes a user: nothing of theirs works, the address is free, the id is not', async () => {
    const { email, browser } = await registered();
    const { id } = (await browser.ask('/me')).json.user;
    const made = await browser.ask('/tokens', { body: { name: 'mine', expires_at: null, permissions: null, addresses: null } });
    expect((await browser.ask('/me', { method: 'DELETE', body: { email: 'other@example.com' } })).status).toBe(422);
    expect((await browser.ask('/me', { method: 'DELETE', body: { email } })).status).toBe(204);
    expect((await browser.ask('/me')).status).toBe(401);
    expect((await server.request('/api/v1/cli/loggedUser', { bearer: made.json.secret })).status).toBe(401);
    const again = await registered(email);
    expect((await again.browser.ask('/me')).json.user.id).toBeGreaterThan(id);
  });

  it('ends one sign-in, or all others', async () => {
    const { id } = await server.register();
    const [browser, other, third] = [await browserFor(server, id), await browserFor(server, id), await browserFor(server, id)];
    const ownId = async (one: DashboardBrowser): Promise<number> =>
      (await one.ask('/me/security')).json.sign_ins.find(({ current }: { current: boolean }) => current).id;
    expect((await browser.ask('/me/security')).json.sign_ins).toHaveLength(3);
    expect((await browser.ask(`/me/sign-ins/${await ownId(other)}`, { method: 'DELETE' })).status).toBe(204);
    expect((await other.ask('/me')).status).toBe(401);
    expect((await browser.ask('/me/sign-ins', { method: 'DELETE' })).status).toBe(204);
    expect((await third.ask('/me')).status).toBe(401);
    expect((await browser.ask('/me')).status).toBe(200);
    // Another user's sign-in is not theirs.
    const stranger = await browserFor(server, (await server.register()).id);
    expect((await stranger.ask(`/me/sign-ins/${await ownId(browser)}`, { method: 'DELETE' })).status).toBe(404);
  });

  it('lets a user that is disabled do nothing any more', async () => {
    const { id } = await server.register();
    const browser = await browserFor(server, id);
    await server.keyhouse.users.disable({ userId: id, by: { actor: 'operator', requestId: null, person: {} } });
    expect((await browser.ask('/me')).status).toBe(401);
    await server.keyhouse.users.enable({ userId: id, by: { actor: 'operator', requestId: null, person: {} } });
    expect((await browser.ask('/me')).status).toBe(401);
  });
});

eachDatabase('the first administrator', (makeDatabase) => {
  it('is made with the link of the log, by one of two who race, and by nobody later', async () => {
    const server = await startTestServer({ database: await makeDatabase() });
    const stranger = browserWith(server, '');
    const old = await server.keyhouse.signIns.createSetupTicket();
    const ticket = (await server.keyhouse.signIns.createSetupTicket()) ?? '';
    for (const each of [old, ticket]) expect((await stranger.ask('/setup/check', { body: { ticket: each } })).status).toBe(204);
    const race = await Promise.all(
      [1, 2].map((n) => stranger.ask('/setup', { body: { ticket, email: `root${n}@example.com`, password: PASSWORD } })),
    );
    expect(race.map(({ status }) => status).sort()).toEqual([200, 422]);
    const winner = race.find(({ status }) => status === 200);
    if (winner === undefined) throw new Error('Nobody won.');
    expect((await browserWith(server, cookieOf(winner)).ask('/me')).json.user.administrator).toBe(true);
    expect(await server.keyhouse.signIns.createSetupTicket()).toBeNull();
    for (const each of [old, ticket]) expect((await stranger.ask('/setup/check', { body: { ticket: each } })).status).toBe(422);
    await server.stop();
  });
});
