/** Where a redirect URI leads, in words for users. */

/** `app.example.com` for a web page, `com.example.app` for an installed program. */
export const destinationOf = (redirectUri: string): string => {
  const { protocol, host } = new URL(redirectUri);
  return isWeb(protocol) ? host : protocol.slice(0, -1);
};

/** To a program on the same machine: any program that listens there gets the answer. */
export const isLoopbackOrPrivate = (redirectUri: string): boolean => !redirectUri.startsWith('https:');

const isWeb = (protocol: string): boolean => protocol === 'https:' || protocol === 'http:';

/**
 * The answer of the authorization endpoint: parameters after the query that the URI may have (RFC 6749 §4.1.2), with `iss` (RFC
 * 9207 §2).
 */
export function answerUri(redirectUri: string, parameters: Readonly<Record<string, string | null>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== null) query.set(name, value);
  return `${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${query}`;
}
