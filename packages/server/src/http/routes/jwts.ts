/** Document B: `POST /auth`, a JWT from an API key. Also served as `/api/auth`. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { callerOf } from '../door.ts';
import { MINT_HEADERS, MINT_PATHS, type Mint } from '../mint-route.ts';
import { refusals } from '../schemas.ts';

const MintRequest = Type.Object(
  {
    permissions: Type.Array(Type.String(), {
      description:
        'What the JWT may do. `.read` grants GET, `.write` grants POST, PUT, PATCH and DELETE; neither implies the other.',
      examples: [['invoices.read', 'services.read']],
    }),
    expires: Type.Optional(
      Type.String({
        description: 'RFC 3339. Default: one year from now, or the expiry of the key if that is earlier.',
        examples: ['2027-11-22T00:00:00Z'],
      }),
    ),
    subject: Type.Optional(Type.String({ description: "The account's own name for its end user.", examples: ['customer-77'] })),
    resource: Type.Optional(Type.String({ description: 'The audience (RFC 8707). Default: the API.' })),
  },
  { additionalProperties: false },
);

const Minted200 = Type.Object(
  {
    token: Type.String({ description: 'The JWT (RFC 9068).', examples: ['eyJ…'] }),
    expires: Type.String({ examples: ['2027-11-22T00:00:00Z'] }),
  },
  { description: 'Minted.' },
);

export const jwtsRoutes: FastifyPluginAsyncTypebox<{ mint: Mint }> = async (app, { mint }) => {
  for (const path of MINT_PATHS) {
    app.post(
      path,
      {
        config: { callers: ['key'], body: 'json' },
        schema: {
          summary: 'Mint a JWT from an API key',
          description:
            'Answers with a JWT that has the requested permissions. The key must have every one of them: a request is never narrowed silently. A key can have at most 10,000 active JWTs.',
          tags: ['JWTs'],
          body: MintRequest,
          response: { 200: Minted200, ...refusals(400, 401, 403, 413, 415, 422, 429) },
        },
      },
      async (request, reply) =>
        reply.headers(MINT_HEADERS).send(await mint(callerOf(request), request.body, request.raw, request.id)),
    );
  }
};
