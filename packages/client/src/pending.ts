/**
 * What is remembered of a sign-in while the user is away at the issuer. It is stored under its `state`, so that two tabs, or two
 * attempts in one, do not mix; it is used once.
 */
import { readObject } from './ask.ts';
import { findPage, type WebStorage } from './page.ts';

export interface Pending {
  readonly state: string;
  readonly verifier: string;
  /** Only with `openid`. */
  readonly nonce: string | null;
  readonly redirectUri: string;
  readonly returnTo: string | null;
  readonly atMs: number;
}

const WAITS_FOR_MS = 2 * 60 * 60 * 1000;
const PREFIX = 'keyhouse:sign-in:';

export interface PendingStore {
  put(pending: Pending): void;
  /** Returns it once. */
  take(state: string): Pending | null;
}

/** Of this tab in a page; elsewhere of this process. */
export function createPendingStore(): PendingStore {
  let found: WebStorage | null = null;
  const open = (): WebStorage => {
    found ??= ofThisTab() ?? inMap();
    return found;
  };
  return {
    put: (pending) => {
      const storage = open();
      for (const key of keysOf(storage)) {
        const { atMs } = readObject(storage.getItem(key) ?? '');
        if (typeof atMs !== 'number' || Date.now() - atMs > WAITS_FOR_MS) storage.removeItem(key);
      }
      storage.setItem(PREFIX + pending.state, JSON.stringify(pending));
    },
    take: (state) => {
      const storage = open();
      const text = storage.getItem(PREFIX + state);
      storage.removeItem(PREFIX + state);
      return text === null ? null : (JSON.parse(text) as Pending);
    },
  };
}

/** Null outside of a page, and if the user does not let the site store anything. */
function ofThisTab(): WebStorage | null {
  try {
    return findPage()?.sessionStorage ?? null;
  } catch {
    return null;
  }
}

const keysOf = (storage: WebStorage): readonly string[] =>
  Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? '').filter((key) => key.startsWith(PREFIX));

function inMap(): WebStorage {
  const map = new Map<string, string>();
  return {
    get length() {
      return map.size;
    },
    key: (index) => [...map.keys()][index] ?? null,
    getItem: (key) => map.get(key) ?? null,
    setItem: (key, value) => void map.set(key, value),
    removeItem: (key) => void map.delete(key),
  };
}
