/**
 * A web application on the server. Its cookie names a session of its own; what came from Keyhouse (JWT, refresh token, ID token)
 * is stored there and never reaches the browser.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import * as client from 'openid-client';
import { type Html, type Invoice, invoicesPage, welcomePage } from './pages.ts';

const {
  ISSUER = 'http://localhost:4141',
  API = 'http://localhost:4142',
  PORT = '4144',
  CLIENT_ID = '',
  CLIENT_SECRET = '',
} = process.env;
const ORIGIN = `http://localhost:${PORT}`;
const CALLBACK = `${ORIGIN}/callback`;
const COOKIE = 'web_app_session';
/** A JWT that expires on its way to the API would be refused there. */
const RENEW_BEFORE_MS = 30_000;

interface Session {
  /** A sign-in that is in progress, or was just begun again. */
  pending?: { readonly verifier: string; readonly state: string; readonly nonce: string };
  tokens?: Tokens;
  /** What the next page shows, once. */
  notice?: string;
}

interface Tokens {
  readonly jwt: string;
  readonly endsAtMs: number;
  readonly refreshToken: string;
  readonly idToken: string;
  readonly who: string;
}

/** By the value of the cookie. Kept in memory: a real application keeps them in a database, and deletes the old ones. */
const sessions = new Map<string, Session>();
const style = readFileSync(join(import.meta.dirname, 'style.css'));
const config = await client.discovery(new URL(ISSUER), CLIENT_ID, CLIENT_SECRET, client.ClientSecretBasic(CLIENT_SECRET), {
  // Plain HTTP is for the same machine; elsewhere the library refuses it.
  execute: new URL(ISSUER).hostname === 'localhost' ? [client.allowInsecureRequests] : [],
});

const server = createServer((request, response) => {
  response.setHeader(
    'Content-Security-Policy',
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'",
  );
  response.setHeader('Cache-Control', 'no-store');
  answer(request, response).catch((error: unknown) => {
    console.error(error);
    response.writeHead(500, { 'Content-Type': 'text/plain' }).end('Something went wrong.');
  });
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', ORIGIN);
  const session = sessionOf(request);
  const route = `${request.method} ${url.pathname}`;
  // SameSite keeps the cookie from other sites' forms; this refuses their forms altogether.
  if (request.method === 'POST' && request.headers.origin !== ORIGIN) return void response.writeHead(403).end();
  switch (route) {
    case 'GET /':
      return send(response, await home(session));
    case 'GET /style.css':
      return void response.writeHead(200, { 'Content-Type': 'text/css' }).end(style);
    case 'GET /login':
      return redirect(response, await beginSignIn(response));
    case 'GET /callback':
      await endSignIn(url, session, response);
      return redirect(response, '/');
    case 'POST /invoices':
      await create(session, await readForm(request));
      return redirect(response, '/');
    case 'POST /logout':
      return redirect(response, endSession(request, session));
    default:
      return void response.writeHead(404).end();
  }
}

async function home(session: Session | null): Promise<Html> {
  const answered = await call(session, '/api/invoices');
  const notice = session?.notice ?? '';
  if (session !== null) delete session.notice;
  if (session?.tokens === undefined) return welcomePage(notice);
  if (!answered?.ok) return invoicesPage(session.tokens.who, 'The invoices cannot be shown now.', []);
  const { invoices } = (await answered.json()) as { invoices: readonly Invoice[] };
  return invoicesPage(session.tokens.who, notice, invoices);
}

/** Where the browser goes to sign in. State, nonce and verifier stay here, until it comes back. */
async function beginSignIn(response: ServerResponse): Promise<string> {
  const pending = { verifier: client.randomPKCECodeVerifier(), state: client.randomState(), nonce: client.randomNonce() };
  openSession(response, { pending });
  const { href } = client.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope: 'openid email invoices.read invoices.write',
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: await client.calculatePKCECodeChallenge(pending.verifier),
    code_challenge_method: 'S256',
  });
  return href;
}

async function endSignIn(url: URL, session: Session | null, response: ServerResponse): Promise<void> {
  const { pending } = session ?? {};
  if (session === null || pending === undefined)
    return void openSession(response, { notice: 'That took too long. Sign in again.' });
  delete session.pending;
  try {
    const answered = await client.authorizationCodeGrant(config, url, {
      ...{
        pkceCodeVerifier: pending.verifier,
        expectedState: pending.state,
        expectedNonce: pending.nonce,
        idTokenExpected: true,
      },
    });
    const info = await client.fetchUserInfo(config, answered.access_token, answered.claims()?.sub ?? '');
    // A new cookie: nobody can have planted the one that a signed-in user has.
    openSession(response, { tokens: tokensOf(answered, info.email ?? info.sub) });
  } catch (error) {
    session.notice = sentenceFor(error);
  }
}

