/** Attackers who want in, or want more than is theirs, past the password, the second step, the links and the cookies. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Authenticator, addPasskey, createAuthenticator } from '../../../test/authenticator.ts';
import { addTotp, type Browser, loggedIn, newEmail, openBrowser, registered } from '../../../test/browser.ts';
import { eachDatabase } from '../../../test/databases.ts';
import { linkIn, mailsOf } from '../../../test/mails.ts';
import { newPerson, newTeam } from '../../../test/people.ts';
import { OPERATOR, PASSWORD, startTestServer, type TestServer } from '../../../test/server.ts';
import { api } from './api/index.ts';

const NEW_PASSWORD = 'four other unrelated words';
const AWAY = { 'x-forwarded-proto': 'https' };

/** Paths below `/dashboard/api` with something in the place of each parameter. */
const ENDPOINTS = Object.entries(api).map(([name, endpoint]) => {
  const [method = '', path = ''] = name.split(' ');
  return { name, method, path: path.replace(/:(\w+)/g, '1'), who: endpoint.who, hasBody: 'body' in endpoint };
});
const someBody = ({ hasBody }: { hasBody: boolean }) => (hasBody ? { body: {} } : {});

describe('another site', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());

  it('changes nothing at any endpoint, with the cookies of somebody who is signed in', async () => {
    const { browser } = await registered(server);
    const origin = server.url;
    const strangers: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `${origin}.evil.example` },
      { origin: `${origin}:8443` },
      { origin: origin.replace('https:', 'http:') },
      { origin: `${origin}/` },
      { origin: origin.toUpperCase() },
      { origin: '' },
      // Another host of the site, and what a browser says of a request that no page of ours made.
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'none' },
      // An Origin that is present decides, whatever other headers say.
      { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
      {},
    ];
    const changes = ENDPOINTS.filter(({ method }) => method !== 'GET');
    expect(changes.length).toBeGreaterThan(60);
    for (const endpoint of changes)
      for (const headers of strangers) {
        const answer = await server.request(`/dashboard/api${endpoint.path}`, {
          method: endpoint.method,
          ...someBody(endpoint),
          headers: { cookie: browser.cookie, ...headers },
        });
        expect([answer.status, answer.json], `${endpoint.name} ${JSON.stringify(headers)}`).toEqual([
          403,
          { message: 'This request comes from another site.' },
        ]);
        expect(answer.headers['set-cookie']).toBeUndefined();
      }
    expect((await browser.ask('/me')).status).toBe(200);
  });

  it('is told from our own page by Origin, or by Sec-Fetch-Site where there is none', async () => {
    const { browser } = await registered(server);
    const rename = (headers: Record<string, string>) =>
      server.request('/dashboard/api/me', {
        method: 'PATCH',
        body: { first_name: 'Ada' },
        headers: { cookie: browser.cookie, ...headers },
      });
    expect((await rename({ origin: server.url })).status).toBe(204);
    expect((await rename({ 'sec-fetch-site': 'same-origin' })).status).toBe(204);
  });

  it('sets no form at us: a body that a form can send is none', async () => {
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x']) {
      const answer = await openBrowser(server).ask('/log-in', {
        body: JSON.stringify({ email: 'a@example.com', password: 'b' }),
        headers: { 'content-type': type },
      });
      expect(answer.status, type).toBe(415);
    }
  });
});

