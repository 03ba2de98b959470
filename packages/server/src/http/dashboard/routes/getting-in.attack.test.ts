import { beforeAll, describe, expect, it } from 'vitest';
import { naughtyStrings } from '../../../../../protocol/test/vectors.ts';
import { createAuthenticator } from '../../../../test/authenticator.ts';
import { addTotp, type Browser, loggedIn, newEmail, openBrowser, registered } from '../../../../test/browser.ts';
import { eachDatabase } from '../../../../test/databases.ts';
import { linkIn, mailsOf } from '../../../../test/mails.ts';
import { newPerson, newTeam } from '../../../../test/people.ts';
import { exchange } from '../../../../test/raw.ts';
import { OPERATOR, PASSWORD, startTestServer, type TestServer } from '../../../../test/server.ts';
import { IN_THE_ACT } from '../../../core/authority.ts';
import type { Through } from '../../../core/sign-ins/sign-in.ts';

let places = 0;
/** From another network each time, so that no limit answers instead of what is tested. */
const away = () => ({ 'x-forwarded-for': `10.${places >> 8}.${places++ & 255}.1`, 'x-forwarded-proto': 'https' });

/** Every door that takes a body without a sign-in, with a valid body except for one field. */
const DOORS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  '/register': { email: 'a@example.com', password: 'short', display_name: 'x', invitation: 'x' },
  '/log-in': { email: 'a@example.com', password: 'wrong' },
  '/log-in/code': { code: '000000' },
  '/log-in/passkey': { response: {} },
  '/forgot': { email: 'a@example.com' },
  '/reset/check': { ticket: 'x' },
  '/reset': { ticket: 'x', password: PASSWORD },
  '/verify-email': { ticket: 'x' },
  '/setup/check': { ticket: 'x' },
  '/setup': { ticket: 'x', email: 'a@example.com', password: 'short', display_name: 'x' },
  '/invitation/check': { ticket: 'x' },
  '/invitation/accept': { ticket: 'x' },
  '/providers/x/start': { purpose: 'log-in' },
  '/proof': { password: 'wrong' },
  '/proof/passkey': { response: {} },
  '/me/email': { email: 'nobody@example.com' },
  '/me/email/confirm': { ticket: 'x' },
  '/me/passkeys': { name: 'x', response: {} },
  '/me/totp/confirm': { code: '000000' },
};

