/** An account: its overview page, its audit log, and for teams the members. */
import { Type } from 'typebox';
import {
  EmailInput,
  type Endpoints,
  Ends,
  Id,
  NameInput,
  Next,
  OptionalText,
  OptionalTime,
  Page,
  RoleName,
  Time,
} from './endpoint.ts';

export const AuditRow = Type.Object({
  id: Id,
  event: Type.String(),
  at: Time,
  account_id: Type.Union([Id, Type.Null()]),
  actor: Type.String({ description: 'user:7, key:12, operator, …' }),
  /** A name for the actor, if one is known. */
  actor_name: OptionalText,
  user_id: Type.Union([Id, Type.Null()]),
  /** A name for the user that it is about, if one is known. */
  user_name: OptionalText,
  credential_id: Type.Union([Id, Type.Null()]),
  credential_name: OptionalText,
  request_id: OptionalText,
  /** The true reason of a refusal. */
  reason: OptionalText,
  details: Type.Record(Type.String(), Type.Unknown()),
  /** Of a refused request, without its query. */
  path: OptionalText,
  /** Of a refusal: the whole decision in plain words. */
  explanation: OptionalText,
  address: OptionalText,
  user_agent: OptionalText,
  /** Its place in the chain; null for the second until it is chained. */
  number: Type.Union([Type.Integer(), Type.Null()]),
});

export const AuditSearch = {
  event: Type.Optional(Type.String({ maxLength: 64 })),
  actor: Type.Optional(Type.String({ maxLength: 64 })),
  credential: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,14}$' })),
  request_id: Type.Optional(Type.String({ maxLength: 64 })),
  since: Type.Optional(Type.String({ maxLength: 40 })),
  until: Type.Optional(Type.String({ maxLength: 40 })),
};
/** Searching a long log continues from page to page: one may be short, or empty, and still have a `next`. */
export const AuditFilter = { ...Page, ...AuditSearch };
export const ExportFormat = Type.Union([Type.Literal('csv'), Type.Literal('jsonl')]);

/** What needs attention. `id` and `name` are those of the credential that it is about. */
export const Notice = Type.Object({
  kind: Type.Union([
    Type.Literal('expires-soon'),
    Type.Literal('old-secret'),
    Type.Literal('unused'),
    Type.Literal('too-wide'),
    Type.Literal('refusals'),
  ]),
  credential: Type.Object({ kind: Type.Union([Type.Literal('token'), Type.Literal('key')]), id: Id, name: Type.String() }),
  /** When it expires, since when it is unused, or when the secret was created. */
  at: Time,
});

export const Member = Type.Object({
  user_id: Id,
  /** Null to those who do not manage the members. */
  email: OptionalText,
  display_name: Type.String(),
  role: RoleName,
  since: Time,
  /** Null also to those who do not manage the members. */
  last_seen_at: OptionalTime,
});
export const Invitation = Type.Object({
  id: Id,
  email: Type.String(),
  role: RoleName,
  invited_by: OptionalText,
  /** The sender. It ends when this user could not send it any more. */
  invited_by_user_id: Type.Union([Id, Type.Null()]),
  created_at: Time,
  expires_at: Time,
});

/** The open invitations of the member that ended with the change. */
const MemberChanged = Type.Object({
  ended_invitations: Type.Array(Type.Object({ id: Id, email: Type.String(), role: RoleName })),
});

export const accounts = {
  'GET /accounts/:account/home': {
    summary: 'First steps, recent use, and what needs attention',
    who: 'viewer',
    answer: Type.Object({
      has_token: Type.Boolean(),
      has_key: Type.Boolean(),
      has_request: Type.Boolean(),
      /** Of every token and every key, the last 30 days, oldest first. */
      requests_by_day: Type.Array(Type.Integer()),
      last_request: Type.Union([
        Type.Object({ at: Time, credential_name: Type.String(), address: OptionalText, user_agent: OptionalText }),
        Type.Null(),
      ]),
      /** The most urgent 20. */
      notices: Type.Array(Notice),
      /** How many there are in total: every token and every key was judged. */
      notices_total: Type.Integer(),
    }),
  },

  'GET /accounts/:account/audit': {
    summary: 'What happened, newest first',
    who: 'viewer',
    query: Type.Object(AuditFilter),
    answer: Type.Object({ events: Type.Array(AuditRow), next: Next }),
  },
  'GET /accounts/:account/audit/export': {
    summary: 'The same as a file: CSV, or one JSON object per line',
    who: 'viewer',
    query: Type.Object({ ...AuditSearch, format: ExportFormat }),
    file: true,
    answer: Type.String(),
  },

  'POST /accounts': {
    // A suspended personal account must not be replaced by a new team.
    personal: true,
    summary: 'Create a team',
    who: 'signed-in',
    body: Type.Object({ name: NameInput }),
    answer: Type.Object({ id: Id }),
  },
  'PATCH /accounts/:account': { summary: 'Rename a team', who: 'admin', body: Type.Object({ name: NameInput }) },
  'DELETE /accounts/:account': {
    summary: 'Delete a team and its credentials',
    who: 'owner',
    proof: true,
    body: Type.Object({ name: NameInput }),
  },
  'GET /accounts/:account/ends': {
    summary: 'What deleting the account would end',
    who: 'viewer',
    answer: Ends,
  },
  'GET /accounts/:account/members/:user/ends': {
    summary: 'What ending a membership would end. For those who remove members, and for the member',
    who: 'viewer',
    answer: Ends,
  },
  'GET /accounts/:account/members': {
    summary: 'Members. Those who manage them also see addresses and open invitations',
    who: 'viewer',
    answer: Type.Object({
      members: Type.Array(Member),
      /** There are more than are listed. */
      more_members: Type.Boolean(),
      invitations: Type.Array(Invitation),
      /** Invitations are mailed only to people who are users already; the answer does not reveal who is one. */
      invites_users_only: Type.Boolean(),
    }),
  },
  'POST /accounts/:account/invitations': {
    summary: 'Invite someone by email',
    who: 'admin',
    proof: true,
    body: Type.Object({ email: EmailInput, role: RoleName }),
    answer: Invitation,
  },
  'POST /accounts/:account/invitations/:id/send': { summary: 'Send an invitation again', who: 'admin', proof: true },
  'DELETE /accounts/:account/invitations/:id': { summary: 'Revoke an invitation', who: 'admin' },
  'PATCH /accounts/:account/members/:user': {
    summary: 'Change the role of a member',
    who: 'admin',
    proof: true,
    body: Type.Object({ role: RoleName }),
    answer: MemberChanged,
  },
  'DELETE /accounts/:account/members/:user': { summary: 'Remove a member', who: 'admin', answer: MemberChanged },
  'POST /accounts/:account/leave': { summary: 'Leave a team', who: 'viewer', answer: MemberChanged },
  'POST /accounts/:account/transfer': {
    summary: 'Transfer ownership to another member',
    who: 'owner',
    proof: true,
    body: Type.Object({ user_id: Id }),
    answer: MemberChanged,
  },
} as const satisfies Endpoints;
