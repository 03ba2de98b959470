/** Document B: `POST /auth`, a JWT from an API key. Also served as `/api/auth`. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { readAuthorization } from '@keyhouse/protocol';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { OpaqueCaller } from '../../core/caller.ts';
import type { Minted } from '../../core/jwts/mint.ts';
import type { Wish } from '../../core/jwts/wish.ts';
import type { Keyhouse } from '../../core/keyhouse.ts';
import { Refusal } from '../../core/refusal.ts';
import type { Authenticator } from '../authenticate.ts';
import { callerOf } from '../door.ts';
import { refuseFaults } from '../faults.ts';
import { readDate } from '../read-date.ts';
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

/** A key that keeps changing during a mint is changed in a loop; the client may try again. */
const MAX_TRIES = 3;

interface Options {
  readonly keyhouse: Keyhouse;
  readonly authenticator: Authenticator;
}

export const jwtsRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { keyhouse, authenticator }) => {
  for (const path of ['/auth', '/api/auth']) {
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
      async (request, reply) => {
        const { expires, ...rest } = request.body;
        const wish: Wish = { ...rest, ...(expires === undefined ? {} : { expiresAtMs: readDate(expires) }) };
        const minted = await mint(request, callerOf(request), wish);
        return reply.header('Cache-Control', 'no-store').send(minted);
      },
    );
  }

  async function mint(request: FastifyRequest, key: OpaqueCaller, wish: Wish): Promise<{ token: string; expires: string }> {
    let caller = key;
    for (let attempt = 1; ; attempt++) {
      const minted = await keyhouse.jwts.mint(caller, wish, authenticator.by(caller, request.raw, request.id));
      if (minted.ok) return { token: minted.value.token, expires: minted.value.expires };
      if ((minted.reason === 'key_changed' || minted.reason === 'key_gone') && attempt < MAX_TRIES) {
        caller = await authenticateAgain(request);
        continue;
      }
      if (minted.reason === 'forbidden')
        authenticator.recordForbidden(caller, request.raw, request.id, { lacking: minted.permissions[0] ?? null });
      throw refuseMint(minted);
    }
  }

  async function authenticateAgain(request: FastifyRequest): Promise<OpaqueCaller> {
    const again = await authenticator.authenticate(readAuthorization(request.raw.rawHeaders), request.raw, request.id);
    if (!again.ok) throw new Refusal(again.refused);
    if (again.caller.kind !== 'key') throw new Refusal({ code: 'forbidden' });
    return again.caller;
  }
};

function refuseMint(minted: Extract<Minted, { ok: false }>): Refusal {
  switch (minted.reason) {
    case 'invalid':
      return refuseFaults(minted.faults);
    case 'forbidden':
      return new Refusal({ code: 'forbidden', permission: minted.permissions.join(' ') });
    case 'too_many':
      // They expire by themselves or are revoked; there is no better moment to name than a minute from now.
      return new Refusal({ code: 'too_many_requests', retryAfterSeconds: 60 });
    case 'key_changed':
    case 'key_gone':
      return new Refusal({ code: 'busy', retryAfterSeconds: 1 });
  }
}
