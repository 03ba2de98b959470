/**
 * Which pages of other origins may read an answer (Fetch standard, CORS). No answer here depends on a cookie, so `*` is sent
 * without credentials where any application may ask, and `/api/v1` is open only to the operator's own origins.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const ANY_ORIGIN = /^\/(auth\/(token|revoke|userinfo)|\.well-known\/[^/]+)$/;
const OPERATORS_ORIGINS = /^\/api\/v1(\/|$)/;
const EXPOSED = 'WWW-Authenticate, DPoP-Nonce, Retry-After, X-Request-Id';
const PREFLIGHT_MAX_AGE_SECONDS = 600;
/** The answer if the requested list cannot be read. */
const USUAL_HEADERS = 'Authorization, Content-Type, DPoP';
const MAX_ASKED_HEADERS = 100;
const MAX_ASKED_LENGTH = 4096;
/** RFC 9110 §5.6.2 */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

export function allowOrigins(app: FastifyInstance, corsOrigins: readonly string[]): void {
  app.addHook('onRequest', async (request, reply) => {
    // Also if this origin is not one of them, or none is named: a cache must not serve that answer to one that is.
    if (corsOrigins.length > 0 && OPERATORS_ORIGINS.test(pathOf(request))) reply.header('Vary', 'Origin');
    const { origin } = request.headers;
    if (origin !== undefined) reply.headers(corsHeaders(pathOf(request), origin, corsOrigins));
  });
}

/** The headers that a page of this origin needs to read the answer of this path; nothing if it may not. */
export function corsHeaders(path: string, origin: string, corsOrigins: readonly string[]): Readonly<Record<string, string>> {
  const allowed = allowedOrigin(path, origin, corsOrigins);
  return allowed === null ? {} : { 'Access-Control-Allow-Origin': allowed, 'Access-Control-Expose-Headers': EXPOSED };
}

/** Answers a preflight of a path that may be read from that origin; false if it is not a preflight. */
export function answerPreflight(
  request: FastifyRequest,
  reply: FastifyReply,
  corsOrigins: readonly string[],
  methods: readonly string[],
): boolean {
  const isPreflight = request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
  const { origin } = request.headers;
  if (!isPreflight || methods.length === 0 || origin === undefined) return false;
  if (allowedOrigin(pathOf(request), origin, corsOrigins) === null) return false;
  void reply
    .code(204)
    .header('Access-Control-Allow-Methods', methods.join(', '))
    .header('Access-Control-Allow-Headers', allowedHeaders(request.headers['access-control-request-headers']))
    .header('Vary', [reply.getHeader('Vary'), 'Access-Control-Request-Headers'].filter(Boolean).join(', '))
    .header('Access-Control-Max-Age', String(PREFLIGHT_MAX_AGE_SECONDS))
    .send();
  return true;
}

/**
 * All headers that the page wants to send: tracing libraries add their own to each request. Nothing here depends on a cookie, and
 * a header gives access to nothing that a program could not ask for. The names are listed, because for browsers `*` does not
 * include `Authorization`.
 */
function allowedHeaders(asked: string | undefined): string {
  if (asked === undefined || asked.length > MAX_ASKED_LENGTH) return USUAL_HEADERS;
  const names = asked.split(',').map((name) => name.trim());
  return names.length <= MAX_ASKED_HEADERS && names.every((name) => TOKEN.test(name)) ? names.join(', ') : USUAL_HEADERS;
}

function allowedOrigin(path: string, origin: string, corsOrigins: readonly string[]): string | null {
  if (ANY_ORIGIN.test(path)) return '*';
  return OPERATORS_ORIGINS.test(path) && corsOrigins.includes(origin) ? origin : null;
}

const pathOf = (request: FastifyRequest): string => request.url.split('?', 1)[0] ?? '';
