/** Document A: the tokens of the presented token's user. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { CredentialWithUse } from '../../core/credentials/credential.ts';
import { DEFAULT_OVERLAP_SECONDS, MAX_OVERLAP_SECONDS } from '../../core/credentials/rotate.ts';
import type { Keyhouse } from '../../core/keyhouse.ts';
import { pause } from '../../core/lib/pause.ts';
import { Refusal } from '../../core/refusal.ts';
import type { Authenticator } from '../authenticate.ts';
import { callerOf } from '../door.ts';
import { refusals, Timestamp, toOptionalTimestamp, toTimestamp } from '../schemas.ts';

const OptionalTimestamp = Type.Union([Timestamp, Type.Null()]);

const Token = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  permissions: Type.Union([Type.Array(Type.String()), Type.Null()], {
    description: 'Null: access to everything in the account.',
  }),
  created_at: Timestamp,
  last_used_at: OptionalTimestamp,
  expires_at: OptionalTimestamp,
});

const Success = Type.Object({ status: Type.Literal('success') });

interface Options {
  readonly keyhouse: Keyhouse;
  readonly authenticator: Authenticator;
}

/** More than anyone manages by hand; `list` pages in the dashboard. */
const MAX_TOKENS = 1000;
const READ_AT_ONCE = 100;

export const tokensRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { keyhouse, authenticator }) => {
  app.post(
    '/api/v1/auth/logout',
    {
      config: { callers: ['token'] },
      schema: {
        summary: 'Sign out',
        description: 'Revokes the presented token with all its secrets. Needs no permission.',
        tags: ['Personal access tokens'],
        response: { 200: { ...Success, description: 'The token is revoked.' }, ...refusals(400, 401, 403, 413, 429) },
      },
    },
    async (request) => {
      const caller = callerOf(request);
      await keyhouse.credentials.revoke(
        { kind: 'token', id: caller.credentialId },
        authenticator.by(caller, request.raw, request.id),
      );
      return { status: 'success' as const };
    },
  );

  app.get(
    '/api/v1/auth/tokens',
    {
      config: { callers: ['token'] },
      schema: {
        summary: 'List tokens',
        description: "The user's tokens, newest first, without secrets. Needs a token that was not narrowed.",
        tags: ['Personal access tokens'],
        response: {
          200: Type.Object({ tokens: Type.Array(Token) }, { description: 'The tokens.' }),
          ...refusals(400, 401, 403, 429),
        },
      },
    },
    async (request, reply) => {
      const tokens = await tokensOf(wholeUserOf(request));
      // Up to megabytes of permissions: JSON.stringify is many times faster here than the serializer generated from the schema.
      return reply.serializer(JSON.stringify).send({ tokens: tokens.map(describe) });
    },
  );

  app.delete(
    '/api/v1/auth/tokens/:id',
    {
      config: { callers: ['token'] },
      schema: {
        summary: 'Revoke a token',
        description: "Revokes one of the user's own tokens. Needs a token that was not narrowed.",
        tags: ['Personal access tokens'],
        params: Type.Object({ id: Type.String({ description: "The token's number.", examples: ['123'] }) }),
        response: { 204: Type.Null({ description: 'The token is revoked.' }), ...refusals(400, 401, 403, 404, 413, 429) },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const userId = wholeUserOf(request);
      const id = /^[1-9]\d{0,15}$/.test(request.params.id) ? Number(request.params.id) : null;
      const by = authenticator.by(caller, request.raw, request.id, { isWhole: true });
      const revoked =
        id !== null && Number.isSafeInteger(id) && (await keyhouse.credentials.revoke({ kind: 'token', id, userId }, by));
      if (!revoked) throw new Refusal({ code: 'not_found' });
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/api/v1/auth/tokens/rotate',
    {
      config: { callers: ['token'], body: 'optional-json' },
      // No body at all means no particular wish. JSON's null is a body, and not an object.
      preValidation: async (request) => {
        if (request.body === undefined) request.body = {};
      },
      schema: {
        summary: 'Rotate the presented token',
        description:
          'Answers with a new secret for the same token. ID, permissions, addresses and expiry stay the same. The previous secret keeps working for the overlap. Only the newest secret can rotate the token. A second rotation ends the older secret immediately. Needs no permission.',
        tags: ['Personal access tokens'],
        body: Type.Object({
          overlap_seconds: Type.Optional(
            Type.Integer({
              minimum: 0,
              maximum: MAX_OVERLAP_SECONDS,
              default: DEFAULT_OVERLAP_SECONDS,
              description: 'How long the previous secret keeps working.',
            }),
          ),
        }),
        response: {
          200: Type.Object(
            {
              status: Type.Literal('success'),
              access_token: Type.String({ description: 'The new secret. Shown once.', examples: ['123|kh_…'] }),
            },
            { description: 'Rotated.' },
          ),
          ...refusals(400, 401, 403, 413, 415, 422, 429),
        },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      if (caller.isPreviousSecret) throw forbid(request);
      const rotated = await keyhouse.credentials.rotate(
        {
          credential: { ...caller, kind: 'token', id: caller.credentialId },
          currentHash: caller.hash,
          overlapSeconds: request.body.overlap_seconds ?? DEFAULT_OVERLAP_SECONDS,
          revokeJwts: false,
        },
        authenticator.by(caller, request.raw, request.id),
      );
      // It was rotated or revoked at the same moment: this is not the newest secret any more.
      if (!rotated.ok) throw forbid(request);
      return reply.header('Cache-Control', 'no-store').send({ status: 'success' as const, access_token: rotated.value.text });
    },
  );

  /** In pages, with a pause for other requests after each. */
  async function tokensOf(userId: number): Promise<readonly CredentialWithUse[]> {
    const tokens: CredentialWithUse[] = [];
    for (let beforeId: number | undefined; tokens.length < MAX_TOKENS; beforeId = tokens.at(-1)?.id) {
      const page = await keyhouse.credentials.list({
        ...{ kind: 'token', userId, withRevoked: false, limit: READ_AT_ONCE },
        ...(beforeId === undefined ? {} : { beforeId }),
      });
      tokens.push(...page);
      if (page.length < READ_AT_ONCE) break;
      await pause();
    }
    return tokens;
  }

  /** Only unrestricted tokens may list and revoke tokens: a narrowed one must not see beyond itself. */
  function wholeUserOf(request: FastifyRequest): number {
    const { permissions, userId } = callerOf(request);
    if (permissions !== null || userId === null) throw forbid(request);
    return userId;
  }

  function forbid(request: FastifyRequest): Refusal {
    authenticator.recordForbidden(callerOf(request), request.raw, request.id, { lacking: null });
    return new Refusal({ code: 'forbidden' });
  }
};

const describe = (token: CredentialWithUse) => ({
  id: token.id,
  name: token.name,
  permissions: token.permissions === null ? null : [...token.permissions],
  created_at: toTimestamp(token.createdAtMs),
  last_used_at: toOptionalTimestamp(token.use.lastUsedAtMs),
  expires_at: toOptionalTimestamp(token.expiresAtMs),
});
