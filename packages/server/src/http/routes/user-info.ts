/** OpenID Connect Core §5.3: what an application learns about the user who signed in. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Keyhouse } from '../../core/keyhouse.ts';
import { Refusal } from '../../core/refusal.ts';
import { refusals } from '../schemas.ts';

const UserInfo = Type.Object(
  {
    sub: Type.String({ examples: ['user:7'] }),
    name: Type.Optional(Type.String()),
    given_name: Type.Optional(Type.String()),
    family_name: Type.Optional(Type.String()),
    updated_at: Type.Optional(Type.Integer()),
    email: Type.Optional(Type.String()),
    email_verified: Type.Optional(Type.Boolean()),
  },
  { description: 'The claims of the scopes that were granted.' },
);

export const userInfoRoutes: FastifyPluginAsyncTypebox<{ keyhouse: Keyhouse }> = async (app, { keyhouse }) => {
  for (const method of ['GET', 'POST'] as const) {
    app.route({
      method,
      url: '/auth/userinfo',
      config: { callers: ['session'] },
      schema: {
        summary: 'Claims of the user',
        description: 'OpenID Connect Core §5.3. Needs the JWT of a session with the scope `openid`.',
        tags: ['User sessions'],
        response: { 200: UserInfo, ...refusals(400, 401, 403) },
      },
      handler: async (request, reply) => {
        const { authenticated: caller } = request;
        if (caller?.kind !== 'session') throw new Error('A route read a caller, but its door does not authenticate callers.');
        if (!caller.scopes.includes('openid')) throw new Refusal({ code: 'forbidden', permission: 'openid' });
        const info = await keyhouse.oauth.userInfo(caller);
        if (info === null) throw new Refusal({ code: 'unauthenticated', presented: true });
        return reply.header('Cache-Control', 'no-store').send(info);
      },
    });
  }
};
