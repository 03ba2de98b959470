/**
 * Every way to sign in, with and without two-step verification, on both databases: what each door asks for, and who is never
 * locked out.
 */
import { beforeAll, expect, it } from 'vitest';
import { addPasskey, createAuthenticator } from '../../../../test/authenticator.ts';
import { addTotp, type Browser, loggedIn, newEmail, openBrowser } from '../../../../test/browser.ts';
import { browserFor } from '../../../../test/dashboard-browser.ts';
import { eachDatabase } from '../../../../test/databases.ts';
import { linkIn, mailsOf } from '../../../../test/mails.ts';
import { OPERATOR, PASSWORD, startTestServer, type TestServer } from '../../../../test/server.ts';

const NEW_PASSWORD = 'four other unrelated words';
type Authenticator = ReturnType<typeof createAuthenticator>;

eachDatabase('two-step verification', (makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase(), trustedProxies: ['127.0.0.1/32'] });
    return () => server.stop();
  });

  /** A user of a row: registered, the address verified, with what the row names. */
  async function person(has: { passkey?: boolean; totp?: boolean; byPasskey?: boolean; noCodes?: boolean } = {}) {
    const [browser, email] = [openBrowser(server), newEmail()];
    const signedUp = await browser.ask('/register', { body: { email, password: PASSWORD }, headers: away() });
    expect(signedUp.status).toBe(200);
    const { id } = (await browser.ask('/me')).json.user;
    await browser.ask('/verify-email', { body: { ticket: await linkIn(server, email, '/verify-email#') } });
    const authenticator = createAuthenticator(server.url);
    let codes: readonly string[] = [];
    let code: (stepsLater?: number) => string = () => '000000';
    if (has.passkey || has.byPasskey) expect(await addPasskey(browser, authenticator)).toBe(200);
    if (has.totp) ({ code, recoveryCodes: codes } = await addTotp(server, browser));
    if (has.byPasskey) codes = (await browser.ask('/me/two-step', { method: 'POST' })).json.recovery_codes;
    if (has.noCodes) for (const one of codes) await stepWith(await loggedIn(server, email), one);
    return { browser, email, id, authenticator, codes, code };
  }
  const stepWith = async (half: Browser, code: string) => (await half.ask('/log-in/code', { body: { code } })).status;
  /** From another address each time: failures of one row do not count against the next. */
  let places = 0;
  const away = () => ({ 'x-forwarded-for': `2001:db8:${(++places).toString(16)}::1`, 'x-forwarded-proto': 'https' });
  const logIn = async (email: string, password = PASSWORD) => {
    const browser = openBrowser(server);
    return { browser, json: (await browser.ask('/log-in', { body: { email, password }, headers: away() })).json };
  };
  const atApi = (email: string, more: object = {}, password = PASSWORD) =>
    server.request('/api/v1/auth/login', { body: { email, password, device_name: 'cli', ...more }, headers: away() });
  async function withPasskey(browser: Browser, authenticator: Authenticator): Promise<number> {
    const options = await browser.ask('/log-in/passkey/options', { method: 'POST' });
    return (await browser.ask('/log-in/passkey', { body: { response: authenticator.answer(options.json) } })).status;
  }
  async function reset(email: string): Promise<void> {
    const stranger = openBrowser(server);
    await stranger.ask('/forgot', { body: { email } });
    await expect.poll(async () => (await mailsOf(server, email)).map(({ kind }) => kind)).toContain('reset-password');
    const body = { ticket: await linkIn(server, email, '/reset#'), password: NEW_PASSWORD };
    expect((await stranger.ask('/reset', { body })).status).toBe(204);
  }
  const DONE = { next: 'done', to: '/dashboard' };
  const kinds = async (email: string) => (await mailsOf(server, email)).map(({ kind }) => kind);

  it.each([
    { name: 'a password only', has: {}, step: null, api: 200 },
    { name: 'a passkey beside the password', has: { passkey: true }, step: null, api: 200 },
    { name: 'TOTP', has: { totp: true }, step: ['totp', 'recovery-code'], api: 'The code field is required' },
    {
      name: 'TOTP and a passkey',
      has: { totp: true, passkey: true },
      step: ['totp', 'recovery-code', 'passkey'],
      api: 'The code field is required',
    },
    {
      name: 'two-step verification by a passkey',
      has: { byPasskey: true },
      step: ['recovery-code', 'passkey'],
      api: 'Create a token in the dashboard.',
    },
    {
      name: 'a passkey, and recovery codes used up',
      has: { byPasskey: true, noCodes: true },
      step: ['passkey'],
      api: 'Create a token in the dashboard.',
    },
    {
      name: 'TOTP, and recovery codes used up',
      has: { totp: true, noCodes: true },
      step: ['totp'],
      api: 'The code field is required',
    },
  ])('asks whoever has $name for what they turned on, before and after a reset by mail', async ({ has, step, api }) => {
    const one = await person(has);
    const expected = step === null ? DONE : { next: 'second-factor', methods: step };
    expect((await logIn(one.email)).json).toEqual(expected);
    const login = await atApi(one.email);
    if (api === 200) expect(login.status).toBe(200);
    else expect([login.status, String(login.json.errors.code)]).toEqual([422, expect.stringContaining(String(api))]);
    // Each existing factor is accepted where it is asked for.
    if (step?.includes('totp')) expect(await stepWith((await logIn(one.email)).browser, one.code())).toBe(200);
    if (step?.includes('recovery-code')) {
      expect(await stepWith((await logIn(one.email)).browser, one.codes[0] ?? '')).toBe(200);
      expect((await atApi(one.email, { code: one.codes[1] })).status).toBe(200);
      expect((await atApi(one.email, { code: one.codes[1] })).status).toBe(422);
    }
    if (step?.includes('passkey')) expect(await withPasskey((await logIn(one.email)).browser, one.authenticator)).toBe(200);
    // A passkey alone signs its owner in, whatever the setting.
    if (has.passkey || has.byPasskey) expect(await withPasskey(openBrowser(server), one.authenticator)).toBe(200);

    // A new password by mail changes only the first step, and the answer says what the second will be.
    await reset(one.email);
    const left = step === null ? null : (await logIn(one.email, NEW_PASSWORD)).json.methods;
    expect(left).toEqual(step);
    expect((await logIn(one.email, NEW_PASSWORD)).json.next).toBe(step === null ? 'done' : 'second-factor');
    expect((await logIn(one.email)).json.errors).toHaveProperty('email');
  });

  it('ends the first second factor with recovery codes, be it a passkey or an app, and keeps them with the next', async () => {
    const { browser, authenticator, email } = await person({ passkey: true });
    expect((await browser.ask('/me/security')).json).toMatchObject({ two_step_since: null, recovery_codes_left: 0 });
    expect((await browser.ask('/me/recovery-codes', { method: 'POST' })).json.errors).toHaveProperty('two_step');
    const turned = await browser.ask('/me/two-step', { method: 'POST' });
    expect(turned.json.recovery_codes).toHaveLength(10);
    expect((await browser.ask('/me/two-step', { method: 'POST' })).status).toBe(422);
    const { recoveryCodes, secret } = await addTotp(server, browser);
    expect([recoveryCodes, typeof secret]).toEqual([[], 'string']);
    expect((await browser.ask('/me/security')).json).toMatchObject({
      two_step_since: expect.any(String),
      totp_since: expect.any(String),
      recovery_codes_left: 10,
    });
    expect(await stepWith((await logIn(email)).browser, turned.json.recovery_codes[0])).toBe(200);
    // The app is removed, the passkey stays: it is still asked for.
    expect((await browser.ask('/me/totp', { method: 'DELETE' })).status).toBe(204);
    expect((await logIn(email)).json).toEqual({ next: 'second-factor', methods: ['recovery-code', 'passkey'] });
    // With the last factor it is turned off, and a mail says so.
    expect((await browser.ask(`/me/passkeys/${authenticator.id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await browser.ask('/me/security')).json).toMatchObject({ two_step_since: null, recovery_codes_left: 0 });
    expect((await logIn(email)).json).toEqual(DONE);
    const events = await server.store.audit.list({ limit: 20, userId: (await browser.ask('/me')).json.user.id });
    expect(events.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['user.two_step_on', 'user.totp_off', 'user.passkey_removed', 'user.two_step_off']),
    );
    expect((await kinds(email)).filter((kind) => kind === 'factor-changed')).toHaveLength(6);
  });

  it('is turned off as a whole: app and codes go, the passkey stays a way in', async () => {
    const { browser, authenticator, email } = await person({ totp: true, passkey: true });
    expect((await browser.ask('/me/two-step', { method: 'DELETE' })).status).toBe(204);
    expect((await browser.ask('/me/two-step', { method: 'DELETE' })).status).toBe(404);
    expect((await browser.ask('/me/security')).json).toMatchObject({
      two_step_since: null,
      totp_since: null,
      recovery_codes_left: 0,
    });
    expect((await logIn(email)).json).toEqual(DONE);
    expect(await withPasskey(openBrowser(server), authenticator)).toBe(200);
  });

  it('is not turned on by nothing', async () => {
    const { browser } = await person();
    expect((await browser.ask('/me/two-step', { method: 'POST' })).json.errors).toHaveProperty('two_step');
  });

  it('asks for a proof of whoever turns it on or off', async () => {
    const { browser, authenticator } = await person({ passkey: true });
    server.advance(11 * 60_000);
    for (const method of ['POST', 'DELETE'])
      expect((await browser.ask('/me/two-step', { method })).json.proof, method).toBe('required');
    expect((await browser.ask('/me')).json.proof_methods).toEqual(['password', 'passkey']);
    const options = await browser.ask('/proof/passkey/options', { method: 'POST' });
    expect((await browser.ask('/proof/passkey', { body: { response: authenticator.answer(options.json) } })).status).toBe(204);
    expect((await browser.ask('/me/two-step', { method: 'POST' })).status).toBe(200);
    server.advance(11 * 60_000);
    expect((await browser.ask('/proof', { body: { password: PASSWORD } })).status).toBe(204);
    expect((await browser.ask('/me/two-step', { method: 'DELETE' })).status).toBe(204);
  });

  it('holds for a log-in that was under way when it was turned on', async () => {
    const { browser, email, id } = await person({ passkey: true });
    const proved = await server.store.accounts.findUserByEmail(email);
    await browser.ask('/me/two-step', { method: 'POST' });
    await expect(browserFor(server, id)).rejects.toThrow();
    const nowMs = server.now();
    const token = await server.store.credentials.issueAtSignIn({
      userId: id,
      passwordHash: proved?.passwordHash ?? '',
      secondFactor: false,
      addressHash: null,
      token: {
        kind: 'token',
        environment: 'live',
        name: 'late',
        source: 'login',
        permissions: null,
        addresses: null,
        hash: 'ab'.repeat(32),
        createdAtMs: nowMs,
        expiresAtMs: null,
      },
      events: [],
    });
    expect(token).toBeNull();
  });

  it('leaves nobody without a way in: the only one is not removed', async () => {
    const { browser, authenticator, id, email } = await person({ passkey: true });
    const { store } = server;
    await store.accounts.setPasswordHash({
      userId: id,
      passwordHash: '',
      nowMs: server.now(),
      endTokensOfLogins: false,
      event: { event: 'user.password_changed', atMs: server.now(), by: OPERATOR, userId: id },
    });
    const own = openBrowser(server);
    expect(await withPasskey(own, authenticator)).toBe(200);
    expect((await own.ask('/me')).json.proof_methods).toEqual(['passkey']);
    const refused = await own.ask(`/me/passkeys/${authenticator.id}`, { method: 'DELETE' });
    expect(refused.json.errors).toEqual({ passkey: ['This is your only way to sign in. Set a password first.'] });
    // They get a password by mail, and after that it may be removed.
    await reset(email);
    const after = await loggedIn(server, email, NEW_PASSWORD);
    expect((await after.ask(`/me/passkeys/${authenticator.id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await browser.ask('/me')).status).toBe(401);
  });

  it('is reset by the operator for whoever lost every factor, who is told', async () => {
    const { email, id } = await person({ totp: true, passkey: true, noCodes: true });
    expect(await server.keyhouse.administration.resetSecondFactor({ userId: id, actorId: null, by: OPERATOR })).toBe('done');
    const { browser, json } = await logIn(email);
    expect(json).toEqual(DONE);
    expect((await browser.ask('/me/security')).json).toMatchObject({ two_step_since: null, totp_since: null, passkeys: [] });
    expect(await kinds(email)).toContain('factor-changed');
  });
});