/** `access_denied` and similar come from Keyhouse; the rest is an answer that does not match the request. */
function sentenceFor(error: unknown): string {
  const code = error instanceof client.AuthorizationResponseError ? error.error : 'unexpected_answer';
  if (code === 'access_denied') return 'You denied access, so nobody is signed in.';
  console.error(error);
  return `That did not work (${code}). Sign in again.`;
}

async function create(session: Session | null, form: URLSearchParams): Promise<void> {
  const cents = Math.round(Number(form.get('amount')) * 100);
  const answered = await call(session, '/api/invoices', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ customer: form.get('customer'), cents }),
  });
  if (session?.tokens === undefined) return;
  session.notice = answered?.ok ? 'Created.' : 'It could not be created.';
}

/** Asks the API for the signed-in user; null if nobody is signed in (any more), or it cannot be reached. */
async function call(session: Session | null, path: string, init: RequestInit = {}): Promise<Response | null> {
  if (session?.tokens === undefined) return null;
  const { endsAtMs } = session.tokens;
  if (endsAtMs - Date.now() < RENEW_BEFORE_MS) await refresh(session);
  const first = await ask(session, path, init);
  // It was ended early: by the user, by the operator, by another clock.
  if (first?.status !== 401 || !(await refresh(session))) return first;
  return await ask(session, path, init);
}

async function ask({ tokens }: Session, path: string, init: RequestInit): Promise<Response | null> {
  if (tokens === undefined) return null;
  const headers = { ...init.headers, Authorization: `Bearer ${tokens.jwt}` };
  return await fetch(API + path, { ...init, headers, signal: AbortSignal.timeout(10_000) }).catch(() => null);
}

/**
 * Only the issuer's answer ends a session; a bad connection does not. Two at once are harmless: Keyhouse gives both the same
 * successor.
 */
async function refresh(session: Session): Promise<boolean> {
  if (session.tokens === undefined) return false;
  const { refreshToken, who } = session.tokens;
  try {
    session.tokens = tokensOf(await client.refreshTokenGrant(config, refreshToken), who);
    return true;
  } catch (error) {
    if (!(error instanceof client.ResponseBodyError) || error.error !== 'invalid_grant') return false;
    delete session.tokens;
    session.notice = 'Your session has ended. Sign in again.';
    return false;
  }
}

function tokensOf(answered: client.TokenEndpointResponse & client.TokenEndpointResponseHelpers, who: string): Tokens {
  const { access_token: jwt, refresh_token: refreshToken = '', id_token: idToken = '' } = answered;
  return { jwt, refreshToken, idToken, who, endsAtMs: Date.now() + (answered.expiresIn() ?? 0) * 1000 };
}

/** Signed out here at once; then at Keyhouse, which sends the browser back. */
function endSession(request: IncomingMessage, session: Session | null): string {
  sessions.delete(cookieOf(request));
  if (session?.tokens === undefined) return '/';
  const { idToken } = session.tokens;
  return client.buildEndSessionUrl(config, { id_token_hint: idToken, post_logout_redirect_uri: `${ORIGIN}/` }).href;
}

function openSession(response: ServerResponse, session: Session): void {
  const id = randomBytes(32).toString('base64url');
  sessions.set(id, session);
  response.setHeader('Set-Cookie', `${COOKIE}=${id}; HttpOnly; SameSite=Lax; Path=/`);
}

const sessionOf = (request: IncomingMessage): Session | null => sessions.get(cookieOf(request)) ?? null;
const cookieOf = ({ headers }: IncomingMessage): string =>
  new RegExp(`(?:^|; )${COOKIE}=([^;]*)`).exec(headers.cookie ?? '')?.[1] ?? '';

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) if (text.length < 10_000) text += chunk;
  return new URLSearchParams(text);
}

const redirect = (response: ServerResponse, location: string): void => void response.writeHead(303, { Location: location }).end();
const send = (response: ServerResponse, { text }: Html): void =>
  void response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(text);

server.listen(Number(PORT), 'localhost', () => console.log(`The web application listens at ${ORIGIN}`));
