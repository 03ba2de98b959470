/** The operator's pages; administrators only. */
import { Type } from 'typebox';
import { AuditFilter, AuditRow, AuditSearch, ExportFormat } from './accounts.ts';
import { EmailInput, type Endpoints, Ends, Id, NameInput, Next, OptionalText, OptionalTime, Page, Time } from './endpoint.ts';
import { Brand } from './getting-in.ts';
import { AccountOfUser, SignIn, Suspension } from './me.ts';

export const UserRow = Type.Object({
  id: Id,
  email: Type.String(),
  email_verified: Type.Boolean(),
  display_name: Type.String(),
  administrator: Type.Boolean(),
  disabled_at: OptionalTime,
  created_at: Time,
  last_seen_at: OptionalTime,
});

export const AccountRow = Type.Object({
  id: Id,
  kind: Type.String(),
  name: Type.String(),
  owner: OptionalText,
  members: Type.Integer(),
  keys: Type.Integer(),
  suspension: Suspension,
  created_at: Time,
});

export const SigningKey = Type.Object({
  kid: Type.String(),
  algorithm: Type.String(),
  state: Type.Union([Type.Literal('next'), Type.Literal('current'), Type.Literal('retired')]),
  created_at: Time,
  signing_since: OptionalTime,
  retired_at: OptionalTime,
  last_jwt_ends_at: OptionalTime,
});

export const MailRow = Type.Object({
  id: Id,
  kind: Type.String(),
  to: Type.String(),
  subject: Type.String(),
  created_at: Time,
  state: Type.Union([Type.Literal('waiting'), Type.Literal('sent'), Type.Literal('failed'), Type.Literal('kept')]),
  sent_at: OptionalTime,
  tries: Type.Integer(),
  error: OptionalText,
});

const Routes = Type.Array(
  Type.Object({
    methods: Type.Union([Type.Array(Type.String({ maxLength: 16 }), { minItems: 1, maxItems: 5 }), Type.Null()]),
    pattern: Type.String({ maxLength: 512 }),
    resource: OptionalText,
    permission: OptionalText,
    /** Absent is false. Then neither resource nor permission is public. */
    refused: Type.Optional(Type.Boolean()),
  }),
  { maxItems: 5000 },
);
const Catalogue = Type.Array(
  Type.Object({
    name: Type.String({ maxLength: 128 }),
    sentence: Type.String({ maxLength: 500 }),
    grantable: Type.Optional(Type.Boolean()),
    sensitive: Type.Optional(Type.Boolean()),
  }),
  { maxItems: 1000 },
);

/** Counted up to 10,000; the oldest ten are named. */
const HoldersOfKind = Type.Object({
  count: Type.Integer(),
  first: Type.Array(
    Type.Object({ name: Type.String(), account: Type.Object({ id: Id, kind: Type.String(), name: Type.String() }) }),
  ),
});

const AuditSubject = {
  account: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,14}$' })),
  user: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,14}$' })),
};

