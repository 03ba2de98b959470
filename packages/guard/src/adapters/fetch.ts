/**
 * For handlers of the Fetch standard: workers, route handlers of Next.js, Bun, Deno.
 *
 * ```ts
 * const keyhouse = guard({ issuer: 'https://keys.example.com', key: process.env.KEYHOUSE_KEY ?? '' });
 * export default { fetch: keyhouse.protect((request, caller) => Response.json({ hello: caller?.subject })) }; // by path and method
 * export const GET = keyhouse.require('reports.read', (request, caller) => showReports(caller)); // by hand
 * ```
 */
import { type Caller, createGuard, type Demand, type GuardOptions } from '../index.ts';
import { requestHeadOf, type Wire } from './fetch-request.ts';
import { demandFor, headersOf, judge, type Members, membersOf, whenWanted } from './judged.ts';

export interface FetchGuardOptions extends GuardOptions, Wire {}

/** `rest` is what the runtime passes in addition to the request: params in Next.js, bindings in workers. */
export type Handler<Who, Rest extends readonly unknown[]> = (
  request: Request,
  caller: Who,
  ...rest: Rest
) => Response | Promise<Response>;
export type Protected<Rest extends readonly unknown[]> = (request: Request, ...rest: Rest) => Promise<Response>;

export interface FetchGuard extends Omit<Members<never>, 'require'> {
  /**
   * Calls the handler if the caller has the permission for method and path; the caller is null on public routes and for CORS
   * preflights.
   */
  protect<Rest extends readonly unknown[]>(handler: Handler<Caller | null, Rest>, demand?: Demand): Protected<Rest>;
  /** Calls the handler if the caller has this permission, whatever the path. A CORS preflight gets an empty 204. */
  require<Rest extends readonly unknown[]>(permission: string, handler: Handler<Caller, Rest>, demand?: Demand): Protected<Rest>;
}

/**
 * Nothing is requested, and no option is read, before the first request or `ready()`: a build has no key, and a worker may not
 * send requests while it is loaded.
 */
export function guard({ address, isEncrypted, ...options }: FetchGuardOptions): FetchGuard {
  const source = whenWanted(() => createGuard(options));
  const wire: Wire = { ...(address === undefined ? {} : { address }), ...(isEncrypted === undefined ? {} : { isEncrypted }) };
  const protect: FetchGuard['protect'] = (handler, demand) => {
    return async (request, ...rest) => {
      const judged = judge(source, () => requestHeadOf(request, rest[0], wire), demand);
      const decision = judged instanceof Promise ? await judged : judged;
      if (decision.ok) return await handler(request, decision.caller, ...rest);
      return new Response(JSON.stringify(decision.body), { status: decision.status, headers: headersOf(decision) });
    };
  };
  const { ready, close } = membersOf(source, () => null);
  return {
    protect,
    require: (permission, handler, demand) =>
      protect(
        (request, caller, ...rest) => (caller === null ? new Response(null, { status: 204 }) : handler(request, caller, ...rest)),
        demandFor(permission, demand),
      ),
    ready,
    close,
    get guard() {
      return source.get();
    },
  };
}
