/**
 * Refusals as pages, where a person sees the answer: a browser that opens an address. Programs, and scripts of pages, do not ask
 * for HTML by name.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { accepts } from './accepts.ts';
import { problemOfStatus, type ShowProblem } from './error-page.ts';
import type { Answer } from './errors.ts';

/** Addresses that answer programs; their refusals are JSON. */
const FOR_PROGRAMS = /^\/(?:dashboard\/api|auth|api|verify|health|metrics|\.well-known)(?:\/|$)/;
const PRIVATE_API = /^\/dashboard\/api(?:\/|$)/;

/**
 * Answers a refusal with a page; null if a program asked. A path that does not exist gets the page too, except below the private
 * API, which only our own pages call.
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
