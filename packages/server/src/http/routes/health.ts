import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Keyhouse } from '../../core/keyhouse.ts';
import { refusals } from '../schemas.ts';

const Status = Type.Object({ status: Type.Literal('ok') });

export const healthRoutes: FastifyPluginAsyncTypebox<{ keyhouse: Keyhouse }> = async (app, { keyhouse }) => {
  app.get(
    '/healthz',
    {
      schema: {
        summary: 'Alive',
        tags: ['Health'],
        security: [],
        response: { 200: { ...Status, description: 'The process answers.' }, ...refusals() },
      },
    },
    async () => ({ status: 'ok' as const }),
  );

  app.get(
    '/readyz',
    {
      schema: {
        summary: 'Ready',
        description: 'The store is reachable, its migrations are applied, and a signing key is present.',
        tags: ['Health'],
        security: [],
        response: { 200: { ...Status, description: 'Ready for requests.' }, ...refusals() },
      },
    },
    async () => {
      await keyhouse.store.check();
      keyhouse.publicKeySet();
      return { status: 'ok' as const };
    },
  );
};
