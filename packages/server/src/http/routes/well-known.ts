import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Keyhouse } from '../../core/keyhouse.ts';
import { JWKS_MAX_AGE_SECONDS } from '../../core/signing-keys/jwks.ts';
import { refusals } from '../schemas.ts';

const METADATA_MAX_AGE_SECONDS = 300;

const Jwk = Type.Object({
  kty: Type.String(),
  kid: Type.String(),
  use: Type.Literal('sig'),
  alg: Type.String(),
  crv: Type.Optional(Type.String()),
  x: Type.Optional(Type.String()),
  y: Type.Optional(Type.String()),
  n: Type.Optional(Type.String()),
  e: Type.Optional(Type.String()),
});

export const wellKnownRoutes: FastifyPluginAsyncTypebox<{ keyhouse: Keyhouse }> = async (app, { keyhouse }) => {
  app.get(
    '/.well-known/jwks.json',
    {
      schema: {
        summary: 'Public signing keys',
        description:
          'RFC 7517. The next key is published before it signs. A previous key is published until its last JWT has expired.',
        tags: ['Checking credentials'],
        security: [],
        response: { 200: Type.Object({ keys: Type.Array(Jwk) }, { description: 'The keys.' }), ...refusals() },
      },
    },
    async (_request, reply) => {
      const { keys } = keyhouse.signingKeys.publicKeySet();
      return reply.header('Cache-Control', `public, max-age=${JWKS_MAX_AGE_SECONDS}`).send({ keys: [...keys] });
    },
  );

  for (const { path, summary, description, read } of [
    {
      path: '/.well-known/oauth-authorization-server',
      summary: 'What this server can do, for OAuth clients',
      description: 'RFC 8414.',
      read: keyhouse.oauth.authorizationServerMetadata,
    },
    {
      path: '/.well-known/openid-configuration',
      summary: 'What this server can do, for OpenID Connect clients',
      description: 'OpenID Connect Discovery §4.',
      read: keyhouse.oauth.openIdConfiguration,
    },
  ])
    app.get(
      path,
      {
        schema: {
          summary,
          description,
          tags: ['User sessions'],
          security: [],
          response: {
            200: Type.Object({}, { additionalProperties: true, description: 'The endpoints and what they support.' }),
            ...refusals(),
          },
        },
      },
      async (_request, reply) => reply.header('Cache-Control', `public, max-age=${METADATA_MAX_AGE_SECONDS}`).send(read()),
    );
};
