/** The signed-in user: profile, password, passkeys, TOTP, sign-ins. */
import { Type } from 'typebox';
import {
  EmailInput,
  type Endpoints,
  Ends,
  Id,
  NameInput,
  OptionalText,
  OptionalTime,
  PasswordInput,
  RoleName,
  TicketInput,
  Time,
  WebAuthnJson,
} from './endpoint.ts';

export const Suspension = Type.Union([Type.Object({ since: Time, reason: OptionalText }), Type.Null()]);

export const AccountOfUser = Type.Object({
  id: Id,
  kind: Type.Union([Type.Literal('personal'), Type.Literal('team'), Type.Literal('operator')]),
  name: Type.String(),
  role: RoleName,
  /** While it is suspended everything in it is refused, and its members may read but not change; `reason`: what they read. */
  suspension: Suspension,
});

export const SignIn = Type.Object({
  id: Id,
  /** The one that asks. */
  current: Type.Boolean(),
  browser: OptionalText,
  system: OptionalText,
  address: OptionalText,
  created_at: Time,
  last_seen_at: Time,
});

/** `sessions`: active ones of applications that were granted in it. */
const SignInWithSessions = Type.Object({ ...SignIn.properties, sessions: Type.Integer() });
const WithSessions = Type.Object({ sessions: Type.Optional(Type.Literal('end')) });

export const Passkey = Type.Object({
  id: Type.String(),
  name: Type.String(),
  created_at: Time,
  last_used_at: OptionalTime,
  synced: Type.Boolean(),
});

