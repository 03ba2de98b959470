/**
 * For Express 4 and 5:
 *
 * ```ts
 * const keyhouse = guard({ issuer: 'https://keys.example.com', key: process.env.KEYHOUSE_KEY ?? '' });
 * app.use(keyhouse); // by path and method; then `request.caller`
 * app.get('/reports', keyhouse.require('reports.read'), showReports); // by hand
 * ```
 *
 * Express ignores case and a slash at the end, unless each of its routers is told otherwise; so `/API/Invoices` must be permitted
 * both as it is written and in lower case.
 */
import type { Request, RequestHandler } from 'express';
import { type Caller, createGuard, type Decision, type Demand, type GuardOptions } from '../index.ts';
import { atOnce, judge, type Members, membersOf, withMembers } from './judged.ts';
import { refuse, requestHeadOf } from './node-request.ts';

declare global {
  namespace Express {
    interface Request {
      /** The caller of the request, frozen. Null if none is needed: on public routes, and for CORS preflights. */
      caller: Caller | null;
    }
  }
}

export type ExpressGuard = RequestHandler & Members<RequestHandler>;

/**
 * Middleware that lets only permitted requests pass. Mount it before what it protects, and after what rewrites `url` or `method`.
 */
export function guard(options: GuardOptions): ExpressGuard {
  const inner = atOnce(createGuard(options));
  const protect = (demand?: Demand): RequestHandler => {
    return (request, response, next) => {
      const settle = (decision: Decision): void => {
        if (!decision.ok) return void refuse(response, decision);
        request.caller = decision.caller;
        next();
      };
      const judged = judge(inner, () => requestHeadOf(request, targetOf(request), true), demand);
      return judged instanceof Promise ? judged.then(settle) : settle(judged);
    };
  };
  return withMembers(protect(), membersOf(inner, protect));
}

/** The whole path that Express routes by: what mounting has cut off is in `baseUrl`. */
const targetOf = ({ baseUrl, url }: Request): string => baseUrl + url;
