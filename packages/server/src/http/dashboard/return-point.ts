/**
 * Where to go after a sign-in: a path of our own pages that the server has put into a cookie, or the overview. Never anything
 * else. A link from a mail has a separate cookie, so that an authorization request that waits in this browser is still there
 * afterwards.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Cookies } from './cookies.ts';
import { ownPath, waitingLink } from './return-path.ts';

const HOME = '/dashboard';

/** One that is too long for a cookie is not kept: after a sign-in by password the page itself continues. */
export function rememberReturnPoint(cookies: Cookies, reply: FastifyReply, path: string): void {
  if (ownPath(path) === null) return;
  if (waitingLink(path) !== null) cookies.set(reply, 'link', path);
  else {
    cookies.set(reply, 'return', path);
    forgetLink(cookies, reply.request, reply);
  }
}

/** For a log-in that begins on another page than the link's. */
export function forgetLink(cookies: Cookies, request: FastifyRequest, reply: FastifyReply): void {
  if (cookies.read(request, 'link') !== null) cookies.clear(reply, 'link');
}

/** Uses the cookie up: the link's, or else the other one. */
export function takeReturnPoint(cookies: Cookies, request: FastifyRequest, reply: FastifyReply): string {
  const link = waitingLink(cookies.read(request, 'link'));
  forgetLink(cookies, request, reply);
  if (link !== null) return link;
  const path = cookies.read(request, 'return');
  if (path !== null) cookies.clear(reply, 'return');
  return ownPath(path) ?? HOME;
}
