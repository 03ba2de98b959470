/** A client for users: they sign in, and what they granted stays active until it is ended. */
import { ask, readObject, refusalOf } from './ask.ts';
import { makeRequest, readCode, type SignInOptions, stateOf } from './authorization.ts';
import { KeyhouseError } from './errors.ts';
import { type ClientEvents, createEmitter } from './events.ts';
import { createFetch } from './fetch.ts';
import { inIndexedDb } from './indexed-db.ts';
import { TokenKeeper } from './keeper.ts';
import { readIssuer } from './origin.ts';
import { findPage } from './page.ts';
import { createPendingStore, type Pending } from './pending.ts';
import { answerFromPopup, handOver, openPopup } from './popup.ts';
import { checkIdToken, type Session, sessionOf } from './session.ts';
import { inMemory, type TokenStorage } from './storage.ts';
import { requestTokens } from './tokens.ts';

export interface ClientOptions {
  /** The Keyhouse server, such as `https://keys.example.com`. */
  readonly issuer: string;
  /** A public application's: `app_…`. */
  readonly clientId: string;
  /** Where the user comes back to; registered with the application, as an exact match. */
  readonly redirectUri: string;
  /** What to ask for: `['invoices.read']`. */
  readonly permissions?: readonly string[];
  /** The OpenID Connect scopes to ask for: `openid profile email`. */
  readonly scope?: string;
  /** The origins that `fetch` may give the JWT to: `['https://api.example.com']`. */
  readonly apiOrigins: readonly string[];
  /** Where the session is kept. Default: `inIndexedDb()` in browsers, `inMemory()` elsewhere. */
  readonly storage?: TokenStorage;
}

export interface PopupOptions extends Omit<SignInOptions, 'returnTo'> {
  readonly mode: 'popup';
  /** Gives up waiting. It is not possible to know whether the user has closed the window. */
  readonly signal?: AbortSignal;
}

export interface SignOutOptions {
  /** Ends the user's sign-in at the issuer as well, which asks them first. Leaves the page. */
  readonly endSignIn?: boolean;
  /** With `endSignIn`: where to go afterwards; registered with the application. */
  readonly returnTo?: string;
}

export interface UserInfo {
  readonly sub: string;
  readonly name?: string;
  readonly email?: string;
  readonly email_verified?: boolean;
  readonly [claim: string]: unknown;
}

export interface Client {
  /** Leaves the page for the issuer's. With `mode: 'popup'` in a separate window; call it while a click is handled. */
  signIn(options?: SignInOptions & { readonly mode?: 'redirect' }): Promise<never>;
  signIn(options: PopupOptions): Promise<Session>;
  /** The address to open, for programs that open the browser themselves; pass the address that comes back to `handleRedirect`. */
  signInUrl(options?: SignInOptions): Promise<string>;
  /**
   * Call it once at every start. If the page is the answer to a sign-in it removes the answer from the address bar, checks it,
   * and opens the session; else null. Throws why the sign-in failed. `address`: default is the page's.
   */
  handleRedirect(address?: string): Promise<{ readonly session: Session; readonly returnTo: string | null } | null>;
  /** The signed-in user; null: none. Sends no request. */
  session(): Promise<Session | null>;
  /**
   * Who the user is, requested from the issuer (OpenID Connect Core §5.3): `sub`, with `profile` in the scope their `name`, with
   * `email` their `email`. Needs `openid` in the scope.
   */
  userInfo(): Promise<UserInfo>;
  /** Returns a function that stops listening. */
  on<Name extends keyof ClientEvents>(event: Name, listener: (detail: ClientEvents[Name]) => void): () => void;
  /** Like `fetch`, with the JWT for the API's origins. If no user is signed in the request goes out without. */
  fetch: typeof globalThis.fetch;
  /** A JWT that is valid now. Throws `not_signed_in` or `unreachable`. */
  getToken(): Promise<string>;
  /** Deletes the session here and in every tab, and revokes it. `revoked` is false if the issuer did not answer. */
  signOut(options?: SignOutOptions): Promise<{ readonly revoked: boolean }>;
}

/**
 * ```ts
 * const keyhouse = createClient({
 *   issuer: 'https://keys.example.com',
 *   clientId: 'app_0123456789ABCDEFGHIJKL',
 *   redirectUri: `${location.origin}/callback`,
 *   permissions: ['invoices.read'],
 *   apiOrigins: ['https://api.example.com'],
 * });
 * await keyhouse.handleRedirect();
 * if ((await keyhouse.session()) === null) await keyhouse.signIn();
 * const invoices = await keyhouse.fetch('https://api.example.com/api/invoices');
 * ```
 *
 * Throws a TypeError for options that cannot work.
 */
