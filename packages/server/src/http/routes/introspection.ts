/** RFC 7662 and RFC 7009: what this credential is valid for, and revoking it. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { FEED_POSITION_HEADER, formatPosition } from '@keyhouse/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Keyhouse } from '../../core/keyhouse.ts';
import type { Introspection } from '../../core/oauth/introspect.ts';
import { Refusal } from '../../core/refusal.ts';
import type { Authenticator } from '../authenticate.ts';
import { type AuthenticateClient, invalidClient, readOAuthForm } from '../client-authentication.ts';
import { callerOf } from '../door.ts';
import { readIntrospection, reportsUse } from '../introspection-question.ts';
import { readToken } from '../read-token.ts';
import { OAuthError, refusals, Unauthenticated } from '../schemas.ts';

const Active = Type.Object(
  {
    active: Type.Literal(true),
    kind: Type.Union([
      Type.Literal('token'),
      Type.Literal('key'),
      Type.Literal('jwt'),
      Type.Literal('session'),
      Type.Literal('application'),
    ]),
    sub: Type.String({ examples: ['user:7', 'account:12', 'account:12:customer-77'] }),
    client_id: Type.String({
      description: 'The credential. For a JWT: the key that it was minted from, or the application.',
      examples: ['key:55', 'token:123', 'app_3hJ0dWqPz8mUo1LrT5yKxB'],
    }),
    account: Type.Integer(),
    permissions: Type.Union([Type.Array(Type.String()), Type.Null()], {
      description: 'Null: access to everything in the account.',
    }),
    scope: Type.Optional(Type.String({ description: 'The permissions, separated by spaces.' })),
    environment: Type.Union([Type.Literal('live'), Type.Literal('test')]),
    addresses: Type.Union([Type.Array(Type.String()), Type.Null()], {
      description: 'CIDR blocks that it may be used from. The service that asks must enforce this. Null: any address.',
    }),
    token_type: Type.Literal('Bearer'),
    iss: Type.String(),
    aud: Type.String(),
    iat: Type.Integer(),
    exp: Type.Optional(Type.Integer()),
    jti: Type.Optional(Type.String()),
    sid: Type.Optional(Type.String({ description: 'The session.' })),
  },
  { additionalProperties: false },
);
const Inactive = Type.Object({ active: Type.Literal(false) }, { additionalProperties: false });
const Result = Type.Union([Active, Inactive], { description: 'RFC 7662 §2.2.' });

const OAuthRefusal = { 400: { ...OAuthError, description: 'The request cannot be read, or has no token.' } };
const NoSuchClient = { ...OAuthError, description: 'Client authentication failed.' };
/** For the API reference; `readToken` reports what is wrong with it in OAuth's words. */
const token = {
  token: Type.String({ examples: ['kh_live_…'] }),
  token_type_hint: Type.Optional(Type.String({ description: 'Ignored.' })),
};
const UNKNOWN_IGNORED = { description: 'Unknown members are ignored.' };
const Question = Type.Object(
  {
    ...token,
    permission: Type.Optional(
      Type.String({
        description: 'The permission that the request needs. It is recorded as used. The answer does not depend on it.',
        examples: ['invoices.read'],
      }),
    ),
  },
  UNKNOWN_IGNORED,
);
const Ended = Type.Object(token, UNKNOWN_IGNORED);
const MAX_BATCH = 100;
/** A hundred of the longest credentials fit. */
const BATCH_BODY_LIMIT = 2 * 1024 * 1024;

interface Options {
  readonly keyhouse: Keyhouse;
  readonly authenticator: Authenticator;
  readonly authenticateClient: AuthenticateClient;
}

