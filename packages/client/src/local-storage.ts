/**
 * `localStorage`: shared by the tabs of an origin, and kept after the browser is closed. Tabs run in separate processes, and what
 * one writes the others read a moment later, with or without a lock: a refresh waits for that moment.
 */
import { findPage, type WebStorage } from './page.ts';
import type { TokenStorage } from './storage.ts';
import { webLock } from './web-lock.ts';

/** Throws outside of a page, and if the user has forbidden the site to store anything. */
export function inLocalStorage(): TokenStorage {
  const page = findPage();
  if (page === null) throw new TypeError('localStorage needs a browser page.');
  const storage: WebStorage = page.localStorage;
  return {
    get: (key) => storage.getItem(key),
    set: (key, value) => storage.setItem(key, value),
    remove: (key) => storage.removeItem(key),
    lock: webLock,
    lagMs: 100,
    watch: (listener) => {
      // A null key: everything was cleared.
      const told = ({ key }: { key: string | null }) => listener(key ?? '');
      page.addEventListener('storage', told);
      return () => page.removeEventListener('storage', told);
    },
  };
}