eachDatabase('what nobody’s browser sends', (makeDatabase) => {
  let server: TestServer;
  let owner: { browser: Browser; email: string; id: number };
  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase(), trustedProxies: ['127.0.0.1/32'] });
    owner = await registered(server);
    return () => server.stop();
  });

  it('breaks nothing, as any naughty text in any field', async () => {
    const waiting = await registered(server);
    await addTotp(server, waiting.browser);
    const halfway = await loggedIn(server, waiting.email);
    // Each text on one of the two databases; what a database itself could fail on, on both.
    const half = server.store.database === 'SQLite' ? 0 : 1;
    const texts = naughtyStrings.filter((_, index) => index % 2 === half);
    for (const text of ['a\u0000b', '\ud800', ...texts]) {
      // Guesses at one user are counted from any address.
      for (const { id: userId, email: emailKey } of [owner, waiting])
        await server.keyhouse.administration.clearSignInLimits({ userId, emailKey, by: OPERATOR });
      await Promise.all(
        Object.entries(DOORS).flatMap(([path, body]) =>
          Object.keys(body).map(async (field) => {
            const wrong = field === 'response' ? naughtyAnswer(text) : text;
            const who = path.startsWith('/log-in') ? halfway.steal() : owner.browser.steal();
            const { status } = await who.ask(path, { body: { ...body, [field]: wrong }, headers: away() });
            // An address without a user has its limit too.
            const fine = path === '/log-in' || path === '/forgot' ? [204, 422, 429] : [400, 403, 404, 422];
            expect(fine, `${JSON.stringify(text)} as ${field} of ${path}`).toContain(status);
          }),
        ),
      );
    }
    expect((await owner.browser.ask('/me')).json.user.email).toBe(owner.email);
  });

  it('breaks nothing, as any JSON where something else is wanted', async () => {
    const deep = JSON.parse(`${'{"a":'.repeat(500)}1${'}'.repeat(500)}`);
    for (const value of [null, true, 1e308, -1, [], {}, [['x']], deep, 'x'.repeat(100_000)])
      for (const [path, body] of Object.entries(DOORS))
        for (const field of Object.keys(body)) {
          const { status } = await owner.browser.steal().ask(path, { body: { ...body, [field]: value }, headers: away() });
          expect([400, 413, 422], `${JSON.stringify(value)?.slice(0, 40)} as ${field} of ${path}`).toContain(status);
        }
  });

  it('breaks nothing in the place of an id', async () => {
    for (const id of ['%00', 'a%00b', '%ff', '%ud800', '%F0%9F%92%A9', '..%2f', '-1', '1e3', 'x'.repeat(3000)])
      for (const [method, path, body] of [
        ['PATCH', `/me/passkeys/${id}`, { name: 'x' }],
        ['DELETE', `/me/passkeys/${id}`, undefined],
        ['DELETE', `/me/identities/${id}`, undefined],
        ['DELETE', `/me/sign-ins/${id}`, undefined],
        ['POST', `/providers/${id}/start`, { purpose: 'log-in' }],
      ] as const) {
        const answer = await owner.browser.ask(path, {
          method,
          headers: away(),
          ...(body === undefined ? {} : { body }),
        });
        expect([400, 404, 414], `${method} ${path.slice(0, 60)}`).toContain(answer.status);
      }
  });

  it('breaks nothing as the answer of an authenticator to a good challenge', async () => {
    const authenticator = createAuthenticator(server.url);
    const options = () => openBrowser(server).ask('/log-in/passkey/options', { method: 'POST', headers: away() });
    const enter = async (change: (answer: Answered) => object) => {
      const answer = authenticator.answer((await options()).json) as unknown as Answered;
      return (await openBrowser(server).ask('/log-in/passkey', { body: { response: change(answer) }, headers: away() })).status;
    };
    const junk = ['', '\u0000', 'a\u0000b', '\ud800', '____', 'AAAA', 'x'.repeat(2000), '💩', 7, null, [], {}, true];
    for (const value of junk) {
      expect(await enter((answer) => ({ ...answer, id: value, rawId: value })), JSON.stringify(value)).toBe(422);
      for (const field of ['authenticatorData', 'signature', 'userHandle', 'clientDataJSON'])
        expect(
          await enter((answer) => ({ ...answer, response: { ...answer.response, [field]: value } })),
          `${JSON.stringify(value)} as ${field}`,
        ).toBe(422);
    }
    const add = async (response: Readonly<Record<string, unknown>>) => {
      const own = createAuthenticator(server.url);
      const asked = await owner.browser.ask('/me/passkeys/options', { method: 'POST', headers: away() });
      const made = own.register(asked.json) as unknown as Answered;
      const body = { name: 'x', response: { ...made, response: { ...made.response, ...response } } };
      const { status } = await owner.browser.ask('/me/passkeys', { body, headers: away() });
      // Whatever the result, the pages that show passkeys still work, and so does a log-in.
      expect((await owner.browser.ask('/me/security', { headers: away() })).status).toBe(200);
      expect((await owner.browser.ask('/proof/passkey/options', { method: 'POST', headers: away() })).status).toBe(200);
      return status;
    };
    for (const value of junk) {
      expect(await add({ attestationObject: value }), JSON.stringify(value)).toBe(422);
      expect([200, 422]).toContain(await add({ transports: value }));
      expect([200, 422]).toContain(await add({ transports: [value] }));
    }
    const { passkeys } = (await owner.browser.ask('/me/security', { headers: away() })).json;
    for (const { id } of passkeys) await owner.browser.ask(`/me/passkeys/${id}`, { method: 'DELETE', headers: away() });
  });

  it('leads nowhere but home, whatever host it names', async () => {
    for (const [line, ...headers] of [
      ['GET /login', 'Host: evil.example'],
      ['GET /login', 'Host: evil.example', 'X-Forwarded-Host: evil.example'],
      ['GET /login', 'Host: keys.example.com', 'X-Forwarded-Host: evil.example, keys.example.com'],
      ['GET /login', 'Host: keys.example.com', 'Forwarded: host=evil.example'],
      ['GET http://evil.example/login', 'Host: evil.example'],
      ['GET http://evil.example/login', 'Host: evil.example', 'X-Forwarded-Host: evil.example'],
      ['GET http://evil.example/dashboard/x', 'Host: keys.example.com', 'X-Forwarded-Host: keys.example.com'],
      ['GET http://.evil.example/dashboard', 'Host: .evil.example', 'X-Forwarded-Host: evil.example'],
      ['GET //evil.example/login', 'Host: evil.example'],
      ['GET /dashboard//evil.example', 'Host: keys.example.com'],
      ['GET /dashboard/\\evil.example', 'Host: keys.example.com'],
      ['GET /login/provider/x?state=https://evil.example', 'Host: evil.example'],
    ]) {
      const sent = [`${line} HTTP/1.1`, ...headers, 'X-Forwarded-Proto: https', 'Connection: close', '', ''].join('\r\n');
      const { answers, text } = await exchange(server.port, sent);
      const [answer] = answers;
      expect(answer, text).toBeDefined();
      const { location = '' } = answer?.headers ?? {};
      const at = location === '' ? server.url : new URL(location, server.url).origin;
      expect(at, `${line} ${headers} to ${location}`).toBe(server.url);
      for (const kept of text.match(/-return=[^;]*/g) ?? []) expect(decodeURIComponent(kept)).toMatch(/-return=\/dashboard/);
    }
  });

  interface Answered {
    readonly response: Readonly<Record<string, unknown>>;
  }
  const naughtyAnswer = (text: string) => ({
    id: text,
    rawId: text,
    type: text,
    response: {
      clientDataJSON: Buffer.from(JSON.stringify({ challenge: text })).toString('base64url'),
      [text]: text,
      signature: text,
    },
  });
});