export const me = {
  'GET /me': {
    summary: 'Who is signed in, and the accounts they can reach',
    who: 'signed-in',
    answer: Type.Object({
      user: Type.Object({
        id: Id,
        email: Type.String(),
        email_verified: Type.Boolean(),
        /** The address must be verified before a token, a key or an application is created. */
        must_verify_email: Type.Boolean(),
        /** Requested, and not confirmed yet. */
        pending_email: OptionalText,
        display_name: Type.String(),
        first_name: Type.String(),
        last_name: Type.String(),
        administrator: Type.Boolean(),
        has_password: Type.Boolean(),
        created_at: Time,
      }),
      /** False: there is no mail server, and links wait in the operator's outbox. */
      sends_mail: Type.Boolean(),
      /** The personal one first. */
      accounts: Type.Array(AccountOfUser),
      /** Until then sensitive actions are done without asking for a proof again. */
      proved_until: OptionalTime,
      proof_methods: Type.Array(Type.Union([Type.Literal('password'), Type.Literal('passkey'), Type.Literal('provider')])),
    }),
  },
  'PATCH /me': {
    summary: 'Change the names',
    who: 'signed-in',
    body: Type.Object({
      display_name: Type.Optional(NameInput),
      first_name: Type.Optional(Type.String({ maxLength: 100 })),
      last_name: Type.Optional(Type.String({ maxLength: 100 })),
    }),
  },
  'POST /me/email': {
    summary: 'Request another email address. A link is sent there',
    who: 'signed-in',
    proof: true,
    body: Type.Object({ email: EmailInput }),
  },
  'POST /me/email/confirm': {
    summary: 'Confirm the new email address with the link',
    who: 'signed-in',
    body: Type.Object({ ticket: TicketInput }),
    answer: Type.Object({ email: Type.String() }),
  },
  'GET /me/ends': {
    summary: 'What deleting the user would end, and why the user cannot be deleted yet',
    who: 'signed-in',
    answer: Type.Object({
      ...Ends.properties,
      in_the_way: Type.Object({
        /** Names of teams without another owner; at most 20. */
        only_owner_of: Type.Array(Type.String()),
        last_administrator: Type.Boolean(),
      }),
    }),
  },
  'DELETE /me': {
    summary: 'Delete the user and the personal account',
    who: 'signed-in',
    proof: true,
    body: Type.Object({ email: EmailInput }),
  },
  'PUT /me/password': {
    summary: 'Change or set the password. Every other sign-in ends',
    who: 'signed-in',
    proof: true,
    body: Type.Object({ password: PasswordInput }),
  },
  'GET /me/security': {
    summary: 'Password, factors and sign-ins',
    who: 'signed-in',
    answer: Type.Object({
      password_changed_at: OptionalTime,
      passkeys: Type.Array(Passkey),
      /** Null: two-step verification is off. */
      two_step_since: OptionalTime,
      totp_since: OptionalTime,
      recovery_codes_left: Type.Integer(),
      identities: Type.Array(Type.Object({ provider: Type.String(), name: Type.String(), email: OptionalText, linked_at: Time })),
      /** The newest 100. */
      sign_ins: Type.Array(SignInWithSessions),
      more_sign_ins: Type.Boolean(),
      /**
       * What a new password ends, in addition to every other sign-in: tokens that came from a log-in or a registration, and
       * sessions of applications.
       */
      password_ends: Type.Object({ tokens: Type.Integer(), sessions: Type.Integer() }),
      /** Active sessions of applications that were granted in any sign-in except the one that asks. */
      sessions_elsewhere: Type.Integer(),
    }),
  },
  'POST /me/passkeys/options': { summary: 'A challenge for a new passkey', who: 'signed-in', proof: true, answer: WebAuthnJson },
  'POST /me/passkeys': {
    summary: 'Add a passkey',
    who: 'signed-in',
    proof: true,
    body: Type.Object({ name: NameInput, response: WebAuthnJson }),
    answer: Passkey,
  },
  'PATCH /me/passkeys/:id': { summary: 'Rename a passkey', who: 'signed-in', body: Type.Object({ name: NameInput }) },
  'DELETE /me/passkeys/:id': { summary: 'Remove a passkey', who: 'signed-in', proof: true },
  'POST /me/totp': {
    summary: 'A new TOTP secret. It is not used until a code confirms it',
    who: 'signed-in',
    proof: true,
    answer: Type.Object({
      secret: Type.String({ description: 'Base32.' }),
      uri: Type.String({ description: 'otpauth://totp/…' }),
    }),
  },
  'POST /me/totp/confirm': {
    summary: 'Confirm the TOTP secret. The first second factor turns two-step verification on',
    who: 'signed-in',
    proof: true,
    body: Type.Object({ code: Type.String({ minLength: 1, maxLength: 16 }) }),
    /** Empty if two-step verification was on already: the existing codes stay valid. */
    answer: Type.Object({ recovery_codes: Type.Array(Type.String()) }),
  },
  'DELETE /me/totp': {
    summary: 'Remove the authenticator app; two-step verification ends with its last factor',
    who: 'signed-in',
    proof: true,
  },
  'POST /me/two-step': {
    summary: 'Turn two-step verification on, with a passkey',
    who: 'signed-in',
    proof: true,
    answer: Type.Object({ recovery_codes: Type.Array(Type.String()) }),
  },
  'DELETE /me/two-step': {
    summary: 'Turn two-step verification off; the authenticator app and the recovery codes are deleted',
    who: 'signed-in',
    proof: true,
  },
  'POST /me/recovery-codes': {
    summary: 'New recovery codes. The previous ones stop working',
    who: 'signed-in',
    proof: true,
    answer: Type.Object({ recovery_codes: Type.Array(Type.String()) }),
  },
  'DELETE /me/identities/:provider': { summary: 'Unlink another provider', who: 'signed-in', proof: true },
  'DELETE /me/sign-ins/:id': {
    summary: 'End one sign-in; with `sessions=end` also the sessions of applications that were granted in it',
    who: 'signed-in',
    query: WithSessions,
  },
  'DELETE /me/sign-ins': {
    summary: 'End all other sign-ins; with `sessions=end` also the sessions of applications that were granted elsewhere',
    who: 'signed-in',
    query: WithSessions,
  },
} as const satisfies Endpoints;
