/**
 * What every route checks before it reads a body, in the order of the contract: 413 for the declared length, 415, 400 for two
 * credentials or plain HTTP, 401, and 403 for the kind of caller and for a permission that the route always requires. A route's
 * `config` says what it takes.
 */
import { Readable } from 'node:stream';
import { type Authorization, permits, readAuthorization } from '@keyhouse/protocol';
import type { FastifyInstance, FastifyRequest, RequestPayload } from 'fastify';
import { type Caller, isOpaque, type OpaqueCaller } from '../core/caller.ts';
import { Refusal } from '../core/refusal.ts';
import type { Authenticator } from './authenticate.ts';
import { isCompressedOnTheWay, isEncoded, isForm, isJson } from './content-type.ts';
import { FORM_BODY_LIMIT } from './json-body.ts';

type Body = 'json' | 'form' | 'json-or-form' | 'optional-json' | 'none';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the body must be; `none` by default. */
    body?: Body;
    /** An endpoint of OAuth: errors in the words of RFC 6749 §5.2, and clients may authenticate. */
    isOAuth?: boolean;
    /** Applications may authenticate here; the route checks how. */
    takesClients?: boolean;
    /** The kinds of caller that the route is for; without it the route requires no credential. */
    callers?: readonly Caller['kind'][];
    /** The permission that every request to the route needs, whatever its body says. Judged before a body is read. */
    permission?: string;
  }
  interface FastifyRequest {
    /** Set by the door on routes that name their callers; read it with `callerOf`. */
    authenticated: Caller | null;
  }
}

export function guardDoor(app: FastifyInstance, authenticator: Authenticator): void {
  app.decorateRequest('authenticated', null);
  app.addHook('onRequest', async (request) => {
    const { body = 'none', callers, isOAuth = false, takesClients = false } = request.routeOptions.config;
    refuseTooLarge(request);
    refuseContentType(request, body);
    refuseContentCoding(request, body);
    const authorization = readAuthorization(request.raw.rawHeaders);
    // Bodies carry passwords and tokens as headers do.
    if (body !== 'none' && !authenticator.isPrivate(request.raw)) throw new Refusal({ code: 'use_https' });
    if (isOAuth) refuseClient(authorization, takesClients);
    if (callers === undefined || (takesClients && isClient(authorization))) return;
    request.authenticated = await admit(authenticator, request, { authorization, callers });
  });
  app.addHook('preParsing', async (request, _reply, payload) => (hasUnwantedBody(request) ? nothingOf(request) : payload));
  // A body may take half a minute to arrive; the credential may have ended, or been narrowed, in between.
  app.addHook('preValidation', async (request) => {
    const { body = 'none', callers } = request.routeOptions.config;
    if (body === 'none' || callers === undefined || request.authenticated === null) return;
    const authorization = readAuthorization(request.raw.rawHeaders);
    request.authenticated = await admit(authenticator, request, { authorization, callers, isAgain: true });
  });
}

/** The caller; or 401, then 403 for the kind of caller, then 403 for the permission that the route always requires. */
async function admit(
  authenticator: Authenticator,
  request: FastifyRequest,
  { authorization, callers, isAgain = false }: { authorization: Authorization; callers: readonly string[]; isAgain?: boolean },
): Promise<Caller> {
  const authenticated = await authenticator.authenticate(authorization, request.raw, request.id, { isAgain });
  if (!authenticated.ok) throw new Refusal(authenticated.refused);
  const { caller } = authenticated;
  if (!callers.includes(caller.kind)) {
    authenticator.recordForbidden(caller, request.raw, request.id, { lacking: null });
    throw new Refusal({ code: 'forbidden' });
  }
  const { permission } = request.routeOptions.config;
  if (permission !== undefined && !permits(caller.permissions, permission)) {
    authenticator.recordForbidden(caller, request.raw, request.id, { lacking: permission });
    throw new Refusal({ code: 'forbidden', permission });
  }
  return caller;
}

/** A body that the route does not take is not waited for: the answer does not depend on what a client continues to send. */
function hasUnwantedBody({ headers, routeOptions }: FastifyRequest): boolean {
  const { body = 'none' } = routeOptions.config;
  return body === 'none' && (headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0');
}

/**
 * An empty body instead of the sent one. Fastify compares `receivedEncodedLength` with the declared length; Node drops the rest
 * after the answer.
 */
const nothingOf = ({ headers }: FastifyRequest): RequestPayload =>
  Object.assign(Readable.from([]), { receivedEncodedLength: Number(headers['content-length'] ?? 0) });

/** The caller of a route that takes tokens, or keys. The door has admitted no other. */
export function callerOf(request: FastifyRequest): OpaqueCaller {
  const { authenticated: caller } = request;
  if (caller === null || !isOpaque(caller)) throw new Error('A route read a caller, but its door does not authenticate callers.');
  return caller;
}

function refuseClient({ kind }: Authorization, takesClients: boolean): void {
  if (kind === 'repeated') throw new Refusal({ code: 'two_credentials' });
  if (kind === 'basic' && !takesClients)
    throw new Refusal({ code: 'oauth', error: 'invalid_client', description: 'This route does not authenticate applications.' });
}

/** It authenticates in the header, or perhaps in the body, which has not arrived yet. */
const isClient = ({ kind }: Authorization): boolean => kind === 'basic' || kind === 'none';

function refuseTooLarge(request: FastifyRequest): void {
  const declared = Number(request.headers['content-length'] ?? 0);
  const { bodyLimit } = request.routeOptions;
  const limit = isForm(request.headers['content-type']) ? Math.min(bodyLimit, FORM_BODY_LIMIT) : bodyLimit;
  if (declared > limit) throw new Refusal({ code: 'too_large' });
}

function refuseContentType(request: FastifyRequest, body: Body): void {
  if (body === 'none') return;
  const type = request.headers['content-type'];
  const isEmpty =
    type === undefined &&
    (request.headers['content-length'] ?? '0') === '0' &&
    request.headers['transfer-encoding'] === undefined;
  if (body === 'optional-json' && isEmpty) return;
  const isTaken = (body !== 'form' && isJson(type)) || (body.endsWith('form') && isForm(type));
  if (!isTaken) throw new Refusal({ code: 'unsupported_media_type' });
}

/** Nothing is decompressed, so a body with a content coding is refused (RFC 9110 §8.4, §15.5.16). */
function refuseContentCoding({ headers }: FastifyRequest, body: Body): void {
  if (isCompressedOnTheWay(headers['transfer-encoding'])) throw new Refusal({ code: 'unsupported_coding' });
  const hasBody = (headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined;
  if ((body !== 'none' || hasBody) && isEncoded(headers['content-encoding'])) throw new Refusal({ code: 'unsupported_coding' });
}