eachDatabase('two at the same moment', (makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase(), trustedProxies: ['127.0.0.1/32'] });
    return () => server.stop();
  });

  it('register one address once', async () => {
    for (let round = 0; round < 3; round++) {
      const email = newEmail();
      const tries = [email, email.toUpperCase(), email, email].map((typed) =>
        openBrowser(server).ask('/register', { body: { email: typed, password: PASSWORD }, headers: away() }),
      );
      expect((await Promise.all(tries)).map(({ status }) => status).sort()).toEqual([200, 422, 422, 422]);
    }
  });

  it('get an address once, one by registering and one by changing to it', async () => {
    for (let round = 0; round < 3; round++) {
      const wanted = newEmail();
      const { browser } = await registered(server);
      await browser.ask('/me/email', { body: { email: wanted } });
      const ticket = await linkIn(server, wanted, '/new-email#');
      const tries = [
        openBrowser(server).ask('/register', { body: { email: wanted, password: PASSWORD }, headers: away() }),
        browser.ask('/me/email/confirm', { body: { ticket } }),
      ];
      expect((await Promise.all(tries)).map(({ status }) => status).sort()).toEqual([200, 422]);
    }
  });

  it('use a code once, one at the dashboard and one at the API', async () => {
    const { browser, email } = await registered(server);
    const { code, recoveryCodes } = await addTotp(server, browser);
    for (const text of [code(), recoveryCodes[0]]) {
      const half = await loggedIn(server, email);
      const login = { email, password: PASSWORD, device_name: 'x', code: text };
      const tries = [
        half.ask('/log-in/code', { body: { code: text } }),
        server.request('/api/v1/auth/login', { body: login }),
        server.request('/api/v1/auth/login', { body: login }),
      ];
      expect((await Promise.all(tries)).map(({ status }) => status).sort()).toEqual([200, 422, 422]);
    }
  });

  it('leave no way in for the one whose passkey or provider is taken away meanwhile', async () => {
    const { store } = server;
    const { id: userId } = await registered(server);
    const open = (through: Through | null) =>
      store.signIns.openSignIn({
        signIn: {
          userId,
          hash: crypto.randomUUID().replaceAll('-', '').repeat(2),
          createdAtMs: server.now(),
          lastSeenAtMs: server.now(),
          provedAtMs: server.now(),
          methods: ['passkey'],
          address: null,
          userAgent: null,
        },
        passwordHash: null,
        through,
        browserHash: null,
        addressHash: null,
        event: {
          event: 'user.signed_in',
          atMs: server.now(),
          by: { actor: `user:${userId}`, requestId: null, person: {}, authority: IN_THE_ACT },
        },
      });
    expect(await open({ passkey: 'gone' })).toBeNull();
    expect(await open({ provider: 'acme', subject: 'gone', domains: [] })).toBeNull();
    expect(await open(null)).not.toBeNull();
  });
});

