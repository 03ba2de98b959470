/** Origins, as the settings name them. */

const LOOPBACK = /^http:\/\/(localhost|[^/]+\.localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/;

/** Null if it is not an address. */
export function originOf(text: string): string | null {
  try {
    return new URL(text).origin;
  } catch {
    return null;
  }
}

/**
 * As the server reports it, without a path. Over plain HTTP only on this machine: everything that Keyhouse issues travels there.
 */
export function readIssuer(text: string): string {
  const issuer = text.replace(/\/$/, '');
  if (originOf(text) !== issuer)
    throw new TypeError(`issuer: must be an origin such as https://keys.example.com, not "${text}".`);
  if (!issuer.startsWith('https://') && !LOOPBACK.test(issuer))
    throw new TypeError('issuer: must use HTTPS. HTTP is allowed only on localhost.');
  return issuer;
}
