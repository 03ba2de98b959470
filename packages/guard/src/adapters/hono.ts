/**
 * For Hono 4, on Node, Bun, Deno and workers:
 *
 * ```ts
 * const keyhouse = guard({ issuer: 'https://keys.example.com', key: process.env.KEYHOUSE_KEY ?? '' });
 * app.use(keyhouse); // by path and method; then `c.get('caller')`
 * app.get('/reports', keyhouse.require('reports.read'), showReports); // by hand
 * ```
 */
import type { IncomingMessage } from 'node:http';
import type { Context, MiddlewareHandler } from 'hono';
import { type Caller, createGuard, type Demand, type GuardOptions, type RequestHead } from '../index.ts';
import { requestHeadOf, targetOf, type Wire } from './fetch-request.ts';
import { atOnce, headersOf, judge, type Members, membersOf, whenWanted, withMembers } from './judged.ts';
import { requestHeadOf as requestHeadOfNode } from './node-request.ts';

declare module 'hono' {
  interface ContextVariableMap {
    /** The caller of the request, frozen. Null if none is needed: on public routes, and for CORS preflights. */
    caller: Caller | null;
  }
}

export interface HonoGuardOptions extends GuardOptions, Wire {}
export type HonoGuard = MiddlewareHandler & Members<MiddlewareHandler>;

/** Middleware that lets only permitted requests pass. Use it before what it protects. */
export function guard({ address, isEncrypted, ...options }: HonoGuardOptions): HonoGuard {
  // With `poll` it runs where no requests may be sent while modules are loaded.
  const make = () => createGuard(options);
  const source = options.feed === 'poll' ? whenWanted(make) : atOnce(make());
  const wire: Wire = { ...(address === undefined ? {} : { address }), ...(isEncrypted === undefined ? {} : { isEncrypted }) };
  const protect = (demand?: Demand): MiddlewareHandler => {
    return async (c, next) => {
      const judged = judge(source, () => requestHeadOfContext(c, wire), demand);
      const decision = judged instanceof Promise ? await judged : judged;
      if (!decision.ok) return c.body(JSON.stringify(decision.body), decision.status, headersOf(decision));
      c.set('caller', decision.caller);
      await next();
    };
  };
  return withMembers(protect(), membersOf(source, protect));
}

/**
 * On Node the underlying request is available: with every header as it came, and its socket. Hono nevertheless routes by the URL.
 */
function requestHeadOfContext(c: Context, wire: Wire): RequestHead {
  const { raw } = c.req;
  return wire.address === undefined && hasIncoming(c.env)
    ? requestHeadOfNode(c.env.incoming, targetOf(raw.url))
    : requestHeadOf(raw, c.env, wire);
}

const hasIncoming = (env: unknown): env is { incoming: IncomingMessage } =>
  typeof env === 'object' &&
  env !== null &&
  'incoming' in env &&
  typeof env.incoming === 'object' &&
  env.incoming !== null &&
  'rawHeaders' in env.incoming &&
  'socket' in env.incoming;
