import { beforeAll, describe, expect, it } from 'vitest';
import { naughtyStrings } from '../../../../protocol/test/vectors.ts';
import {
  allowed,
  answerOf,
  askTokens,
  authPath,
  CALLBACK,
  newApplication,
  newPkce,
  openSession,
  requestOf,
  type TestApplication,
  visit,
} from '../../../test/applications.ts';
import { type Browser, loggedIn, openBrowser, registered } from '../../../test/browser.ts';
import { eachDatabase } from '../../../test/databases.ts';
import { newMember, newPerson, newTeam, type Person } from '../../../test/people.ts';
import { type Answer, OPERATOR, startTestServer, type TestServer } from '../../../test/server.ts';

const MINUTE_MS = 60_000;
const OUT = 'https://app.example.com/logged-out';
const EVIL = 'https://evil.example/callback';
const naughty = naughtyStrings;
const CONTROLS = [
  '\0',
  'app_\0',
  '\r\nLocation: https://evil.example',
  '\u2028',
  '\ufeff',
  '%0d%0aX: y',
  'constructor',
  '__proto__',
];
const PARAMETERS = [
  ...['response_type', 'response_mode', 'client_id', 'redirect_uri', 'scope', 'state', 'code_challenge', 'code_challenge_method'],
  ...['nonce', 'prompt', 'max_age', 'login_hint', 'id_token_hint', 'resource', 'request', 'request_uri', 'registration', 'x'],
];