describe('a mailbox', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
    return () => server.stop();
  });

  it('is not filled by invitations, of one person or of many, to new teams or again', async () => {
    const victim = newEmail();
    const statuses: number[] = [];
    for (let person = 0; person < 4; person++) {
      const owner = await newPerson(server);
      const team = await newTeam(owner);
      for (let time = 0; time < 4; time++) {
        const sent = await owner.ask(`/accounts/${team}/invitations`, { body: { email: victim, role: 'viewer' } });
        statuses.push(sent.status);
        if (sent.status === 200) await owner.ask(`/accounts/${team}/invitations/${sent.json.id}`, { method: 'DELETE' });
      }
    }
    expect(statuses).toEqual([...Array(5).fill(200), ...Array(11).fill(429)]);
    const owner = await newPerson(server);
    const team = await newTeam(owner);
    const other = newEmail();
    const { id } = (await owner.ask(`/accounts/${team}/invitations`, { body: { email: other, role: 'viewer' } })).json;
    const again = () => owner.ask(`/accounts/${team}/invitations/${id}/send`, { method: 'POST' });
    for (let time = 0; time < 4; time++) expect((await again()).status).toBe(204);
    const late = await again();
    expect([late.status, Number(late.headers['retry-after']) > 0]).toEqual([429, true]);
    expect(await mailsOf(server, victim)).toHaveLength(5);
    expect(await mailsOf(server, other)).toHaveLength(5);
  });

  it('that is none takes nothing from anybody else', async () => {
    for (let time = 0; time < 10; time++) {
      const { browser } = await registered(server);
      expect((await browser.ask('/me/email', { body: { email: 'no address' } })).status).toBe(422);
    }
    const server2 = await startTestServer({ trustedProxies: ['127.0.0.1/32'] });
    const { browser } = await registered(server2);
    for (let time = 0; time < 12; time++) {
      const body = { email: `no address ${time}` };
      expect((await browser.ask('/me/email', { body, headers: away() })).status, String(time)).toBe(422);
    }
    await server2.stop();
  });
});

describe('a store that is away', () => {
  it('lets nobody in at any door, gives no cookie and takes none', async () => {
    const server = await startTestServer();
    const person = await registered(server);
    const { code } = await addTotp(server, person.browser);
    const half = await loggedIn(server, person.email);
    await server.store.close();
    const asked: [Browser, string, object | undefined][] = [
      [openBrowser(server), '/log-in', { email: person.email, password: PASSWORD }],
      [half, '/log-in/code', { code: code() }],
      [half, '/log-in/passkey/options', undefined],
      [openBrowser(server), '/register', { email: newEmail(), password: PASSWORD }],
      [openBrowser(server), '/forgot', { email: person.email }],
      [openBrowser(server), '/reset', { ticket: 'x', password: PASSWORD }],
      [openBrowser(server), '/setup', { ticket: 'x', email: newEmail(), password: PASSWORD }],
      [person.browser, '/log-out', undefined],
      [person.browser, '/proof', { password: PASSWORD }],
      [person.browser, '/me/password', { password: 'four other unrelated words' }],
    ];
    for (const [browser, path, body] of asked) {
      const method = path === '/me/password' ? 'PUT' : 'POST';
      const answer = await browser.ask(path, { method, ...(body === undefined ? {} : { body }) });
      expect([answer.status, answer.headers['set-cookie']], path).toEqual([503, undefined]);
    }
    await server.stop().catch(() => {});
  });
});
