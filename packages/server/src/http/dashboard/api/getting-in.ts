/** Registering, signing in, second factors, links that came by mail, first-run setup, and proving again that it is you. */
import { Type } from 'typebox';
import { EmailInput, type Endpoints, OptionalText, PasswordInput, RoleName, TicketInput, WebAuthnJson } from './endpoint.ts';

export const Brand = Type.Object({
  name: Type.String({ description: 'The name that the operator gave this server.' }),
  /** `#rrggbb` */
  accent: Type.String(),
  logo_url: OptionalText,
});

/** Where to go when it is done: a path of this server that it has stored itself, never one from a query. */
const Done = Type.Object({ next: Type.Literal('done'), to: Type.String() });
const SecondFactorName = Type.Union([Type.Literal('totp'), Type.Literal('recovery-code'), Type.Literal('passkey')]);
const SecondFactor = Type.Object({
  next: Type.Literal('second-factor'),
  methods: Type.Array(SecondFactorName),
});

/** What a new password, or the first verification of an address, ends in addition to every sign-in. */
const Ends = Type.Object({
  keys: Type.Integer(),
  tokens: Type.Integer(),
  applications: Type.Integer(),
  sessions: Type.Integer(),
  passkeys: Type.Integer(),
  authenticator_app: Type.Boolean(),
});

export const gettingIn = {
  'GET /state': {
    summary: 'What the pages before the sign-in need to know',
    who: 'anyone',
    answer: Type.Object({
      brand: Brand,
      signup: Type.Union([Type.Literal('open'), Type.Literal('invite'), Type.Literal('closed')]),
      providers: Type.Array(Type.Object({ id: Type.String(), name: Type.String() })),
      /** False where browsers refuse them: the host of the public URL is an IP address. */
      passkeys: Type.Boolean(),
      /** False: there is no mail server, and links wait in the operator's outbox. */
      sends_mail: Type.Boolean(),
      signed_in: Type.Boolean(),
      /**
       * Whether the browser kept the cookie that it was given for a sign-in in several steps, or another provider's answer came
       * without one.
       */
      kept_cookie: Type.Boolean(),
      /** What the second step of a sign-in can be, if one waits for this browser. */
      step: Type.Union([Type.Array(SecondFactorName), Type.Null()]),
      /** Another provider is the first to verify this address: what ends is confirmed before it happens. */
      first_proof: Type.Union([
        Type.Object({ email: Type.String(), provider: Type.String(), password: Type.Boolean(), ends: Ends }),
        Type.Null(),
      ]),
    }),
  },
  'POST /register': {
    summary: 'Create a user, and sign in',
    who: 'anyone',
    body: Type.Object({
      email: EmailInput,
      password: PasswordInput,
      display_name: Type.Optional(Type.String({ maxLength: 100 })),
      invitation: Type.Optional(TicketInput),
    }),
    answer: Done,
  },
  'POST /log-in': {
    summary: 'Sign in with a password. A second factor may be needed next',
    who: 'anyone',
    body: Type.Object({ email: EmailInput, password: PasswordInput }),
    answer: Type.Union([Done, SecondFactor]),
  },
  'POST /log-in/code': {
    summary: 'The second step, by TOTP or recovery code',
    who: 'anyone',
    body: Type.Object({ code: Type.String({ minLength: 1, maxLength: 64 }) }),
    answer: Done,
  },
  'POST /log-in/first-proof': {
    summary: 'Confirm what is revoked when another provider is the first to verify the address, and sign in',
    who: 'anyone',
    answer: Done,
  },
  'POST /log-in/again': { summary: 'Cancel a sign-in that waits for its second step or for confirmation', who: 'anyone' },
  'POST /log-in/passkey/options': {
    summary: 'A challenge for a passkey, as first or second step',
    who: 'anyone',
    answer: WebAuthnJson,
  },
  'POST /log-in/passkey': {
    summary: 'Sign in with a passkey',
    who: 'anyone',
    body: Type.Object({ response: WebAuthnJson }),
    answer: Done,
  },
  'POST /log-out': { summary: 'End this sign-in', who: 'signed-in' },
  'POST /forgot': {
    summary: 'Request a link that sets a new password. The answer is the same for every address',
    who: 'anyone',
    body: Type.Object({ email: EmailInput }),
  },
  'POST /reset/check': {
    summary: 'Whether a link still works, for whom, and what a new password revokes',
    who: 'anyone',
    body: Type.Object({ ticket: TicketInput }),
    answer: Type.Object({
      email: Type.String(),
      /** The link is the first verification of the address: everything that was created before ends. */
      first_proof: Type.Boolean(),
      /** What else a new password ends. Every sign-in ends anyway. */
      ends: Ends,
      /** Two-step verification stays on, and is required after the new password. */
      two_step: Type.Boolean(),
    }),
  },
  'POST /reset': {
    summary: 'Set a new password with a link',
    who: 'anyone',
    body: Type.Object({ ticket: TicketInput, password: PasswordInput }),
  },
  'POST /verify-email': {
    summary: 'Verify the email address with a link, signed in as its user',
    who: 'signed-in',
    body: Type.Object({ ticket: TicketInput }),
    answer: Type.Object({ email: Type.String() }),
  },
  'POST /verify-email/send': { summary: 'Send the link that verifies the email address again', who: 'signed-in' },
  'POST /setup/check': {
    summary: 'Whether the setup link still works',
    who: 'anyone',
    body: Type.Object({ ticket: TicketInput }),
  },
  'POST /setup': {
    summary: 'Create the first administrator, and sign in',
    who: 'anyone',
    body: Type.Object({
      ticket: TicketInput,
      email: EmailInput,
      password: PasswordInput,
      display_name: Type.Optional(Type.String({ maxLength: 100 })),
    }),
    answer: Done,
  },
  'POST /invitation/check': {
    summary: 'What an invitation is for',
    who: 'anyone',
    body: Type.Object({ ticket: TicketInput }),
    answer: Type.Object({
      email: Type.String(),
      /** Null: an invitation to register, to no team. */
      account: Type.Union([Type.Object({ name: Type.String(), role: RoleName }), Type.Null()]),
      invited_by: OptionalText,
      /** Whether a user with this address exists, so that the page offers to sign in instead. */
      registered: Type.Boolean(),
      /** Whether a person who is not registered may register with it. */
      may_register: Type.Boolean(),
    }),
  },
  'POST /invitation/accept': {
    summary: 'Join the team of an invitation, signed in as the invited address',
    who: 'signed-in',
    body: Type.Object({ ticket: TicketInput }),
    answer: Type.Object({ account: Type.Integer() }),
  },
  'POST /providers/:provider/start': {
    summary: 'Where to send the browser to sign in with another provider, give a proof with it, or link it',
    who: 'anyone',
    body: Type.Object({
      purpose: Type.Union([Type.Literal('log-in'), Type.Literal('proof'), Type.Literal('link')]),
      /** With `log-in`: what waits on the page, as a path that leads back to it. One that is not ours is not kept. */
      link: Type.Optional(Type.String({ maxLength: 3500 })),
    }),
    answer: Type.Object({ url: Type.String() }),
  },
  'POST /proof': { summary: 'Give a proof with the password', who: 'signed-in', body: Type.Object({ password: PasswordInput }) },
  'POST /proof/passkey/options': { summary: 'A challenge for a proof with a passkey', who: 'signed-in', answer: WebAuthnJson },
  'POST /proof/passkey': {
    summary: 'Give a proof with a passkey',
    who: 'signed-in',
    body: Type.Object({ response: WebAuthnJson }),
  },
} as const satisfies Endpoints;
