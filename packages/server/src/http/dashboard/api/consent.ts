/** Granting an application access: what it asks for, and the answer. */
import { Type } from 'typebox';
import { type Endpoints, Id, OptionalText, RoleName } from './endpoint.ts';

/** What `/auth` has sealed into the address of the page: an authorization request that was checked. */
const RequestInput = Type.String({ minLength: 1, maxLength: 12_000, pattern: '^[A-Za-z0-9._-]+$' });
const PermissionInput = Type.String({ maxLength: 128 });

export const consent = {
  'POST /consent/check': {
    summary: 'What an authorization request asks for',
    who: 'signed-in',
    body: Type.Object({ request: RequestInput }),
    answer: Type.Object({
      application: Type.Object({
        client_id: Type.String(),
        name: Type.String(),
        home_page: OptionalText,
        /** A path of this server. */
        logo_url: OptionalText,
        /** The account that registered it. */
        owner: Type.String(),
        verified: Type.Boolean(),
        first_party: Type.Boolean(),
      }),
      /** Where the browser will go: a host such as `app.example.com`, or the scheme of an installed program. */
      destination: Type.String(),
      /** They have allowed it something before; programs on a machine can pose as each other, so they are asked each time. */
      asked_again: Type.Boolean(),
      /** It goes to a program on the same machine. */
      local: Type.Boolean(),
      user: Type.Object({ id: Id, email: Type.String(), display_name: Type.String() }),
      /** Accounts that it may be granted for; the first is offered. */
      accounts: Type.Array(
        Type.Object({
          id: Id,
          name: Type.String(),
          kind: Type.Union([Type.Literal('personal'), Type.Literal('team'), Type.Literal('operator')]),
          role: RoleName,
        }),
      ),
      permissions: Type.Array(
        Type.Object({
          name: Type.String(),
          /** In the catalogue's words. */
          sentence: Type.String(),
          /** Users may leave it out. */
          optional: Type.Boolean(),
          sensitive: Type.Boolean(),
          /** They left it out the last time. */
          declined: Type.Boolean(),
        }),
      ),
      /** What it learns about the user. */
      profile: Type.Boolean(),
      email: Type.Boolean(),
    }),
  },
  'POST /consent': {
    summary: 'Allow or deny. To grant something new, a proof of the last ten minutes is needed',
    who: 'signed-in',
    body: Type.Object({
      request: RequestInput,
      decision: Type.Union([Type.Literal('allow'), Type.Literal('deny')]),
      /** The user that the page named: another window may have signed somebody else in since. */
      user: Type.Optional(Id),
      /** For which account; left out: the one that is offered first. */
      account: Type.Optional(Id),
      /** Those that are allowed; left out: all that were asked for. */
      permissions: Type.Optional(Type.Array(PermissionInput, { maxItems: 100 })),
    }),
    /** Where the browser goes now: back to the application. */
    answer: Type.Object({ location: Type.String() }),
  },
  'POST /log-out/check': {
    summary: 'Which application asks to sign out, and where the browser goes next',
    who: 'anyone',
    body: Type.Object({ request: RequestInput }),
    answer: Type.Object({ application: OptionalText, destination: OptionalText, signed_in: Type.Boolean() }),
  },
  'POST /log-out/confirm': {
    summary: 'Sign out, as an application asked',
    who: 'anyone',
    body: Type.Object({ request: RequestInput }),
    answer: Type.Object({ location: Type.String() }),
  },
} as const satisfies Endpoints;