eachDatabase('the authorization endpoint', (makeDatabase) => {
  let server: TestServer;
  let ada: { browser: Browser; email: string; id: number };
  let eve: { browser: Browser; email: string; id: number };
  let owner: Person;
  let page: TestApplication;
  let evil: TestApplication;

  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase() });
    [ada, eve] = [await registered(server), await registered(server)];
    owner = await newPerson(server);
    page = await newApplication(server, owner.accountId, { postLogoutRedirectUris: [OUT] });
    evil = await newApplication(server, owner.accountId, { name: 'Evil', redirectUris: [EVIL], postLogoutRedirectUris: [EVIL] });
    return () => server.stop();
  });

  const ask = (browser: Pick<Browser, 'cookie'> | null, rest: Record<string, string> = {}, client = page) =>
    visit(server, browser, authPath(client, newPkce(), rest));
  const sealed = async (browser: Pick<Browser, 'cookie'>, rest: Record<string, string> = {}, client = page) => {
    const { location = '' } = (await ask(browser, rest, client)).headers;
    if (requestOf(location) === '') throw new Error(`Nothing waits: ${location}`);
    return requestOf(location);
  };
  /** One of our own redirects, or a page without any. */
  const isOurs = ({ headers: { location } }: Answer): boolean =>
    location === undefined || /^\/(login|register|consent|auth\/continue|logout|logged-out)(\?|$)/.test(location);
  const isPlainRefusal = ({ status, headers }: Answer): boolean =>
    status === 400 && headers.location === undefined && headers['set-cookie'] === undefined;

  it('sends nobody to an address of a stranger’s choice, however it is written', async () => {
    const at = 'app.example.com';
    const tricks = [
      ...[`https://${at}.evil.example`, `https://evil.example#${at}`, `https://evil.example?${CALLBACK}`, `https:evil.example`],
      ...[
        `https://${at}%2eevil.example`,
        `https://${at}%00.evil.example`,
        `https://${at}%09@evil.example`,
        `https://${at}:@evil.example`,
      ],
      ...[
        `https://${at}\\@evil.example`,
        `https://evil.example\\${at}`,
        `\\\\evil.example`,
        `/\\evil.example`,
        `https:\\/evil.example`,
      ],
      ...[`https://аpp.example.com/callback`, `https://xn--pp-6kc.example.com/callback`, `https://app。example。com/callback`],
      ...[`https://app.example.com./callback`, `https://app.example.com:0443/callback`, `https://[::ffff:7f00:1]/callback`],
      ...[
        `${CALLBACK}\r\nX: y`,
        `${CALLBACK}\0`,
        `${CALLBACK}%00`,
        `${CALLBACK}\u200b`,
        `${CALLBACK};a`,
        `${CALLBACK}?`,
        `${CALLBACK}&x`,
      ],
      ...[
        'java\tscript:alert(1)',
        'JaVaScRiPt:alert(1)',
        ' javascript:alert(1)',
        'vbscript:x',
        'blob:https://evil.example/x',
        'about:blank',
      ],
      ...[
        'data:text/html;base64,PHNjcmlwdD4=',
        'view-source:x',
        'file:///etc/passwd',
        'http://127.0.0.1/callback',
        'intent://evil#Intent;end',
      ],
      ...naughty.filter((text) => text !== ''),
      ...CONTROLS,
    ];
    for (const uri of tricks) {
      const answer = await ask(ada.browser, { redirect_uri: uri });
      expect(isPlainRefusal(answer), uri).toBe(true);
      expect(answer.text).not.toContain('evil');
    }
  });

  it('takes no other address for the loopback one of an installed program', async () => {
    const program = await newApplication(server, owner.accountId, { redirectUris: ['http://127.0.0.1/cb'] });
    const good = await ask(ada.browser, { redirect_uri: 'http://127.0.0.1:49152/cb' }, program);
    expect(good.headers.location).toMatch(/^\/consent\?/);
    for (const uri of [
      ...['http://localhost:49152/cb', 'http://[::1]:49152/cb', 'http://127.0.0.2/cb', 'http://127.1/cb', 'http://2130706433/cb'],
      ...[
        'http://127.0.0.1:49152@evil.example/cb',
        'http://127.0.0.1.evil.example/cb',
        'https://127.0.0.1/cb',
        'http://0.0.0.0/cb',
      ],
      ...['http://127.0.0.1:49152/cb/', 'http://127.0.0.1:49152/../cb', 'http://127.0.0.1:99999/cb', 'http://127.0.0.1:/cb'],
      ...['http://127.0.0.1:49152/cb#', 'http://127.0.0.1:49152/cb?x=1', 'http://u@127.0.0.1/cb', 'http://[::ffff:127.0.0.1]/cb'],
    ])
      expect(isPlainRefusal(await ask(ada.browser, { redirect_uri: uri }, program)), uri).toBe(true);
  });

  it('fails at nothing that stands in a parameter, and shows none of it', async () => {
    for (const name of PARAMETERS) {
      // Every one of them where it is read the most, a handful elsewhere.
      const texts =
        name === 'state' || name === 'client_id' ? [...naughty, ...CONTROLS] : [...naughty.slice(200, 230), ...CONTROLS];
      for (const text of texts) {
        const answer = await ask(ada.browser, { [name]: text });
        expect([303, 400], `${name} ${text}`).toContain(answer.status);
        const { location = '' } = answer.headers;
        expect(isOurs(answer) || location.startsWith(`${CALLBACK}?`), `${name} ${text} ${location}`).toBe(true);
        expect(location).toMatch(/^[!-~]*$/);
        if (answer.status === 400 && text.length > 12) expect(answer.text).not.toContain(text);
        if (name === 'state' && text !== '' && location.startsWith(CALLBACK))
          expect(answerOf(location).get('state')).toBe(new URLSearchParams({ text }).get('text'));
      }
    }
    expect(server.logged.filter((line) => line.includes('A request failed'))).toEqual([]);
  });

  it('lets nothing of a request stand in for a part of the answer', async () => {
    const person = await registered(server);
    await allowed(server, person.browser, page);
    const state = `x&code=stolen&iss=${encodeURIComponent('https://evil.example')}#code=stolen`;
    const { location = '' } = (await ask(person.browser, { state, code: 'stolen', iss: 'https://evil.example' })).headers;
    const answer = answerOf(location);
    expect([answer.getAll('state'), answer.getAll('iss'), answer.getAll('code').length]).toEqual([[state], [server.url], 1]);
    expect(answer.get('code')).toMatch(/^kh_code_/);
    expect(new URL(location).hash).toBe('');
  });

  it('says in every answer, errors too, who answers, so that no client takes it for another server’s', async () => {
    for (const [rest, error] of [
      [{ response_type: 'token' }, 'unsupported_response_type'],
      [{ response_type: 'code id_token' }, 'unsupported_response_type'],
      [{ response_type: '' }, 'invalid_request'],
      [{ response_mode: 'fragment' }, 'invalid_request'],
      [{ response_mode: 'form_post' }, 'invalid_request'],
      [{ response_mode: 'web_message' }, 'invalid_request'],
      [{ request: 'eyJ' }, 'request_not_supported'],
      [{ request_uri: 'https://evil.example/request' }, 'request_uri_not_supported'],
      [{ registration: '{}' }, 'registration_not_supported'],
      [{ resource: 'https://evil.example' }, 'invalid_target'],
      [{ prompt: 'none login' }, 'invalid_request'],
      [{ prompt: 'NONE' }, 'invalid_request'],
      [{ max_age: '-1' }, 'invalid_request'],
      [{ max_age: '1e9' }, 'invalid_request'],
      [{ code_challenge_method: 's256' }, 'invalid_request'],
      [{ scope: 'keyhouse.verify' }, 'invalid_scope'],
      [{ scope: 'invoices.read\tinvoices.write' }, 'invalid_scope'],
      [{ scope: 'offline_access' }, 'invalid_scope'],
      [{ id_token_hint: 'eyJ' }, 'invalid_request'],
      [{ prompt: 'none' }, 'login_required'],
    ] as [Record<string, string>, string][]) {
      const { location = '' } = (await ask(null, rest)).headers;
      expect(location).toMatch(/^https:\/\/app\.example\.com\/callback\?/);
      const answer = answerOf(location);
      expect([answer.get('error'), answer.get('iss'), answer.get('state')]).toEqual([error, server.url, 'of the application']);
      expect(answer.get('code')).toBeNull();
    }
  });

  it('takes no parameter twice: which of the two was checked, and which used?', async () => {
    const path = authPath(page, newPkce());
    for (const twice of [`client_id=${evil.clientId}`, `redirect_uri=${encodeURIComponent(EVIL)}`])
      expect(isPlainRefusal(await visit(server, ada.browser, `${path}&${twice}`)), twice).toBe(true);
    for (const twice of [
      'scope=invoices.write',
      'state=other',
      'code_challenge_method=plain',
      'prompt=login&prompt=none',
      'nonce=a&nonce=b',
    ]) {
      const { location = '' } = (await visit(server, ada.browser, `${path}&${twice}`)).headers;
      expect(answerOf(location).get('error'), twice).toBe('invalid_request');
      expect(location).toContain(CALLBACK);
    }
  });

  it('is told nothing by a Referer, a cache, or a frame around it', async () => {
    const person = await registered(server);
    await allowed(server, person.browser, page);
    const waiting = await sealed(person.browser, { prompt: 'consent' });
    const answers = [
      await ask(null),
      await ask(person.browser),
      await ask(person.browser, { prompt: 'consent' }),
      await ask(person.browser, { scope: '*' }),
      await ask(null, { redirect_uri: EVIL }),
      await visit(server, person.browser, `/auth/continue?request=${waiting}`),
      await visit(server, person.browser, '/auth/continue?request=v1.x'),
      await visit(server, person.browser, `/consent?request=${waiting}`),
      await visit(server, person.browser, `/login?request=${waiting}`),
      await visit(server, person.browser, '/auth/logout'),
    ];
    for (const { headers } of answers) {
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(headers['cache-control']).toBe('no-store');
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['x-frame-options']).toMatch(/DENY|SAMEORIGIN/);
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
    const preflight = { origin: 'https://evil.example', 'access-control-request-method': 'GET' };
    const asked = await server.request('/auth', { method: 'OPTIONS', headers: preflight });
    expect([asked.status, asked.headers['access-control-allow-origin']]).toEqual([405, undefined]);
  });

  it('shows a browser that must not be shown anything nothing, whatever stands', async () => {
    const person = await registered(server);
    const hint = (await openSession(server, eve.browser, page, { rest: { scope: 'openid' } })).idToken ?? '';
    await allowed(server, person.browser, page);
    server.advance(5000);
    for (const [browser, rest, error] of [
      [null, {}, 'login_required'],
      [eve.browser, { scope: 'other.read' }, 'consent_required'],
      [person.browser, { max_age: '0' }, 'login_required'],
      [person.browser, { id_token_hint: hint }, 'login_required'],
      [person.browser, { scope: 'invoices.read openid' }, 'consent_required'],
      [person.browser, {}, null],
    ] as [Browser | null, Record<string, string>, string | null][]) {
      const answer = await ask(browser, { ...rest, prompt: 'none' });
      expect(answer.headers.location).toContain(`${CALLBACK}?`);
      expect(answerOf(answer.headers.location ?? '').get('error')).toBe(error);
    }
  });

  it('lets nobody by who was to prove themselves anew, until they have', async () => {
    const hint = (await openSession(server, eve.browser, page, { rest: { scope: 'openid' } })).idToken ?? '';
    for (const rest of [{ prompt: 'login' }, { prompt: 'login consent' }, { max_age: '1' }, { id_token_hint: hint }] as Record<
      string,
      string
    >[]) {
      const person = await registered(server);
      await allowed(server, person.browser, page);
      server.advance(5000);
      const request = await sealed(person.browser, rest);
      for (const path of [`/auth/continue?request=${request}`, `/auth/continue?request=${request}&prompt=none&max_age=9999`])
        expect((await visit(server, person.browser, path)).headers.location).toMatch(/^\/login\?/);
      for (const body of [
        { request, decision: 'allow' },
        { request, decision: 'allow', user: person.id, permissions: ['invoices.read'] },
      ])
        expect((await person.browser.ask('/consent', { body })).status).toBe(401);
      expect((await person.browser.ask('/consent/check', { body: { request } })).status).toBe(401);
      const anew = await loggedIn(server, person.email);
      const after = (await visit(server, anew, `/auth/continue?request=${request}`)).headers.location ?? '';
      if ('id_token_hint' in rest) expect(after).toMatch(/^\/login\?/);
      else expect(after).toMatch(rest.prompt === 'login consent' ? /^\/consent\?/ : /\?code=kh_code_/);
    }
  });

  it('reads no request but its own, whole, and within the hour', async () => {
    const request = await sealed(ada.browser, { state: 'a secret of the application', nonce: 'a nonce' });
    expect(Buffer.from(request.slice(3), 'base64url').toString('latin1')).not.toMatch(/secret|nonce|app\.example/);
    const bytes = Buffer.from(request.slice(3), 'base64url');
    const changed = Array.from({ length: bytes.length }, (_, at) => {
      const copy = Buffer.from(bytes);
      copy[at] = (copy[at] ?? 0) ^ 1;
      return `v1.${copy.toString('base64url')}`;
    });
    const parkedLogOut = requestOf(
      (await visit(server, ada.browser, `/auth/logout?client_id=${page.clientId}`)).headers.location ?? '',
    );
    expect(parkedLogOut).toMatch(/^v1\./);
    for (const text of [
      ...changed.filter((_, at) => at % 7 === 0),
      ...[
        parkedLogOut,
        `${request}A`,
        request.slice(0, -1),
        `${request}=`,
        request.slice(3),
        `v2.${request.slice(3)}`,
        'v1.',
        '',
      ],
      ...naughty.slice(0, 40),
    ]) {
      const answer = await visit(server, ada.browser, `/auth/continue?${new URLSearchParams({ request: text })}`);
      expect([answer.status, answer.headers.location], text).toEqual([400, undefined]);
      expect((await ada.browser.ask('/consent/check', { body: { request: text } })).status).toBe(422);
    }
    // A request that waits for a sign-in cannot be used as one that waits for a log-out either.
    expect((await ada.browser.ask('/log-out/confirm', { body: { request } })).status).toBe(422);
    server.advance(61 * MINUTE_MS);
    expect((await visit(server, ada.browser, `/auth/continue?request=${request}`)).status).toBe(400);
    expect((await ada.browser.ask('/consent', { body: { request, decision: 'allow' } })).status).toBe(422);
    ada = { ...ada, browser: await loggedIn(server, ada.email) };
  });

  it('asks the one who is there: somebody else’s request is theirs to deny, and leads to the application that asked', async () => {
    const request = await sealed(eve.browser, { redirect_uri: EVIL }, evil);
    const denied = await ada.browser.ask('/consent', { body: { request, decision: 'deny' } });
    expect(denied.json.location).toMatch(/^https:\/\/evil\.example\/callback\?error=access_denied&/);
    expect(denied.json.location).not.toContain('code=');
    expect((await visit(server, ada.browser, `/auth/continue?request=${request}`)).headers.location).toMatch(/^\/consent\?/);
    expect(await server.store.grants.grantsOf({ userId: ada.id, applicationId: evil.id })).toEqual([]);
  });

  it('takes a person’s word from its own page alone', async () => {
    const request = await sealed(ada.browser, { redirect_uri: EVIL }, evil);
    const body = JSON.stringify({ request, decision: 'allow' });
    const { cookie } = ada.browser;
    const json = 'application/json';
    const form = 'application/x-www-form-urlencoded';
    const origin = server.url;
    for (const [status, headers, text] of [
      [403, { cookie, 'content-type': json }, body],
      [403, { cookie, 'content-type': json, 'sec-fetch-site': 'cross-site' }, body],
      [403, { cookie, 'content-type': json, 'sec-fetch-site': 'same-site' }, body],
      [403, { cookie, 'content-type': json, 'sec-fetch-site': 'none' }, body],
      [403, { cookie, 'content-type': json, origin: 'https://evil.example' }, body],
      [403, { cookie, 'content-type': json, origin: 'https://evil.keys.example.com' }, body],
      [403, { cookie, 'content-type': json, origin: `${origin}:8443` }, body],
      [403, { cookie, 'content-type': json, origin: origin.replace('https', 'http') }, body],
      [403, { cookie, 'content-type': json, origin: 'null' }, body],
      [403, { cookie, 'content-type': json, origin: `${origin}.evil.example`, 'sec-fetch-site': 'same-origin' }, body],
      [415, { cookie, 'content-type': form, origin }, new URLSearchParams({ request, decision: 'allow' }).toString()],
      [415, { cookie, 'content-type': 'text/plain', origin }, body],
      [401, { 'content-type': json, origin }, body],
      [401, { cookie, 'content-type': json, origin, authorization: 'Bearer x' }, body],
    ] as [number, Record<string, string>, string][]) {
      const answer = await server.request('/dashboard/api/consent', { method: 'POST', headers, body: text });
      expect(answer.status, JSON.stringify({ ...headers, cookie: undefined })).toBe(status);
      expect(answer.text).not.toContain('code=');
    }
    const query = `?${new URLSearchParams({ request, decision: 'allow' })}`;
    expect((await visit(server, ada.browser, `/dashboard/api/consent${query}`)).status).toBe(405);
    expect(await server.store.grants.grantsOf({ userId: ada.id, applicationId: evil.id })).toEqual([]);
  });

  it('lets a form from another site do no more than a link could', async () => {
    const form = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded', cookie: ada.browser.cookie } };
    const post = (body: string, path = '/auth') => server.request(path, { ...form, body });
    const query = authPath(evil, newPkce(), { redirect_uri: EVIL }).slice('/auth?'.length);
    const parked = await post(query);
    expect([parked.status, parked.headers.location]).toEqual([303, expect.stringMatching(/^\/auth\/continue\?request=v1\./)]);
    const next = await visit(server, ada.browser, parked.headers.location ?? '');
    expect(next.headers.location).toMatch(/^\/consent\?/);
    expect(isPlainRefusal(await post(query.replace('evil.example', 'evil2.example')))).toBe(true);
    expect(isPlainRefusal(await post(`${query}&client_id=${page.clientId}`))).toBe(true);
    expect((await post(`${query}&state=${'a'.repeat(1_100_000)}`)).status).toBe(413);
    expect(
      (await server.request('/auth', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: query })).status,
    ).toBe(415);
  });

  it('gives nobody a sign-in that somebody else planted', async () => {
    const planted = openBrowser(server);
    planted.plant('sign-in', 'A'.repeat(43));
    planted.plant('return', 'https://evil.example/');
    const first = await ask(planted);
    expect(first.headers.location).toMatch(/^\/login\?/);
    const entered = await planted.ask('/log-in', { body: { email: eve.email, password: 'correct horse battery staple' } });
    expect(entered.status).toBe(200);
    expect(JSON.stringify(entered.json)).not.toContain('evil');
    expect(planted.value('sign-in')).not.toBe('A'.repeat(43));
    // Two cookies of one name: it is not clear which of them is meant.
    const cookie = `${ada.browser.cookie}; __Host-keyhouse=${eve.browser.value('sign-in')}`;
    expect((await ask({ cookie })).headers.location).toMatch(/^\/login\?/);
  });

  it('allows what was asked and can be, and nothing around it', async () => {
    const client = await newApplication(server, owner.accountId, {
      permissions: ['a.read', 'b.read', 'c.read'],
      optionalPermissions: ['b.read'],
    });
    const person = await registered(server);
    const request = await sealed(person.browser, { scope: 'a.read b.read' }, client);
    const answer = (rest: object) => person.browser.ask('/consent', { body: { request, decision: 'allow', ...rest } });
    for (const rest of [
      ...[{ permissions: ['b.read'] }, { permissions: ['a.read', 'c.read'] }, { permissions: ['a.read', 'a.write'] }],
      ...[{ permissions: ['a.read', '*'] }, { permissions: ['a.read', 'keyhouse.verify'] }, { permissions: ['a.read', ''] }],
      ...[
        { permissions: ['A.read', 'a.read'] },
        { permissions: 'a.read' },
        { permissions: [['a.read']] },
        { permissions: [null] },
      ],
      ...[{ account: owner.accountId }, { account: 0 }, { account: -1 }, { account: 2 ** 53 }, { account: '1' }, { account: 1 }],
      ...[{ decision: 'ALLOW' }, { decision: true }, { scope: 'c.read' }, { redirect_uri: EVIL }],
    ])
      expect((await answer(rest)).status, JSON.stringify(rest)).toBe(422);
    const twice = await answer({ permissions: Array.from({ length: 90 }, () => 'a.read') });
    expect(twice.status).toBe(200);
    const [grant] = await server.store.grants.grantsOf({ userId: person.id, applicationId: client.id });
    expect([grant?.permissions, grant?.declined]).toEqual([['a.read'], ['b.read']]);
  });

  it('goes by what stands when the person answers, not by what stood when the page opened', async () => {
    const inTeam = await newPerson(server);
    const team = await newTeam(inTeam);
    const member = await newMember(server, inTeam, team, 'developer');
    const memberBrowser = { cookie: member.cookie };
    const inAccount = await sealed(memberBrowser);
    expect((await inTeam.ask(`/accounts/${team}/members/${member.id}`, { method: 'DELETE' })).status).toBeLessThan(300);
    const left = await member.ask('/consent', { body: { request: inAccount, decision: 'allow', account: team } });
    expect(left.status).toBe(422);

    const old = 'https://old.example.com/cb';
    const moved = await newApplication(server, owner.accountId, { redirectUris: [CALLBACK, old] });
    const toOld = await sealed(ada.browser, { redirect_uri: old }, moved);
    await server.keyhouse.applications.update({ application: moved, settings: { redirectUris: [CALLBACK] } }, OPERATOR);
    for (const decision of ['allow', 'deny'])
      expect((await ada.browser.ask('/consent', { body: { request: toOld, decision } })).status).toBe(422);
    expect(isPlainRefusal(await visit(server, ada.browser, `/auth/continue?request=${toOld}`))).toBe(true);

    const gone = await newApplication(server, owner.accountId);
    const toGone = await sealed(ada.browser, {}, gone);
    await server.keyhouse.applications.delete(gone, OPERATOR);
    expect((await ada.browser.ask('/consent', { body: { request: toGone, decision: 'allow' } })).status).toBe(422);
    expect(isPlainRefusal(await visit(server, ada.browser, `/auth/continue?request=${toGone}`))).toBe(true);

    const narrowed = await newApplication(server, owner.accountId, { permissions: ['a.read', 'a.write'] });
    const pkce = newPkce();
    const first = await visit(server, ada.browser, authPath(narrowed, pkce, { scope: 'a.read a.write' }));
    await server.keyhouse.applications.update({ application: narrowed, settings: { permissions: ['a.read'] } }, OPERATOR);
    const request = requestOf(first.headers.location ?? '');
    const { json } = await ada.browser.ask('/consent', { body: { request, decision: 'allow' } });
    const redeemed = await askTokens(server, {
      ...{ grant_type: 'authorization_code', client_id: narrowed.clientId, redirect_uri: CALLBACK },
      ...{ code: answerOf(json.location).get('code') ?? '', code_verifier: pkce.verifier },
    });
    expect(redeemed.json.scope).toBe('a.read');
  });

  it('gives no code to a browser that was signed out meanwhile, and none that was given buys anything', async () => {
    const person = await registered(server);
    const request = await sealed(person.browser);
    const stolen = person.browser.steal();
    const { answer, pkce } = await allowed(server, person.browser, evil, { rest: { redirect_uri: EVIL } });
    await person.browser.ask('/log-out', { method: 'POST' });
    expect((await stolen.ask('/consent', { body: { request, decision: 'allow' } })).status).toBe(401);
    expect((await visit(server, stolen, `/auth/continue?request=${request}`)).headers.location).toMatch(/^\/login\?/);
    const redeemed = await askTokens(server, {
      ...{ grant_type: 'authorization_code', client_id: evil.clientId, redirect_uri: EVIL },
      ...{ code: answer.get('code') ?? '', code_verifier: pkce.verifier },
    });
    expect(redeemed.json.error).toBe('invalid_grant');
  });

  it('keeps what a person left out from the operator’s own application too, until they are asked', async () => {
    const client = await newApplication(server, owner.accountId, {
      isFirstParty: true,
      permissions: ['a.read', 'b.read', 'c.read'],
      optionalPermissions: ['b.read'],
    });
    const person = await registered(server);
    const asked = { rest: { scope: 'a.read b.read', prompt: 'consent' }, consent: { permissions: ['a.read'] } };
    expect((await allowed(server, person.browser, client, asked)).asked).toBe(true);
    const wider = await allowed(server, person.browser, client, { rest: { scope: 'a.read b.read c.read' } });
    expect([wider.asked, wider.answer.get('code')]).toEqual([false, expect.stringMatching(/^kh_code_/)]);
    const [grant] = await server.store.grants.grantsOf({ userId: person.id, applicationId: client.id });
    expect([grant?.permissions, grant?.declined]).toEqual([['a.read', 'c.read'], ['b.read']]);
  });

  it('asks also about the operator’s own application, where any program of the machine could pose as it', async () => {
    for (const redirectUri of ['http://127.0.0.1/cb', 'com.example.app:/cb']) {
      const client = await newApplication(server, owner.accountId, { isFirstParty: true, redirectUris: [redirectUri] });
      const person = await registered(server);
      expect((await ask(person.browser, { redirect_uri: redirectUri }, client)).headers.location).toMatch(/^\/consent\?/);
      const silent = await ask(person.browser, { redirect_uri: redirectUri, prompt: 'none' }, client);
      expect(silent.headers.location).toContain('error=consent_required');
    }
  });

  it('asks each time, whatever was allowed before, where any program of the machine could pose as the application', async () => {
    for (const redirectUri of ['http://127.0.0.1/cb', 'http://localhost/cb', 'http://[::1]/cb', 'com.example.app:/cb']) {
      const person = await registered(server);
      const program = await newApplication(server, owner.accountId, { redirectUris: [redirectUri, CALLBACK] });
      const rest = { redirect_uri: redirectUri, scope: 'a.read openid' };
      for (const _ of [1, 2]) expect((await allowed(server, person.browser, program, { rest })).asked).toBe(true);
      const silent = await ask(person.browser, { ...rest, prompt: 'none' }, program);
      expect(silent.headers.location).toContain('error=consent_required');
      // A claimed https address is safe, and so is an application that authenticates when it redeems the code.
      expect((await allowed(server, person.browser, program, { rest: { scope: 'a.read' } })).asked).toBe(false);
      const confidential = await newApplication(server, owner.accountId, { kind: 'confidential', redirectUris: [redirectUri] });
      for (const asked of [true, false])
        expect((await allowed(server, person.browser, confidential, { rest })).asked).toBe(asked);
    }
  });

  it('remembers what was left out for the page that asks again', async () => {
    const person = await registered(server);
    const program = await newApplication(server, owner.accountId, {
      redirectUris: ['com.example.app:/cb'],
      permissions: ['a.read', 'b.read'],
      optionalPermissions: ['b.read'],
    });
    const rest = { redirect_uri: 'com.example.app:/cb', scope: 'a.read b.read' };
    await allowed(server, person.browser, program, { rest, consent: { permissions: ['a.read'] } });
    const shown = await person.browser.ask('/consent/check', { body: { request: await sealed(person.browser, rest, program) } });
    expect([shown.json.asked_again, shown.json.permissions]).toMatchObject([
      true,
      [
        { name: 'a.read', declined: false },
        { name: 'b.read', declined: true },
      ],
    ]);
  });

  it('gives sensitive permissions to no application that nobody has verified', async () => {
    const others = await startTestServer();
    const entry = { sentence: 'Something', isSensitive: false, isGrantable: true };
    const catalogue = [
      { ...entry, name: 'a.read' },
      { ...entry, name: 'secret.read', isSensitive: true },
      { ...entry, name: 'own.read', isGrantable: false },
    ];
    await others.keyhouse.permissions.setCatalogue({ catalogue, by: OPERATOR });
    const person = await registered(others);
    const maker = await newPerson(others);
    const client = await newApplication(others, maker.accountId);
    for (const scope of ['secret.read', 'own.read', 'a.read secret.read', 'unknown.read']) {
      const answer = await visit(others, person.browser, authPath(client, newPkce(), { scope }));
      expect(answer.headers.location, scope).toContain('error=invalid_scope');
    }
    await others.keyhouse.applications.verify(client, true, OPERATOR);
    const good = await visit(others, person.browser, authPath(client, newPkce(), { scope: 'a.read secret.read' }));
    const request = requestOf(good.headers.location ?? '');
    // Not trusted any more while the page is open.
    await others.keyhouse.applications.verify(client, false, OPERATOR);
    expect((await person.browser.ask('/consent', { body: { request, decision: 'allow' } })).status).toBe(200);
    const [grant] = await others.store.grants.grantsOf({ userId: person.id, applicationId: client.id });
    expect(grant?.permissions).toEqual(['a.read']);
    await others.stop();
  });

  it('writes nothing of a request, and no code, into the log', async () => {
    const person = await registered(server);
    const hidden = {
      state: `state-${crypto.randomUUID()}`,
      nonce: `nonce-${crypto.randomUUID()}`,
      login_hint: 'hidden@example.com',
    };
    const { answer } = await allowed(server, person.browser, page, { rest: hidden });
    await ask(person.browser, { ...hidden, scope: '*' });
    await ask(null, { ...hidden, redirect_uri: EVIL });
    const written = server.logged.join('\n');
    for (const text of [...Object.values(hidden), answer.get('code') ?? '-']) expect(written).not.toContain(text);
  });

  describe('logging out', () => {
    const logOut = (browser: Pick<Browser, 'cookie'> | null, rest: Record<string, string>) =>
      visit(server, browser, `/auth/logout?${new URLSearchParams(rest)}`);
    const isSignedIn = async (browser: Browser) => (await browser.ask('/me')).status === 200;

    it('leads nowhere but to an address that is registered for it', async () => {
      const { idToken = '' } = await openSession(server, eve.browser, page, { rest: { scope: 'openid' } });
      for (const uri of [
        ...[
          EVIL,
          `${OUT}/`,
          `${OUT}?x=1`,
          `${OUT}#x`,
          OUT.toUpperCase(),
          CALLBACK,
          'javascript:alert(1)',
          '//evil.example',
          '/logged-out',
        ],
        ...[
          'https://app.example.com\\@evil.example/logged-out',
          `${OUT}\0`,
          'data:text/html,x',
          ...naughty.filter((text) => text !== '').slice(0, 60),
        ],
      ])
        for (const rest of [{}, { client_id: page.clientId }, { id_token_hint: idToken }] as Record<string, string>[]) {
          const answer = await logOut(ada.browser, { ...rest, post_logout_redirect_uri: uri });
          expect([answer.status, answer.headers.location], uri).toEqual([400, undefined]);
        }
      // Registered, but for another.
      for (const rest of [
        { client_id: page.clientId },
        { id_token_hint: idToken },
        { client_id: evil.clientId, id_token_hint: idToken },
      ])
        expect((await logOut(ada.browser, { ...rest, post_logout_redirect_uri: EVIL })).status).toBe(400);
      expect(await isSignedIn(ada.browser)).toBe(true);
    });

    it('at nobody’s wish but the person’s: a link, a form, or somebody else’s ID token only asks', async () => {
      const foreign = (
        await openSession(server, eve.browser, evil, { rest: { scope: 'openid', redirect_uri: EVIL } }).catch(() => null)
      )?.idToken;
      const session = await openSession(server, eve.browser, page, { rest: { scope: 'openid' } });
      const minted = (
        await server.request('/auth', { bearer: (await server.key(owner.accountId)).text, body: { permissions: ['a.read'] } })
      ).json.token;
      for (const hint of [foreign, session.idToken, session.jwt, session.refreshToken, minted, 'eyJ', ...naughty.slice(0, 20)]) {
        const answer = await logOut(ada.browser, hint === undefined || hint === '' ? {} : { id_token_hint: hint });
        expect(answer.headers.location).toMatch(/^\/logout\?request=v1\./);
      }
      const posted = await server.request('/auth/logout', {
        method: 'POST',
        body: `client_id=${page.clientId}`,
        headers: { 'content-type': 'application/x-www-form-urlencoded', cookie: ada.browser.cookie },
      });
      const request = requestOf(posted.headers.location ?? '');
      expect((await visit(server, ada.browser, `/auth/logout/continue?request=${request}`)).headers.location).toMatch(
        /^\/logout\?/,
      );
      expect((await visit(server, ada.browser, '/auth/logout/continue?request=v1.x')).status).toBe(400);
      for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }] as Record<string, string>[])
        expect((await ada.browser.ask('/log-out/confirm', { body: { request }, headers })).status).toBe(403);
      expect(await isSignedIn(ada.browser)).toBe(true);
    });

    it('ends nothing by an ID token alone: it takes the sign-in in which that session was granted', async () => {
      const person = await registered(server);
      const other = await loggedIn(server, person.email);
      const session = await openSession(server, person.browser, page, { rest: { scope: 'openid' } });
      const wish = { id_token_hint: session.idToken ?? '', post_logout_redirect_uri: OUT };
      const form = (browser: Browser | null) =>
        server.request('/auth/logout', {
          method: 'POST',
          body: new URLSearchParams(wish).toString(),
          headers: {
            'content-type': 'application/x-www-form-urlencoded',
            ...(browser === null ? {} : { cookie: browser.cookie }),
          },
        });
      const lives = async () => (await server.store.sessions.findSession(session.id))?.endedAtMs === null;
      for (const atMs of [0, 61 * MINUTE_MS]) {
        server.advance(atMs);
        // No user is signed in: there is nothing to ask, and nothing ends.
        expect((await logOut(null, wish)).headers.location).toBe(OUT);
        const parked = (await form(null)).headers.location ?? '';
        expect(parked).toMatch(/^\/auth\/logout\/continue\?request=v1\./);
        expect((await visit(server, null, parked)).headers.location).toBe(OUT);
        // Another user, and the same user in another browser, are asked.
        for (const browser of [eve.browser, other]) {
          expect((await logOut(browser, wish)).headers.location).toMatch(/^\/logout\?request=v1\./);
          const posted = (await form(browser)).headers.location ?? '';
          expect((await visit(server, browser, posted)).headers.location).toMatch(/^\/logout\?request=v1\./);
        }
        expect([await lives(), await isSignedIn(person.browser), await isSignedIn(other)]).toEqual([true, true, true]);
      }
      // A user who is not the one of the ID token ends their own sign-in, and not that session.
      const stranger = await registered(server);
      const strangers = requestOf((await logOut(stranger.browser, wish)).headers.location ?? '');
      await stranger.browser.ask('/log-out/confirm', { body: { request: strangers } });
      expect([await lives(), await isSignedIn(stranger.browser)]).toEqual([true, false]);
      // The user, asked in another browser, ends the session with it.
      const asked = requestOf((await logOut(other, wish)).headers.location ?? '');
      await other.ask('/log-out/confirm', { body: { request: asked } });
      expect([await lives(), await isSignedIn(other), await isSignedIn(person.browser)]).toEqual([false, false, true]);
      const next = await openSession(server, person.browser, page, { rest: { scope: 'openid' } });
      await logOut(person.browser, { id_token_hint: next.idToken ?? '', post_logout_redirect_uri: OUT });
      expect((await server.store.sessions.findSession(next.id))?.endReason).toBe('signed-out');
      expect(await isSignedIn(person.browser)).toBe(false);
    });

    it('fails at nothing that stands in a parameter', async () => {
      for (const name of ['id_token_hint', 'client_id', 'post_logout_redirect_uri', 'state', 'logout_hint', 'ui_locales'])
        for (const text of [...naughty.slice(0, 60), ...CONTROLS]) {
          const answer = await logOut(ada.browser, { [name]: text });
          expect([303, 400], `${name} ${text}`).toContain(answer.status);
          expect(isOurs(answer)).toBe(true);
        }
      expect(await isSignedIn(ada.browser)).toBe(true);
    });
  });
});
