/**
 * `/verify` as Fastify knows it: for the API reference, and for requests that do not come through the listening socket. The
 * answer is that of `verify-route.ts`, which the server otherwise gives before Fastify sees the request.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { Message, Unauthenticated, Unauthorized } from '../schemas.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

const schema = {
  tags: ['Checking credentials'],
  description:
    'For nginx auth_request, Traefik ForwardAuth, Caddy forward_auth, HAProxy and Envoy ext_authz. The original method and path come from `X-Forwarded-Method` and `X-Forwarded-Uri`, from `X-Original-Method` and `X-Original-URI` or `X-Original-URL` (absolute, as ingress-nginx sends it), or from `/verify/<original path>` itself. A 200 has the headers `X-Keyhouse-Kind`, `-Account`, `-User`, `-Subject`, `-Credential`, `-Application`, `-Permissions` and `-Environment`. They are empty when there is no value.',
  response: {
    200: Type.Null({ description: 'The request may pass.' }),
    401: { ...Unauthenticated, description: 'The credential is missing or not valid.' },
    403: { ...Unauthorized, description: 'The credential may not do this, or the request to check is missing.' },
    429: { ...Message, description: 'Too many unknown credentials from this address.' },
    503: { ...Message, description: 'The credential cannot be checked now.' },
  },
};

interface Options {
  readonly answer: (request: IncomingMessage, response: ServerResponse) => void;
}

export const verifyRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { answer }) => {
  app.route({
    method: METHODS,
    url: '/verify',
    schema: {
      ...schema,
      summary: 'Check whether a request may pass',
      querystring: Type.Object({
        permission: Type.Optional(Type.String({ description: 'A permission that is needed in addition to those of the path.' })),
      }),
    },
    attachValidation: true,
    handler: (request, reply) => {
      reply.hijack();
      answer(request.raw, reply.raw);
    },
  });
  app.route({
    method: METHODS,
    url: '/verify/*',
    schema: { ...schema, summary: 'Check whether a request may pass, with its path in the URL' },
    handler: (request, reply) => {
      reply.hijack();
      answer(request.raw, reply.raw);
    },
  });
};