describe('a cookie', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ trustedProxies: ['127.0.0.1/32'] });
  });
  afterAll(() => server.stop());

  it('is out of reach of scripts, other sites, other hosts and plain HTTP', async () => {
    const browser = openBrowser(server);
    const answer = await browser.ask('/register', { body: { email: newEmail(), password: PASSWORD }, headers: AWAY });
    const lines = answer.headers['set-cookie'] ?? [];
    expect(lines.map((line) => line.split('=')[0])).toEqual(
      expect.arrayContaining(['__Host-keyhouse', '__Host-keyhouse-browser']),
    );
    for (const line of lines.filter((one) => !/max-age=0|1970/i.test(one))) {
      for (const attribute of ['; Path=/', '; HttpOnly', '; Secure', '; SameSite=Lax']) expect(line).toContain(attribute);
      expect(line).not.toMatch(/domain=/i);
    }
  });

  it('that somebody planted is never the one of a sign-in', async () => {
    const { email, browser: attacker } = await registered(server);
    const victim = await registered(server);
    const planted = openBrowser(server);
    const secret = attacker.value('sign-in') ?? '';
    planted.plant('sign-in', secret);
    await planted.ask('/log-in', { body: { email: victim.email, password: PASSWORD } });
    expect(planted.value('sign-in')).not.toBe(secret);
    expect((await planted.ask('/me')).json.user.email).toBe(victim.email);
    // The sign-in that this browser had before has ended; it belongs to nobody any more.
    expect((await attacker.ask('/me')).status).toBe(401);
    const unknown = openBrowser(server);
    unknown.plant('sign-in', 'A'.repeat(43));
    await unknown.ask('/log-in', { body: { email, password: PASSWORD } });
    expect(unknown.value('sign-in')).not.toBe('A'.repeat(43));
  });

  it('that comes twice, is too long or is no secret signs nobody in', async () => {
    const { browser } = await registered(server);
    const name = '__Host-keyhouse';
    const good = browser.value('sign-in');
    for (const cookie of [
      `${name}=${good}; ${name}=${good}`,
      `${name}=x; ${name}=${good}`,
      `${name}=${'x'.repeat(5000)}`,
      `${name}=${good?.slice(0, -1)}`,
      `${name}=`,
      `${name}=%00`,
      `${name}=' OR 1=1 --`,
      // The name that it has on plain HTTP.
      `keyhouse_sign_in=${good}`,
    ]) {
      const answer = await server.request('/dashboard/api/me', { headers: { cookie } });
      expect(answer.status, cookie.slice(0, 60)).toBe(401);
    }
    expect((await browser.ask('/me')).status).toBe(200);
  });

  it('leads nowhere but to our own pages after a log-in', async () => {
    const { email } = await registered(server);
    const { to } = (await returning('/dashboard/settings/security')).json;
    expect(to).toBe('/dashboard/settings/security');
    for (const path of [
      'https://evil.example',
      '//evil.example',
      '/\\evil.example',
      '/dashboard//evil.example',
      '/dashboard/../../evil',
      '/dashboard/%2e%2e/evil',
      '/dashboard\\@evil.example',
      '/dashboard@evil.example',
      '/dashboardevil',
      '/dashboard/x%0d%0aSet-Cookie:a=b',
      'javascript:alert(1)',
      '/login',
      '/dashboard/api/me',
      `/dashboard/${'a'.repeat(2000)}`,
      '',
    ]) {
      const answer = await returning(path);
      const own = path === '/dashboard/api/me' ? path : '/dashboard';
      expect([answer.status, ['/dashboard', own]], path).toEqual([200, expect.arrayContaining([answer.json.to])]);
    }

    async function returning(path: string) {
      const browser = openBrowser(server);
      browser.plant('return', encodeURIComponent(path));
      return await browser.ask('/log-in', { body: { email, password: PASSWORD }, headers: AWAY });
    }
  });
});

