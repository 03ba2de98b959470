/**
 * Keeps one session: in memory for who asks, in storage for the next page load, and shared with every tab and process on the same storage. It is
 * the only place that writes tokens. What it promises: one refresh at a time, and no honest session lost.
 */
import { hasCode, KeyhouseError, notSignedIn } from './errors.ts';
import type { Emitter } from './events.ts';
import { checkIdToken, sessionOf } from './session.ts';
import type { TokenStorage } from './storage.ts';
import { readTokens, remainingMs, requestTokens, type Tokens, writeTokens } from './tokens.ts';
import { wait } from './wait.ts';

/** Renewed from here on, beside the request that noticed… */
const RENEW_BEFORE_MS = 30_000;
/** …which waits for it only when the JWT could end on its way. */
const WAIT_BEFORE_MS = 10_000;
/** Longer than a refresh takes with both its tries. Then it is done without the lock: two at once get the same successor. */
const LOCK_WITHIN_MS = 25_000;
/** Stands in storage for a session that the server ended, so that other tabs know it from signing out. */
const ENDED = 'ended';

export interface Keeper {
  /** The newest that this client knows; null when nobody is signed in. */
  tokens(): Promise<Tokens | null>;
  /** A JWT to use now. Throws `not_signed_in`, or `unreachable` when there is none that is still good. */
  jwt(): Promise<string>;
  /** A JWT other than this one, which an API refused. */
  jwtAfter(refused: string): Promise<string>;
  begin(tokens: Tokens): Promise<void>;
  /** Forgets; returns what there was. The server knows nothing of it. */
  forget(): Promise<Tokens | null>;
}

interface Ports {
  readonly storage: TokenStorage;
  readonly emitter: Emitter;
  readonly issuer: string;
  readonly clientId: string;
}

