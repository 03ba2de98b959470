/** Reads an introspection request: the token, and the context that a resource server may add (RFC 7662 §2.1). */
import type { IncomingHttpHeaders } from 'node:http';
import { USE_HEADER, USE_REPORTED } from '@keyhouse/protocol';
import type { Asking } from '../core/oauth/introspect.ts';
import { readToken } from './read-token.ts';

/** @throws Refusal when there is no token. */
export const readIntrospection = (body: unknown, headers: IncomingHttpHeaders): Asking => ({
  text: readToken(body),
  reportsUse: reportsUse(headers),
  permission: readPermission(body),
});

/** Whether the asker reports its own use, as guards do. */
export const reportsUse = (headers: IncomingHttpHeaders): boolean => headers[USE_HEADER.toLowerCase()] === USE_REPORTED;

function readPermission(body: unknown): string | null {
  const permission = typeof body === 'object' && body !== null && 'permission' in body ? body.permission : undefined;
  return typeof permission === 'string' ? permission : null;
}
