/** Opens sessions the way users do: through each server's own authorization endpoint, with PKCE, and the code redeemed. */
import { createHash, randomBytes } from 'node:crypto';
import { Browser, type Page } from './browser.ts';
import { API, CALLBACK, PERSON, SCOPE } from './wish.ts';

/** A server whose sessions are measured. */
export interface TokenServer {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  readonly tokenPath: string;
  readonly authorizePath: string;
  /** Of the public client that refreshes. */
  readonly clientId: string;
  /** Of the confidential client that acts by itself. */
  readonly service: { readonly id: string; readonly secret: string };
  /** What the server needs in addition, to create a JWT and a refresh token. */
  readonly extraScope?: string;
  readonly resource?: string;
  /** Where a user logs in with JSON; without one, the server's own forms ask on the way. */
  readonly logInPath?: string;
}

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

const MAX_REDIRECTS = 12;

/** A browser whose user is logged in, where that can be done beforehand. */
export async function logIn({ port, logInPath }: TokenServer): Promise<Browser> {
  const browser = new Browser(port);
  if (logInPath === undefined) return browser;
  const page = await browser.post(logInPath, PERSON);
  if (page.status !== 200) throw new Error(`The log-in was refused: ${page.status} ${page.text}`);
  return browser;
}

/** One session more, through `browser`. */
export async function openSession(server: TokenServer, browser: Browser): Promise<Tokens> {
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: server.clientId,
    redirect_uri: CALLBACK,
    scope: scopeOf(server),
    state: 'bench',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...resourceOf(server),
  });
  const code = await codeAfter(browser, await browser.get(`${server.authorizePath}?${query}`));
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    client_id: server.clientId,
    redirect_uri: CALLBACK,
    code,
    code_verifier: verifier,
    ...resourceOf(server),
  });
  const redeemed = await askTokens(server, form);
  if (redeemed.status !== 200) throw new Error(`${server.name} did not redeem a code: ${redeemed.status} ${redeemed.text}`);
  return JSON.parse(redeemed.text) as Tokens;
}

/** As a form, without the refresh token: `refreshForm(server) + token`. */
export const refreshForm = (server: TokenServer): string =>
  `${new URLSearchParams({ grant_type: 'refresh_token', client_id: server.clientId, ...resourceOf(server) })}&refresh_token=`;

/**
 * Throws unless the server does what is measured: a refresh gives a JWT by ES256 and another refresh token, and an old one is
 * refused. Ends this session, and at some servers all sessions of the user; so this comes first.
 */
export async function expectRotation(server: TokenServer): Promise<void> {
  const browser = await logIn(server);
  const refresh = (token: string) => askTokens(server, new URLSearchParams(refreshForm(server) + token));
  const first = await openSession(server, browser);
  let newest = first.refresh_token;
  for (let time = 0; time < 2; time++) {
    const page = await refresh(newest);
    if (page.status !== 200) throw new Error(`${server.name} did not refresh: ${page.status} ${page.text}`);
    const tokens = JSON.parse(page.text) as Tokens;
    expectEs256(server, tokens.access_token);
    if (tokens.refresh_token === newest) throw new Error(`${server.name} does not rotate refresh tokens.`);
    newest = tokens.refresh_token;
  }
  const reused = await refresh(first.refresh_token);
  if (reused.status !== 400) throw new Error(`${server.name} took an old refresh token: ${reused.status}`);
}

/** As an application does: no browser, no cookies. */
async function askTokens({ port, tokenPath }: TokenServer, body: URLSearchParams): Promise<Pick<Page, 'status' | 'text'>> {
  const answer = await fetch(`http://127.0.0.1:${port}${tokenPath}`, { method: 'POST', body });
  return { status: answer.status, text: await answer.text() };
}

export function expectEs256({ name }: Pick<TokenServer, 'name'>, jwt: string): void {
  const [header = '', , signature = ''] = jwt.split('.');
  const { alg } = JSON.parse(Buffer.from(header, 'base64url').toString('utf8') || '{}') as { alg?: string };
  if (alg !== 'ES256' || signature.length !== 86) throw new Error(`${name} does not answer with a JWT by ES256.`);
}

export const resourceOf = ({ resource }: Pick<TokenServer, 'resource'>): { resource?: string } =>
  resource === undefined ? {} : { resource };

const scopeOf = ({ extraScope }: TokenServer): string => (extraScope === undefined ? SCOPE : `${SCOPE} ${extraScope}`);

/** Follows redirects to the callback; forms that ask who it is, and whether it may, are answered on the way. */
async function codeAfter(browser: Browser, first: Page): Promise<string> {
  let page = first;
  for (let step = 0; step < MAX_REDIRECTS; step++) {
    const { location } = page;
    if (location === null) {
      const prompt = /name="prompt" value="(\w+)"/.exec(page.text)?.[1];
      const action = /action="([^"]+)"/.exec(page.text)?.[1];
      if (prompt === undefined || action === undefined) throw new Error(`No way to a code: ${page.status} ${page.text}`);
      const { pathname } = new URL(action, API);
      page = await browser.post(pathname, new URLSearchParams({ prompt, login: PERSON.email, password: PERSON.password }));
      continue;
    }
    if (location.href.startsWith(CALLBACK)) {
      const code = location.searchParams.get('code');
      if (code === null) throw new Error(`No code: ${location.search}`);
      return code;
    }
    page = await browser.get(location.pathname + location.search);
  }
  throw new Error('It redirects for ever.');
}
