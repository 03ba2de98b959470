/** Applications of an account, what a user has connected, their sessions, and the operator's badges for all of them. */
import { Type } from 'typebox';
import { CreatedBy, type Endpoints, Ends, Id, NameInput, Next, OptionalText, OptionalTime, Page, Time } from './endpoint.ts';

const Kind = Type.Union([Type.Literal('public'), Type.Literal('confidential')]);
const IdTokenAlgorithm = Type.Union([Type.Literal('ES256'), Type.Literal('RS256')]);
const Names = Type.Array(Type.String({ maxLength: 128 }), { maxItems: 100 });
const Uris = Type.Array(Type.String({ maxLength: 2048 }), { maxItems: 100 });
const OptionalSeconds = Type.Union([Type.Integer(), Type.Null()]);
const Jwks = Type.Object({ keys: Type.Array(Type.Object({}, { additionalProperties: true }), { maxItems: 50 }) });
/** Base64 of a PNG, JPEG or WebP of at most 100 kB and 4,096 pixels each way. */
const Logo = Type.Union([Type.String({ maxLength: 140_000 }), Type.Null()]);

/** What its owner decides. */
const Settings = {
  name: NameInput,
  home_page: Type.Union([Type.String({ maxLength: 2048 }), Type.Null()]),
  redirect_uris: Uris,
  post_logout_redirect_uris: Uris,
  /** Private schemes such as `cursor:`, which any program can claim. */
  allows_schemes_without_dot: Type.Optional(Type.Boolean()),
  /** OpenID Connect Registration §2. */
  id_token_signed_response_alg: Type.Optional(IdTokenAlgorithm),
  /** Null: everything that is grantable. */
  permissions: Type.Union([Names, Type.Null()]),
  optional_permissions: Names,
  own_permissions: Names,
  /** Null: never. */
  idle_seconds: OptionalSeconds,
  absolute_seconds: OptionalSeconds,
  jwks: Type.Union([Jwks, Type.Null()]),
};

const LostBadges = Type.Object({
  badges: Type.Array(Type.Union([Type.Literal('verified'), Type.Literal('first_party')])),
  changed: Type.Array(
    Type.Union([
      ...([Type.Literal('name'), Type.Literal('home_page'), Type.Literal('logo'), Type.Literal('owner')] as const),
      ...([Type.Literal('redirect_uris'), Type.Literal('post_logout_redirect_uris'), Type.Literal('jwks')] as const),
      Type.Literal('allows_schemes_without_dot'),
      ...([Type.Literal('permissions'), Type.Literal('optional_permissions'), Type.Literal('own_permissions')] as const),
    ]),
  ),
  at: Time,
});

/** The application's state when the administrator read it: a later change is not vouched for unseen. */
const Version = Type.Optional(Type.Integer({ minimum: 0 }));

const Application = {
  id: Id,
  client_id: Type.String(),
  account_id: Id,
  name: Type.String(),
  type: Kind,
  logo_url: OptionalText,
  home_page: OptionalText,
  first_party: Type.Boolean(),
  verified_at: OptionalTime,
  /** Badges that a change took away, and what has changed since the operator looked; null: none. */
  lost_badges: Type.Union([LostBadges, Type.Null()]),
  created_at: Time,
};

const Row = {
  ...Application,
  account_name: Type.String(),
  /** At most 1,000: more are not counted. */
  live_sessions: Type.Integer(),
};

const ApplicationDetail = Type.Object({
  ...Application,
  created_by: CreatedBy,
  redirect_uris: Type.Array(Type.String()),
  post_logout_redirect_uris: Type.Array(Type.String()),
  allows_schemes_without_dot: Type.Boolean(),
  id_token_signed_response_alg: IdTokenAlgorithm,
  permissions: Type.Union([Type.Array(Type.String()), Type.Null()]),
  optional_permissions: Type.Array(Type.String()),
  own_permissions: Type.Array(Type.String()),
  idle_seconds: OptionalSeconds,
  absolute_seconds: OptionalSeconds,
  jwks: Type.Union([Jwks, Type.Null()]),
  /** When the secret was created; null: there is none. */
  secret_made_at: OptionalTime,
  /** Until when the previous secret works. */
  previous_secret_ends_at: OptionalTime,
  updated_at: Time,
});

const Made = Type.Object({
  application: ApplicationDetail,
  client_secret: Type.Union([Type.String({ description: 'Shown once.' }), Type.Null()]),
});

const Session = {
  id: Type.String(),
  permissions: Type.Array(Type.String()),
  scopes: Type.Array(Type.String()),
  created_at: Time,
  last_used_at: Time,
};

/** What the owner of the application sees of it: not the addresses that users come from. */
const SessionOfApplication = Type.Object({ ...Session, user_name: Type.String(), account_id: Id });

