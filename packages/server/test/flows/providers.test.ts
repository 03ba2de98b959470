/** Signing in with another OpenID provider: a real one, oidc-provider, on a real port; the test does what a browser does. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider as OidcProvider } from 'oidc-provider';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../src/core/unavailable.ts';
import { openProvider } from '../../src/providers/openid.ts';
import { browserFor, browserWith } from '../dashboard-browser.ts';
import { linkIn, mailsTo } from '../mails.ts';
import { ISSUER, OPERATOR, PASSWORD, startTestServer, type TestServer } from '../server.ts';

const REDIRECT = `${ISSUER}/login/provider/acme`;

/** Cookies by name, as one browser keeps them for one host. */
class Jar {
  readonly #cookies = new Map<string, string>();
  take(lines: readonly string[]): void {
    for (const line of lines) {
      const [pair = ''] = line.split(';');
      const at = pair.indexOf('=');
      const isGone = /max-age=0|expires=thu, 01 jan 1970/i.test(line);
      if (isGone) this.#cookies.delete(pair.slice(0, at));
      else this.#cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
  }
  get text(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }
}

describe('signing in with another provider', () => {
  let server: TestServer;
  let issuer: string;
  let listener: Server;
  /** What the provider reports of each of its accounts. */
  const people = new Map<string, { email: string; email_verified: boolean; name?: string }>();

  beforeAll(async () => {
    listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    issuer = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
    const provider = new OidcProvider(issuer, {
      clients: [{ client_id: 'keyhouse', client_secret: 'a secret of the client, long enough', redirect_uris: [REDIRECT] }],
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
      findAccount: (_context, id) => ({ accountId: id, claims: async () => ({ sub: id, ...people.get(id) }) }),
    });
    // Its own pages for development say so on the console.
    listener.on('request', provider.callback());
    const settings = {
      id: 'acme',
      name: 'Acme ID',
      issuer,
      clientId: 'keyhouse',
      clientSecret: 'a secret of the client, long enough',
      domains: ['example.com', 'xn--bcher-kva.example'],
    };
    server = await startTestServer({ providers: [openProvider(settings)], trustedProxies: ['127.0.0.1'] });
  });
  afterAll(async () => {
    await server.stop();
    listener.closeAllConnections();
    listener.close();
  });

  /** Signs in at the provider and allows it; returns the address that the browser is sent back to. */
  async function goThrough(url: string, person: string): Promise<string> {
    const jar = new Jar();
    let next = url;
    let body: URLSearchParams | null = null;
    for (let hop = 0; hop < 12; hop++) {
      const answer: Response = await fetch(next, {
        method: body === null ? 'GET' : 'POST',
        redirect: 'manual',
        headers: { cookie: jar.text },
        ...(body === null ? {} : { body }),
      });
      jar.take(answer.headers.getSetCookie());
      const location = answer.headers.get('location');
      if (location !== null) {
        next = new URL(location, next).href;
        body = null;
        if (next.startsWith(REDIRECT)) return next;
        continue;
      }
      const html = await answer.text();
      const action = /<form[^>]*action="([^"]+)"/.exec(html)?.[1];
      const prompt = /name="prompt" value="([^"]+)"/.exec(html)?.[1];
      if (action === undefined || prompt === undefined)
        throw new Error(`The provider shows something else: ${html.slice(0, 400)}`);
      next = new URL(action, next).href;
      body = new URLSearchParams(prompt === 'login' ? { prompt, login: person, password: 'any' } : { prompt });
    }
    throw new Error('The provider goes round in circles.');
  }

  async function start(jar: Jar, purpose: 'log-in' | 'proof' | 'link'): Promise<{ status: number; url: string }> {
    const answer = await browserWith(server, jar.text).ask('/providers/acme/start', { body: { purpose } });
    jar.take(answer.headers['set-cookie'] ?? []);
    return { status: answer.status, url: answer.json?.url };
  }
  let places = 1;
  async function comeBack(jar: Jar, address: string): Promise<string> {
    // Each from its own network: registrations from one network are limited.
    const place = `2001:db8:${(places++).toString(16)}::1`;
    const answer = await server.request(address.slice(ISSUER.length), {
      headers: { cookie: jar.text, 'x-forwarded-for': place },
    });
    expect(answer.status).toBe(302);
    jar.take(answer.headers['set-cookie'] ?? []);
    return String(answer.headers.location);
  }
  async function logIn(person: string, jar = new Jar()): Promise<{ jar: Jar; location: string }> {
    const { url } = await start(jar, 'log-in');
    return { jar, location: await comeBack(jar, await goThrough(url, person)) };
  }
  const ask = (jar: Jar, path: string) => browserWith(server, jar.text).ask(path);
  const newPerson = (more: Partial<{ email: string; email_verified: boolean; name: string }> = {}) => {
    const id = `p${crypto.randomUUID()}`;
    people.set(id, { email: `${id}@example.com`, email_verified: true, ...more });
    return id;
  };
  async function signedIn(userId: number): Promise<Jar> {
    const jar = new Jar();
    jar.take([(await browserFor(server, userId)).cookie]);
    return jar;
  }

  it('makes a user at the first time, and finds them again', async () => {
    const person = newPerson({ name: 'Ada Lovelace' });
    const first = await logIn(person);
    expect(first.location).toBe('/dashboard');
    const { user } = (await ask(first.jar, '/me')).json;
    expect(user).toMatchObject({
      email: `${person}@example.com`,
      email_verified: true,
      display_name: 'Ada Lovelace',
      has_password: false,
    });
    const second = await logIn(person);
    expect((await ask(second.jar, '/me')).json.user.id).toBe(user.id);
    // No password is better than a guess.
    expect((await browserWith(server, '').ask('/log-in', { body: { email: user.email, password: '' } })).status).toBe(422);
    expect((await browserWith(server, '').ask('/log-in', { body: { email: user.email, password: 'x' } })).status).toBe(422);
  });

  it('links to a user who has proved the same address, and ends nothing of theirs', async () => {
    const person = newPerson();
    const registered = await server.register(people.get(person)?.email);
    const browser = await browserFor(server, registered.id);
    await server.keyhouse.users.sendVerification((await server.keyhouse.users.find(registered.id)) ?? never(), OPERATOR);
    await browser.ask('/verify-email', { body: { ticket: await linkIn(server, registered.email, '/verify-email#') } });
    const { jar } = await logIn(person);
    expect((await ask(jar, '/me')).json.user).toMatchObject({ id: registered.id, has_password: true });
    expect((await server.request('/api/v1/cli/loggedUser', { bearer: registered.token })).status).toBe(200);
    expect(mailsTo(server, registered.email).map(({ kind }) => kind)).toContain('factor-changed');
  });

  const confirm = (jar: Jar) => browserWith(server, jar.text).ask('/log-in/first-proof', { method: 'POST' });

  it('says what would end before it is the first to prove an address, ends it once that is confirmed, and lists it by mail', async () => {
    const person = newPerson();
    const squatter = await server.register(people.get(person)?.email, { isVerified: false });
    const squatting = await browserFor(server, squatter.id);
    const newKey = (name: string) =>
      squatting.ask(`/accounts/${squatter.accountId}/keys`, {
        body: { name, environment: 'live', permissions: null, addresses: null, expires_at: null },
      });
    expect((await newKey('nightly')).status).toBe(200);
    const { jar, location } = await logIn(person);
    expect(location).toBe('/login');
    expect((await ask(jar, '/state')).json.first_proof).toEqual({
      ...{ email: squatter.email, provider: 'Acme ID', password: true },
      ends: { keys: 1, tokens: 1, applications: 0, sessions: 0, passkeys: 0, authenticator_app: false },
    });
    // Until then nothing has changed, and nobody is signed in.
    expect((await ask(jar, '/me')).status).toBe(401);
    expect((await squatting.ask('/me')).status).toBe(200);
    expect((await server.request('/api/v1/cli/loggedUser', { bearer: squatter.token })).status).toBe(200);
    // What is created in the meantime is in the mail too.
    expect((await newKey('late')).status).toBe(200);
    const entered = await confirm(jar);
    expect(entered).toMatchObject({ status: 200, json: { next: 'done', to: '/dashboard' } });
    jar.take(entered.headers['set-cookie'] ?? []);
    expect((await ask(jar, '/me')).json.user).toMatchObject({ id: squatter.id, email_verified: true, has_password: false });
    expect((await server.request('/api/v1/cli/loggedUser', { bearer: squatter.token })).status).toBe(401);
    expect((await squatting.ask('/me')).status).toBe(401);
    expect((await browserWith(server, '').ask('/log-in', { body: { email: squatter.email, password: PASSWORD } })).status).toBe(
      422,
    );
    const mail = mailsTo(server, squatter.email).findLast(({ kind }) => kind === 'factor-changed')?.text ?? '';
    expect(mail).toContain('Signing in with “Acme ID” was the first proof that this address is yours.');
    expect(mail).toContain('API keys (2): “nightly”, “late”.');
    expect(mail).toContain('Tokens (1):');
    expect((await logIn(person)).location).toBe('/dashboard');
  });

  it('ends nothing when it is cancelled, confirmed twice, too late, in another browser, or after the password verified the address', async () => {
    const waiting = async () => {
      const person = newPerson();
      const owner = await server.register(people.get(person)?.email, { isVerified: false });
      return { person, owner, ...(await logIn(person)) };
    };
    const works = async ({ token }: { token: string }) =>
      (await server.request('/api/v1/cli/loggedUser', { bearer: token })).status === 200;
    const cancelled = await waiting();
    expect((await browserWith(server, cancelled.jar.text).ask('/log-in/again', { method: 'POST' })).status).toBe(204);
    expect((await confirm(cancelled.jar)).status).toBe(422);
    expect((await confirm(new Jar())).status).toBe(422);
    const late = await waiting();
    server.advance(11 * 60_000);
    expect((await ask(late.jar, '/state')).json.first_proof).toBeNull();
    expect((await confirm(late.jar)).status).toBe(422);
    const verified = await waiting();
    await server.keyhouse.users.sendVerification((await server.keyhouse.users.find(verified.owner.id)) ?? never(), OPERATOR);
    const browser = await browserFor(server, verified.owner.id);
    const ticket = await linkIn(server, verified.owner.email, '/verify-email#');
    expect((await browser.ask('/verify-email', { body: { ticket } })).status).toBe(200);
    expect((await confirm(verified.jar)).status).toBe(422);
    for (const { owner } of [cancelled, late, verified]) expect(await works(owner), owner.email).toBe(true);
    const twice = await waiting();
    const answers = await Promise.all([confirm(twice.jar), confirm(twice.jar)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 422]);
    // A disabled user cannot sign in with it.
    const disabled = await waiting();
    await server.keyhouse.users.disable({ userId: disabled.owner.id, by: OPERATOR });
    expect((await confirm(disabled.jar)).status).toBe(422);
  });

  it('takes no word for an address that the provider has not proved', async () => {
    const registered = await server.register();
    const person = newPerson({ email: registered.email, email_verified: false });
    const { jar, location } = await logIn(person);
    expect(location).toBe('/login#unproved');
    expect((await ask(jar, '/me')).status).toBe(401);
    expect((await server.request('/api/v1/cli/loggedUser', { bearer: registered.token })).status).toBe(200);
  });

  it('takes no word that is a text, or for a domain that only looks like a listed one', async () => {
    const registered = await server.register();
    // The claim must be a boolean (OpenID Connect Core §5.1).
    for (const said of ['true', 'false', 1, null, undefined]) {
      const person = newPerson({ email: registered.email, email_verified: said as never });
      expect((await logIn(person)).location, String(said)).toBe('/login#unproved');
    }
    for (const domain of ['mail.example.com', 'notexample.com', 'example.com.evil.example', 'example.co']) {
      const owner = await server.register(`${crypto.randomUUID()}@${domain}`);
      expect((await logIn(newPerson({ email: owner.email }))).location, domain).toBe('/login#unlisted');
      expect((await server.request('/api/v1/cli/loggedUser', { bearer: owner.token })).status, domain).toBe(200);
    }
  });

  it('compares domains as DNS does: case and IDN spellings are one', async () => {
    for (const domain of ['EXAMPLE.com', 'Bücher.example', 'XN--BCHER-KVA.example']) {
      const { jar } = await logIn(newPerson({ email: `${crypto.randomUUID()}@${domain}` }));
      expect((await ask(jar, '/me')).json.user.email_verified, domain).toBe(true);
    }
  });

  it('makes a user with an unverified address where it may not vouch, as a registration would, and mails the link', async () => {
    const email = `${crypto.randomUUID()}@elsewhere.example`;
    const person = newPerson({ email });
    const { jar } = await logIn(person);
    expect((await ask(jar, '/me')).json.user).toMatchObject({ email, email_verified: false });
    expect(mailsTo(server, email).map(({ kind }) => kind)).toEqual(['verify-email']);
    // Signing in again with it verifies nothing either, also when the address at the provider is a listed one by then.
    people.set(person, { email: `${crypto.randomUUID()}@example.com`, email_verified: true });
    const again = await logIn(person);
    expect((await ask(again.jar, '/me')).json.user).toMatchObject({ email, email_verified: false });
  });

  it('lets nobody in as an administrator through a provider that does not name their domain', async () => {
    const unlisted = newPerson({ email: `${crypto.randomUUID()}@elsewhere.example` });
    const listed = newPerson();
    for (const [person, location] of [
      [unlisted, '/login#unlisted'],
      [listed, '/dashboard'],
    ] as const) {
      const { jar } = await logIn(person);
      const { id } = (await ask(jar, '/me')).json.user;
      const actor = await server.keyhouse.users.create({
        email: `${crypto.randomUUID()}@example.com`,
        password: 'an administrator has a long one',
        isAdministrator: true,
        by: OPERATOR,
      });
      if (!actor.ok) throw new Error(actor.reason);
      const by = OPERATOR;
      await server.keyhouse.administration.setAdministrator({ userId: id, actorId: actor.value.id, isAdministrator: true, by });
      expect((await logIn(person)).location).toBe(location);
      const signed = await signedIn(id);
      server.advance(11 * 60_000);
      const proof = await comeBack(signed, await goThrough((await start(signed, 'proof')).url, person));
      expect(proof).toBe(location === '/dashboard' ? '/dashboard/settings/security' : '/dashboard/settings/security#unlisted');
      const other = await signedIn(id);
      const linked = await comeBack(other, await goThrough((await start(other, 'link')).url, newPerson()));
      expect(linked).toBe(location === '/dashboard' ? '/dashboard/settings/security' : '/dashboard/settings/security#unlisted');
    }
  });

  it('does not adopt an administrator by a list that says every domain', async () => {
    const open = {
      id: 'acme',
      name: 'Acme ID',
      issuer,
      clientId: 'keyhouse',
      clientSecret: 'a secret of the client, long enough',
    };
    const place = await startTestServer({ providers: [openProvider({ ...open, domains: ['*'] })] });
    const [admin, user] = [newPerson(), newPerson()];
    for (const [person, isAdministrator] of [
      [admin, true],
      [user, false],
    ] as const) {
      const password = 'an administrator has a long one';
      const email = people.get(person)?.email ?? never();
      await place.keyhouse.users.create({ email, password, isAdministrator, by: OPERATOR });
      const jar = new Jar();
      const begun = await browserWith(place, '').ask('/providers/acme/start', { body: { purpose: 'log-in' } });
      jar.take(begun.headers['set-cookie'] ?? []);
      const back = await goThrough(begun.json.url, person);
      const answer = await place.request(back.slice(ISSUER.length), { headers: { cookie: jar.text } });
      expect(answer.headers.location).toBe(isAdministrator ? '/login#unlisted' : '/login');
      jar.take(answer.headers['set-cookie'] ?? []);
      const { first_proof: proof } = (await browserWith(place, jar.text).ask('/state')).json;
      expect(proof?.email ?? null).toBe(isAdministrator ? null : email);
    }
    await place.stop();
  });

  it('makes no user where sign-up is by invitation or closed', async () => {
    const open = {
      id: 'acme',
      name: 'Acme ID',
      issuer,
      clientId: 'keyhouse',
      clientSecret: 'a secret of the client, long enough',
    };
    for (const signup of ['invite', 'closed'] as const) {
      const place = await startTestServer({ signup, providers: [openProvider({ ...open, domains: ['example.com'] })] });
      const begun = await browserWith(place, '').ask('/providers/acme/start', { body: { purpose: 'log-in' } });
      const jar = new Jar();
      jar.take(begun.headers['set-cookie'] ?? []);
      const back = await goThrough(begun.json.url, newPerson());
      const answer = await place.request(back.slice(ISSUER.length), { headers: { cookie: jar.text } });
      expect(answer.headers.location).toBe('/login#sign-up-closed');
      expect((await place.store.accounts.listUsers({ afterId: 0, limit: 10 })).length).toBe(0);
      await place.stop();
    }
  });

  it('lets others register from the same address after the store failed in the midst of it', async () => {
    let isAway = true;
    const answering = {
      ...{ id: 'acme', name: 'Acme ID', domains: [] },
      start: async () => 'https://acme.example/authorize',
      finish: async () => {
        const subject = crypto.randomUUID();
        return { subject, email: `${subject}@example.com`, emailVerified: true, name: null };
      },
    };
    const place = await startTestServer({
      providers: [answering],
      listen: (store) => ({
        ...store,
        profile: {
          ...store.profile,
          adoptIdentity: async (input) => {
            if (isAway) throw new StoreUnavailable('The store is away.');
            return await store.profile.adoptIdentity(input);
          },
        },
      }),
    });
    const comeBackThere = async () => {
      const begun = await browserWith(place, '').ask('/providers/acme/start', { body: { purpose: 'log-in' } });
      const jar = new Jar();
      jar.take(begun.headers['set-cookie'] ?? []);
      return await place.request('/login/provider/acme?code=x&state=y', { headers: { cookie: jar.text } });
    };
    for (let round = 0; round < 10; round++) expect((await comeBackThere()).status).toBe(503);
    isAway = false;
    expect((await comeBackThere()).headers.location).toBe('/dashboard');
    await place.stop();
  });

  it('ends and links nothing when the address is verified in the moment in which the first proof is confirmed', async () => {
    let verify: () => Promise<unknown> = async () => {};
    const answering = {
      ...{ id: 'acme', name: 'Acme ID', domains: ['example.com'] },
      start: async () => 'https://acme.example/authorize',
      finish: async () => ({ subject: 'ada', email: 'ada@example.com', emailVerified: true, name: null }),
    };
    const place = await startTestServer({
      providers: [answering],
      listen: (store) => ({
        ...store,
        profile: {
          ...store.profile,
          adoptIdentity: async (input) => {
            if (input.firstProof !== null) await verify();
            return await store.profile.adoptIdentity(input);
          },
        },
      }),
    });
    const comeBackThere = async (jar: Jar) => {
      const begun = await browserWith(place, '').ask('/providers/acme/start', { body: { purpose: 'log-in' } });
      jar.take(begun.headers['set-cookie'] ?? []);
      const answer = await place.request('/login/provider/acme?code=x&state=y', { headers: { cookie: jar.text } });
      jar.take(answer.headers['set-cookie'] ?? []);
      return answer.headers.location;
    };
    const owner = await place.register('ada@example.com', { isVerified: false });
    const user = (await place.keyhouse.users.find(owner.id)) ?? never();
    const jar = new Jar();
    expect(await comeBackThere(jar)).toBe('/login');
    await place.keyhouse.users.sendVerification(user, OPERATOR);
    const ticket = await linkIn(place, owner.email, '/verify-email#');
    verify = () => place.keyhouse.users.verifyEmail(user, ticket, OPERATOR);
    expect((await browserWith(place, jar.text).ask('/log-in/first-proof', { method: 'POST' })).status).toBe(422);
    expect((await place.request('/api/v1/cli/loggedUser', { bearer: owner.token })).status).toBe(200);
    expect(mailsTo(place, owner.email).map(({ kind }) => kind)).not.toContain('factor-changed');
    expect(await comeBackThere(new Jar())).toBe('/dashboard');
    await place.stop();
  });

  it('lets nobody in who was shut out', async () => {
    const person = newPerson();
    const { jar } = await logIn(person);
    const { id } = (await ask(jar, '/me')).json.user;
    await server.keyhouse.users.disable({ userId: id, by: OPERATOR });
    expect((await logIn(person)).location).toBe('/login#shut-out');
  });

  it('links by hand after a proof, proves with it, and unlinks', async () => {
    const { id, email } = await server.register();
    const person = newPerson();
    const jar = await signedIn(id);
    const { url } = await start(jar, 'link');
    expect(await comeBack(jar, await goThrough(url, person))).toBe('/dashboard/settings/security');
    expect((await ask(jar, '/me/security')).json.identities).toMatchObject([{ provider: 'acme', name: 'Acme ID' }]);
    expect(mailsTo(server, email).map(({ kind }) => kind)).toContain('factor-changed');

    server.advance(11 * 60_000);
    expect((await start(jar, 'link')).status).toBe(403);
    const proof = await start(jar, 'proof');
    expect(new URL(proof.url).searchParams.get('max_age')).toBe('0');
    expect(await comeBack(jar, await goThrough(proof.url, person))).toBe('/dashboard/settings/security');
    expect((await ask(jar, '/me')).json.proved_until).not.toBeNull();
    server.advance(11 * 60_000);
    const other = await start(jar, 'proof');
    expect(await comeBack(jar, await goThrough(other.url, newPerson()))).toBe('/dashboard/settings/security#other-person');
    expect((await ask(jar, '/me')).json.proved_until).toBeNull();
  });

  it('takes no proof whose wish for a fresh sign-in was taken out on the way', async () => {
    const { id } = await server.register();
    const person = newPerson();
    const jar = await signedIn(id);
    expect(await comeBack(jar, await goThrough((await start(jar, 'link')).url, person))).toBe('/dashboard/settings/security');
    server.advance(11 * 60_000);
    const wanted = new URL((await start(jar, 'proof')).url);
    for (const name of ['prompt', 'max_age']) wanted.searchParams.delete(name);
    expect(await comeBack(jar, await goThrough(wanted.href, person))).toBe('/dashboard/settings/security#provider');
    expect((await ask(jar, '/me')).json.proved_until).toBeNull();
  });

  it('does not link one identity to two users', async () => {
    const person = newPerson();
    await logIn(person);
    const jar = await signedIn((await server.register()).id);
    const { url } = await start(jar, 'link');
    expect(await comeBack(jar, await goThrough(url, person))).toBe('/dashboard/settings/security#linked-elsewhere');
  });

  it('takes an answer once, in the browser that asked for it, and for what it asked', async () => {
    const [victim, attacker] = [newPerson(), newPerson()];
    // Another person's answer, planted in another browser (a forged log-in).
    const [theirs, ours] = [new Jar(), new Jar()];
    const planted = await goThrough((await start(theirs, 'log-in')).url, attacker);
    await start(ours, 'log-in');
    expect(await comeBack(ours, planted)).toBe('/login#provider');
    expect(await comeBack(new Jar(), planted)).toBe('/login#trip');
    // The same answer twice.
    const jar = new Jar();
    const answer = await goThrough((await start(jar, 'log-in')).url, victim);
    const before = new Jar();
    before.take(jar.text.split('; '));
    expect(await comeBack(jar, answer)).toBe('/dashboard');
    expect(await comeBack(before, answer)).toBe('/login#trip');
    // A link that one user began does not end at another, who is signed in by then.
    const linking = await signedIn((await server.register()).id);
    const address = await goThrough((await start(linking, 'link')).url, newPerson());
    const other = await signedIn((await server.register()).id);
    linking.take(other.text.split('; '));
    expect(await comeBack(linking, address)).toBe('/dashboard/settings/security#trip');
    // A stranger cannot begin one either.
    expect((await start(new Jar(), 'link')).status).toBe(401);
  });

  it('tells a browser that keeps no cookies from one that has lost the one of the sign-in, and lets neither in', async () => {
    const isKept = async (jar: Jar): Promise<boolean> => (await ask(jar, '/state')).json.kept_cookie;
    const jar = new Jar();
    expect(await isKept(jar)).toBe(false);
    const { url } = await start(jar, 'log-in');
    expect(await isKept(jar)).toBe(true);
    expect(await isKept(new Jar())).toBe(false);
    // Back without that cookie: it is given another one, which gives no access.
    const answer = await goThrough(url, newPerson());
    const lost = new Jar();
    expect(await comeBack(lost, answer)).toBe('/login#trip');
    expect(lost.text).toBe('__Host-keyhouse-probe=1');
    expect(await isKept(lost)).toBe(true);
    expect((await ask(lost, '/me')).status).toBe(401);
    expect((await ask(lost, '/state')).json).toMatchObject({ signed_in: false, step: null, first_proof: null });
    // With it the answer is still valid: nothing was used up.
    expect(await comeBack(jar, answer)).toBe('/dashboard');
    expect(jar.text).not.toContain('probe');
  });

  it('asks for a second factor of ours all the same', async () => {
    const person = newPerson();
    const { jar } = await logIn(person);
    const { secret } = (await browserWith(server, jar.text).ask('/me/totp', { method: 'POST' })).json;
    const { Secret, TOTP } = await import('otpauth');
    const code = (offsetMs: number) =>
      new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: server.now() + offsetMs });
    expect((await browserWith(server, jar.text).ask('/me/totp/confirm', { body: { code: code(0) } })).status).toBe(200);
    const second = await logIn(person);
    expect(second.location).toBe('/login');
    expect((await ask(second.jar, '/me')).status).toBe(401);
    expect((await ask(second.jar, '/state')).json.step).toEqual(['totp', 'recovery-code']);
    const entered = await browserWith(server, second.jar.text).ask('/log-in/code', { body: { code: code(30_000) } });
    second.jar.take(entered.headers['set-cookie'] ?? []);
    expect((await ask(second.jar, '/me')).status).toBe(200);
  });
});

function never(): never {
  throw new Error('The user does not exist.');
}
