/** Where to go after a log-in: a path of our own pages that the server has put into a cookie, or home. Never anything else. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Cookies } from './cookies.ts';
import { ownPath } from './return-path.ts';

const HOME = '/dashboard';

/** Uses the cookie up. */
export function takeReturnPoint(cookies: Cookies, request: FastifyRequest, reply: FastifyReply): string {
  const path = cookies.read(request, 'return');
  if (path !== null) cookies.clear(reply, 'return');
  return ownPath(path) ?? HOME;
}
