/** What an introspection request says beside the credential (RFC 7662 §2.1 lets a resource server tell more of its context). */
import type { IncomingHttpHeaders } from 'node:http';
import { USE_HEADER, USE_REPORTED } from '@keyhouse/protocol';
import type { Asking } from '../core/oauth/introspect.ts';
import { readToken } from './read-token.ts';

/** Throws a refusal when no credential is named. */
export const readIntrospection = (body: unknown, headers: IncomingHttpHeaders): Asking => ({
  text: readToken(body),
  reportsUse: reportsUse(headers),
  permission: readPermission(body),
});

/** Guards say that they report what they let through, so that nothing is counted twice. */
export const reportsUse = (headers: IncomingHttpHeaders): boolean => headers[USE_HEADER.toLowerCase()] === USE_REPORTED;

function readPermission(body: unknown): string | null {
  const permission = typeof body === 'object' && body !== null && 'permission' in body ? body.permission : undefined;
  return typeof permission === 'string' ? permission : null;
}
