/**
 * `fetch`, with a JWT only for the API's origins. A redirect to another origin loses the header by the Fetch standard
 * (HTTP-redirect fetch, step 13), in browsers, Node and workers alike.
 */
import { hasCode } from './errors.ts';
import { originOf } from './origin.ts';
import { findPage } from './page.ts';
import { orAborted, retryAfterMs, spread, wait } from './wait.ts';

type Fetch = typeof globalThis.fetch;

/** Null if no user is signed in: the request goes out unchanged. */
export interface JwtSource {
  jwt(): Promise<string>;
  jwtAfter(refused: string): Promise<string>;
}

/** A request that is told to come later is repeated this often, and waits this long in total. */
const MAX_WAITS = 3;
const LONGEST_WAIT_MS = 60_000;
/** RFC 9110 §9.2.2: sending it twice has the same effect as once. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);

export function createFetch(source: JwtSource, apiOrigins: readonly string[]): Fetch {
  const origins = new Set(apiOrigins.map(readOrigin));

  return async function fetchWithJwt(input, init) {
    const given = typeof input === 'object' && 'url' in input ? input : null;
    const url = new URL(given?.url ?? String(input), findPage()?.document.baseURI);
    const own = new Headers(init?.headers ?? given?.headers);
    if (!origins.has(url.origin) || own.has('authorization')) return await fetch(input, init);

    const signal = init?.signal ?? given?.signal ?? null;
    const method = (init?.method ?? given?.method ?? 'GET').toUpperCase();
    const isReplayable = canReplay(given, init, method);
    const send = (jwt: string | null): Promise<Response> => {
      const headers = new Headers(own);
      if (jwt !== null) headers.set('authorization', `Bearer ${jwt}`);
      return fetch(input, { ...init, headers });
    };

    let jwt = await orAborted(orNone(source.jwt()), signal);
    let isRenewed = false;
    let waitedMs = 0;
    for (let waits = 0; ; ) {
      const response = await send(jwt);
      if (response.status === 401 && jwt !== null && !isRenewed) {
        isRenewed = true;
        const next = await orAborted(another(source, jwt), signal);
        if (next === null || !isReplayable) return response;
        await discard(response);
        jwt = next;
        continue;
      }
      const ms = isReplayable && waits < MAX_WAITS ? pauseBefore(response, method, own) : null;
      if (ms === null || waitedMs + ms > LONGEST_WAIT_MS) return response;
      await discard(response);
      await wait(spread(ms), signal);
      waitedMs += ms;
      waits++;
      // The JWT may have expired in the meantime.
      jwt = await orAborted(orNone(source.jwt()), signal);
    }
  };
}

/** Exactly an origin: with anything else the JWT would go nowhere, or to another server. */
function readOrigin(text: string): string {
  if (originOf(text) !== text || text.includes('*'))
    throw new TypeError(`apiOrigins: "${text}" is no origin such as https://api.example.com, without a path or a slash.`);
  return text;
}

/** A stream is read once. The body of a `Request` is one, whatever it was created from. */
function canReplay(given: Request | null, init: RequestInit | undefined, method: string): boolean {
  const body: unknown = init?.body ?? null;
  if (body !== null)
    return (
      typeof body === 'string' ||
      body instanceof URLSearchParams ||
      body instanceof FormData ||
      body instanceof Blob ||
      body instanceof ArrayBuffer ||
      ArrayBuffer.isView(body)
    );
  return given === null || method === 'GET' || method === 'HEAD' || given.body === null;
}

/** 429 was not processed; for 503 it is not known, so only what may be done twice is repeated. */
function pauseBefore({ status, headers }: Response, method: string, own: Headers): number | null {
  const mayRepeat = status === 429 || (status === 503 && (IDEMPOTENT.has(method) || own.has('idempotency-key')));
  return mayRepeat ? retryAfterMs(headers) : null;
}

async function orNone(jwt: Promise<string>): Promise<string | null> {
  try {
    return await jwt;
  } catch (error) {
    if (hasCode(error, 'not_signed_in')) return null;
    throw error;
  }
}

/** Null if there is no other: then the API's own answer says best what is wrong. */
async function another(source: JwtSource, refused: string): Promise<string | null> {
  try {
    return await source.jwtAfter(refused);
  } catch {
    return null;
  }
}

/** An answer that is not read would hold its connection. */
const discard = async (response: Response): Promise<void> => await response.body?.cancel();