describe('somebody who knows the password and nothing else', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());

  it('gets nowhere with half a sign-in, at no endpoint, whatever cookie it is shown as', async () => {
    const { browser, email, id } = await registered(server);
    await addTotp(server, browser);
    const half = await loggedIn(server, email);
    expect(half.value('sign-in')).toBeNull();
    const asSignIn = half.steal();
    asSignIn.plant('sign-in', half.value('step') ?? '');
    const inside = ENDPOINTS.filter(({ who }) => who !== 'anyone');
    expect(inside.length).toBeGreaterThan(60);
    for (const endpoint of inside)
      for (const one of [half, asSignIn]) {
        const { status } = await one.ask(endpoint.path, { method: endpoint.method, ...someBody(endpoint) });
        expect(status, endpoint.name).toBe(401);
      }
    for (const purpose of ['proof', 'link'])
      expect((await asSignIn.ask('/providers/x/start', { body: { purpose } })).status).toBe(401);
    expect((await half.ask('/state')).json).toMatchObject({ signed_in: false, step: ['totp', 'recovery-code'] });
    expect((await server.keyhouse.signIns.list(id)).signIns.length).toBe(1);
  });

  it('does not skip the second step by changing the password of somebody else’s half, or by waiting', async () => {
    const { browser, email } = await registered(server);
    const { code } = await addTotp(server, browser);
    const [half, slow] = [await loggedIn(server, email), await loggedIn(server, email)];
    await browser.ask('/me/password', { method: 'PUT', body: { password: NEW_PASSWORD } });
    expect((await half.ask('/log-in/code', { body: { code: code() } })).json.errors).toHaveProperty('code');
    expect((await half.ask('/state')).json.step).toBeNull();
    const late = await loggedIn(server, email, NEW_PASSWORD);
    server.advance(10 * 60_000 + 1000);
    for (const one of [slow, late]) expect((await one.ask('/log-in/code', { body: { code: code() } })).status).toBe(422);
    const gone = await loggedIn(server, email, NEW_PASSWORD);
    const copy = gone.steal();
    expect((await gone.ask('/log-in/again', { method: 'POST' })).status).toBe(204);
    expect((await copy.ask('/log-in/code', { body: { code: code(1) } })).status).toBe(422);
  });

  it('is asked for the passkey where that is the second factor, also at the API', async () => {
    const { browser, email } = await registered(server);
    const authenticator = createAuthenticator(server.url);
    expect(await addPasskey(browser, authenticator)).toBe(200);
    expect((await browser.ask('/me/two-step', { method: 'POST' })).status).toBe(200);
    const half = openBrowser(server);
    const asked = await half.ask('/log-in', { body: { email, password: PASSWORD } });
    expect(asked.json).toEqual({ next: 'second-factor', methods: ['recovery-code', 'passkey'] });
    expect((await half.ask('/log-in/code', { body: { code: '123456' } })).status).toBe(422);
    const login = await server.request('/api/v1/auth/login', { body: { email, password: PASSWORD, device_name: 'x' } });
    expect(login.json.errors).toEqual({ code: ['Create a token in the dashboard.'] });
    const options = await half.ask('/log-in/passkey/options', { method: 'POST' });
    expect((await half.ask('/log-in/passkey', { body: { response: authenticator.answer(options.json) } })).status).toBe(200);
    expect((await half.ask('/me')).json.user.email).toBe(email);
  });

  it('sets no TOTP anew while one is in force, and turns nothing off without a proof', async () => {
    const { browser, email } = await registered(server);
    await addTotp(server, browser);
    expect((await browser.ask('/me/totp', { method: 'POST' })).status).toBe(422);
    expect((await browser.ask('/me/totp/confirm', { body: { code: '123456' } })).status).toBe(422);
    server.advance(11 * 60_000);
    for (const [method, path, body] of [
      ['DELETE', '/me/totp', undefined],
      ['POST', '/me/recovery-codes', undefined],
      ['POST', '/me/passkeys/options', undefined],
      ['PUT', '/me/password', { password: NEW_PASSWORD }],
      ['POST', '/me/email', { email: newEmail() }],
      ['DELETE', '/me', { email }],
      ['POST', '/providers/x/start', { purpose: 'link' }],
    ] as const) {
      const answer = await browser.ask(path, { method, ...(body === undefined ? {} : { body }) });
      expect([answer.status, answer.json.proof], `${method} ${path}`).toEqual([403, 'required']);
    }
  });

  it('has ten tries at the code in five minutes, counted with those at the password, wherever they are made', async () => {
    const server = await startTestServer();
    const { browser, email } = await registered(server);
    const { code } = await addTotp(server, browser);
    const api = (body: object) =>
      server.request('/api/v1/auth/login', { body: { email, password: PASSWORD, device_name: 'x', ...body } });
    const half = await loggedIn(server, email);
    const statuses: number[] = [];
    for (let index = 0; index < 4; index++) statuses.push((await half.ask('/log-in/code', { body: { code: '000000' } })).status);
    for (let index = 0; index < 3; index++) statuses.push((await api({ code: 'aaaa-bbbb-cccc-dddd' })).status);
    for (let index = 0; index < 2; index++)
      statuses.push((await openBrowser(server).ask('/log-in', { body: { email, password: 'wrong' } })).status);
    statuses.push((await browser.ask('/proof', { body: { password: 'wrong' } })).status);
    expect(statuses).toEqual(Array(10).fill(422));
    const late = await half.ask('/log-in/code', { body: { code: code() } });
    expect(late.status).toBe(429);
    expect(Number(late.headers['retry-after'])).toBeGreaterThan(0);
    expect((await api({ code: code() })).status).toBe(429);
    expect((await openBrowser(server).ask('/log-in', { body: { email, password: PASSWORD } })).status).toBe(429);
    expect((await browser.ask('/proof', { body: { password: PASSWORD } })).status).toBe(429);
    await server.stop();
  });
});

