/** Document A: registering, logging in, and who am I. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { LogInOutcome } from '../../core/credentials/log-in.ts';
import { DEVICE_NAME_SENTENCE, type RegisterOutcome } from '../../core/credentials/register.ts';
import type { Keyhouse } from '../../core/keyhouse.ts';
import { Refusal } from '../../core/refusal.ts';
import { NO_MATCH_SENTENCE } from '../../core/sign-ins/verify-password.ts';
import { INACTIVE_SENTENCES, type User } from '../../core/users/account.ts';
import type { Authenticator } from '../authenticate.ts';
import { callerOf } from '../door.ts';
import { invalid, refuseFaults } from '../faults.ts';
import { refusals, Timestamp, toTimestamp } from '../schemas.ts';

const LoggedUser = Type.Object({
  id: Type.Integer(),
  email: Type.String(),
  display_name: Type.String(),
  first_name: Type.String(),
  last_name: Type.String(),
  created_at: Timestamp,
  updated_at: Timestamp,
});

const SignedIn = Type.Object({
  status: Type.Literal('success'),
  user: Type.Object({
    id: Type.Integer(),
    email: Type.String(),
    display_name: Type.String(),
    first_name: Type.String(),
    last_name: Type.String(),
    access_token: Type.String({ description: 'The personal access token. Shown once.', examples: ['123|kh_…'] }),
    created_at: Timestamp,
    updated_at: Timestamp,
  }),
});

const Code = Type.String({
  maxLength: 64,
  description: 'A TOTP or recovery code. Required while two-step verification is on.',
  examples: ['123456'],
});

const Credentials = Type.Object({
  email: Type.String({ minLength: 1, maxLength: 254, examples: ['your@email.com'] }),
  password: Type.String({ minLength: 1, maxLength: 4096, examples: ['your_password'] }),
  device_name: Type.String({ minLength: 1, maxLength: 100, description: 'The name of the token.', examples: ['My Application'] }),
});

const LogIn = Type.Object({ ...Credentials.properties, code: Type.Optional(Code) });

interface Options {
  readonly keyhouse: Keyhouse;
  readonly authenticator: Authenticator;
}

export const signInRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { keyhouse, authenticator }) => {
  app.post(
    '/api/v1/auth/register',
    {
      config: { body: 'json' },
      schema: {
        summary: 'Create an account',
        description:
          'Creates a user with a personal account and answers with a first token. 403 if sign-up is not open. One IP address (for IPv6, one /48) can register ten users in five minutes and a hundred in a day. Above that, the answer is 429. Unknown members are ignored.',
        tags: ['Personal access tokens'],
        security: [],
        body: Credentials,
        response: { 201: { ...SignedIn, description: 'Registered.' }, ...refusals(400, 403, 413, 415, 422, 429) },
      },
    },
    async (request, reply) => {
      const { email, password, device_name } = request.body;
      const by = authenticator.byStranger(request.raw, request.id);
      const registered = await keyhouse.credentials.register({ email, password, deviceName: device_name, by });
      if (!registered.ok) throw refuseSignIn(registered);
      return reply.code(201).header('Cache-Control', 'no-store').send(signedIn(registered));
    },
  );

  app.post(
    '/api/v1/auth/login',
    {
      config: { body: 'json' },
      schema: {
        summary: 'Sign in and get a token',
        description:
          'Answers with a new personal access token. The answer is the same for a wrong email address and a wrong password. While two-step verification is on, the answer is 422 on `code` until a valid TOTP or recovery code is sent. A passkey is not asked for here. While the account is suspended, the answer is 422 on `email`. An `Authorization` header and unknown members are ignored.',
        tags: ['Personal access tokens'],
        security: [],
        body: LogIn,
        response: { 200: { ...SignedIn, description: 'Signed in.' }, ...refusals(400, 413, 415, 422, 429) },
      },
    },
    async (request, reply) => {
      const { email, password, device_name, code } = request.body;
      const by = authenticator.byStranger(request.raw, request.id);
      const loggedIn = await keyhouse.credentials.logIn({
        email,
        password,
        deviceName: device_name,
        ...(code === undefined ? {} : { code }),
        by,
      });
      if (!loggedIn.ok) throw refuseSignIn(loggedIn);
      return reply.header('Cache-Control', 'no-store').send(signedIn(loggedIn));
    },
  );

  app.get(
    '/api/v1/cli/loggedUser',
    {
      config: { callers: ['token'] },
      schema: {
        summary: 'Get the current user',
        description: 'The user of the presented token. Needs no permission.',
        tags: ['Personal access tokens'],
        response: {
          200: Type.Object({ user: LoggedUser }, { description: "The token's user." }),
          ...refusals(400, 401, 403, 429),
        },
      },
    },
    async (request) => {
      const { userId } = callerOf(request);
      const user = userId === null ? null : await keyhouse.users.find(userId);
      if (user === null) throw new Refusal({ code: 'unauthenticated', presented: true });
      return { user: describe(user) };
    },
  );
};

const describe = (user: User) => ({
  id: user.id,
  email: user.email,
  display_name: user.displayName,
  first_name: user.firstName,
  last_name: user.lastName,
  created_at: toTimestamp(user.createdAtMs),
  updated_at: toTimestamp(user.updatedAtMs),
});

const signedIn = ({ user, text }: { user: User; text: string }) => ({
  status: 'success' as const,
  user: { ...describe(user), access_token: text },
});

type SignInRefusal = Extract<RegisterOutcome | LogInOutcome, { ok: false }>;

function refuseSignIn(outcome: SignInRefusal): Refusal {
  switch (outcome.reason) {
    case 'sign-up-closed':
      return new Refusal({ code: 'forbidden' });
    case 'no_match':
      return invalid('email', NO_MATCH_SENTENCE);
    case 'code_required':
      return invalid('code', 'The code field is required. Enter a code from your authenticator app or a recovery code.');
    case 'wrong-code':
      return invalid('code', 'This code is not valid, or was already used.');
    case 'passkey_only':
      return invalid('code', 'Create a token in the dashboard.');
    case 'suspended':
      return invalid('email', INACTIVE_SENTENCES.suspended);
    case 'invalid_device_name':
      return invalid('device_name', DEVICE_NAME_SENTENCE);
    case 'invalid':
      return refuseFaults(outcome.faults, (field) => (field === 'deviceName' ? 'device_name' : field));
    case 'too-many-tries':
      return new Refusal({ code: 'too_many_requests', retryAfterSeconds: outcome.retryAfterSeconds });
    case 'busy':
      return new Refusal({ code: 'busy', retryAfterSeconds: outcome.retryAfterSeconds });
  }
}
