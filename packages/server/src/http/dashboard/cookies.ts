/**
 * The browser's cookies. All are HttpOnly and SameSite=Lax, for the whole origin; on HTTPS their names begin with `__Host-`, so
 * that no other host of the domain can set them (RFC 6265bis §4.1.3).
 */
import type { CookieSerializeOptions } from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * `sign-in`: the sign-in's secret. `browser`: marks a browser for a year, so that users are notified of unknown ones. `step`: a
 * sign-in that waits for its second step, a challenge. `return`: where to go after it. `link`: a link from a mail, whose page
 * waits while its reader signs in with another provider. `probe`: has no content; whether it comes back shows whether the browser
 * keeps cookies.
 */
export type CookieName = 'sign-in' | 'browser' | 'step' | 'return' | 'link' | 'probe';

const PLAIN = {
  'sign-in': 'keyhouse_sign_in',
  browser: 'keyhouse_browser',
  step: 'keyhouse_step',
  return: 'keyhouse_return',
  link: 'keyhouse_link',
  probe: 'keyhouse_probe',
};
const SECURE = {
  'sign-in': '__Host-keyhouse',
  browser: '__Host-keyhouse-browser',
  step: '__Host-keyhouse-step',
  return: '__Host-keyhouse-return',
  link: '__Host-keyhouse-link',
  probe: '__Host-keyhouse-probe',
};
const LIFETIME_SECONDS = { 'sign-in': 180 * 86_400, browser: 365 * 86_400, step: 600, return: 1800, link: 1800, probe: 60 };
/** Longer ones are not ours. */
const MAX_LENGTH = 3500;

export type Cookies = ReturnType<typeof createCookies>;

/** `url`: the public origin, whose scheme decides. */
export function createCookies(url: string) {
  const isSecure = url.startsWith('https:');
  const names = isSecure ? SECURE : PLAIN;
  const options: CookieSerializeOptions = { path: '/', httpOnly: true, sameSite: 'lax', secure: isSecure };

  return {
    /** Null if it was not sent, or sent twice: then it is not clear which one is meant. */
    read(request: FastifyRequest, name: CookieName): string | null {
      const value = request.cookies[names[name]];
      if (value === undefined || value === '' || value.length > MAX_LENGTH) return null;
      const count = (request.headers.cookie ?? '').split(';').filter((part) => part.trim().startsWith(`${names[name]}=`)).length;
      return count === 1 ? value : null;
    },
    set(reply: FastifyReply, name: CookieName, value: string): void {
      reply.setCookie(names[name], value, { ...options, maxAge: LIFETIME_SECONDS[name] });
    },
    clear(reply: FastifyReply, name: CookieName): void {
      reply.clearCookie(names[name], options);
    },
  };
}
