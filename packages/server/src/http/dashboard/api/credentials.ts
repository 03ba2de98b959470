/** Personal access tokens of the user, API keys of an account, and the JWTs minted from them. */
import { Type } from 'typebox';
import { CreatedBy, type Endpoints, Ends, Id, NameInput, Next, OptionalText, OptionalTime, Page, Time } from './endpoint.ts';

/** Null: everything of the account. */
const Permissions = Type.Union([Type.Array(Type.String({ maxLength: 128 }), { maxItems: 100 }), Type.Null()]);
/** Null: from anywhere. */
const Addresses = Type.Union([Type.Array(Type.String({ maxLength: 64 }), { maxItems: 100 }), Type.Null()]);

export const CredentialRow = Type.Object({
  id: Id,
  kind: Type.Union([Type.Literal('token'), Type.Literal('key')]),
  name: Type.String(),
  /** The part after `kh_`; tokens are always live. */
  environment: Type.Union([Type.Literal('live'), Type.Literal('test')]),
  /**
   * What can be shown of the secret: `kh_live_…` or `123|kh_…`, never a character of its forty. For an imported one, what its
   * source showed.
   */
  starts_with: Type.String(),
  /** `sanctum`, `csv`, `better-auth`, `unkey` or another name; null: it was created here. */
  imported_from: OptionalText,
  source: Type.Union([Type.Literal('dashboard'), Type.Literal('login'), Type.Literal('register'), Type.Literal('command-line')]),
  permissions: Permissions,
  addresses: Addresses,
  created_at: Time,
  created_by: CreatedBy,
  rotated_at: OptionalTime,
  expires_at: OptionalTime,
  last_used_at: OptionalTime,
  last_address: OptionalText,
  last_user_agent: OptionalText,
  /** The last 30 days, oldest first, today last (UTC days). */
  requests_by_day: Type.Array(Type.Integer()),
  /** During an overlap, while the previous secret works too. */
  overlap: Type.Union([
    Type.Object({
      ends_at: Time,
      requests: Type.Integer(),
      last_used_at: OptionalTime,
      last_address: OptionalText,
      last_user_agent: OptionalText,
    }),
    Type.Null(),
  ]),
});

/**
 * Granted permissions and used ones [A10, B10]. `narrow_to`: what to narrow to with one click; null if there is nothing to
 * remove, nothing was used, or some requests did not say what they needed.
 */
export const Least = Type.Object({
  permissions: Type.Array(
    Type.Object({
      name: Type.String(),
      granted: Type.Boolean(),
      requests_30_days: Type.Integer(),
      requests_90_days: Type.Integer(),
      last_used_at: OptionalTime,
    }),
  ),
  /** Granted but not used, and left out of the list, which has only the first of these. */
  more_unused: Type.Integer(),
  observed_since: Time,
  /** The latest of: its creation, the last change of its permissions, the moment from which use was counted. */
  watched_since: Time,
  watched_days: Type.Integer(),
  /** When something can be suggested; null: it has been watched for long enough. */
  suggests_from: OptionalTime,
  /** Requests of 90 days that were checked by introspection without naming a permission. */
  untold_requests: Type.Integer(),
  narrow_to: Type.Union([Type.Array(Type.String()), Type.Null()]),
});

const Wish = { name: NameInput, expires_at: OptionalTime, permissions: Permissions, addresses: Addresses };
const Made = Type.Object({ credential: CredentialRow, secret: Type.String({ description: 'Shown once.' }) });
/** Until then, users who may narrow can undo the last narrowing. */
const Undo = Type.Object({ until: Time, narrowed_at: Time, permissions: Permissions, addresses: Addresses });
const Detail = Type.Object({
  credential: CredentialRow,
  least: Least,
  undo: Type.Union([Undo, Type.Null()]),
  requests_90_days: Type.Array(Type.Integer()),
});
const Narrow = Type.Object({ permissions: Type.Optional(Permissions), addresses: Type.Optional(Addresses) });
const OverlapSeconds = Type.Integer({ minimum: 0, maximum: 604_800 });

export const JwtRow = Type.Object({
  jti: Type.String(),
  key_id: Id,
  subject: OptionalText,
  permissions: Type.Array(Type.String()),
  issued_at: Time,
  expires_at: Time,
  revoked_at: OptionalTime,
});

