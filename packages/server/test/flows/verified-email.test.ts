/** A new installation that sends mail requires a verified address before the first key; every other one is unchanged. */
import { expect, it } from 'vitest';
import { openSmtp } from '../../src/mail/smtp.ts';
import { registered } from '../browser.ts';
import { eachDatabase } from '../databases.ts';
import { linkIn } from '../mails.ts';
import { PASSWORD, startTestServer } from '../server.ts';

/** SMTP to a port where no server listens: the mails stay in the outbox, where the test reads them. */
const openPost = () => openSmtp('smtp://127.0.0.1:9', 'Keyhouse <keys@example.com>');
const WISH = { name: 'first', expires_at: null, permissions: null, addresses: null };

eachDatabase('an address that nobody has verified', (makeDatabase) => {
  it('creates no token, key or application where mail is sent, until its link was followed', async () => {
    const server = await startTestServer({ database: await makeDatabase(), transport: openPost() });
    const { browser, email } = await registered(server);
    const { user, accounts } = (await browser.ask('/me')).json;
    expect(user.must_verify_email).toBe(true);
    const key = { ...WISH, environment: 'live' };
    const application = { name: 'A', type: 'public', redirect_uris: ['https://app.example/back'] };
    for (const [path, body] of [
      ['/tokens', WISH],
      [`/accounts/${accounts[0].id}/keys`, key],
    ] as const) {
      const refused = await browser.ask(path, { body });
      expect([refused.status, refused.json], path).toEqual([
        403,
        { message: 'Verify your email address first.', email: 'unverified' },
      ]);
    }
    expect((await browser.ask(`/accounts/${accounts[0].id}/applications`, { body: application })).status).not.toBe(200);
    // What document A promises is given nevertheless: it expires with the password anyway.
    const login = { email, password: PASSWORD, device_name: 'cli' };
    expect((await server.request('/api/v1/auth/login', { body: login })).status).toBe(200);
    await browser.ask('/verify-email', { body: { ticket: await linkIn(server, email, '/verify-email#') } });
    expect((await browser.ask('/me')).json.user.must_verify_email).toBe(false);
    expect((await browser.ask('/tokens', { body: WISH })).status).toBe(200);
    expect((await browser.ask(`/accounts/${accounts[0].id}/keys`, { body: key })).status).toBe(200);
    await server.stop();
  });

  it('is asked of nobody where no mail is sent', async () => {
    const server = await startTestServer({ database: await makeDatabase() });
    const { browser } = await registered(server);
    expect((await browser.ask('/me')).json.user.must_verify_email).toBe(false);
    expect((await browser.ask('/tokens', { body: WISH })).status).toBe(200);
    await server.stop();
  });
});