export const introspectionRoutes: FastifyPluginAsyncTypebox<Options> = async (app, options) => {
  const { keyhouse, authenticator, authenticateClient } = options;
  /** How far the list of changes was read before the answer was created: the answer certainly knows that much. */
  const setPosition = (reply: FastifyReply): void =>
    void reply.header(FEED_POSITION_HEADER, formatPosition(keyhouse.revocations.feed.position()));

  /** Public ones are not authenticated, so they get no information (RFC 7662 §2.1). */
  async function asClient(request: FastifyRequest, token: string): Promise<Introspection> {
    const client = await authenticateClient(request.raw, request.id, readOAuthForm(request.body));
    if (client === null) throw new Refusal({ code: 'unauthenticated', presented: false });
    if (!client.isProved) throw invalidClient();
    return await keyhouse.oauth.introspectAsClient(client, token);
  }

  app.post(
    '/auth/introspect',
    {
      config: { callers: ['key'], body: 'json-or-form', isOAuth: true, takesClients: true },
      attachValidation: true,
      schema: {
        summary: 'Introspect a credential',
        description:
          'RFC 7662, with an API key as bearer, or as an application. A key of the operator account with `keyhouse.verify` can ask about every credential, any other key about the credentials of its own account, and an application about what was issued to it. The answer about anything else is inactive. `X-Keyhouse-Position` is the position of the list of changes that the answer is based on: `<epoch>:<position>`, as in the revocation feed. A request about a valid credential counts as a use of it, except: a key asks about itself or its own JWTs, an application asks about its own credentials, or `X-Keyhouse-Use: reported` says that the caller reports uses itself (as guards do). `exp` is when the credential expires if nothing else happens. For a previous secret it is the end of the overlap. For a token that expires without use it is 90 days after the last use.',
        tags: ['Checking credentials'],
        consumes: ['application/x-www-form-urlencoded', 'application/json'],
        body: Question,
        response: {
          200: Result,
          ...OAuthRefusal,
          ...refusals(403, 413, 415, 429),
          401: Type.Union([Unauthenticated, NoSuchClient], { description: 'No valid key, or client authentication failed.' }),
        },
      },
    },
    async (request, reply) => {
      const asking = readIntrospection(request.body, request.headers);
      setPosition(reply);
      const result =
        request.authenticated === null
          ? await asClient(request, asking.text)
          : await keyhouse.oauth.introspect(callerOf(request), asking);
      return reply.header('Cache-Control', 'no-store').send(toWire(result));
    },
  );

  app.post(
    '/auth/introspect/batch',
    {
      bodyLimit: BATCH_BODY_LIMIT,
      config: { callers: ['key'], body: 'json' },
      schema: {
        summary: 'Introspect up to 100 credentials',
        description:
          'The answer for each credential is the same as in a single request, and each counts as a use. `X-Keyhouse-Position` is the same for all of them.',
        tags: ['Checking credentials'],
        body: Type.Object(
          { tokens: Type.Array(Type.String(), { minItems: 1, maxItems: MAX_BATCH }) },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object({ results: Type.Array(Result) }, { description: 'In the order of the tokens.' }),
          ...refusals(400, 401, 403, 413, 415, 422, 429),
        },
      },
    },
    async (request, reply) => {
      const asker = callerOf(request);
      setPosition(reply);
      const told = { reportsUse: reportsUse(request.headers), permission: null };
      const results = await Promise.all(request.body.tokens.map((text) => keyhouse.oauth.introspect(asker, { ...told, text })));
      return reply.header('Cache-Control', 'no-store').send({ results: results.map(toWire) });
    },
  );

  app.post(
    '/auth/revoke',
    {
      config: { body: 'json-or-form', isOAuth: true, takesClients: true },
      attachValidation: true,
      schema: {
        summary: 'Revoke a credential',
        description:
          'RFC 7009. Anyone who has a token, a key or a minted JWT can revoke it. Only its application can revoke what belongs to a session (a public application sends its `client_id`). Any refresh token of a session, even an old one, ends the session. The answer is the same for an unknown token.',
        tags: ['Checking credentials'],
        security: [],
        consumes: ['application/x-www-form-urlencoded', 'application/json'],
        body: Ended,
        response: {
          200: Type.Object({}, { description: 'It is revoked, or did not exist.' }),
          ...OAuthRefusal,
          401: NoSuchClient,
          ...refusals(413, 415),
        },
      },
    },
    async (request, reply) => {
      const token = readToken(request.body);
      const client = await authenticateClient(request.raw, request.id, readOAuthForm(request.body));
      const revoked = await keyhouse.oauth.revokePresented(token, client, authenticator.byStranger(request.raw, request.id));
      if (revoked === 'client_required') throw invalidClient();
      return reply.header('Cache-Control', 'no-store').send({});
    },
  );
};

/** Lists are copied because Fastify's types want them mutable. */
const toWire = (result: Introspection) =>
  result.active
    ? {
        ...result,
        permissions: result.permissions === null ? null : [...result.permissions],
        addresses: result.addresses === null ? null : [...result.addresses],
      }
    : { active: false as const };