export const credentials = {
  'GET /permissions': {
    summary: 'The permissions that exist. Empty: any well-formed permission exists',
    who: 'signed-in',
    answer: Type.Object({
      permissions: Type.Array(
        Type.Object({
          name: Type.String(),
          sentence: Type.String(),
          /** Applications may ask users for it; `sensitive`: verified ones only. */
          grantable: Type.Boolean(),
          sensitive: Type.Boolean(),
        }),
      ),
    }),
  },

  'GET /tokens': {
    summary: "The user's personal access tokens",
    who: 'signed-in',
    query: Type.Object(Page),
    answer: Type.Object({ credentials: Type.Array(CredentialRow), next: Next }),
  },
  'POST /tokens': {
    personal: true,
    summary: 'Create a token',
    who: 'signed-in',
    proof: true,
    verified: true,
    body: Type.Object(Wish),
    answer: Made,
  },
  'GET /tokens/:id': { summary: 'One token and its use', who: 'signed-in', answer: Detail },
  'PATCH /tokens/:id': { personal: true, summary: 'Rename a token', who: 'signed-in', body: Type.Object({ name: NameInput }) },
  'POST /tokens/:id/narrow': { personal: true, summary: 'Remove permissions or addresses', who: 'signed-in', body: Narrow },
  'POST /tokens/:id/narrow/undo': {
    personal: true,
    summary: 'Undo the latest narrowing, within a day',
    who: 'signed-in',
    proof: true,
  },
  'POST /tokens/:id/rotate': {
    personal: true,
    summary: 'Rotate the secret',
    who: 'signed-in',
    proof: true,
    body: Type.Object({ overlap_seconds: OverlapSeconds }),
    answer: Made,
  },
  'POST /tokens/:id/overlap/end': {
    whileSuspended: true,
    personal: true,
    summary: 'End the previous secret now',
    who: 'signed-in',
  },
  'POST /tokens/:id/overlap/extend': {
    personal: true,
    summary: 'Set how long the previous secret keeps working, from now',
    who: 'signed-in',
    proof: true,
    body: Type.Object({ seconds: OverlapSeconds }),
  },
  'DELETE /tokens/:id': { whileSuspended: true, personal: true, summary: 'Revoke a token', who: 'signed-in' },

  'GET /accounts/:account/keys': {
    summary: "The account's API keys",
    who: 'viewer',
    query: Type.Object(Page),
    answer: Type.Object({ credentials: Type.Array(CredentialRow), next: Next }),
  },
  'POST /accounts/:account/keys': {
    summary: 'Create an API key',
    who: 'developer',
    proof: true,
    verified: true,
    body: Type.Object({ ...Wish, environment: Type.Union([Type.Literal('live'), Type.Literal('test')]) }),
    answer: Made,
  },
  'GET /accounts/:account/keys/:id/ends': { summary: 'What revoking the key would end', who: 'viewer', answer: Ends },
  'GET /accounts/:account/keys/:id': { summary: 'One key and its use', who: 'viewer', answer: Detail },
  'PATCH /accounts/:account/keys/:id': { summary: 'Rename a key', who: 'developer', body: Type.Object({ name: NameInput }) },
  'POST /accounts/:account/keys/:id/narrow': {
    summary: 'Remove permissions or addresses. JWTs with more than what is left are revoked',
    who: 'developer',
    body: Narrow,
  },
  'POST /accounts/:account/keys/:id/narrow/undo': {
    summary: 'Undo the latest narrowing, within a day. JWTs that it revoked stay revoked',
    who: 'developer',
    proof: true,
  },
  'POST /accounts/:account/keys/:id/rotate': {
    summary: 'Rotate the secret',
    who: 'developer',
    proof: true,
    body: Type.Object({ overlap_seconds: OverlapSeconds, revoke_jwts: Type.Boolean() }),
    answer: Made,
  },
  'POST /accounts/:account/keys/:id/overlap/end': {
    whileSuspended: true,
    summary: 'End the previous secret now',
    who: 'developer',
  },
  'POST /accounts/:account/keys/:id/overlap/extend': {
    summary: 'Set how long the previous secret keeps working, from now',
    who: 'developer',
    proof: true,
    body: Type.Object({ seconds: OverlapSeconds }),
  },
  'DELETE /accounts/:account/keys/:id': {
    whileSuspended: true,
    summary: 'Revoke a key, and every JWT minted from it',
    who: 'developer',
  },

  'GET /accounts/:account/keys/:id/jwts': {
    summary: 'Active JWTs minted from a key, newest first',
    who: 'viewer',
    query: Type.Object({ ...Page, subject: Type.Optional(Type.String({ maxLength: 128 })) }),
    answer: Type.Object({ jwts: Type.Array(JwtRow), next: Next }),
  },
  'POST /accounts/:account/jwts/decode': {
    whileSuspended: true,
    summary: 'The claims of a JWT, and whether it is still valid',
    who: 'viewer',
    body: Type.Object({ jwt: Type.String({ minLength: 1, maxLength: 16_384 }) }),
    answer: Type.Object({
      header: Type.Record(Type.String(), Type.Unknown()),
      claims: Type.Record(Type.String(), Type.Unknown()),
      /** `foreign`: not of this account, whatever it is. */
      state: Type.Union([
        Type.Literal('valid'),
        Type.Literal('expired'),
        Type.Literal('revoked'),
        Type.Literal('foreign'),
        Type.Literal('forged'),
      ]),
    }),
  },
  'DELETE /accounts/:account/jwts/:jti': { whileSuspended: true, summary: 'Revoke one JWT', who: 'developer' },
  'DELETE /accounts/:account/keys/:id/jwts': {
    whileSuspended: true,
    summary: 'Revoke every JWT that was minted from a key so far',
    who: 'developer',
    answer: Type.Object({ revoked: Type.Integer() }),
  },
} as const satisfies Endpoints;
