/**
 * For Koa 2 and 3:
 *
 * ```ts
 * const keyhouse = guard({ issuer: 'https://keys.example.com', key: process.env.KEYHOUSE_KEY ?? '' });
 * app.use(keyhouse); // by path and method; then `ctx.state.caller`
 * router.get('/reports', keyhouse.require('reports.read'), showReports); // by hand
 * ```
 *
 * Koa's routers ignore case, unless they are told otherwise; so `/API/Invoices` must be permitted both as it is written and in
 * lower case.
 */
import type { Context, Middleware } from 'koa';
import { type Caller, createGuard, type Demand, type GuardOptions } from '../index.ts';
import { atOnce, headersOf, judge, type Members, membersOf, withMembers } from './judged.ts';
import { requestHeadOf } from './node-request.ts';

declare module 'koa' {
  interface DefaultState {
    /** The caller of the request, frozen. Null if none is needed: on public routes, and for CORS preflights. */
    caller: Caller | null;
  }
}

export type KoaGuard = Middleware & Members<Middleware>;

/**
 * Middleware that lets only permitted requests pass. Use it before what it protects, and after what rewrites `url` or `method`.
 */
export function guard(options: GuardOptions): KoaGuard {
  const inner = atOnce(createGuard(options));
  const protect = (demand?: Demand): Middleware => {
    return async (ctx, next) => {
      const judged = judge(inner, () => requestHeadOf(ctx.req, targetOf(ctx), true), demand);
      const decision = judged instanceof Promise ? await judged : judged;
      if (!decision.ok) {
        ctx.status = decision.status;
        ctx.body = decision.body;
        ctx.set(headersOf(decision));
        return;
      }
      ctx.state.caller = decision.caller;
      await next();
    };
  };
  return withMembers(protect(), membersOf(inner, protect));
}

/**
 * koa-mount cuts off the beginning of `path` and says so in `mountPath`: then the whole path is in `originalUrl`. Otherwise a
 * changed `url` was rewritten, and is what will be served.
 */
function targetOf({ mountPath, path, url, originalUrl }: Context): string {
  const isCut = typeof mountPath === 'string' && ending(originalUrl.split('?', 1)[0] ?? '').endsWith(ending(mountPath + path));
  return isCut ? originalUrl : url;
}

const ending = (path: string): string => (path.endsWith('/') ? path.slice(0, -1) : path);
