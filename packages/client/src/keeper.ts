/**
 * Keeps one session: in memory for callers, in storage for the next page load, and shared with every tab and process on the same
 * storage. It is the only place that writes tokens. It guarantees: one refresh at a time, and no honest session lost.
 */
import { hasCode, KeyhouseError, notSignedIn } from './errors.ts';
import type { Emitter } from './events.ts';
import { checkIdToken, sessionOf } from './session.ts';
import type { TokenStorage } from './storage.ts';
import { readTokens, remainingMs, requestTokens, type Tokens, writeTokens } from './tokens.ts';
import { wait } from './wait.ts';

/** From this age on it is renewed, without delaying the request that noticed… */
const RENEW_BEFORE_MS = 30_000;
/** …which waits for it only if the JWT could expire on its way. */
const WAIT_BEFORE_MS = 10_000;
/** Longer than a refresh takes with both its attempts. Then it is done without the lock: two at once get the same successor. */
const LOCK_WITHIN_MS = 25_000;
/** Stored for a session that the server ended, so that other tabs can tell it from signing out. */
const ENDED = 'ended';

export interface Keeper {
  /** The newest that this client knows; null if no user is signed in. */
  tokens(): Promise<Tokens | null>;
  /** A JWT to use now. Throws `not_signed_in`, or `unreachable` if there is none that is still valid. */
  jwt(): Promise<string>;
  /** A JWT other than this one, which an API refused. */
  jwtAfter(refused: string): Promise<string>;
  begin(tokens: Tokens): Promise<void>;
  /** Deletes it and returns what there was. The server is not notified. */
  forget(): Promise<Tokens | null>;
}

interface Ports {
  readonly storage: TokenStorage;
  readonly emitter: Emitter;
  readonly issuer: string;
  readonly clientId: string;
}

export class TokenKeeper implements Keeper {
  readonly #ports: Ports;
  readonly #key: string;
  /** A little earlier or later for each client, so that tabs rarely collide. */
  readonly #renewBeforeMs = RENEW_BEFORE_MS + Math.random() * 10_000;
  /** Undefined: not read yet. */
  #known: Tokens | null | undefined;
  /** What could not be written to storage. */
  #unsaved: Tokens | null = null;
  #inFlight: Promise<Tokens> | null = null;
  /** Counts what is written here: what was read before is then out of date. */
  #writes = 0;

