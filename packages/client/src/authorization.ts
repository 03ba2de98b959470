/**
 * The way to `/auth` and back (RFC 6749 §4.1 with RFC 7636 and RFC 9207).
 */
import { KeyhouseError } from './errors.ts';
import { findPage } from './page.ts';
import type { Pending } from './pending.ts';

export interface SignInOptions {
  /** Instead of those that the client was created with. */
  readonly permissions?: readonly string[];
  /** A path of this application to show afterwards. Default: the current page. */
  readonly returnTo?: string;
  /**
   * `none`: come back at once, with an error if the user would have to be asked; `login`: prove again; `consent`: ask again;
   * `create`: register.
   */
  readonly prompt?: 'none' | 'login' | 'consent' | 'select_account' | 'create';
  /** The address to fill in. */
  readonly loginHint?: string;
  /** Instead of the one that the client was created with: for a program that listens on a free port of loopback. */
  readonly redirectUri?: string;
}

export interface AuthorizationConfig {
  readonly issuer: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly permissions: readonly string[];
  /** The parts of the scope that are not permissions: `openid profile email`. */
  readonly scope: string;
}

export async function makeRequest(
  config: AuthorizationConfig,
  options: SignInOptions,
): Promise<{ readonly url: string; readonly pending: Pending }> {
  const scope = [...config.scope.split(' '), ...(options.permissions ?? config.permissions)].filter((word) => word !== '');
  const pending: Pending = {
    state: randomText(),
    verifier: randomText(),
    nonce: scope.includes('openid') ? randomText() : null,
    redirectUri: options.redirectUri ?? config.redirectUri,
    returnTo: readReturnTo(options.returnTo, options.redirectUri ?? config.redirectUri),
    atMs: Date.now(),
  };
  const parameters = new URLSearchParams({
    response_type: 'code',
    client_id: config.clientId,
    redirect_uri: pending.redirectUri,
    state: pending.state,
    code_challenge: await challengeOf(pending.verifier),
    code_challenge_method: 'S256',
    ...(scope.length === 0 ? {} : { scope: scope.join(' ') }),
    ...(pending.nonce === null ? {} : { nonce: pending.nonce }),
    ...(options.prompt === undefined ? {} : { prompt: options.prompt }),
    ...(options.loginHint === undefined ? {} : { login_hint: options.loginHint }),
  });
  return { url: `${config.issuer}/auth?${parameters}`, pending };
}

/** The `state` of an address that is an answer to a sign-in; null if it is another page of the application. */
export function stateOf(url: URL): string | null {
  const { searchParams } = url;
  return searchParams.has('code') || searchParams.has('error') ? searchParams.get('state') : null;
}

/** Returns the code. Throws the error of the answer, once it is certain that the issuer sent it, for this request. */
export function readCode({ searchParams }: URL, issuer: string): string {
  const names = [...searchParams.keys()];
  if (new Set(names).size !== names.length)
    throw new KeyhouseError('unexpected_answer', 'A parameter occurs twice in the answer (RFC 6749 §3.1).');
  // RFC 9207 §2.4: compared as text, and an answer without it is not accepted.
  if (searchParams.get('iss') !== issuer)
    throw new KeyhouseError('issuer_mismatch', 'The answer is not from the issuer that was asked (RFC 9207).');
  const [error, code] = [searchParams.get('error'), searchParams.get('code')];
  if (error !== null) throw new KeyhouseError(error, searchParams.get('error_description') ?? `The sign-in failed: ${error}.`);
  if (code === null || code === '') throw new KeyhouseError('unexpected_answer', 'The answer has no code.');
  return code;
}

/**
 * A path of this application: a value from a query must not lead elsewhere. Outside of a page the application's origin is that of
 * its redirect URI. A path that begins with two slashes is refused too: as a relative reference it names another host (RFC 3986
 * §4.2).
 */
function readReturnTo(text: string | undefined, redirectUri: string): string | null {
  const page = findPage();
  if (text === undefined && page === null) return null;
  const base = page?.document.baseURI ?? redirectUri;
  const url = parse(text ?? page?.location.href ?? '', base);
  const origin = page?.location.origin ?? parse(redirectUri, redirectUri)?.origin;
  const path = url?.href.slice(url.origin.length);
  // A custom scheme has no origin that could be compared ("null"), and no paths.
  if (url === null || origin === 'null' || url.origin !== origin || !path?.startsWith('/') || path.startsWith('//'))
    throw new TypeError('returnTo: must be a URL of this application.');
  return path;
}

function parse(text: string, base: string): URL | null {
  try {
    return new URL(text, base);
  } catch {
    return null;
  }
}

/** 256 random bits: more than RFC 7636 §7.1 requires of a verifier and RFC 6749 §10.10 of a state. */
const randomText = (): string => base64url(crypto.getRandomValues(new Uint8Array(32)));

async function challengeOf(verifier: string): Promise<string> {
  const { subtle } = crypto as { subtle?: typeof crypto.subtle };
  if (subtle === undefined) throw new KeyhouseError('insecure_context', 'In a browser, signing in needs HTTPS or localhost.');
  return base64url(new Uint8Array(await subtle.digest('SHA-256', new TextEncoder().encode(verifier))));
}

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
