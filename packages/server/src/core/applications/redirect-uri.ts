/**
 * Redirect URIs: which may be registered, and which one a request names. They are compared as text (RFC 9700 §2.1), so a
 * registered URI must have one spelling: the one that a browser gives it.
 */

import { isSameUri, withoutOriginSlash } from '../lib/uri.ts';

export const MAX_REDIRECT_URIS = 20;
export const MAX_URI_LENGTH = 500;

/** RFC 8252 §7.3 for the addresses; §8.3 does not recommend a name, but developers write it. */
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(?::(\d{1,5}))?(?=[/?]|$)(.*)$/;
/**
 * A reversed domain name, such as `com.example.app`: one with a dot has an owner (RFC 8252 §7.1), and is neither `javascript` nor
 * `data`.
 */
const PRIVATE_USE_SCHEME = /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+$/;
/** Parameters that the answer adds itself (RFC 6749 §4.1.2, RFC 9207 §2): there may be only one of each. */
const OF_THE_ANSWER = ['code', 'state', 'iss', 'error', 'error_description', 'error_uri', 'response'];

/** What the registrant chose for the application. */
export interface SchemeRules {
  /**
   * Private schemes without a dot, such as `cursor:`. Any program can claim one and get the code; only PKCE protects it then (RFC
   * 8252 §8.4, RFC 7636).
   */
  readonly allowsSchemesWithoutDot: boolean;
}

/** What is wrong with a URI that is to be registered; null: nothing. */
export function redirectUriFault(text: string, rules: SchemeRules): string | null {
  if (text.length > MAX_URI_LENGTH) return `A redirect URI can have at most ${MAX_URI_LENGTH} characters.`;
  // A URL parser drops these silently (WHATWG URL §4.1), so two texts would name the same place.
  if (!/^[!-~]+$/.test(text)) return 'A redirect URI must be a URL such as https://app.example.com/callback, without spaces.';
  if (text.includes('*')) return 'A redirect URI must match exactly. Wildcards are not possible.';
  if (text.includes('#')) return 'A redirect URI must not have a fragment (RFC 6749 §3.1.2).';
  if (!URL.canParse(text)) return 'A redirect URI must be a complete URL such as https://app.example.com/callback.';
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return 'A redirect URI must not have a user name or a password.';
  if (url.href !== text && url.href !== `${text}/`) return `Write the redirect URI as a browser does: ${url.href}`;
  if (OF_THE_ANSWER.some((name) => url.searchParams.has(name)))
    return `A redirect URI must not have the parameters ${OF_THE_ANSWER.slice(0, 4).join(', ')}. The server adds them.`;
  return schemeFault(text, url, rules);
}

function schemeFault(text: string, { protocol, hostname }: URL, { allowsSchemesWithoutDot }: SchemeRules): string | null {
  const scheme = protocol.slice(0, -1);
  if (scheme === 'https') return hostname === '' ? 'The redirect URI has no host.' : null;
  if (scheme === 'http')
    return LOOPBACK.test(text)
      ? null
      : 'http is only possible on the same machine (http://127.0.0.1, http://[::1], http://localhost). Use https.';
  if (PRIVATE_USE_SCHEME.test(scheme)) return null;
  if (isTakenScheme(scheme))
    return `The scheme ${scheme}: belongs to browsers or operating systems. Use https, or a custom scheme of the app.`;
  if (allowsSchemesWithoutDot && SCHEME_WITHOUT_DOT.test(scheme)) return null;
  return 'Use https, or for an installed app a custom scheme with a dot, such as com.example.app:/callback (RFC 8252 §7.1). A scheme without a dot, such as example:, must be allowed for the application.';
}

const SCHEME_WITHOUT_DOT = /^[a-z][a-z0-9+-]*$/;

/** Schemes of browsers and operating systems: none of them belongs to a program that waits for a code. */
const TAKEN_SCHEMES = new Set(
  `about acct afp android-app apt blob cid content data dav dict dns facetime facetime-audio feed file filesystem ftp ftps geo git gopher
   imap im intent irc ircs itms itms-apps itms-appss itms-services jar javascript jdbc ldap ldaps livescript mailto market mhtml mid mms mmsto
   mocha ms-its msdt news nfs nntp pop pres prefs query rdp res resource rlogin rtmp rtsp rtspt search sftp shell sip sips sms smsto smb snews ssh
   steam stun svn tel telnet tftp turn urn vbs vbscript view-source vnc webcal webcals ws wss wyciwyg xmpp`.split(/\s+/),
);
const TAKEN_BEGINNINGS =
  /^(?:web\+|(?:chrome|edge|moz|opera|brave|vivaldi|safari|ms|search-ms|x-apple|x-webkit|app-settings|app-prefs|microsoft)(?:-|\+|$))/;

const isTakenScheme = (scheme: string): boolean => TAKEN_SCHEMES.has(scheme) || TAKEN_BEGINNINGS.test(scheme);

/**
 * Whether a request may name `asked`: it must match a registered URI exactly. Two exceptions: the port of a loopback address, and
 * the slash that URL libraries write after a bare origin.
 */
export const matchesRedirectUri = (registered: readonly string[], asked: string): boolean =>
  registered.some((uri) => isSameUri(uri, asked) || isSameLoopback(withoutOriginSlash(uri), withoutOriginSlash(asked)));

/** An installed program listens on any port that is free at the moment (RFC 8252 §7.3). */
function isSameLoopback(registered: string, asked: string): boolean {
  const [, host, , rest] = LOOPBACK.exec(registered) ?? [];
  const [, askedHost, port = '1', askedRest] = LOOPBACK.exec(asked) ?? [];
  if (host === undefined || host !== askedHost || rest !== askedRest) return false;
  return /^[1-9]/.test(port) && Number(port) <= 65_535;
}