eachDatabase('what works once', (makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase() });
    return () => server.stop();
  });
  const race = async (tries: readonly (() => Promise<{ status: number }>)[]): Promise<number[]> =>
    (await Promise.all(tries.map((attempt) => attempt()))).map(({ status }) => status).sort();

  it('is a TOTP code, also for two who hold it at the same moment, and every older one with it', async () => {
    const { browser, email } = await registered(server);
    const { code } = await addTotp(server, browser);
    const [one, other] = [await loggedIn(server, email), await loggedIn(server, email)];
    const wanted = code(1);
    const enter = (half: Browser, text: string) => half.ask('/log-in/code', { body: { code: text } });
    expect(await race([() => enter(one, wanted), () => enter(other, wanted)])).toEqual([200, 422]);
    const late = await loggedIn(server, email);
    for (const text of [wanted, code(0), code(-1)]) expect((await enter(late, text)).status).toBe(422);
  });

  it('is a recovery code, and a half sign-in', async () => {
    const { browser, email } = await registered(server);
    const { recoveryCodes } = await addTotp(server, browser);
    const [first = '', second = '', third = ''] = recoveryCodes;
    const [one, other] = [await loggedIn(server, email), await loggedIn(server, email)];
    const enter = (half: Browser, code: string) => half.ask('/log-in/code', { body: { code } });
    expect(await race([() => enter(one.steal(), first), () => enter(other.steal(), first)])).toEqual([200, 422]);
    const half = await loggedIn(server, email);
    expect(await race([() => enter(half.steal(), second), () => enter(half.steal(), third)])).toEqual([200, 422]);
    // After creating new ones, the old ones do not work any more.
    const { recovery_codes: fresh } = (await browser.ask('/me/recovery-codes', { method: 'POST' })).json;
    const late = await loggedIn(server, email);
    expect((await enter(late, recoveryCodes[4] ?? '')).status).toBe(422);
    expect((await enter(late, fresh[4])).status).toBe(200);
  });

  it('is a link, for two who follow it at the same moment', async () => {
    const { browser, email } = await registered(server);
    const verify = await linkIn(server, email, '/verify-email#');
    const prove = () => browser.steal().ask('/verify-email', { body: { ticket: verify } });
    expect(await race([prove, prove])).toEqual([200, 422]);
    const next = newEmail();
    await browser.ask('/me/email', { body: { email: next } });
    const taken = await linkIn(server, next, '/new-email#');
    const take = () => browser.steal().ask('/me/email/confirm', { body: { ticket: taken } });
    expect(await race([take, take])).toEqual([200, 422]);
    await openBrowser(server).ask('/forgot', { body: { email: next } });
    await expect.poll(async () => (await mailsOf(server, next)).map(({ kind }) => kind)).toContain('reset-password');
    const ticket = await linkIn(server, next, '/reset#');
    const reset = (password: string) => () => openBrowser(server).ask('/reset', { body: { ticket, password } });
    expect(await race([reset(NEW_PASSWORD), reset(`${NEW_PASSWORD} too`)])).toEqual([204, 422]);
  });

  it('is an address: of two who take it at the same moment one gets it', async () => {
    const [one, other] = [await registered(server), await registered(server)];
    const wanted = newEmail();
    const tickets: string[] = [];
    for (const { browser } of [one, other]) {
      await browser.ask('/me/email', { body: { email: wanted } });
      tickets.push(await linkIn(server, wanted, '/new-email#'));
    }
    const take = (browser: Browser, ticket: string | undefined) => () => browser.ask('/me/email/confirm', { body: { ticket } });
    expect(await race([take(one.browser, tickets[0]), take(other.browser, tickets[1])])).toEqual([200, 422]);
    expect((await openBrowser(server).ask('/register', { body: { email: wanted, password: PASSWORD } })).status).toBe(422);
  });

  it('is a link for one purpose: each is over, or nothing, at the door of every other', async () => {
    const { browser, email, id } = await registered(server);
    const verify = await linkIn(server, email, '/verify-email#');
    const next = newEmail();
    await browser.ask('/me/email', { body: { email: next } });
    const newAddress = await linkIn(server, next, '/new-email#');
    await openBrowser(server).ask('/forgot', { body: { email } });
    await expect.poll(async () => (await mailsOf(server, email)).map(({ kind }) => kind)).toContain('reset-password');
    const reset = await linkIn(server, email, '/reset#');
    const setup = (await server.keyhouse.signIns.createSetupTicket()) ?? '';
    const owner = await newPerson(server);
    const team = await newTeam(owner);
    const invited = newEmail();
    expect((await owner.ask(`/accounts/${team}/invitations`, { body: { email: invited, role: 'viewer' } })).status).toBe(200);
    const invitation = await linkIn(server, invited, '/invitation#');
    const second = await registered(server);
    await addTotp(server, second.browser);
    const step = (await loggedIn(server, second.email)).value('step') ?? '';
    const challenge = (await openBrowser(server).ask('/log-in/passkey/options', { method: 'POST' })).json.challenge;
    const tickets = {
      verify,
      newAddress,
      reset,
      setup,
      invitation,
      step,
      challenge,
      signIn: browser.value('sign-in') ?? '',
      mark: browser.value('browser') ?? '',
    };
    const user = { email: newEmail(), password: PASSWORD };
    const doors: Record<string, { fits: keyof typeof tickets; knock(ticket: string): Promise<{ status: number }> }> = {
      '/reset/check': { fits: 'reset', knock: (ticket) => openBrowser(server).ask('/reset/check', { body: { ticket } }) },
      '/setup/check': { fits: 'setup', knock: (ticket) => openBrowser(server).ask('/setup/check', { body: { ticket } }) },
      '/invitation/check': {
        fits: 'invitation',
        knock: (ticket) => openBrowser(server).ask('/invitation/check', { body: { ticket } }),
      },
      '/reset': {
        fits: 'reset',
        knock: (ticket) => openBrowser(server).ask('/reset', { body: { ticket, password: NEW_PASSWORD } }),
      },
      '/setup': { fits: 'setup', knock: (ticket) => openBrowser(server).ask('/setup', { body: { ticket, ...user } }) },
      '/register': {
        fits: 'invitation',
        knock: (ticket) => openBrowser(server).ask('/register', { body: { ...user, email: newEmail(), invitation: ticket } }),
      },
      '/verify-email': { fits: 'verify', knock: (ticket) => browser.ask('/verify-email', { body: { ticket } }) },
      '/me/email/confirm': { fits: 'newAddress', knock: (ticket) => browser.ask('/me/email/confirm', { body: { ticket } }) },
      '/invitation/accept': { fits: 'invitation', knock: (ticket) => browser.ask('/invitation/accept', { body: { ticket } }) },
      '/log-in/code': {
        fits: 'step',
        knock: (ticket) => {
          const half = openBrowser(server);
          half.plant('step', ticket);
          return half.ask('/log-in/code', { body: { code: '000000' } });
        },
      },
      'GET /me': {
        fits: 'signIn',
        knock: (ticket) => {
          const thief = openBrowser(server);
          thief.plant('sign-in', ticket);
          return thief.ask('/me');
        },
      },
    };
    for (const [door, { fits, knock }] of Object.entries(doors))
      for (const [name, ticket] of Object.entries(tickets))
        if (name !== fits) expect([401, 422], `${name} at ${door}`).toContain((await knock(ticket)).status);
    // None was used up by it.
    for (const door of ['/reset/check', '/setup/check', '/invitation/check', 'GET /me'])
      expect([200, 204], door).toContain((await doors[door]?.knock(tickets[doors[door].fits]))?.status);
    expect((await browser.ask('/me')).json.user.id).toBe(id);
    expect((await doors['/verify-email']?.knock(verify))?.status).toBe(200);
    expect((await doors['/me/email/confirm']?.knock(newAddress))?.status).toBe(200);
  });

  it('is the setup link: two servers that start at once show one each, and one administrator is made', async () => {
    const { keyhouse } = server;
    const tickets = await Promise.all([
      keyhouse.signIns.createSetupTicket(),
      keyhouse.signIns.createSetupTicket(),
      keyhouse.signIns.createSetupTicket(),
    ]);
    const setUp = (ticket: string | null, n: number) => () =>
      openBrowser(server).ask('/setup', { body: { ticket, email: `root${n}-${newEmail()}`, password: PASSWORD } });
    const statuses = await race(tickets.flatMap((ticket, n) => [setUp(ticket, n), setUp(ticket, n + 10)]));
    expect(statuses).toEqual([200, 422, 422, 422, 422, 422]);
    expect(await keyhouse.users.countAdministrators()).toBe(1);
    expect(await keyhouse.signIns.createSetupTicket()).toBeNull();
  });
});

