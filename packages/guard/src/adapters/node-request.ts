/** What every framework on `node:http` passes: the request's own line, all of its headers, and its socket. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHead } from '../index.ts';
import { headersOf, type Refusal } from './judged.ts';

/**
 * `target` is what the framework routes by. `rawHeaders`, because Node drops a second `Authorization` header from `headers`
 * silently. `foldsCase`: the router takes `/API` for `/api`.
 */
export const requestHeadOf = (request: IncomingMessage, target: string, foldsCase = false): RequestHead => ({
  method: request.method ?? '',
  target,
  headers: request.rawHeaders,
  peer: {
    address: request.socket.remoteAddress ?? null,
    isEncrypted: 'encrypted' in request.socket && request.socket.encrypted === true,
  },
  foldsCase,
});

/** Headers that were set before, such as those of CORS, stay. */
export function refuse(response: ServerResponse, refusal: Refusal): void {
  if (response.headersSent || response.destroyed) return;
  const body = JSON.stringify(refusal.body);
  response.statusCode = refusal.status;
  for (const [name, value] of Object.entries(headersOf(refusal))) response.setHeader(name, value);
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(body);
}
