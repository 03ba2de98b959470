/**
 * Refusals exactly as the contract has them; the reason is reported to Keyhouse under the request's ID and never to the client
 * that was refused.
 */
import type { Decision } from './decision.ts';

export type Refusal = Omit<Extract<Decision, { ok: false }>, 'requestId'>;

const refusal = (status: Refusal['status'], message: string, headers: Readonly<Record<string, string>> = {}): Refusal =>
  Object.freeze({ ok: false, status, headers: Object.freeze(headers), body: Object.freeze({ message }) });

const NOTHING_SENT = refusal(401, 'Unauthenticated.', { 'WWW-Authenticate': 'Bearer' });
const INVALID = refusal(401, 'Unauthenticated.', { 'WWW-Authenticate': 'Bearer error="invalid_token"' });

/** RFC 6750 §3.1: no error code when nothing was sent. */
export const unauthenticated = (wasSent: boolean): Refusal => (wasSent ? INVALID : NOTHING_SENT);

export const forbidden = (permission: string | null): Refusal => {
  const scope = permission === null ? '' : `, scope="${permission}"`;
  return refusal(403, 'This action is unauthorized.', { 'WWW-Authenticate': `Bearer error="insufficient_scope"${scope}` });
};

export const twoCredentials = refusal(400, 'Send only one credential.');
export const useHttps = refusal(400, 'Use HTTPS.');
export const unavailable = refusal(503, 'The service is not available now.', { 'Retry-After': '2' });
