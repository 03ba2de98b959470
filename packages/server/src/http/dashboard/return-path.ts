/**
 * Where somebody wanted to go before they were sent to log in. It is kept in a cookie and looked at again when it is used: on plain
 * HTTP another port of the host can set cookies too.
 */
const MAX_LENGTH = 1000;

/** A page of the dashboard, such as `/dashboard/accounts/7/audit?event=key.made`; null for whatever else it is. */
export function ownPath(text: string | null): string | null {
  if (text === null || text.length > MAX_LENGTH) return null;
  // Printable ASCII: a browser takes control characters out of an address, and reads `\` as `/`.
  return /^\/dashboard(?:[/?][!-[\]-~]*)?$/.test(text) && !text.includes('//') ? text : null;
}