const SessionOfUser = Type.Object({
  ...Session,
  application: Type.String(),
  client_id: Type.String(),
  account: Type.String(),
  browser: OptionalText,
  system: OptionalText,
  address: OptionalText,
});

const Connected = Type.Object({
  id: Id,
  name: Type.String(),
  client_id: Type.String(),
  logo_url: OptionalText,
  home_page: OptionalText,
  first_party: Type.Boolean(),
  verified: Type.Boolean(),
  account: Type.String(),
  permissions: Type.Array(Type.String()),
  scopes: Type.Array(Type.String()),
  since: Time,
  last_used_at: OptionalTime,
  live_sessions: Type.Integer(),
});

export const applications = {
  'GET /accounts/:account/applications': {
    summary: "The account's applications, newest first",
    who: 'viewer',
    query: Type.Object(Page),
    answer: Type.Object({ applications: Type.Array(Type.Object(Row)), next: Next }),
  },
  'POST /accounts/:account/applications': {
    summary: 'Register an application',
    who: 'developer',
    proof: true,
    verified: true,
    body: Type.Object({ ...Settings, type: Kind, logo: Type.Optional(Logo) }),
    answer: Made,
  },
  'GET /accounts/:account/applications/:id/ends': {
    summary: 'What deleting the application would end',
    who: 'viewer',
    answer: Ends,
  },
  'GET /accounts/:account/applications/:id': {
    summary: 'One application, and who uses it',
    who: 'viewer',
    answer: Type.Object({
      application: ApplicationDetail,
      /** Active ones, most recently used first; at most a hundred. None to a viewer. */
      sessions: Type.Array(SessionOfApplication),
      /** At most 1,000: more are not counted. */
      live_sessions: Type.Integer(),
    }),
  },
  'PATCH /accounts/:account/applications/:id': {
    summary: 'Change an application. It loses its badges if something changes that they are about',
    who: 'developer',
    proof: true,
    body: Type.Partial(Type.Object({ ...Settings, logo: Logo })),
    answer: ApplicationDetail,
  },
  'POST /accounts/:account/applications/:id/secret': {
    summary: 'Rotate the client secret. The previous one keeps working for the overlap',
    who: 'developer',
    proof: true,
    body: Type.Object({ overlap_seconds: Type.Integer({ minimum: 0, maximum: 604_800 }) }),
    answer: Made,
  },
  'POST /accounts/:account/applications/:id/secret/end-overlap': {
    whileSuspended: true,
    summary: 'End the previous secret now',
    who: 'developer',
  },
  'DELETE /accounts/:account/applications/:id': {
    summary: 'Delete an application with its grants, sessions and their JWTs',
    who: 'developer',
  },
  'DELETE /accounts/:account/applications/:id/sessions/:session': {
    whileSuspended: true,
    summary: 'End one session of an application',
    who: 'developer',
  },

  'GET /me/applications': {
    summary: 'Applications that the user has granted access',
    who: 'signed-in',
    answer: Type.Object({ applications: Type.Array(Connected) }),
  },
  'DELETE /me/applications/:grant': {
    summary: 'Revoke a grant, its sessions and their JWTs',
    who: 'signed-in',
  },
  'GET /me/sessions': {
    summary: 'Active sessions of applications, most recently used first',
    who: 'signed-in',
    answer: Type.Object({ sessions: Type.Array(SessionOfUser) }),
  },
  'DELETE /me/sessions/:session': { summary: 'End one session', who: 'signed-in' },

  'GET /operator/applications': {
    summary: 'All applications, newest first; `q` finds by client ID or the beginning of the name',
    who: 'administrator',
    query: Type.Object({ ...Page, q: Type.Optional(Type.String({ maxLength: 254 })) }),
    answer: Type.Object({
      applications: Type.Array(
        Type.Object({
          ...Row,
          redirect_uris: Type.Array(Type.String()),
          permissions: Type.Union([Type.Array(Type.String()), Type.Null()]),
          /** A different one after each change. */
          version: Type.Integer(),
        }),
      ),
      next: Next,
    }),
  },
  'PUT /operator/applications/:id/verified': {
    summary: 'Mark an application as verified, or remove the mark',
    who: 'administrator',
    proof: true,
    body: Type.Object({ verified: Type.Boolean(), version: Version }),
  },
  'PUT /operator/applications/:id/first-party': {
    summary:
      "Mark an application of the operator's account as first-party, or remove the mark. Users are not asked for consent to a first-party application",
    who: 'administrator',
    proof: true,
    body: Type.Object({ first_party: Type.Boolean(), version: Version }),
  },
} as const satisfies Endpoints;
