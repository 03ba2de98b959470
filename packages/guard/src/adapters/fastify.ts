/**
 * For Fastify 5:
 *
 * ```ts
 * const keyhouse = guard({ issuer: 'https://keys.example.com', key: process.env.KEYHOUSE_KEY ?? '' });
 * await app.register(keyhouse); // by path and method; then `request.caller`
 * app.get('/reports', { onRequest: keyhouse.require('reports.read') }, showReports); // by hand
 * ```
 *
 * It protects every route of the instance that it is registered with, including those of the contexts within it and unknown ones,
 * in whatever order they were registered. To open a route, make it a public rule.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import { type Caller, createGuard, type Decision, type Demand, type GuardOptions } from '../index.ts';
import { atOnce, headersOf, judge, type Members, membersOf, withMembers } from './judged.ts';
import { requestHeadOf } from './node-request.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The caller of the request, frozen. Null if none is needed: on public routes, and for CORS preflights. */
    caller: Caller | null;
  }
}

type Plugin = (instance: FastifyInstance, options: object, done: () => void) => void;

export type FastifyGuard = Plugin & Members<onRequestHookHandler>;

/** A plugin whose hook lets only permitted requests pass. Registered within a context it protects only that context. */
export function guard(options: GuardOptions): FastifyGuard {
  const inner = atOnce(createGuard(options));
  const protect = (demand?: Demand): onRequestHookHandler => {
    return (request, reply, done) => {
      const judged = judge(inner, () => requestHeadOf(request.raw, request.raw.url ?? '', foldsCase(request.server)), demand);
      if (judged instanceof Promise) judged.then((decision) => settle(request, reply, decision, done));
      else settle(request, reply, judged, done);
    };
  };
  const plugin: Plugin = (instance, _options, done) => {
    if (!instance.hasRequestDecorator('caller')) instance.decorateRequest('caller', null);
    instance.addHook('onRequest', protect());
    instance.addHook('onClose', () => inner.get().close());
    done();
  };
  // Leaves its own context (what fastify-plugin does): it is for the routes of the surrounding instance.
  const shared = { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: '@keyhouse/guard' };
  return withMembers(Object.assign(plugin, shared), membersOf(inner, protect));
}

function settle(request: FastifyRequest, reply: FastifyReply, decision: Decision, done: () => void): void {
  if (!decision.ok) {
    reply.code(decision.status).headers(headersOf(decision)).send(decision.body);
    return;
  }
  request.caller = decision.caller;
  done();
}

/** The option may be in either place. */
const foldsCase = ({ initialConfig }: FastifyInstance): boolean =>
  initialConfig.caseSensitive === false || initialConfig.routerOptions?.caseSensitive === false;
