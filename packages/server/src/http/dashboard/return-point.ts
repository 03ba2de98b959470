/** Where to go after a log-in: a path of our own pages that the server has put into a cookie, or home. Never anything else. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Cookies } from './cookies.ts';
import { ownPath } from './return-path.ts';

const HOME = '/dashboard';

/** One that is too long for a cookie is not kept: whoever logs in here by password is led on by the page. */
export function rememberReturnPoint(cookies: Cookies, reply: FastifyReply, path: string): void {
  if (ownPath(path) !== null) cookies.set(reply, 'return', path);
}

/** Uses the cookie up. */
export function takeReturnPoint(cookies: Cookies, request: FastifyRequest, reply: FastifyReply): string {
  const path = cookies.read(request, 'return');
  if (path !== null) cookies.clear(reply, 'return');
  return ownPath(path) ?? HOME;
}
