/**
 * Where somebody wanted to go before they were sent to log in. It is kept in a cookie and looked at again when it is used: on plain
 * HTTP another port of the host can set cookies too.
 */
const MAX_LENGTH = 1000;

/** A page of the dashboard, such as `/dashboard/accounts/7/audit?event=key.made`; null for whatever else it is. */
export function ownPath(text: string | null): string | null {
  if (text === null || text.length > MAX_LENGTH) return null;
  const [path = ''] = text.split('?', 1);
  // Plain segments alone: no `//`, no backslash, no dots to climb with. A query may hold whatever else is printable ASCII.
  return /^\/dashboard(?:\/[\w-]+){0,8}\/?$/.test(path) && /^[!-[\]-~]+$/.test(text) ? text : null;
}
