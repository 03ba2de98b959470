import { Refusal } from '../core/refusal.ts';

/** RFC 7662 §2.1, RFC 7009 §2.1: `token` is required; we may ignore a hint. */
export function readToken(body: unknown): string {
  const token = typeof body === 'object' && body !== null && 'token' in body ? body.token : undefined;
  if (typeof token === 'string' && token !== '') return token;
  throw new Refusal({ code: 'oauth', error: 'invalid_request', description: 'Send the token parameter exactly once, as text.' });
}