export function createKeeper({ storage, emitter, issuer, clientId }: Ports): Keeper {
  const key = `keyhouse:${issuer}:${clientId}`;
  /** A little earlier or later for each client, so that tabs seldom meet. */
  const renewBeforeMs = RENEW_BEFORE_MS + Math.random() * 10_000;
  /** Undefined: not looked up yet. */
  let known: Tokens | null | undefined;
  /** What storage would not take. */
  let unsaved: Tokens | null = null;
  let inFlight: Promise<Tokens> | null = null;
  /** Counts what is written here: what was read before is then out of date. */
  let writes = 0;

  if (storage.watch !== undefined) {
    const look = () => void load().catch(() => {});
    storage.watch((changed) => {
      // An empty name: everything was cleared.
      if (changed === key || changed === '') look();
    });
    // To tell of what changes one must know what there was.
    look();
  }

  const isFresh = (tokens: Tokens): boolean => remainingMs(tokens) > Math.min(renewBeforeMs, (tokens.lifetimeSeconds * 1000) / 2);

  async function load(): Promise<Tokens | null> {
    if (unsaved !== null) await save(unsaved);
    if (unsaved !== null) return unsaved;
    const writesBefore = writes;
    const text = await stored(() => storage.get(key));
    if (writes !== writesBefore) return await load();
    const kept = text === null ? null : readTokens(text);
    // The same: then the one that has been timed since it came.
    if (known && kept?.jwt === known.jwt) return known;
    become(kept, text === ENDED ? 'ended' : 'signed-out');
    return kept;
  }

  /** A full disk ends no session: it lives on in memory, and is written as soon as it can be. */
  async function save(tokens: Tokens): Promise<void> {
    unsaved = tokens;
    writes++;
    try {
      await storage.set(key, writeTokens(tokens));
      if (unsaved === tokens) unsaved = null;
    } catch {}
  }

  function become(next: Tokens | null, over: 'ended' | 'signed-out'): void {
    const before = known;
    known = next;
    if (before === undefined || before === next) return;
    if (next === null) emitter.emit(over, undefined);
    else emitter.emit(before === null || !isSameSession(before, next) ? 'signed-in' : 'refreshed', sessionOf(next));
  }

  const renew = (seen: string): Promise<Tokens> => {
    inFlight ??= underLock(() => move(seen)).finally(() => {
      inFlight = null;
    });
    return inFlight;
  };

  /** A lock that cannot be had saves nobody a request, and costs nobody the session. */
  async function underLock(work: () => Promise<Tokens>): Promise<Tokens> {
    if (storage.lock === undefined) return await work();
    let hasBegun = false;
    const begin = () => {
      hasBegun = true;
      return work();
    };
    try {
      return await storage.lock(key, begin, AbortSignal.timeout(LOCK_WITHIN_MS));
    } catch (error) {
      if (hasBegun) throw error;
      return await work();
    }
  }

  /** `seen`: the JWT that is not to be used any more. If storage holds another one by now, somebody else has refreshed: theirs is ours. */
  async function move(seen: string): Promise<Tokens> {
    const isNewer = (tokens: Tokens): boolean => tokens.jwt !== seen && isFresh(tokens);
    let held = await load();
    if (storage.lagMs !== undefined && held !== null && !isNewer(held)) {
      await wait(storage.lagMs);
      held = await load();
    }
    // A second time with a token that came from elsewhere meanwhile, and no third.
    for (let isLast = false; held !== null; isLast = true) {
      if (isNewer(held)) return held;
      try {
        return await refresh(held);
      } catch (error) {
        if (!hasCode(error, 'invalid_grant')) throw error;
        const newer = await load();
        if (newer !== null && newer.refreshToken === held.refreshToken) return await end();
        if (isLast) throw error;
        held = newer;
      }
    }
    throw notSignedIn();
  }

  async function refresh(held: Tokens): Promise<Tokens> {
    const parameters = { grant_type: 'refresh_token', refresh_token: held.refreshToken };
    const next = await requestTokens({ issuer, clientId, parameters, isRepeatable: true }, held);
    checkIdToken(next, { issuer, clientId, nonce: null });
    // Signed out, or in as somebody else, while the answer was on its way: that stands.
    const now = await load();
    if (now === null) throw notSignedIn();
    if (now.refreshToken !== held.refreshToken) return now;
    become(next, 'signed-out');
    await save(next);
    return next;
  }

  async function end(): Promise<never> {
    unsaved = null;
    writes++;
    become(null, 'ended');
    await stored(() => storage.set(key, ENDED));
    throw notSignedIn();
  }

  async function current(): Promise<Tokens> {
    const tokens = known ?? (await load());
    if (tokens === null) throw notSignedIn();
    return tokens;
  }

  return {
    tokens: async () => (known === undefined ? await load() : known),
    jwt: async () => {
      const tokens = await current();
      if (isFresh(tokens)) return tokens.jwt;
      const renewed = renew(tokens.jwt);
      const leftMs = remainingMs(tokens);
      if (leftMs > WAIT_BEFORE_MS) {
        // Told by an event, or by the next who asks.
        renewed.catch(() => {});
        return tokens.jwt;
      }
      try {
        return (await renewed).jwt;
      } catch (error) {
        if (hasCode(error, 'unreachable') && remainingMs(tokens) > 0) return tokens.jwt;
        throw error;
      }
    },
    jwtAfter: async (refused) => {
      const tokens = await current();
      return tokens.jwt === refused ? (await renew(refused)).jwt : tokens.jwt;
    },
    begin: async (tokens) => {
      known ??= null;
      unsaved = null;
      writes++;
      await stored(() => storage.set(key, writeTokens(tokens)));
      become(tokens, 'signed-out');
    },
    forget: async () => {
      const before = await load();
      unsaved = null;
      writes++;
      become(null, 'signed-out');
      await stored(() => storage.remove(key));
      return before;
    },
  };
}

const isSameSession = (a: Tokens, b: Tokens): boolean => {
  const [one, other] = [sessionOf(a), sessionOf(b)];
  return one.id === other.id && one.subject === other.subject;
};

async function stored<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof KeyhouseError) throw cause;
    throw new KeyhouseError('storage', 'What is kept of the session cannot be read or written.', { cause });
  }
}
