/** Applications, and users who grant them access, for the tests of `/auth`. */
import { createHash, randomBytes } from 'node:crypto';
import type { Application, ApplicationSettings } from '../src/core/applications/application.ts';
import { OPERATOR_ACCOUNT_ID } from '../src/core/users/account.ts';
import type { Browser } from './browser.ts';
import { type Answer, OPERATOR, PASSWORD, type TestServer } from './server.ts';

export const CALLBACK = 'https://app.example.com/callback';

export interface TestApplication extends Application {
  readonly secret: string | null;
}

interface Wish extends Partial<ApplicationSettings> {
  readonly kind?: 'public' | 'confidential';
  readonly isFirstParty?: boolean;
  readonly isVerified?: boolean;
}

export async function newApplication(server: TestServer, accountId: number, wish: Wish = {}): Promise<TestApplication> {
  const { kind = 'public', isFirstParty = false, isVerified = false, ...settings } = wish;
  const made = await server.keyhouse.applications.create(
    {
      // Only applications of the operator's account can be first-party.
      ...{ accountId: isFirstParty ? OPERATOR_ACCOUNT_ID : accountId, kind, isFirstParty, isVerified },
      settings: {
        name: 'Ledger',
        homePage: null,
        redirectUris: [CALLBACK],
        postLogoutRedirectUris: [],
        allowsSchemesWithoutDot: false,
        idTokenAlgorithm: 'ES256',
        permissions: null,
        optionalPermissions: [],
        ownPermissions: [],
        idleSeconds: null,
        absoluteSeconds: null,
        jwks: null,
        ...settings,
      },
    },
    OPERATOR,
  );
  if (!made.ok) throw new Error(JSON.stringify(made));
  return { ...made.value.application, secret: made.value.secret };
}

export interface Pkce {
  readonly verifier: string;
  readonly challenge: string;
}

export function newPkce(): Pkce {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

/** `GET` with the browser's cookies; a redirect is not followed. */
export const visit = (server: TestServer, browser: Pick<Browser, 'cookie'> | null, path: string): Promise<Answer> =>
  server.request(path, { headers: browser === null || browser.cookie === '' ? {} : { cookie: browser.cookie } });

export const authPath = (
  client: Pick<Application, 'clientId'>,
  pkce: Pkce,
  rest: Readonly<Record<string, string>> = {},
): string =>
  `/auth?${new URLSearchParams({
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: CALLBACK,
    code_challenge: pkce.challenge,
    code_challenge_method: 'S256',
    scope: 'invoices.read',
    state: 'of the application',
    ...rest,
  })}`;

/** The answer that goes back to the application, as its parameters. */
export const answerOf = (location: string): URLSearchParams => new URL(location).searchParams;

export const requestOf = (location: string): string => new URL(location, 'https://x.example').searchParams.get('request') ?? '';

/** Through `/auth` to the answer, allowing everything that is asked. */
export async function allowed(
  server: TestServer,
  browser: Pick<Browser, 'cookie' | 'ask'>,
  client: Pick<Application, 'clientId'>,
  { rest = {}, pkce = newPkce(), consent = {} }: { rest?: Record<string, string>; pkce?: Pkce; consent?: object } = {},
): Promise<{ answer: URLSearchParams; pkce: Pkce; asked: boolean }> {
  const first = await visit(server, browser, authPath(client, pkce, rest));
  const { location = '' } = first.headers;
  if (!location.startsWith('/consent')) return { answer: answerOf(location), pkce, asked: false };
  const body = { request: requestOf(location), decision: 'allow', ...consent };
  const answered = await browser.ask('/consent', { body });
  // As the page does it: the password, and then the call again.
  const isOldProof = answered.status === 403 && answered.json.proof === 'required';
  if (isOldProof) await browser.ask('/proof', { body: { password: PASSWORD } });
  const allowed = isOldProof ? await browser.ask('/consent', { body }) : answered;
  if (allowed.status !== 200) throw new Error(allowed.text);
  return { answer: answerOf(allowed.json.location), pkce, asked: true };
}

/** In the form that RFC 6749 §3.2 requires. */
export const askTokens = (
  server: TestServer,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> =>
  server.request('/auth/token', {
    method: 'POST',
    body: new URLSearchParams(form).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  });

export const withSecret = ({ clientId, secret }: TestApplication): Record<string, string> =>
  secret === null ? { client_id: clientId } : { client_id: clientId, client_secret: secret };

export interface TestSession {
  readonly jwt: string;
  readonly refreshToken: string;
  readonly scope: string;
  readonly idToken: string | undefined;
  readonly id: string;
}

/** A session that a user granted. */
export async function openSession(
  server: TestServer,
  browser: Pick<Browser, 'cookie' | 'ask'>,
  client: TestApplication,
  options: Parameters<typeof allowed>[3] = {},
): Promise<TestSession> {
  const { answer, pkce } = await allowed(server, browser, client, options);
  const code = answer.get('code');
  if (code === null) throw new Error(`No code: ${answer}`);
  const redeemed = await askTokens(server, {
    ...{ grant_type: 'authorization_code', code, code_verifier: pkce.verifier, redirect_uri: CALLBACK },
    ...withSecret(client),
  });
  if (redeemed.status !== 200) throw new Error(redeemed.text);
  const { access_token: jwt, refresh_token: refreshToken, scope, id_token: idToken } = redeemed.json;
  return { jwt, refreshToken, scope, idToken, id: claimsOf(jwt).sid };
}

export const refresh = (
  server: TestServer,
  client: TestApplication,
  refreshToken: string,
  rest: Record<string, string> = {},
): Promise<Answer> =>
  askTokens(server, { grant_type: 'refresh_token', refresh_token: refreshToken, ...withSecret(client), ...rest });

export const claimsOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8'));
