/** Where the server sends us: always a path of its own. And the secrets of links that came by mail. */

/**
 * Plain segments, then optionally a query of printable ASCII without a backslash, and a link's secret: nothing that a browser
 * could read as another host.
 */
const OWN_PATH = /^\/(?:[\w-]+(?:\/[\w-]+)*\/?)?(?:\?[!-[\]-~]*)?(?:#[\w-]*)?$/;
const HOME = '/dashboard';
/** Letters that the server seals with: nothing that could leave its query. */
const SEALED = /^[A-Za-z0-9._-]{1,12000}$/;
/** Of an address (RFC 5321 §4.5.3.1.3). */
const MAX_HINT = 254;

export const ownPathOr = (path: string, other = HOME): string => (OWN_PATH.test(path) ? path : other);

export const goTo = (path: string): void => window.location.assign(ownPathOr(path));

/**
 * What an application waits for, as the server sealed it into the address of the page, and the address that the application
 * assumes.
 */
export interface Waiting {
  readonly request: string | null;
  readonly hint: string;
}

export function waitingOf(search: string): Waiting {
  const query = new URLSearchParams(search);
  const [request = '', ...more] = query.getAll('request');
  const hint = query.get('login_hint') ?? '';
  return {
    request: SEALED.test(request) && more.length === 0 ? request : null,
    hint: hint.length <= MAX_HINT ? hint : '',
  };
}

/** Of the page that is open. */
export const waiting = (): Waiting => waitingOf(window.location.search);

/** Another of the sign-in pages; what an application waits for is passed along. */
export function withWaiting(path: string, { request, hint }: Waiting = waiting()): string {
  if (request === null) return path;
  return `${path}?${new URLSearchParams({ request, ...(hint === '' ? {} : { login_hint: hint }) })}`;
}

/** Where a request continues that the server has sealed. */
export const continuePath = (request: string): string => `/auth/continue?request=${request}`;

/** Back to `/auth`, which decides the next step. The back button leads to where the user came from, and not to this page. */
export const resume = (request: string): void => window.location.replace(continuePath(request));

/** After a sign-in. `to`: where the server says, if no application waits. */
export function goOn(to: string): void {
  const { request } = waiting();
  if (request === null) goTo(to);
  else resume(request);
}

/** An application waits there. */
export const leadsOn = (path: string): boolean => path.startsWith('/auth/continue?');

/**
 * The text after the `#`, which no server sees: the secret of a link, or why another provider's answer failed. It is read once,
 * removed from the address bar and its history, and from then on is only in this page's memory.
 */
export function takeFragment(): string | null {
  const fragment = window.location.hash.slice(1);
  if (fragment === '') return null;
  window.history.replaceState(null, '', window.location.pathname + window.location.search);
  return fragment;
}
