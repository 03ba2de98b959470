/** Where the server sends us: a path of its own, and nothing else. And the secrets of links that came by mail. */

/** Plain segments, then perhaps a query of printable ASCII without a backslash: nothing that a browser could read as another host. */
const OWN_PATH = /^\/(?:[\w-]+(?:\/[\w-]+)*\/?)?(?:\?[!-[\]-~]*)?$/;
const HOME = '/dashboard';

export const ownPathOr = (path: string, other = HOME): string => (OWN_PATH.test(path) ? path : other);

export const goTo = (path: string): void => window.location.assign(ownPathOr(path));

/**
 * What stands behind the `#`: the secret of a link, or why another provider's answer was none. The secret stands behind its `#`, which no server sees. It is read once, taken out of the address bar and its history, and from then
 * on is in this page's memory alone.
 */
export function takeFragment(): string | null {
  const fragment = window.location.hash.slice(1);
  if (fragment === '') return null;
  window.history.replaceState(null, '', window.location.pathname);
  return fragment;
}