describe('a passkey', () => {
  let server: TestServer;
  let authenticator: Authenticator;
  let owner: { browser: Browser; email: string; id: number };
  beforeAll(async () => {
    server = await startTestServer();
    authenticator = createAuthenticator(server.url);
    owner = await registered(server);
    expect(await addPasskey(owner.browser, authenticator)).toBe(200);
  });
  afterAll(() => server.stop());

  const challenge = async (browser: Browser, path = '/log-in/passkey/options') =>
    (await browser.ask(path, { method: 'POST' })).json as { challenge: string };
  const enter = (browser: Browser, response: object) => browser.ask('/log-in/passkey', { body: { response } });

  it('lets its owner in by itself, without a password and without a second step', async () => {
    const browser = openBrowser(server);
    expect((await enter(browser, authenticator.answer(await challenge(browser)))).json).toEqual({
      next: 'done',
      to: '/dashboard',
    });
    expect((await browser.ask('/me')).json.user.id).toBe(owner.id);
    const [signIn] = (await server.keyhouse.signIns.list(owner.id)).signIns;
    expect(signIn?.methods).toEqual(['passkey']);
  });

  it.each([
    ['for another site', { origin: 'https://evil.example' }],
    ['for a page of another port', { origin: 'https://keys.example.com:8443' }],
    ['for another relying party', { rpId: 'evil.example' }],
    ['for a parent domain', { rpId: 'example.com' }],
    ['without asking the person', { verified: false }],
    ['made for registering', { type: 'webauthn.create' }],
    ['with a challenge that we never gave', { challenge: 'A'.repeat(43) }],
    ['with a counter that stands still', { counter: 1 }],
    ['with a counter that went back to nothing', { counter: 0 }],
  ])('is refused %s', async (_, told) => {
    const browser = openBrowser(server);
    expect((await enter(browser, authenticator.answer(await challenge(browser), told))).status).toBe(422);
    expect((await browser.ask('/me')).status).toBe(401);
  });

  it('answers a challenge once, also for two at the same moment, and in time', async () => {
    const browser = openBrowser(server);
    const options = await challenge(browser);
    // High above what the refused ones counted.
    const answer = authenticator.answer(options, { counter: 100 });
    const both = await Promise.all([enter(openBrowser(server), answer), enter(openBrowser(server), answer)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 422]);
    expect((await enter(browser, authenticator.answer(options, { counter: 101 }))).status).toBe(422);
    const late = await challenge(browser);
    server.advance(5 * 60_000 + 1000);
    expect((await enter(browser, authenticator.answer(late, { counter: 102 }))).status).toBe(422);
  });

  it('answers only what was asked, of whom it was asked', async () => {
    const other = await registered(server);
    const theirs = createAuthenticator(server.url);
    expect(await addPasskey(other.browser, theirs)).toBe(200);
    expect((await (await loggedIn(server, owner.email)).ask('/me/two-step', { method: 'POST' })).status).toBe(200);
    const halfOwner = await loggedIn(server, owner.email);
    // An attacker who knows the owner's password, with a passkey of their own.
    expect((await enter(halfOwner, theirs.answer(await challenge(halfOwner)))).status).toBe(422);
    // A challenge for anyone does not finish the step of one user, nor the other way round.
    const anyone = await challenge(openBrowser(server));
    expect((await enter(halfOwner, theirs.answer(anyone))).status).toBe(422);
    const forOwner = await challenge(halfOwner);
    expect((await enter(openBrowser(server), authenticator.answer(forOwner, { counter: 200 }))).status).toBe(422);
    // A challenge for a proof does not sign in, and one for signing in is not a proof.
    const proof = await challenge(owner.browser, '/proof/passkey/options');
    expect((await enter(openBrowser(server), authenticator.answer(proof, { counter: 201 }))).status).toBe(422);
    const prove = (browser: Browser, response: object) => browser.ask('/proof/passkey', { body: { response } });
    const logIn = await challenge(openBrowser(server));
    expect((await prove(owner.browser, authenticator.answer(logIn, { counter: 202 }))).status).toBe(422);
    // Another user's passkey, and another user's challenge.
    const ours = await challenge(owner.browser, '/proof/passkey/options');
    expect((await prove(owner.browser, theirs.answer(ours))).status).toBe(422);
    const again = await challenge(owner.browser, '/proof/passkey/options');
    expect((await prove(other.browser, authenticator.answer(again, { counter: 203 }))).status).toBe(422);
    const last = await challenge(owner.browser, '/proof/passkey/options');
    expect((await prove(owner.browser, authenticator.answer(last, { counter: 204 }))).status).toBe(204);
  });

  it('is added once, by whoever asked, with the person asked', async () => {
    const other = await registered(server);
    expect(await addPasskey(other.browser, authenticator)).toBe(422);
    const fresh = createAuthenticator(server.url);
    const options = await challenge(owner.browser, '/me/passkeys/options');
    const body = { name: 'x', response: fresh.register(options) };
    expect((await other.browser.ask('/me/passkeys', { body })).status).toBe(422);
    expect(await addPasskey(other.browser, fresh, { verified: false })).toBe(422);
    expect(await addPasskey(other.browser, fresh, { origin: 'https://evil.example' })).toBe(422);
    expect(await addPasskey(other.browser, fresh, { type: 'webauthn.get' })).toBe(422);
    expect((await other.browser.ask('/me/security')).json.passkeys).toEqual([]);
  });

  it('of another user is not there to rename or remove', async () => {
    const { browser } = await registered(server);
    const path = `/me/passkeys/${authenticator.id}`;
    expect((await browser.ask(path, { method: 'PATCH', body: { name: 'mine' } })).status).toBe(404);
    expect((await browser.ask(path, { method: 'DELETE' })).status).toBe(404);
    expect((await owner.browser.ask('/me/security')).json.passkeys).toMatchObject([{ name: 'Laptop' }]);
  });

  it('of somebody who is disabled lets nobody in', async () => {
    const { browser, id } = await registered(server);
    const own = createAuthenticator(server.url);
    await addPasskey(browser, own);
    await server.keyhouse.users.disable({ userId: id, by: OPERATOR });
    const back = openBrowser(server);
    expect((await enter(back, own.answer(await challenge(back)))).status).toBe(422);
  });

  it('is nothing that a stranger could make up', async () => {
    const browser = openBrowser(server);
    for (const response of [
      {},
      { id: 'x' },
      { id: 1, response: {} },
      { id: 'x', response: { clientDataJSON: '!' } },
      { id: 'x', response: { clientDataJSON: 'bnVsbA' } },
    ])
      expect((await enter(browser, response)).status).toBe(422);
    expect((await browser.ask('/log-in/passkey', { body: { response: [] } })).status).toBe(422);
  });

  it('is not offered where the host of the address is a number', async () => {
    for (const url of ['http://127.0.0.1:4141', 'http://[::1]:4141']) {
      const numbered = await startTestServer({ url });
      const browser = openBrowser(numbered);
      expect((await browser.ask('/state')).json.passkeys).toBe(false);
      expect((await browser.ask('/log-in/passkey/options', { method: 'POST' })).status).toBe(422);
      const { browser: inside } = await registered(numbered);
      expect((await inside.ask('/me/passkeys/options', { method: 'POST' })).status).toBe(422);
      await numbered.stop();
    }
  });
});