export function createClient(options: ClientOptions): Client {
  const issuer = readIssuer(options.issuer);
  const { clientId, redirectUri, permissions = [], scope = '' } = options;
  const storage = options.storage ?? ('indexedDB' in globalThis ? inIndexedDb() : inMemory());
  const config = { issuer, clientId, redirectUri, permissions, scope };
  const emitter = createEmitter();
  const keeper = new TokenKeeper({ storage, emitter, issuer, clientId });
  const fetchFromIssuer = createFetch(keeper, [issuer]);
  const pendingSignIns = createPendingStore();
  let popup: AbortController | null = null;
  let handling: ReturnType<Client['handleRedirect']> | null = null;

  async function signInUrl(wish: SignInOptions = {}): Promise<string> {
    const { url, pending } = await makeRequest(config, wish);
    pendingSignIns.put(pending);
    return url;
  }

  function signIn(wish?: SignInOptions & { readonly mode?: 'redirect' }): Promise<never>;
  function signIn(wish: PopupOptions): Promise<Session>;
  async function signIn(wish: (SignInOptions & { readonly mode?: 'redirect' }) | PopupOptions = {}): Promise<Session> {
    if (wish.mode === 'popup') return await signInWithPopup(wish);
    const page = findPage();
    if (page === null)
      throw new TypeError(
        'signIn() needs a browser page. Without one, open signInUrl() and pass the answer to handleRedirect().',
      );
    page.location.assign(await signInUrl(wish));
    // The page is being left; nothing here may continue.
    return await new Promise<never>(() => {});
  }

  async function signInWithPopup({ mode: _, signal, ...wish }: PopupOptions): Promise<Session> {
    const opened = openPopup();
    popup?.abort();
    const own = new AbortController();
    popup = own;
    signal?.addEventListener('abort', () => own.abort(signal.reason));
    if (signal?.aborted) own.abort(signal.reason);
    try {
      const { url, pending } = await makeRequest(config, wish);
      const given = answerFromPopup(pending.state, own.signal);
      opened.location.replace(url);
      return await redeem(new URL(await given), pending);
    } finally {
      // It closes itself, unless it was never opened completely.
      opened.close();
    }
  }

  async function redeem(answer: URL, { verifier, nonce, redirectUri }: Pending): Promise<Session> {
    const code = readCode(answer, issuer);
    const parameters = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: redirectUri };
    const tokens = await requestTokens({ issuer, clientId, parameters, isRepeatable: false });
    checkIdToken(tokens, { issuer, clientId, nonce });
    await keeper.begin(tokens);
    return sessionOf(tokens);
  }

  async function completeRedirect(address: string | undefined): ReturnType<Client['handleRedirect']> {
    const page = address === undefined ? findPage() : null;
    const text = address ?? page?.location.href;
    if (text === undefined) return null;
    const url = new URL(text);
    const state = stateOf(url);
    const pending = state === null ? null : pendingSignIns.take(state);
    const home = new URL(pending?.redirectUri ?? redirectUri);
    // Other pages may use these parameters for something else.
    if (state === null || url.origin + url.pathname !== home.origin + home.pathname) return null;
    page?.history.replaceState(page.history.state, '', pending?.returnTo ?? withoutAnswer(url));
    if (pending !== null) return { session: await redeem(url, pending), returnTo: pending.returnTo };
    if (page !== null && (await handOver(state, text))) return null;
    throw new KeyhouseError(
      'unknown_state',
      'This answer does not belong to a sign-in that was started here, or that sign-in has ended.',
    );
  }

  async function userInfo(): Promise<UserInfo> {
    await keeper.jwt();
    const response = await fetchFromIssuer(`${issuer}/auth/userinfo`);
    const body = readObject(await response.text());
    if (!response.ok) throw refusalOf({ status: response.status, headers: response.headers, body });
    if (typeof body.sub !== 'string') throw new KeyhouseError('unexpected_answer', 'The issuer did not say who the user is.');
    return body as UserInfo;
  }

  async function revoke(refreshToken: string): Promise<boolean> {
    const body = new URLSearchParams({ token: refreshToken, token_type_hint: 'refresh_token', client_id: clientId });
    try {
      const { status } = await ask({ url: `${issuer}/auth/revoke`, body, isRepeatable: true, keepalive: findPage() !== null });
      return status === 200;
    } catch {
      return false;
    }
  }

  return {
    signIn,
    signInUrl,
    // A second call in the meantime (React calls effects twice) gets the same answer: the address bar is clean by then.
    handleRedirect: (address) => {
      handling ??= completeRedirect(address).finally(() => {
        handling = null;
      });
      return handling;
    },
    session: async () => {
      const tokens = await keeper.tokens();
      return tokens === null ? null : sessionOf(tokens);
    },
    userInfo,
    on: emitter.on,
    fetch: createFetch(keeper, options.apiOrigins),
    getToken: keeper.jwt,
    signOut: async ({ endSignIn = false, returnTo } = {}) => {
      const page = findPage();
      if (endSignIn && page === null) throw new TypeError('endSignIn: needs a browser page.');
      const before = await keeper.forget();
      const revoked = before === null || (await revoke(before.refreshToken));
      if (endSignIn) {
        const parameters = new URLSearchParams({
          client_id: clientId,
          ...(returnTo === undefined ? {} : { post_logout_redirect_uri: returnTo }),
        });
        page?.location.assign(`${issuer}/auth/logout?${parameters}`);
      }
      return { revoked };
    },
  };
}

function withoutAnswer(url: URL): string {
  const clean = new URL(url);
  for (const name of ['code', 'state', 'iss', 'error', 'error_description', 'error_uri']) clean.searchParams.delete(name);
  return clean.href;
}