export const operator = {
  'GET /operator/users': {
    summary: 'Users, newest first; `q` finds by ID, or the beginning of the email address or name',
    who: 'administrator',
    query: Type.Object({ ...Page, q: Type.Optional(Type.String({ maxLength: 254 })) }),
    answer: Type.Object({ users: Type.Array(UserRow), next: Next }),
  },
  'GET /operator/users/:id': {
    summary: 'One user: factors, sign-ins, accounts',
    who: 'administrator',
    answer: Type.Object({
      user: UserRow,
      has_password: Type.Boolean(),
      two_step: Type.Boolean(),
      passkeys: Type.Integer(),
      totp: Type.Boolean(),
      recovery_codes_left: Type.Integer(),
      tokens: Type.Integer(),
      accounts: Type.Array(AccountOfUser),
      /** The newest 100. */
      sign_ins: Type.Array(SignIn),
      more_sign_ins: Type.Boolean(),
      /** Active sessions of applications that they granted. */
      sessions: Type.Integer(),
      /** Invitations that they sent and that are still open; they end when the user is disabled. `team` null: to register. */
      open_invitations: Type.Array(Type.Object({ email: Type.String(), team: OptionalText })),
    }),
  },
  'POST /operator/users/:id/disable': {
    summary: 'Disable a user. All of their credentials are refused',
    who: 'administrator',
    proof: true,
  },
  'POST /operator/users/:id/enable': { summary: 'Enable a user again', who: 'administrator', proof: true },
  'POST /operator/users/:id/reset-second-factor': {
    summary: 'Remove passkeys, TOTP and recovery codes',
    who: 'administrator',
    proof: true,
  },
  'POST /operator/users/:id/end-sign-ins': {
    summary: 'End every sign-in of a user; with `sessions=end` also the sessions of applications that they granted',
    who: 'administrator',
    proof: true,
    query: Type.Object({ sessions: Type.Optional(Type.Literal('end')) }),
  },
  'PUT /operator/users/:id/administrator': {
    summary: 'Make a user an administrator, or remove that',
    who: 'administrator',
    proof: true,
    body: Type.Object({ administrator: Type.Boolean() }),
  },
  'POST /operator/invitations': {
    summary: 'Invite someone to register',
    who: 'administrator',
    proof: true,
    body: Type.Object({ email: EmailInput }),
  },

  'GET /operator/accounts': {
    summary: 'Accounts, newest first; `q` finds by id or the beginning of the name',
    who: 'administrator',
    query: Type.Object({ ...Page, q: Type.Optional(Type.String({ maxLength: 254 })) }),
    answer: Type.Object({
      accounts: Type.Array(AccountRow),
      next: Next,
    }),
  },
  'GET /operator/accounts/:id': {
    summary: 'One account, and what deleting it would end',
    who: 'administrator',
    answer: Type.Object({ account: AccountRow, ends: Ends }),
  },
  'POST /operator/accounts/:id/suspend': {
    summary: 'Suspend an account until it is resumed. `reason` is shown to its members',
    who: 'administrator',
    proof: true,
    body: Type.Object({ reason: Type.Union([Type.String({ maxLength: 500 }), Type.Null()]) }),
  },
  'POST /operator/accounts/:id/resume': {
    summary: 'Resume a suspended account',
    who: 'administrator',
    proof: true,
  },
  'DELETE /operator/accounts/:id': {
    summary: 'Delete a team, or a personal account with its user',
    who: 'administrator',
    proof: true,
    body: Type.Object({ name: Type.String({ maxLength: 254 }) }),
  },

  'PUT /operator/permissions': {
    summary: 'Replace the permission catalogue',
    who: 'administrator',
    proof: true,
    body: Type.Object({ permissions: Catalogue }),
  },
  'POST /operator/permissions/holders': {
    summary: 'Who has permissions that would be removed from the catalogue',
    who: 'administrator',
    body: Type.Object({ permissions: Type.Array(Type.String({ maxLength: 128 }), { maxItems: 1000 }) }),
    answer: Type.Object({
      keys: HoldersOfKind,
      tokens: HoldersOfKind,
      applications: HoldersOfKind,
      /** Of users, at these applications. */
      sessions: Type.Integer(),
      /** False: there are so many entries that not all were read, so there may be more. */
      whole: Type.Boolean(),
    }),
  },
  'GET /operator/routes': {
    summary: 'The route patterns, first match first',
    who: 'administrator',
    answer: Type.Object({ routes: Routes }),
  },
  'PUT /operator/routes': {
    summary: 'Replace the route patterns',
    who: 'administrator',
    proof: true,
    body: Type.Object({ routes: Routes }),
  },
  'POST /operator/routes/try': {
    summary: 'Which permission a method and path ask for',
    who: 'administrator',
    body: Type.Object({ method: Type.String({ maxLength: 16 }), path: Type.String({ maxLength: 2048 }) }),
    answer: Type.Object({
      outcome: Type.Union([Type.Literal('permission'), Type.Literal('public'), Type.Literal('refused')]),
      permission: OptionalText,
    }),
  },

  'GET /operator/signing-keys': {
    summary: 'Signing keys and when they rotate',
    who: 'administrator',
    answer: Type.Object({ keys: Type.Array(SigningKey), rotate_every_days: Type.Integer(), next_rotation_at: OptionalTime }),
  },
  'POST /operator/signing-keys/rotate': {
    summary: 'Start to sign with the next key. `emergency`: even if verifiers do not know that key yet',
    who: 'administrator',
    proof: true,
    body: Type.Object({ emergency: Type.Boolean() }),
  },
  'PUT /operator/signing-keys/schedule': {
    summary: 'Set how often they rotate',
    who: 'administrator',
    proof: true,
    body: Type.Object({ days: Type.Integer({ minimum: 1, maximum: 365 }) }),
  },

  'GET /operator/mails': {
    summary: 'Emails, newest first',
    who: 'administrator',
    query: Type.Object(Page),
    answer: Type.Object({ smtp: Type.Boolean(), mails: Type.Array(MailRow), next: Next }),
  },
  'GET /operator/mails/:id': {
    summary: 'One email, as it is sent',
    who: 'administrator',
    proof: true,
    answer: Type.Object({ mail: MailRow, text: OptionalText, html: OptionalText }),
  },
  'POST /operator/mails/:id/retry': { summary: 'Try again now', who: 'administrator' },
  'POST /operator/mails/test': { summary: 'Send a test email to yourself', who: 'administrator' },

  'GET /operator/limits': {
    summary: 'The limits in force',
    who: 'administrator',
    answer: Type.Object({
      limits: Type.Array(Type.Object({ name: Type.String(), value: Type.String(), why: Type.String(), setting: OptionalText })),
    }),
  },
  'POST /operator/limits/clear': {
    summary: 'Unlock sign-in for a user or an address',
    who: 'administrator',
    proof: true,
    body: Type.Object({ email: EmailInput }),
  },
  'GET /operator/health': {
    summary: 'The state of this server',
    who: 'administrator',
    answer: Type.Object({
      version: Type.String(),
      database: Type.String(),
      started_at: Time,
      checks: Type.Array(Type.Object({ name: Type.String(), ok: Type.Boolean(), detail: Type.String() })),
    }),
  },

  'GET /operator/audit': {
    summary: 'The audit log of the server, newest first, with the head of its chain',
    who: 'administrator',
    query: Type.Object({ ...AuditFilter, ...AuditSubject }),
    answer: Type.Object({
      events: Type.Array(AuditRow),
      next: Next,
      head: Type.Object({ number: Type.Integer(), hash: Type.String() }),
    }),
  },
  'GET /operator/audit/export': {
    summary: 'The same as a file',
    who: 'administrator',
    query: Type.Object({ ...AuditSearch, ...AuditSubject, format: ExportFormat }),
    file: true,
    answer: Type.String(),
  },
  'POST /operator/audit/verify': {
    summary: 'Verify the chain from its beginning',
    who: 'administrator',
    answer: Type.Object({ intact: Type.Boolean(), checked: Type.Integer(), fault: OptionalText }),
  },

  'GET /operator/brand': { summary: 'Name, logo and accent colour', who: 'administrator', answer: Brand },
  'PUT /operator/brand': {
    summary: 'Set name, accent colour and logo',
    who: 'administrator',
    proof: true,
    body: Type.Object({
      name: NameInput,
      accent: Type.String({ pattern: '^#[0-9a-f]{6}$' }),
      /** Base64 of a PNG, JPEG or WebP of at most 100 kB and 4,096 pixels each way; null removes it; left out: unchanged. */
      logo: Type.Optional(Type.Union([Type.String({ maxLength: 140_000 }), Type.Null()])),
    }),
  },
} as const satisfies Endpoints;
