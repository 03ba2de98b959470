/**
 * What is refused before it is a request: bytes that Node's parser cannot read, and lines of HTTP that RFC 9112 forbids. Node
 * would answer some of it by itself, without a text and without an ID; here a client gets an answer that it can read.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { mapOf } from '../core/lib/map-of.ts';
import { answerRefusal, inOAuthWords } from './errors.ts';
import { isVerifyTarget } from './verify-question.ts';

const PARSER_ANSWERS: ReadonlyMap<string, readonly [status: string, message: string]> = mapOf<
  readonly [status: string, message: string]
>({
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The headers are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request took too long to arrive.'],
});
/** How long a client may take to read the refusal; then the socket is closed, whatever it still sends. */
const LINGER_MS = 1000;

/** What Node's parser refuses never becomes a request. */
export function answerUnreadable(error: Error & { code?: string }, socket: Socket, requestId: string): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, message] = PARSER_ANSWERS.get(error.code ?? '') ?? ['400 Bad Request', 'The request cannot be read.'];
  const body = JSON.stringify({ message });
  const head = [`HTTP/1.1 ${status}`, 'Content-Type: application/json; charset=utf-8', `Content-Length: ${body.length}`];
  socket.end([...head, `X-Request-Id: ${requestId}`, 'Connection: close', '', body].join('\r\n'));
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

/**
 * RFC 9112 §3.2: exactly one `Host`; HTTP/1.0 may leave it out. We never read it, but a proxy before us might read the other one.
 */
export function isHosted({ rawHeaders, httpVersion }: IncomingMessage): boolean {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts === 1 || (hosts === 0 && httpVersion === '1.0');
}

/**
 * For a request with no `Host`, or with two. Gateways do not understand a 400, and OAuth clients expect an error of RFC 6749
 * §5.2.
 */
export function answerUnhosted({ url = '' }: IncomingMessage, response: ServerResponse, requestId: string): void {
  const refused = answerRefusal(isVerifyTarget(url) ? { code: 'forbidden' } : { code: 'bad_request' });
  const { status, headers, body } = OAUTH_PATHS.has(url.split('?', 1)[0] ?? '') ? inOAuthWords(refused) : refused;
  const text = JSON.stringify(body);
  response.writeHead(status, {
    ...headers,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    Connection: 'close',
    'X-Request-Id': requestId,
  });
  response.end(text);
}

const OAUTH_PATHS: ReadonlySet<string> = new Set(['/auth/token', '/auth/introspect', '/auth/revoke']);
