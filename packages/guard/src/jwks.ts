/**
 * The issuer's signing keys: fetched once, again when a JWT names one that is not known (at most once per cool-down, even if
 * names are made up) and when the feed says so. While the issuer is unreachable the known keys stay.
 */

import { parseStrictJson } from '@keyhouse/protocol';
import { importKey } from '#platform';
import { type Ask, IssuerFault, readBytes, textOf } from './ask.ts';
import { readKeySet, type SignatureKey } from './jwk.ts';

const PATH = '/.well-known/jwks.json';
const COOL_DOWN_MS = 30_000;
/** After a failure sooner: without keys nobody can be let in. */
const RETRY_MS = 1000;
const MAX_BYTES = 262_144;
const WAIT_MS = 3000;

export interface KeySet {
  find(kid: string): SignatureKey | undefined;
  /** Checks whether the key exists by now; undefined if not, null if the issuer does not answer. Never rejects. */
  seek(kid: string): Promise<SignatureKey | undefined | null>;
  /** Fetches the set. Rejects with what is wrong. */
  fetch(): Promise<void>;
  /** The same, with a request that is sent after this call: a running one may have been answered before a key was withdrawn. */
  renew(): Promise<void>;
  readonly fetches: number;
}

interface Entry {
  readonly text: string;
  readonly key: SignatureKey;
}

interface Ports {
  readonly ask: Ask;
  readonly monotonicMs: () => number;
  readonly onFault: (error: unknown) => void;
}

export function createKeySet({ ask, monotonicMs, onFault }: Ports): KeySet {
  let keys: ReadonlyMap<string, Entry> = new Map();
  let fetching: Promise<void> | null = null;
  let notBeforeMs = Number.NEGATIVE_INFINITY;
  let hasFailed = false;
  let fetches = 0;

  async function load(): Promise<void> {
    fetches += 1;
    const signal = AbortSignal.timeout(WAIT_MS);
    const response = await ask({ path: PATH, isKeyed: false, signal });
    const parsed = parseStrictJson(textOf(await readBytes(response, { maxBytes: MAX_BYTES, path: PATH, signal }), PATH));
    const set = parsed.ok ? readKeySet(parsed.value) : null;
    // A known key stays the same object: what was verified with it need not be verified again.
    const entries = await Promise.all(
      (set ?? []).map(async (jwk) => {
        const text = JSON.stringify(jwk);
        const known = keys.get(jwk.kid);
        return known?.text === text ? known : { text, key: await importKey(jwk) };
      }),
    );
    const good = entries.filter((entry): entry is Entry => entry.key !== null);
    if (set === null || good.length !== set.length)
      throw new IssuerFault(`${PATH}: the answer is not a set of signing keys.`, 200);
    keys = new Map(good.map((entry) => [entry.key.kid, entry]));
  }

  function fetch(): Promise<void> {
    fetching ??= load()
      .then(
        () => {
          hasFailed = false;
          notBeforeMs = monotonicMs() + COOL_DOWN_MS;
        },
        (error: unknown) => {
          hasFailed = true;
          notBeforeMs = monotonicMs() + RETRY_MS;
          throw error;
        },
      )
      .finally(() => {
        fetching = null;
      });
    return fetching;
  }

  return {
    find: (kid) => keys.get(kid)?.key,
    seek: async (kid) => {
      if (fetching !== null || monotonicMs() >= notBeforeMs) await fetch().catch(onFault);
      return keys.get(kid)?.key ?? (hasFailed ? null : undefined);
    },
    fetch,
    renew: async () => {
      await fetching?.catch(() => {});
      await fetch();
    },
    get fetches() {
      return fetches;
    },
  };
}
