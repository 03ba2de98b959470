/**
 * Where a user wanted to go before they were sent to sign in. It is kept in a cookie and checked again when it is used: on plain
 * HTTP another port of the host can set cookies too.
 */
const MAX_LENGTH = 1000;
/** An authorization request that waits, sealed by us: nobody else can write one. */
const WAITING_REQUEST = /^\/auth\/continue\?request=([\w.-]{1,3400})$/;

/** A link from a mail that waits for a sign-in. Its secret alone gives no access: it works only for the user with its address. */
const WAITING_LINK = /^\/(?:invitation|verify-email|new-email)#[\w-]{1,200}$/;

/**
 * A page of the dashboard, such as `/dashboard/accounts/7/audit?event=key.made`, an authorization request or a link that waits;
 * null for anything else.
 */
export function ownPath(text: string | null): string | null {
  if (text === null) return null;
  if (WAITING_REQUEST.test(text) || WAITING_LINK.test(text)) return text;
  if (text.length > MAX_LENGTH) return null;
  const [path = ''] = text.split('?', 1);
  // Only plain segments: no `//`, no backslash, no dots to climb with. A query may contain any other printable ASCII.
  return /^\/dashboard(?:\/[\w-]+){0,8}\/?$/.test(path) && /^[!-[\]-~]+$/.test(text) ? text : null;
}

/** A link from a mail; null when it is another path. */
export const waitingLink = (path: string | null): string | null => (path !== null && WAITING_LINK.test(path) ? path : null);

/** The ticket of the invitation that this link is for; null when it is another path. */
export const invitationIn = (path: string | null): string | null => /^\/invitation#([\w-]{1,200})$/.exec(path ?? '')?.[1] ?? null;

/** Where the browser goes after an invitation was accepted. */
export const firstPageOf = ({ accountId }: { readonly accountId: number | null }): string =>
  accountId === null ? '/dashboard' : `/dashboard/accounts/${accountId}`;

/** The sealed request within such a path; null when it is another. */
export const waitingRequest = (path: string | null): string | null => WAITING_REQUEST.exec(path ?? '')?.[1] ?? null;