eachDatabase('a stolen cookie', (makeDatabase) => {
  let here: TestServer;
  let there: TestServer;
  beforeAll(async () => {
    const database = await makeDatabase();
    here = await startTestServer({ database });
    there = await startTestServer({ database });
    return async () => {
      await there.stop().catch(() => {});
      await here.stop().catch(() => {});
    };
  });

  it.each<[string, (owner: { browser: Browser; email: string; id: number }) => Promise<unknown>]>([
    ['a log-out', ({ browser }) => browser.ask('/log-out', { method: 'POST' })],
    ['another log-in with that browser', ({ browser, email }) => browser.ask('/log-in', { body: { email, password: PASSWORD } })],
    ['a new password', ({ browser }) => browser.ask('/me/password', { method: 'PUT', body: { password: NEW_PASSWORD } })],
    [
      'a new password by mail',
      async ({ email }) => {
        await openBrowser(here).ask('/forgot', { body: { email } });
        await expect.poll(async () => (await mailsOf(here, email)).map(({ kind }) => kind)).toContain('reset-password');
        await openBrowser(here).ask('/reset', {
          body: { ticket: await linkIn(here, email, '/reset#'), password: NEW_PASSWORD },
        });
      },
    ],
    ['ending all others', async ({ email }) => (await loggedIn(here, email)).ask('/me/sign-ins', { method: 'DELETE' })],
    ['disabling the user', ({ id }) => here.keyhouse.users.disable({ userId: id, by: OPERATOR })],
    [
      'a new password by the operator',
      ({ id }) => here.keyhouse.signIns.resetPassword({ userId: id, password: NEW_PASSWORD, by: OPERATOR }),
    ],
    ['deleting the user', ({ browser, email }) => browser.ask('/me', { method: 'DELETE', body: { email } })],
  ])('is dead at once on every server after %s', async (_, end) => {
    const owner = await registered(here);
    const thief = owner.browser.steal();
    const elsewhere = thief.at(there);
    expect((await elsewhere.ask('/me')).status).toBe(200);
    await end(owner);
    expect((await elsewhere.ask('/me')).status).toBe(401);
    expect((await thief.ask('/me')).status).toBe(401);
  });

  it('dies after thirty days without use, and after half a year with it', async () => {
    const { browser, id } = await registered(here);
    const day = 86_400_000;
    // When it was seen last is written after the answer.
    const isSeen = async () => ((await here.keyhouse.signIns.list(id)).signIns[0]?.lastSeenAtMs ?? 0) > here.now() - day;
    for (let passed = 29; passed < 180; passed += 29) {
      here.advance(29 * day);
      expect((await browser.ask('/me')).status, `day ${passed}`).toBe(200);
      await expect.poll(isSeen).toBe(true);
    }
    here.advance(7 * day);
    expect((await browser.ask('/me')).status).toBe(401);
    const { browser: idle } = await registered(here);
    here.advance(31 * day);
    expect((await idle.ask('/me')).status).toBe(401);
  });
});

