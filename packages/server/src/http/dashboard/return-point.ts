/** Where to go after a log-in: a path of our own pages that the server has put into a cookie, or home. Never anything else. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Cookies } from './cookies.ts';

const HOME = '/dashboard';
/** Plain segments alone: no `//`, no backslash, no dots to climb with, no query, no control character. */
const OWN_PAGE = /^\/dashboard(\/[A-Za-z0-9_-]+){0,8}$/;

/** Uses the cookie up. */
export function takeReturnPoint(cookies: Cookies, request: FastifyRequest, reply: FastifyReply): string {
  const path = cookies.read(request, 'return');
  if (path !== null) cookies.clear(reply, 'return');
  return path !== null && OWN_PAGE.test(path) ? path : HOME;
}