  constructor(ports: Ports) {
    this.#ports = ports;
    this.#key = `keyhouse:${this.#ports.issuer}:${this.#ports.clientId}`;
    if (this.#ports.storage.watch !== undefined) {
      const reload = () => void this.#load().catch(() => {});
      this.#ports.storage.watch((changed) => {
        // An empty name: everything was cleared.
        if (changed === this.#key || changed === '') reload();
      });
      // To report changes one must know the previous state.
      reload();
    }
  }

  readonly tokens: Keeper['tokens'] = async () => (this.#known === undefined ? await this.#load() : this.#known);

  readonly jwt: Keeper['jwt'] = async () => {
    const tokens = await this.#current();
    if (this.#isFresh(tokens)) return tokens.jwt;
    const renewed = this.#renew(tokens.jwt);
    const leftMs = remainingMs(tokens);
    if (leftMs > WAIT_BEFORE_MS) {
      // Reported by an event, or at the next call.
      renewed.catch(() => {});
      return tokens.jwt;
    }
    try {
      return (await renewed).jwt;
    } catch (error) {
      if (hasCode(error, 'unreachable') && remainingMs(tokens) > 0) return tokens.jwt;
      throw error;
    }
  };

  readonly jwtAfter: Keeper['jwtAfter'] = async (refused) => {
    const tokens = await this.#current();
    return tokens.jwt === refused ? (await this.#renew(refused)).jwt : tokens.jwt;
  };

  readonly begin: Keeper['begin'] = async (tokens) => {
    this.#known ??= null;
    this.#unsaved = null;
    this.#writes++;
    await stored(() => this.#ports.storage.set(this.#key, writeTokens(tokens)));
    this.#become(tokens, 'signed-out');
  };

  readonly forget: Keeper['forget'] = async () => {
    const before = await this.#load();
    this.#unsaved = null;
    this.#writes++;
    this.#become(null, 'signed-out');
    await stored(() => this.#ports.storage.remove(this.#key));
    return before;
  };

  #isFresh(tokens: Tokens): boolean {
    return remainingMs(tokens) > Math.min(this.#renewBeforeMs, (tokens.lifetimeSeconds * 1000) / 2);
  }

  async #load(): Promise<Tokens | null> {
    if (this.#unsaved !== null) await this.#save(this.#unsaved);
    if (this.#unsaved !== null) return this.#unsaved;
    const writesBefore = this.#writes;
    const text = await stored(() => this.#ports.storage.get(this.#key));
    if (this.#writes !== writesBefore) return await this.#load();
    const kept = text === null ? null : readTokens(text);
    // The same: then the one that has been timed since it came.
    if (this.#known && kept?.jwt === this.#known.jwt) return this.#known;
    this.#become(kept, text === ENDED ? 'ended' : 'signed-out');
    return kept;
  }

  /** A full disk ends no session: it stays in memory, and is written as soon as possible. */
  async #save(tokens: Tokens): Promise<void> {
    this.#unsaved = tokens;
    this.#writes++;
    try {
      await this.#ports.storage.set(this.#key, writeTokens(tokens));
      if (this.#unsaved === tokens) this.#unsaved = null;
    } catch {}
  }

  #become(next: Tokens | null, over: 'ended' | 'signed-out'): void {
    const before = this.#known;
    this.#known = next;
    if (before === undefined || before === next) return;
    if (next === null) this.#ports.emitter.emit(over, undefined);
    else this.#ports.emitter.emit(before === null || !isSameSession(before, next) ? 'signed-in' : 'refreshed', sessionOf(next));
  }

  #renew(seen: string): Promise<Tokens> {
    this.#inFlight ??= this.#underLock(() => this.#move(seen)).finally(() => {
      this.#inFlight = null;
    });
    return this.#inFlight;
  }

  /** Without the lock two clients may refresh at once: this costs a request, never the session. */
  async #underLock(work: () => Promise<Tokens>): Promise<Tokens> {
    if (this.#ports.storage.lock === undefined) return await work();
    let hasBegun = false;
    const begin = () => {
      hasBegun = true;
      return work();
    };
    try {
      return await this.#ports.storage.lock(this.#key, begin, AbortSignal.timeout(LOCK_WITHIN_MS));
    } catch (error) {
      if (hasBegun) throw error;
      return await work();
    }
  }

  /**
   * `seen`: the JWT that must not be used any more. If storage holds another one by now, another client has refreshed: we use
   * that one.
   */
  async #move(seen: string): Promise<Tokens> {
    const isNewer = (tokens: Tokens): boolean => tokens.jwt !== seen && this.#isFresh(tokens);
    let held = await this.#load();
    if (this.#ports.storage.lagMs !== undefined && held !== null && !isNewer(held)) {
      await wait(this.#ports.storage.lagMs);
      held = await this.#load();
    }
    // A second time with a token that came from elsewhere in the meantime, and no third.
    for (let isLast = false; held !== null; isLast = true) {
      if (isNewer(held)) return held;
      try {
        return await this.#refresh(held);
      } catch (error) {
        if (!hasCode(error, 'invalid_grant')) throw error;
        const newer = await this.#load();
        if (newer !== null && newer.refreshToken === held.refreshToken) return await this.#end();
        if (isLast) throw error;
        held = newer;
      }
    }
    throw notSignedIn();
  }

  async #refresh(held: Tokens): Promise<Tokens> {
    const parameters = { grant_type: 'refresh_token', refresh_token: held.refreshToken };
    const next = await requestTokens(
      { issuer: this.#ports.issuer, clientId: this.#ports.clientId, parameters, isRepeatable: true },
      held,
    );
    checkIdToken(next, { issuer: this.#ports.issuer, clientId: this.#ports.clientId, nonce: null });
    // Signed out, or in as another user, while the answer was on its way: that is kept.
    const now = await this.#load();
    if (now === null) throw notSignedIn();
    if (now.refreshToken !== held.refreshToken) return now;
    this.#become(next, 'signed-out');
    await this.#save(next);
    return next;
  }

  async #end(): Promise<never> {
    this.#unsaved = null;
    this.#writes++;
    this.#become(null, 'ended');
    await stored(() => this.#ports.storage.set(this.#key, ENDED));
    throw notSignedIn();
  }

  async #current(): Promise<Tokens> {
    const tokens = this.#known ?? (await this.#load());
    if (tokens === null) throw notSignedIn();
    return tokens;
  }
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
    throw new KeyhouseError('storage', 'The stored session cannot be read or written.', { cause });
  }
}
