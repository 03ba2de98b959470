/** What every skeleton does with a request and an answer: nothing that HTTP or the contract does not need. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

export type Handler = RequestListener;

let requests = 0;
export const nextRequestId = (): string => `req_${(requests++).toString(36).padStart(16, '0')}`;

export function answerJson(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, [
    'Content-Type',
    'application/json; charset=utf-8',
    'Content-Length',
    String(Buffer.byteLength(text)),
    'Cache-Control',
    'no-store',
    'X-Content-Type-Options',
    'nosniff',
    'X-Request-Id',
    nextRequestId(),
  ]);
  response.end(text);
}

export function answerEmpty(response: ServerResponse, status: number, headers: readonly string[] = []): void {
  response.writeHead(status, [...headers, 'Content-Length', '0', 'X-Request-Id', nextRequestId()]);
  response.end();
}

export function readBody(request: IncomingMessage, whenRead: (body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => whenRead(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)));
}

/** The text after `Bearer `; null if there is none. */
export function bearerOf({ headers }: IncomingMessage): string | null {
  const { authorization } = headers;
  return authorization?.startsWith('Bearer ') === true ? authorization.slice('Bearer '.length) : null;
}
