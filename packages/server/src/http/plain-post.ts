/**
 * Endpoints of OAuth that are called again and again, answered straight from `node:http` as `/verify` is: Fastify with its hooks
 * costs more than most of them. Plain is a POST of declared, small length in one of the two content types, over a private
 * connection, with a credential that the endpoint takes. Everything else goes through Fastify's route, which calls the same
 * functions and gives the same answers.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Authorization, readAuthorization } from '@keyhouse/protocol';
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
  /** Answers, or throws what the route would throw. */
  readonly answer: (asked: Asked) => Promise<Answer>;
}

export interface Asked {
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

/** Answers what is plain; false if it is not, and then nothing of the request has been read. */
export function createPlainPosts(ports: Ports, posts: readonly PlainPost[]) {
  const postAt = new Map(posts.map((post) => [post.path, post]));
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const post = request.method === 'POST' ? postAt.get(request.url ?? '') : undefined;
    if (post === undefined || !isPlain(request)) return false;
    const authorization = readAuthorization(request.rawHeaders);
    if (!post.takes(authorization) || !ports.authenticator.isPrivate(request)) return false;
    answer(ports, post, authorization, request, response);
    return true;
  };
}

/** Only by the head. */
function isPlain({ headers }: IncomingMessage): boolean {
  const { 'content-length': length, 'content-type': type, 'transfer-encoding': coding, expect } = headers;
  if (isEncoded(headers['content-encoding'])) return false;
  if (length === undefined || !/^\d{1,5}$/.test(length) || Number(length) > MAX_BYTES) return false;
  return coding === undefined && expect === undefined && (isForm(type) || isJson(type));
}

function answer(
  ports: Ports,
  post: PlainPost,
  authorization: Authorization,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const requestId = ports.nextRequestId();
  const chunks: Buffer[] = [];
  const body = (): unknown => {
    const bytes = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
    return isForm(request.headers['content-type'])
      ? readForm(bytes)
      : readJson(bytes, { bounds: boundsOf(undefined), isOAuth: true });
  };
  const finish = (made: Answer): void => {
    ports.count(post.path, 'POST', made.status);
    send(request, response, requestId, made);
  };
  request.on('data', (chunk: Buffer) => void chunks.push(chunk));
  request.on('end', () => {
    post
      .answer({ request, requestId, authorization, body })
      .then(finish, (error: unknown) => finish(answerOf(ports, error, requestId)));
  });
}

function answerOf({ onFailure }: Ports, error: unknown, requestId: string): Answer {
  onFailure(error, requestId);
  const answer = error instanceof Refusal ? answerRefusal(error.refused) : answerError(error);
  return inOAuthWords(answer ?? INTERNAL);
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