describe('whether somebody is registered', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ trustedProxies: ['127.0.0.1/32'] });
  });
  afterAll(() => server.stop());

  let places = 0;
  /** Each from another network, so that no limit of a network interferes. */
  const somewhere = () => ({ 'x-forwarded-for': `203.0.${Math.floor(places / 250)}.${(places++ % 250) + 1}`, ...AWAY });
  const withoutOwn = (headers: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(Object.entries(headers).filter(([name]) => !['date', 'x-request-id', 'retry-after'].includes(name)));

  it('is told by no part of the answer to a failed log-in or a forgotten password, nor by the work before it', async () => {
    const [known, disabled, deleted, second] = [
      await registered(server),
      await registered(server),
      await registered(server),
      await registered(server),
    ];
    await addTotp(server, second.browser);
    await server.keyhouse.users.disable({ userId: disabled.id, by: OPERATOR });
    await deleted.browser.ask('/me', { method: 'DELETE', body: { email: deleted.email } });
    const wrong: Record<string, [string, string]> = {
      known: [known.email, 'wrong password'],
      disabled: [disabled.email, PASSWORD],
      deleted: [deleted.email, PASSWORD],
      'with a second factor': [second.email, 'wrong password'],
      unknown: ['nobody@nowhere.example', 'wrong password'],
    };
    const ask = {
      '/log-in': (email: string, password: string) =>
        openBrowser(server).ask('/log-in', { body: { email, password }, headers: somewhere() }),
      '/forgot': (email: string) => openBrowser(server).ask('/forgot', { body: { email }, headers: somewhere() }),
    };
    for (const path of ['/log-in', '/forgot'] as const) {
      const costs: Record<string, number[]> = {};
      const answers = new Set<string>();
      for (let round = 0; round < 9; round++)
        for (const [kind, [email, password]] of Object.entries(wrong)) {
          const before = process.cpuUsage();
          const { status, text, headers } = await ask[path](email, password);
          const { user, system } = process.cpuUsage(before);
          costs[kind] = [...(costs[kind] ?? []), user + system];
          answers.add(JSON.stringify([status, text, withoutOwn(headers)]));
        }
      expect([...answers], path).toHaveLength(1);
      // Processor time of this process only: for each kind the round that was disturbed least.
      const least = Object.values(costs).map((list) => Math.min(...list));
      // A log-in is a hash. For a forgotten password, writing the mail comes after the answer, and may reach into the measured
      // time.
      const most = path === '/log-in' ? 2 : 6;
      expect(Math.max(...least) / Math.min(...least), JSON.stringify(costs)).toBeLessThan(most);
    }
    // Only existing, enabled users were written to.
    for (const { email } of [disabled, deleted])
      expect((await mailsOf(server, email)).map(({ kind }) => kind)).not.toContain('reset-password');
    expect((await mailsOf(server, known.email)).map(({ kind }) => kind)).toContain('reset-password');
  });

  it('is not told by the limit of mails either, which nobody’s mailbox is filled past', async () => {
    const { email } = await registered(server);
    for (const to of [email, newEmail(), 'no address at all']) {
      const statuses: number[] = [];
      for (let index = 0; index < 12; index++)
        statuses.push((await openBrowser(server).ask('/forgot', { body: { email: to }, headers: somewhere() })).status);
      expect(statuses, to).toEqual([...Array(10).fill(204), 429, 429]);
    }
    const resets = async () => (await mailsOf(server, email)).filter(({ kind }) => kind === 'reset-password').length;
    // The address was never verified.
    await expect.poll(resets).toBe(5);
  });

  it('is not told by asking for an address that is taken', async () => {
    const [one, other] = [await registered(server), await registered(server)];
    const before = (await mailsOf(server, other.email)).length;
    const taken = await one.browser.ask('/me/email', { body: { email: other.email }, headers: somewhere() });
    const free = await one.browser.ask('/me/email', { body: { email: newEmail() }, headers: somewhere() });
    expect([taken.status, taken.text]).toEqual([free.status, free.text]);
    expect(await mailsOf(server, other.email)).toHaveLength(before);
  });
});
