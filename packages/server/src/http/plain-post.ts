/**
 * Endpoints that are called again and again, answered straight from `node:http` as `/verify` is: Fastify with its hooks costs
 * more than most of them. Plain is a POST of declared, small length in one of the two content types, over a private connection,
 * with a credential that the endpoint takes. Everything else goes through Fastify's route, which calls the same functions and
 * gives the same answers.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { type Authorization, readAuthorization } from '@keyhouse/protocol';
import type { FastifyInstance } from 'fastify';
import { Refusal } from '../core/refusal.ts';
import type { Authenticator } from './authenticate.ts';
import { boundsOf } from './body-bounds.ts';
import { isEncoded, isForm, isJson } from './content-type.ts';
import { corsHeaders } from './cors.ts';
import { type Answer, answerError, answerRefusal, INTERNAL, inOAuthWords } from './errors.ts';
import type { OnFailure } from './failure-log.ts';
import { readForm, readJson } from './json-body.ts';

export interface PlainPost {
  readonly path: string;
  /** Whether this kind of credential is judged here; the others go through Fastify. */
  readonly takes: (authorization: Authorization) => boolean;
  /** An endpoint of OAuth takes forms too, and refuses in the words of RFC 6749 §5.2. */
  readonly isOAuth: boolean;
  /** Answers, or throws what the route would throw. Null: the body is not plain; nothing was judged yet, and Fastify answers. */
  readonly answer: (asked: PlainPostRequest) => Promise<Answer | null>;
}

export interface PlainPostRequest {
  readonly request: IncomingMessage;
  readonly requestId: string;
  readonly authorization: Authorization;
  /** Read when it is its turn: the contract checks the caller first. Throws a refusal if it cannot be read. */
  readonly body: () => unknown;
}

interface Ports {
  readonly authenticator: Authenticator;
  readonly nextRequestId: () => string;
  readonly onFailure: OnFailure;
  readonly count: (path: string, method: 'POST', status: number) => void;
}

/** The longest credential and its name fit many times. */
const MAX_BYTES = 32_768;

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Answers what is plain, and leaves the rest to Fastify. */
export function createPlainPosts(ports: Ports, posts: readonly PlainPost[]) {
  const postAt = new Map(posts.map((post) => [post.path, post]));
  return (request: IncomingMessage, response: ServerResponse, leaveToFastify: Handler): void => {
    const post = request.method === 'POST' ? postAt.get(request.url ?? '') : undefined;
    const authorization = post !== undefined && isPlain(request, post) ? readAuthorization(request.rawHeaders) : null;
    if (post === undefined || authorization === null || !post.takes(authorization) || !ports.authenticator.isPrivate(request))
      leaveToFastify(request, response);
    else readWhole(request, (bytes) => answer(ports, { post, authorization, bytes, leaveToFastify }, request, response));
  };
}

/** Bodies that were read before it was known that Fastify answers their requests. */
const bodies = new WeakMap<IncomingMessage, Buffer>();

/** Lets Fastify read them again. */
export function replayBodies(app: FastifyInstance): void {
  app.addHook('preParsing', async ({ raw }, _reply, payload) => {
    const bytes = bodies.get(raw);
    return bytes === undefined ? payload : Object.assign(Readable.from([bytes]), { receivedEncodedLength: bytes.length });
  });
}

function readWhole(request: IncomingMessage, then: (bytes: Buffer) => void): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => void chunks.push(chunk));
  request.on('end', () => then(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)));
}

/** By the head alone. */
function isPlain({ headers }: IncomingMessage, { isOAuth }: PlainPost): boolean {
  const { 'content-length': length, 'content-type': type, 'transfer-encoding': coding, expect } = headers;
  if (isEncoded(headers['content-encoding'])) return false;
  if (length === undefined || !/^\d{1,5}$/.test(length) || Number(length) > MAX_BYTES) return false;
  return coding === undefined && expect === undefined && (isJson(type) || (isOAuth && isForm(type)));
}

interface Plain {
  readonly post: PlainPost;
  readonly authorization: Authorization;
  readonly bytes: Buffer;
  readonly leaveToFastify: Handler;
}

function answer(
  ports: Ports,
  { post, authorization, bytes, leaveToFastify }: Plain,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const requestId = ports.nextRequestId();
  const body = (): unknown =>
    isForm(request.headers['content-type'])
      ? readForm(bytes)
      : readJson(bytes, { bounds: boundsOf(undefined), isOAuth: post.isOAuth });
  const finish = (made: Answer | null): void => {
    if (made === null) {
      bodies.set(request, bytes);
      leaveToFastify(request, response);
      return;
    }
    ports.count(post.path, 'POST', made.status);
    send(request, response, requestId, made);
  };
  post
    .answer({ request, requestId, authorization, body })
    .then(finish, (error: unknown) => finish(answerOf(ports, post, error, requestId)));
}

function answerOf({ onFailure }: Ports, { isOAuth }: PlainPost, error: unknown, requestId: string): Answer {
  onFailure(error, requestId);
  const answer = (error instanceof Refusal ? answerRefusal(error.refused) : answerError(error)) ?? INTERNAL;
  return isOAuth ? inOAuthWords(answer) : answer;
}

function send(
  { url = '', headers: { origin } }: IncomingMessage,
  response: ServerResponse,
  requestId: string,
  { status, headers, body }: Answer,
): void {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'X-Request-Id': requestId,
    // Nothing here is only for the operator's own origins.
    ...(origin === undefined ? {} : corsHeaders(url, origin, [])),
    ...headers,
  });
  response.end(text);
}
