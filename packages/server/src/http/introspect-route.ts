/**
 * Introspection in its plain form, answered straight from `node:http` as `/verify` is: resource servers ask it as often. Plain is a
 * POST of declared, small length in one of the two content types, with a bearer credential, over a private wire. Everything else
 * goes the long way through Fastify's route, which asks the same functions and gives the same answers.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type Authorization,
  FEED_POSITION_HEADER,
  type FeedPosition,
  formatPosition,
  readAuthorization,
} from '@keyhouse/protocol';
import type { OpaqueCaller } from '../core/caller.ts';
import type { Introspection } from '../core/oauth/introspect.ts';
import { Refusal } from '../core/refusal.ts';
import type { Authenticator } from './authenticate.ts';
import { isForm, isJson } from './content-type.ts';
import { type Answer, answerError, answerRefusal, INTERNAL, inOAuthWords } from './errors.ts';
import { readForm, readJson } from './json-body.ts';
import { readToken } from './read-token.ts';

interface Ports {
  readonly authenticator: Authenticator;
  readonly introspect: (asker: OpaqueCaller, text: string) => Introspection | Promise<Introspection>;
  readonly position: () => FeedPosition;
  readonly nextRequestId: () => string;
  readonly onError: (error: unknown, requestId: string) => void;
  readonly count: (status: number) => void;
}

export const INTROSPECTION = '/auth/introspect';
/** The longest credential and its name fit many times. */
const MOST_BYTES = 32_768;

/** Judged by the head alone, before a byte of the body is read. */
export function isPlainIntrospection(authenticator: Authenticator, request: IncomingMessage): boolean {
  if (request.url !== INTROSPECTION || request.method !== 'POST') return false;
  const { 'content-length': length, 'content-type': type, 'transfer-encoding': coding, expect } = request.headers;
  if (length === undefined || !/^\d{1,5}$/.test(length) || Number(length) > MOST_BYTES) return false;
  if (coding !== undefined || expect !== undefined || !(isForm(type) || isJson(type))) return false;
  return readAuthorization(request.rawHeaders).kind === 'bearer' && authenticator.isPrivate(request);
}

export function answerIntrospection(ports: Ports, request: IncomingMessage, response: ServerResponse): void {
  const requestId = ports.nextRequestId();
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => void chunks.push(chunk));
  request.on('end', () => {
    judge(ports, request, requestId, chunks).then(
      (answer) => send(ports, response, requestId, answer),
      (error: unknown) => send(ports, response, requestId, answerOf(ports, error, requestId)),
    );
  });
}

/** The order of the contract: 401, 403 for the kind of caller, 400 for the body. */
async function judge(ports: Ports, request: IncomingMessage, requestId: string, chunks: readonly Buffer[]): Promise<Answer> {
  const authorization: Authorization = readAuthorization(request.rawHeaders);
  const authenticated = await ports.authenticator.authenticate(authorization, request, requestId);
  if (!authenticated.ok) throw new Refusal(authenticated.refused);
  const { caller } = authenticated;
  if (caller.kind !== 'key') {
    ports.authenticator.recordForbidden(caller, request, requestId, null);
    throw new Refusal({ code: 'forbidden' });
  }
  const bytes = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
  const token = readToken(isForm(request.headers['content-type']) ? readForm(bytes) : readJson(bytes));
  // Before the answer is made: what was read of the list meanwhile may be in it, what was read before certainly is.
  const headers = { [FEED_POSITION_HEADER]: formatPosition(ports.position()) };
  return { status: 200, headers, body: await ports.introspect(caller, token) };
}

function answerOf({ onError }: Ports, error: unknown, requestId: string): Answer {
  const answer = error instanceof Refusal ? answerRefusal(error.refused) : answerError(error);
  if (answer === null) onError(error, requestId);
  return inOAuthWords(answer ?? INTERNAL);
}

function send({ count }: Ports, response: ServerResponse, requestId: string, { status, headers, body }: Answer): void {
  count(status);
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'X-Request-Id': requestId,
    ...headers,
  });
  response.end(text);
}
