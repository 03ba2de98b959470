/**
 * A client for services: it holds an API key and shows APIs only narrow JWTs minted from it, each for a while. The key goes only
 * to the issuer. Not for web pages: anyone who reads a page's code has its key.
 */
import { type Answer, ask } from './ask.ts';
import { hasCode, KeyhouseError } from './errors.ts';
import { createFetch } from './fetch.ts';
import { readIssuer } from './origin.ts';

export interface ApiKeyClientOptions {
  /** The Keyhouse server, such as `https://keys.example.com`. */
  readonly issuer: string;
  /** `kh_live_…` or `kh_test_…`. */
  readonly apiKey: string;
  /** All that the JWTs may do. */
  readonly permissions: readonly string[];
  /** Seconds that each JWT lasts. Default: an hour. */
  readonly expiresIn?: number;
  /** The account's own name for the end user on whose behalf this is. */
  readonly subject?: string;
  /** The audience, where there are several (RFC 8707). */
  readonly resource?: string;
  /** The origins that `fetch` may give the JWT to. */
  readonly apiOrigins: readonly string[];
}

export interface ApiKeyClient {
  /** Like `fetch`, with a JWT for the API's origins. */
  fetch: typeof globalThis.fetch;
  /** A JWT that is valid now. Throws `unreachable`, or why the key was refused. */
  getToken(): Promise<string>;
}

interface Minted {
  readonly jwt: string;
  readonly lifetimeMs: number;
  /** By the wall clock, which continues while the machine sleeps, and by the monotonic one, which is never set back. */
  readonly wallMs: number;
  readonly monotonicMs: number;
}

const RENEW_BEFORE_MS = 30_000;
const CLOCK_TOLERANCE_MS = 5_000;

/**
 * ```ts
 * const keyhouse = createApiKeyClient({
 *   issuer: 'https://keys.example.com',
 *   apiKey: process.env.INVOICES_KEY ?? '',
 *   permissions: ['invoices.read'],
 *   apiOrigins: ['https://api.example.com'],
 * });
 * const invoices = await keyhouse.fetch('https://api.example.com/api/invoices');
 * ```
 */
export function createApiKeyClient(options: ApiKeyClientOptions): ApiKeyClient {
  const issuer = readIssuer(options.issuer);
  const { apiKey, permissions, expiresIn = 3600, subject, resource } = options;
  if (apiKey === '') throw new TypeError('apiKey: must not be empty.');
  if (!(expiresIn > 0)) throw new TypeError('expiresIn: must be more than 0 seconds.');
  let minted: Minted | null = null;
  let inFlight: Promise<Minted> | null = null;
  /** The issuer's clock minus ours: expiries are given by its clock. */
  let skewMs = 0;

  const leftMs = ({ lifetimeMs, wallMs, monotonicMs }: Minted): number =>
    lifetimeMs - Math.max(Date.now() - wallMs, performance.now() - monotonicMs);
  const isFresh = (held: Minted): boolean => leftMs(held) > Math.min(RENEW_BEFORE_MS, held.lifetimeMs / 2);

  const mint = (): Promise<Minted> => {
    inFlight ??= mintOne().finally(() => {
      inFlight = null;
    });
    return inFlight;
  };

  async function mintOne(): Promise<Minted> {
    let answer = await askFor(expiresIn);
    // Our clock is wrong, so the expiry was: try again by theirs.
    if (readClock(answer)) answer = await askFor(expiresIn);
    // The key expires sooner: then so does the JWT.
    if (refusesTheEnd(answer)) answer = await askFor(null);
    const { token, expires } = answer.body;
    const expiresAtMs = Date.parse(String(expires));
    if (answer.status !== 200) throw refusalOf(answer);
    if (typeof token !== 'string' || Number.isNaN(expiresAtMs))
      throw new KeyhouseError('unexpected_answer', 'The issuer answered without a JWT.');
    const lifetimeMs = expiresAtMs - (Date.now() + skewMs);
    minted = { jwt: token, lifetimeMs, wallMs: Date.now(), monotonicMs: performance.now() };
    return minted;
  }

  function askFor(seconds: number | null): Promise<Answer> {
    const expires = seconds === null ? undefined : new Date(Date.now() + skewMs + seconds * 1000).toISOString();
    return ask({
      url: `${issuer}/auth`,
      body: JSON.stringify({ permissions, expires, subject, resource }),
      headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
      isRepeatable: true,
    });
  }

  /**
   * Whether it differs from what we assumed. `Date` is in whole seconds and has travelled, so a small difference does not count.
   */
  function readClock({ headers }: Answer): boolean {
    const differenceMs = Date.parse(headers.get('date') ?? '') - Date.now();
    if (!(Math.abs(differenceMs - skewMs) > CLOCK_TOLERANCE_MS)) return false;
    skewMs = differenceMs;
    return true;
  }

  async function jwt(): Promise<string> {
    const held = minted;
    if (held !== null && isFresh(held)) return held.jwt;
    try {
      return (await mint()).jwt;
    } catch (error) {
      if (hasCode(error, 'unreachable') && held !== null && leftMs(held) > 0) return held.jwt;
      throw error;
    }
  }

  const jwtAfter = async (refused: string): Promise<string> =>
    minted !== null && minted.jwt !== refused ? minted.jwt : (await mint()).jwt;

  return { fetch: createFetch({ jwt, jwtAfter }, options.apiOrigins), getToken: jwt };
}

const refusesTheEnd = ({ status, body }: Answer): boolean =>
  status === 422 && typeof body.errors === 'object' && body.errors !== null && 'expires' in body.errors;

/** 401, 403 and 422, in the words of the server. */
function refusalOf({ status, body }: Answer): KeyhouseError {
  const sentences = Object.entries(body.errors ?? {}).map(([field, list]) => `${field}: ${[list].flat().join(' ')}`);
  const code =
    status === 401 ? 'unauthenticated' : status === 403 ? 'forbidden' : status === 422 ? 'invalid' : 'unexpected_answer';
  return new KeyhouseError(code, sentences.join(' ') || String(body.message ?? `The issuer answered ${status}.`));
}
