/** The token endpoint as Fastify and the API reference know it. What it does is in `token-endpoint.ts`. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { OAuthError, refusals } from '../schemas.ts';
import { type GiveTokens, TOKEN_HEADERS, TOKEN_PATH } from '../token-endpoint.ts';

/** For the API reference; errors are reported in OAuth's words. */
const TokenRequest = Type.Object(
  {
    grant_type: Type.String({ examples: ['authorization_code', 'refresh_token', 'client_credentials'] }),
    code: Type.Optional(Type.String({ examples: ['kh_code_…'] })),
    redirect_uri: Type.Optional(Type.String({ description: 'The same value as at the authorization endpoint.' })),
    code_verifier: Type.Optional(Type.String({ description: 'RFC 7636 §4.1.' })),
    refresh_token: Type.Optional(Type.String({ examples: ['kh_refresh_…'] })),
    scope: Type.Optional(Type.String({ description: 'A part of the granted scope. It narrows this one JWT.' })),
    resource: Type.Optional(
      Type.String({ description: 'The audience (RFC 8707). Only the API is possible, which is also the default.' }),
    ),
    client_id: Type.Optional(Type.String({ description: 'For public clients, which have no secret.' })),
    client_secret: Type.Optional(Type.String({ description: '`client_secret_post`. HTTP Basic is better.' })),
    client_assertion_type: Type.Optional(Type.String()),
    client_assertion: Type.Optional(Type.String({ description: '`private_key_jwt` (RFC 7523 §2.2).' })),
  },
  { description: 'Unknown members are ignored.' },
);

const Tokens = Type.Object(
  {
    access_token: Type.String({ description: 'A JWT (RFC 9068). It expires after ten minutes.', examples: ['eyJ…'] }),
    token_type: Type.Literal('Bearer'),
    expires_in: Type.Integer({ examples: [600] }),
    refresh_token: Type.Optional(
      Type.String({
        description: 'The newest refresh token. The previous one can be used again if this answer was lost.',
        examples: ['kh_refresh_…'],
      }),
    ),
    scope: Type.String({ examples: ['invoices.read services.read'] }),
    id_token: Type.Optional(
      Type.String({
        description: 'Only if `openid` was granted. Has the claims of `profile` and `email` if these were granted.',
      }),
    ),
  },
  { description: 'RFC 6749 §5.1.' },
);

interface Options {
  readonly giveTokens: GiveTokens;
}

export const tokenRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { giveTokens }) => {
  app.post(
    TOKEN_PATH,
    {
      config: { body: 'json-or-form', isOAuth: true, takesClients: true },
      attachValidation: true,
      schema: {
        summary: 'Get a JWT with a code, with a refresh token, or as an application',
        description:
          'A refresh token does not expire. Each refresh returns the next one. The previous refresh token returns the same next token again for a minute, so that parallel requests and lost answers do no harm. Using an older one ends the session, because the token was copied.',
        tags: ['User sessions'],
        security: [],
        consumes: ['application/x-www-form-urlencoded', 'application/json'],
        body: TokenRequest,
        response: {
          200: Tokens,
          400: OAuthError,
          401: { ...OAuthError, description: 'Client authentication failed.' },
          ...refusals(413, 415, 429),
        },
      },
    },
    async (request, reply) => {
      const tokens = await giveTokens(request.raw, request.id, request.body);
      return reply.headers(TOKEN_HEADERS).send(tokens);
    },
  );
};
