/** The token endpoint (RFC 6749 §3.2): codes, refresh tokens and client credentials become JWTs. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { By } from '../../core/audit/event.ts';
import type { Keyhouse } from '../../core/keyhouse.ts';
import type { AuthenticatedClient } from '../../core/oauth/client.ts';
import type { TokenOutcome } from '../../core/oauth/token-endpoint.ts';
import { Refusal } from '../../core/refusal.ts';
import type { Authenticator } from '../authenticate.ts';
import { type AuthenticateClient, type Form, invalidClient, invalidRequest, readOAuthForm } from '../client-authentication.ts';
import { OAuthError, refusals } from '../schemas.ts';

/** For the API reference; what is wrong with it is told in OAuth's words. */
const TokenRequest = Type.Object(
  {
    grant_type: Type.String({ examples: ['authorization_code', 'refresh_token', 'client_credentials'] }),
    code: Type.Optional(Type.String({ examples: ['kh_code_…'] })),
    redirect_uri: Type.Optional(Type.String({ description: 'The same as at the authorization endpoint.' })),
    code_verifier: Type.Optional(Type.String({ description: 'RFC 7636 §4.1.' })),
    refresh_token: Type.Optional(Type.String({ examples: ['kh_refresh_…'] })),
    scope: Type.Optional(Type.String({ description: 'A part of what is held: this one JWT is narrower.' })),
    resource: Type.Optional(Type.String({ description: 'The audience (RFC 8707): the API, or nothing.' })),
    client_id: Type.Optional(Type.String({ description: 'Public clients name themselves so.' })),
    client_secret: Type.Optional(Type.String({ description: '`client_secret_post`; HTTP Basic is better.' })),
    client_assertion_type: Type.Optional(Type.String()),
    client_assertion: Type.Optional(Type.String({ description: '`private_key_jwt` (RFC 7523 §2.2).' })),
  },
  { description: 'Members that are not known are ignored.' },
);

const Tokens = Type.Object(
  {
    access_token: Type.String({ description: 'A JWT (RFC 9068), good for ten minutes.', examples: ['eyJ…'] }),
    token_type: Type.Literal('Bearer'),
    expires_in: Type.Integer({ examples: [600] }),
    refresh_token: Type.Optional(
      Type.String({ description: 'The newest; the one before it is good for a lost answer.', examples: ['kh_refresh_…'] }),
    ),
    scope: Type.String({ examples: ['invoices.read services.read'] }),
    id_token: Type.Optional(Type.String({ description: 'When `openid` was granted.' })),
  },
  { description: 'RFC 6749 §5.1.' },
);

interface Options {
  readonly keyhouse: Keyhouse;
  readonly authenticator: Authenticator;
  readonly authenticateClient: AuthenticateClient;
  /** What `resource` may name. */
  readonly audience: string;
}

export const tokenRoutes: FastifyPluginAsyncTypebox<Options> = async (app, options) => {
  const { keyhouse, authenticator, authenticateClient, audience } = options;
  app.post(
    '/auth/token',
    {
      config: { body: 'json-or-form', isOAuth: true, takesClients: true },
      attachValidation: true,
      schema: {
        summary: 'Get a JWT for a code, a refresh token, or as an application',
        description:
          'A refresh token lasts forever, and each refresh gives the next one. The one before the newest gives the very same answer again for a minute, so that racing tabs and lost answers harm nobody; an older one is a copy, and ends the session.',
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
      const form = readOAuthForm(request.body);
      const client = await authenticateClient(request, form);
      if (client === null) throw invalidClient();
      if (form.resource !== undefined && form.resource !== audience)
        throw refuse('invalid_target', 'There is no such resource here.');
      const outcome = await tokensFor(client, form, {
        ...authenticator.byStranger(request.raw, request.id),
        actor: `application:${client.client.clientId}`,
      });
      if (!outcome.ok) throw refuse(outcome.error, outcome.description);
      return reply.headers({ 'Cache-Control': 'no-store', Pragma: 'no-cache' }).send(outcome.value);
    },
  );

  async function tokensFor(client: AuthenticatedClient, form: Form, by: By): Promise<TokenOutcome> {
    switch (form.grant_type) {
      case 'authorization_code': {
        const { code, code_verifier: verifier, redirect_uri: redirectUri = null } = form;
        if (code === undefined) throw invalidRequest('code is required.');
        if (verifier === undefined) throw invalidRequest('code_verifier is required (RFC 7636).');
        return await keyhouse.tokenByCode(client, { code, verifier, redirectUri }, by);
      }
      case 'refresh_token': {
        const { refresh_token: refreshToken, scope = null } = form;
        if (refreshToken === undefined) throw invalidRequest('refresh_token is required.');
        return await keyhouse.tokenByRefresh(client, { refreshToken, scope }, by);
      }
      case 'client_credentials':
        return keyhouse.tokenByClientCredentials(client, form.scope ?? null);
      case undefined:
        throw invalidRequest('grant_type is required.');
      default:
        throw refuse('unsupported_grant_type', 'grant_type must be authorization_code, refresh_token or client_credentials.');
    }
  }
};

const refuse = (error: Extract<Refusal['refused'], { code: 'oauth' }>['error'], description: string): Refusal =>
  new Refusal({ code: 'oauth', error, description });
