/**
 * Where a refusal becomes a status and a body: one exhaustive map, the same for Fastify's routes and for those that are answered
 * before it. A stranger learns only that it failed; the reason is recorded under the request's ID.
 */

import type { Refused } from '../core/refusal.ts';
import { StoreUnavailable } from '../core/unavailable.ts';
import { INACTIVE_SENTENCES } from '../core/users/account.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export const UNAUTHENTICATED = { message: 'Unauthenticated.' } as const;
export const UNAUTHORIZED = { message: 'This action is unauthorized.' } as const;
const STORE_RETRY_SECONDS = 2;

export function answerRefusal(refused: Refused): Answer {
  switch (refused.code) {
    case 'unauthenticated':
      // RFC 6750 §3.1: no error code when nothing was sent.
      return answer(401, UNAUTHENTICATED, { 'WWW-Authenticate': refused.presented ? 'Bearer error="invalid_token"' : 'Bearer' });
    case 'forbidden':
      return answer(403, UNAUTHORIZED, { 'WWW-Authenticate': `Bearer error="insufficient_scope"${scope(refused.permission)}` });
    case 'not_signed_in':
      // RFC 9110 §11.6.1 requires a challenge with every 401; a browser's cookie has no registered scheme.
      return answer(401, UNAUTHENTICATED, { 'WWW-Authenticate': 'Cookie realm="Keyhouse"' });
    case 'not_allowed':
      return answer(403, UNAUTHORIZED);
    case 'account_inactive':
      return answer(403, { message: INACTIVE_SENTENCES[refused.state], account: refused.state });
    case 'cross_site':
      return answer(403, { message: 'This request comes from another site.' });
    case 'proof_required':
      return answer(403, { message: 'Confirm it’s you.', proof: 'required' });
    case 'email_unverified':
      return answer(403, { message: 'Verify your email address first.', email: 'unverified' });
    case 'invalid':
      return answer(422, { status: 'error', message: 'The given data was invalid.', errors: refused.errors });
    case 'not_json':
      return answer(400, { message: 'The body is not valid JSON.' });
    case 'repeated_member':
      return answer(400, { message: 'A member of the JSON body is repeated.' });
    case 'repeated_parameter':
      return answer(400, { message: 'A parameter is repeated.' });
    case 'two_credentials':
      return answer(400, { message: 'Send only one credential.' });
    case 'use_https':
      return answer(400, { message: 'Use HTTPS.' });
    case 'bad_request':
      return answer(400, { message: 'The request cannot be read.' });
    case 'not_found':
      return answer(404, { message: 'Not found.' });
    case 'method_not_allowed':
      return answer(405, { message: 'This method is not allowed here.' }, { Allow: refused.allow.join(', ') });
    case 'too_large':
      return answer(413, { message: 'The body is too large.' });
    case 'unsupported_media_type':
      return answer(415, { message: 'This content type is not supported here.' });
    case 'unsupported_coding':
      // RFC 9110 §12.5.3: the answer says which codings are understood.
      return answer(415, { message: 'Send the body without a content coding.' }, { 'Accept-Encoding': 'identity' });
    case 'too_many_requests':
      return answer(429, { message: 'Too many requests.' }, retryAfter(refused.retryAfterSeconds, true));
    case 'unavailable':
      return answer(503, { message: 'The service is not available now.' }, retryAfter(STORE_RETRY_SECONDS));
    case 'busy':
      return answer(503, { message: 'The service is busy. Try again in a moment.' }, retryAfter(refused.retryAfterSeconds));
    case 'oauth':
      return oauthAnswer(refused.error, refused.description);
  }
}

/** For what was thrown while a request was answered. Null: a mistake of our own, to be logged and answered with 500. */
export function answerError(error: unknown): Answer | null {
  if (error instanceof StoreUnavailable) return answerRefusal({ code: 'unavailable' });
  return null;
}

/** RFC 6749 §5.2: anything that makes a request unreadable is an `invalid_request` at OAuth endpoints. */
export function inOAuthWords(answer: Answer): Answer {
  const { status, body } = answer;
  const isMessage = status === 400 && typeof body === 'object' && body !== null && 'message' in body;
  return isMessage ? { ...answer, body: { error: 'invalid_request', error_description: body.message } } : answer;
}

export const INTERNAL: Answer = { status: 500, headers: {}, body: { message: 'Something went wrong on our side.' } };

const answer = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers,
  body,
});

const scope = (permission: string | undefined): string => (permission === undefined ? '' : `, scope="${permission}"`);

/** `RateLimit-*` as in draft-ietf-httpapi-ratelimit-headers: how many are left, and when the window ends. */
const retryAfter = (seconds: number, isLimit = false): Record<string, string> => ({
  'Retry-After': String(seconds),
  ...(isLimit ? { 'RateLimit-Remaining': '0', 'RateLimit-Reset': String(seconds) } : {}),
});

function oauthAnswer(error: string, description: string): Answer {
  const status = error === 'invalid_client' ? 401 : 400;
  // RFC 7617 §2: a realm is required.
  const headers = status === 401 ? { 'WWW-Authenticate': 'Basic realm="Keyhouse"' } : {};
  return answer(status, { error, error_description: description }, { 'Cache-Control': 'no-store', ...headers });
}
