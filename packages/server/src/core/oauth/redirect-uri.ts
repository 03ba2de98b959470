/**
 * Redirect URIs: which may be registered, and which one a request names. They are compared as text (RFC 9700 §2.1), so what is
 * registered must have one spelling: the one that a browser makes of it.
 */

export const MAX_REDIRECT_URIS = 20;
export const MAX_URI_LENGTH = 500;

/** RFC 8252 §7.3 for the addresses; a name is not recommended there (§8.3), but what developers write. */
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(?::(\d{1,5}))?(?=[/?]|$)(.*)$/;
/** A name turned round, such as `com.example.app`: one with a dot belongs to somebody (RFC 8252 §7.1), and is neither `javascript` nor `data`. */
const PRIVATE_USE_SCHEME = /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+$/;
/** What the answer brings by itself (RFC 6749 §4.1.2, RFC 9207 §2): there may be one of each. */
const OF_THE_ANSWER = ['code', 'state', 'iss', 'error', 'error_description', 'error_uri', 'response'];

/** What is wrong with a URI that somebody wants to register; null: nothing. */
export function redirectUriFault(text: string): string | null {
  if (text.length > MAX_URI_LENGTH) return `A redirect URI may have at most ${MAX_URI_LENGTH} characters.`;
  // A URL parser drops these without a word (WHATWG URL §4.1), so that two texts would name one place.
  if (!/^[!-~]+$/.test(text)) return 'A redirect URI is an address such as https://app.example.com/callback, without spaces.';
  if (text.includes('*')) return 'A redirect URI is compared as it stands: there are no wildcards.';
  if (text.includes('#')) return 'A redirect URI may have no fragment (RFC 6749 §3.1.2).';
  if (!URL.canParse(text)) return 'A redirect URI is a whole address such as https://app.example.com/callback.';
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return 'A redirect URI may hold no user name and no password.';
  if (url.href !== text && url.href !== `${text}/`) return `Write the redirect URI as a browser does: ${url.href}`;
  if (OF_THE_ANSWER.some((name) => url.searchParams.has(name)))
    return `A redirect URI may not bring ${OF_THE_ANSWER.slice(0, 4).join(', ')} along: the answer does.`;
  return schemeFault(text, url);
}

function schemeFault(text: string, { protocol, hostname }: URL): string | null {
  const scheme = protocol.slice(0, -1);
  if (scheme === 'https') return hostname === '' ? 'The redirect URI names no host.' : null;
  if (scheme === 'http')
    return LOOPBACK.test(text)
      ? null
      : 'http is for the same machine alone (http://127.0.0.1, http://[::1], http://localhost): use https.';
  if (PRIVATE_USE_SCHEME.test(scheme)) return null;
  return 'Use https, or for an installed program a scheme of its own with a dot, such as com.example.app:/callback (RFC 8252 §7.1).';
}

/** Whether a request may name `asked`: one of those that are registered, letter by letter, the port of a loopback address aside. */
export const matchesRedirectUri = (registered: readonly string[], asked: string): boolean =>
  registered.some((uri) => uri === asked || isSameLoopback(uri, asked));

/** An installed program listens on whatever port is free at the moment (RFC 8252 §7.3). */
function isSameLoopback(registered: string, asked: string): boolean {
  const [, host, , rest] = LOOPBACK.exec(registered) ?? [];
  const [, askedHost, port = '1', askedRest] = LOOPBACK.exec(asked) ?? [];
  if (host === undefined || host !== askedHost || rest !== askedRest) return false;
  return /^[1-9]/.test(port) && Number(port) <= 65_535;
}
