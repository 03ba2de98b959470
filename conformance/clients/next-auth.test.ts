/**
 * next-auth 4 itself: its handler of `pages/api/auth/[...nextauth].ts`, its pages and its cookies, under Express in place of Next.js. The provider is
 * written as its documents write one of one's own; what they leave to the library is left to it.
 */
import { createRequire } from 'node:module';
import express, { type Express, type Request, type Response } from 'express';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TestApplication } from '../../packages/server/test/applications.ts';
import type { Person, Shown } from '../person.ts';
import { type Place, startPlace } from '../place.ts';
import { startWebApplication, type WebApplication } from './web-application.ts';

/** Without its types: they bring those of Next.js along, which change what this whole repository may give to a process. */
const { default: NextAuth } = createRequire(import.meta.url)('next-auth') as {
  readonly default: (request: Request, response: Response, options: object) => Promise<void>;
};

type Algorithm = 'RS256' | 'ES256';
type Claims = Readonly<Record<string, string | undefined>>;

interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresAt: number;
}

/** What the library hands on at a sign-in, of the answer of the token endpoint. */
interface Account {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_at: number;
}

/** What it logs with a code: an error, or one within. */
interface Logged {
  readonly message?: string;
  readonly error?: Error;
  readonly error_description?: string;
}

interface SiteSession {
  readonly user?: { readonly name?: string | null; readonly email?: string | null };
  readonly accessToken?: string;
}

/** A program that uses the library. */
interface Site {
  readonly web: WebApplication;
  /** What the library wrote to its log as an error. */
  readonly errors: string[];
  /** As if so much time had passed for the program. */
  setAhead(ms: number): void;
}

describe.each(['RS256', 'ES256'] as const)('next-auth 4, with ID tokens by %s', (algorithm) => {
  let place: Place;
  let site: Site;
  beforeAll(async () => {
    place = await startPlace();
    site = await startSite(place, { algorithm, checks: ['pkce', 'state'] });
    return async () => {
      await site.web.stop();
      await place.stop();
    };
  });

  it('signs somebody in, and its session has their name and address', async () => {
    const person = await place.newPerson();
    const shown = await signIn(site, person);
    expect(person.met).toEqual(['/consent']);
    expect([shown.url.href, shown.status]).toEqual([`${site.web.origin}/`, 200]);
    const session = await sessionOf(site, person);
    expect(session.user).toMatchObject({ email: person.email, name: expect.stringMatching(/./) });
    expect(await statusOf(place, session.accessToken)).toBe(200);
  });

  it('refreshes in its jwt callback, also when two tabs do so at once', async () => {
    const person = await place.newPerson();
    await signIn(site, person);
    const seen = [(await sessionOf(site, person)).accessToken];
    for (let round = 1; round <= 3; round++) {
      site.setAhead(round * 700_000);
      const tabs = await Promise.all([sessionOf(site, person), sessionOf(site, person)]);
      for (const { accessToken } of tabs) expect(await statusOf(place, accessToken)).toBe(200);
      seen.push(...tabs.map(({ accessToken }) => accessToken));
    }
    site.setAhead(0);
    expect(new Set(seen).size).toBe(7);
    expect(site.errors).toEqual([]);
  });

  it('signs out, and the next sign-in asks nothing that was allowed before', async () => {
    const person = await place.newPerson();
    await signIn(site, person);
    await submit(site, person, '/api/auth/signout');
    expect(await sessionOf(site, person)).toEqual({});
    person.met.length = 0;
    await signIn(site, person);
    expect(person.met).toEqual([]);
    expect((await sessionOf(site, person)).user).toMatchObject({ email: person.email });
  });

  it('signs nobody in who denies', async () => {
    const person = await place.newPerson();
    const shown = await signIn(site, person, { decision: 'deny' });
    expect([shown.url.pathname, shown.url.searchParams.get('error')]).toEqual(['/api/auth/signin', 'Callback']);
    expect(shown.text).toContain('Try signing in with a different account.');
    expect(site.errors.splice(0)).toContain('OAUTH_CALLBACK_ERROR: access_denied');
    expect(await sessionOf(site, person)).toEqual({});
  });

  it('takes no answer that was meant for another browser, and none with another state', async () => {
    const [ada, eve] = [await place.newPerson(), await place.newPerson()];
    const isThere = ({ pathname }: URL): boolean => pathname === '/api/auth/callback/keyhouse';
    const { url } = await signIn(site, eve, { isThere });
    await ada.browse(url);
    expect(site.errors.splice(0)).toEqual(['OAUTH_CALLBACK_ERROR: State cookie was missing.']);
    url.searchParams.set('state', 'another');
    await eve.browse(url);
    expect(site.errors.splice(0)).toEqual([expect.stringMatching(/^OAUTH_CALLBACK_ERROR: state mismatch/)]);
    for (const person of [ada, eve]) expect(await sessionOf(site, person)).toEqual({});
  });
});

describe('next-auth 4, where the provider names no checks', () => {
  it('sends no PKCE, is refused, and its log says what is missing', async () => {
    const place = await startPlace();
    const site = await startSite(place, { algorithm: 'RS256' });
    try {
      const person = await place.newPerson();
      await signIn(site, person);
      expect(site.errors).toContain('OAUTH_CALLBACK_HANDLER_ERROR: invalid_request: code_challenge is required (RFC 7636).');
      expect(await sessionOf(site, person)).toEqual({});
    } finally {
      await site.web.stop();
      await place.stop();
    }
  });
});

