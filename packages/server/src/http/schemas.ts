/** Shapes that several routes share, in TypeBox: one source for validation, types, serialisation and OpenAPI. */
import { Type } from 'typebox';

/** UTC with microseconds, as document A writes times [A5]. */
export const Timestamp = Type.String({ description: 'UTC with microseconds.', examples: ['2026-11-22T10:30:00.000000Z'] });

export const Message = Type.Object({ message: Type.String() });
export const Unauthenticated = Type.Object({ message: Type.Literal('Unauthenticated.') });
export const Unauthorized = Type.Object({ message: Type.Literal('This action is unauthorized.') });
export const Invalid = Type.Object({
  status: Type.Literal('error'),
  message: Type.Literal('The given data was invalid.'),
  errors: Type.Record(Type.String(), Type.Array(Type.String()), { description: 'For each field, a list of sentences.' }),
});
export const OAuthError = Type.Object(
  { error: Type.String(), error_description: Type.Optional(Type.String()) },
  { description: 'RFC 6749 §5.2.' },
);

const REFUSALS = {
  400: {
    ...Message,
    description:
      'The body is not JSON, a parameter or member is repeated, there are two credentials, or credentials came over plain HTTP.',
  },
  401: {
    ...Unauthenticated,
    description: 'The credential is missing, unknown, malformed, expired or revoked. The answer is the same for all of these.',
  },
  403: { ...Unauthorized, description: 'The caller is known, but may not do this.' },
  404: { ...Message, description: 'It does not exist, or belongs to another account.' },
  413: { ...Message, description: 'The body is too large.' },
  415: { ...Message, description: 'The content type is not supported here, or the body has a content coding.' },
  422: { ...Invalid, description: 'The JSON is valid, but a value in it is not.' },
  429: { ...Message, description: 'Too many attempts. `Retry-After` says when to try again.' },
  500: { ...Message, description: 'An error in the server. Its log has the details under the `X-Request-Id`.' },
  503: {
    ...Message,
    description: 'The database cannot be reached, or the server is busy. `Retry-After` says when to try again.',
  },
} as const;

/** The refusals of the contract that a route can answer; 500 and 503 are always among them. */
export function refusals<Status extends keyof typeof REFUSALS>(
  ...statuses: readonly Status[]
): Pick<typeof REFUSALS, Status | 500 | 503> {
  const picked = [...statuses, 500 as const, 503 as const].map((status) => [status, REFUSALS[status]]);
  return Object.fromEntries(picked) as Pick<typeof REFUSALS, Status | 500 | 503>;
}

/** JavaScript dates end at milliseconds; document A writes six digits. */
export const toTimestamp = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z');
export const toOptionalTimestamp = (ms: number | null): string | null => (ms === null ? null : toTimestamp(ms));
