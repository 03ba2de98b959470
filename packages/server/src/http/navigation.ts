/**
 * Whether it is a person who sees the answer: a browser that opens an address. Programs, and pages that ask for data, do not ask for HTML
 * by name.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { accepts } from './accepts.ts';
import { problemOfStatus, type ShowProblem } from './error-page.ts';
import type { Answer } from './errors.ts';

/** Addresses that answer programs, also about their own refusals. */
const FOR_PROGRAMS = /^\/(?:dashboard\/api|auth|api|verify|health|metrics|\.well-known)(?:\/|$)/;
const PRIVATE_API = /^\/dashboard\/api(?:\/|$)/;

/**
 * The page for a refusal where a person came upon it; null where a program did. A path that does not exist is nobody's: only below the private
 * API it is still asked for by our own pages.
 */
export function showRefusal(
  showProblem: ShowProblem,
  request: FastifyRequest,
  reply: FastifyReply,
  { status, headers }: Answer,
): FastifyReply | null {
  const problem = problemOfStatus(status);
  if (problem === null || !isNavigation(request)) return null;
  const path = request.url.split('?', 1)[0] ?? '';
  const isUnknown = request.is404 && status === 404;
  if ((isUnknown ? PRIVATE_API : FOR_PROGRAMS).test(path)) return null;
  return showProblem(reply.headers({ 'X-Request-Id': request.id, ...headers }), problem);
}

function isNavigation({ method, headers }: FastifyRequest): boolean {
  const mode = headers['sec-fetch-mode'];
  if (method !== 'GET' || headers.authorization !== undefined) return false;
  return (mode === undefined || mode === 'navigate') && accepts(headers.accept, 'text/html');
}