/** `pages/api/auth/[...nextauth].ts` of a site that uses Keyhouse. */
function optionsOf(
  { issuer }: Place,
  { clientId, secret }: TestApplication,
  { algorithm, checks }: Wish,
  { now, log }: { readonly now: () => number; readonly log: (line: string) => void },
): object {
  const keyhouse = {
    id: 'keyhouse',
    name: 'Keyhouse',
    type: 'oauth',
    wellKnown: `${issuer}/.well-known/openid-configuration`,
    authorization: { params: { scope: 'openid email profile invoices.read' } },
    idToken: true,
    ...(checks === undefined ? {} : { checks }),
    clientId,
    clientSecret: secret ?? '',
    // The library expects RS256 unless it is told.
    ...(algorithm === 'RS256' ? {} : { client: { id_token_signed_response_alg: algorithm } }),
    profile: (profile: Claims) => ({ id: profile.sub, name: profile.name, email: profile.email, image: profile.picture }),
  };
  const refreshed = async (tokens: Tokens): Promise<Tokens> => {
    const response = await fetch(`${issuer}/auth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        ...{ client_id: clientId, client_secret: secret ?? '' },
        ...{ grant_type: 'refresh_token', refresh_token: tokens.refreshToken },
      }),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error);
    return {
      accessToken: answer.access_token,
      expiresAt: Math.floor(now() / 1000) + answer.expires_in,
      refreshToken: answer.refresh_token,
    };
  };
  return {
    providers: [keyhouse],
    secret: 'of the cookies of this test',
    callbacks: {
      // Refresh token rotation, as its documents show it.
      jwt: async ({ token, account }: { readonly token: Tokens; readonly account?: Account | null }) => {
        if (account) {
          const { access_token: accessToken, refresh_token: refreshToken, expires_at: expiresAt } = account;
          return { ...token, accessToken, refreshToken, expiresAt };
        }
        return now() < token.expiresAt * 1000 ? token : { ...token, ...(await refreshed(token)) };
      },
      session: ({ session, token }: { readonly session: object; readonly token: Tokens }) => ({
        ...session,
        accessToken: token.accessToken,
      }),
    },
    logger: {
      error: (code: string, { error, message, error_description: description }: Logged) =>
        log([code, error?.message ?? message, ...(description === undefined ? [] : [description])].join(': ')),
      warn: () => undefined,
      debug: () => undefined,
    },
  };
}

interface Wish {
  readonly algorithm: Algorithm;
  readonly checks?: readonly string[];
}

async function startSite(place: Place, wish: Wish): Promise<Site> {
  const errors: string[] = [];
  let aheadMs = 0;
  const web = await startWebApplication(async (origin) => {
    const application = await place.application({
      ...{ kind: 'confidential', redirectUris: [`${origin}/api/auth/callback/keyhouse`] },
      idTokenAlgorithm: wish.algorithm,
    });
    // Where the library looks for its own address.
    process.env.NEXTAUTH_URL = origin;
    const log = (line: string): void => void errors.push(line);
    return make(optionsOf(place, application, wish, { now: () => Date.now() + aheadMs, log }));
  });
  return {
    web,
    errors,
    setAhead: (ms) => {
      aheadMs = ms;
    },
  };
}

/** What Next.js gives to a handler below `pages/api`: the segments of the path among the query, cookies, and a body that is read. */
function make(options: object): Express {
  const app = express();
  app.use(express.urlencoded(), express.json());
  app.use('/api/auth/*nextauth', (request, response) => {
    const [path = '', query = ''] = request.originalUrl.split('?');
    const cookies = (request.headers.cookie ?? '').split('; ').map((pair) => pair.split('=', 2));
    Object.defineProperties(request, {
      query: { value: { ...Object.fromEntries(new URLSearchParams(query)), nextauth: path.split('/').slice(3) } },
      cookies: { value: Object.fromEntries(cookies.map(([name, value = '']) => [name, decodeURIComponent(value)])) },
    });
    return NextAuth(request, response, options);
  });
  app.get('/', (_request, response) => void response.send('The start page.'));
  return app;
}

/** What the button of the library's own page does. */
async function submit(site: Site, person: Person, path: string, manners: Parameters<Person['browse']>[1] = {}): Promise<Shown> {
  const { text } = await person.browse(`${site.web.origin}${path}`);
  const csrfToken = /name="csrfToken" value="([0-9a-f]+)"/.exec(text)?.[1] ?? '';
  const action = /<form action="([^"]+)"/.exec(text)?.[1] ?? '';
  const body = new URLSearchParams({ csrfToken, callbackUrl: `${site.web.origin}/` });
  return await person.browse(action, { ...manners, init: { method: 'POST', body } });
}

const signIn = (site: Site, person: Person, manners: Parameters<Person['browse']>[1] = {}): Promise<Shown> =>
  submit(site, person, '/api/auth/signin', manners);

async function sessionOf(site: Site, person: Person): Promise<SiteSession> {
  return JSON.parse((await person.browse(`${site.web.origin}/api/auth/session`)).text);
}

const statusOf = async (place: Place, jwt: string | undefined): Promise<number> =>
  (await place.server.request('/verify/api/invoices', { bearer: jwt ?? '' })).status;
