import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { answerRefusal } from '../errors.ts';
import { PARTS, type Part } from '../readiness.ts';
import { refusals } from '../schemas.ts';

const Status = Type.Object({ status: Type.Literal('ok') });
const Unready = Type.Object(
  {
    message: Type.Literal('The service is not available now.'),
    failing: Type.Array(Type.Union(PARTS.map((part) => Type.Literal(part))), {
      description:
        '`stopping`: the server is stopping. `database_reads`, `database_writes`: the database does not answer within a second, or refuses. `signing_keys`: there are no signing keys.',
    }),
  },
  { description: 'Send requests to another server; `Retry-After` says when to ask again.' },
);

interface Options {
  /** The parts that fail now; none: ready. */
  readonly findFailing: () => Promise<readonly Part[]>;
}

export const healthRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { findFailing }) => {
  app.get(
    '/healthz',
    {
      schema: {
        summary: 'Alive',
        tags: ['Health'],
        security: [],
        response: { 200: { ...Status, description: 'The process is running.' }, ...refusals() },
      },
    },
    async () => ({ status: 'ok' as const }),
  );

  app.get(
    '/readyz',
    {
      schema: {
        summary: 'Ready',
        description:
          'The database can be read and written, its migrations are applied, there is a signing key, and the server is not stopping.',
        tags: ['Health'],
        security: [],
        response: { 200: { ...Status, description: 'Ready for requests.' }, ...refusals(), 503: Unready },
      },
    },
    async (_request, reply) => {
      const failing = await findFailing();
      if (failing.length === 0) return { status: 'ok' as const };
      const { headers } = answerRefusal({ code: 'unavailable' });
      const body = { message: 'The service is not available now.' as const, failing: [...failing] };
      return reply
        .code(503)
        .headers({ ...headers, 'Cache-Control': 'no-store' })
        .send(body);
    },
  );
};
