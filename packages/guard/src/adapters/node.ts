/**
 * For bare `node:http`:
 *
 * ```ts
 * const keyhouse = guard({ issuer: 'https://keys.example.com', key: process.env.KEYHOUSE_KEY ?? '' });
 * createServer(keyhouse.protect((request, response) => response.end(`Hello, ${request.caller?.subject}`)));
 * server.on('upgrade', async (request, socket) => {
 *   const decision = await keyhouse.judge(request);
 *   if (!decision.ok) return keyhouse.refuseUpgrade(socket, decision);
 * });
 * ```
 */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Caller, createGuard, type Decision, type Demand, type GuardOptions } from '../index.ts';
import { atOnce, demandFor, headersOf, judge, type Members, membersOf, type Refusal } from './judged.ts';
import { refuse, requestHeadOf } from './node-request.ts';

/** `Who` is null if no caller is needed: on public routes, and for CORS preflights. */
export type Guarded<Who> = IncomingMessage & { readonly caller: Who };
export type Handler<Who> = (request: Guarded<Who>, response: ServerResponse) => unknown;
export type Listener = (request: IncomingMessage, response: ServerResponse) => void;

export interface NodeGuard extends Omit<Members<Listener>, 'require'> {
  /** Calls the handler if the caller has the permission for method and path. */
  protect(handler: Handler<Caller | null>, demand?: Demand): Listener;
  /** Calls the handler if the caller has this permission, whatever the path. A CORS preflight gets an empty 204. */
  require(permission: string, handler: Handler<Caller>, demand?: Demand): Listener;
  /** Only the decision, for code that answers by itself, and for upgrades. Never throws. */
  judge(request: IncomingMessage, demand?: Demand): Decision | Promise<Decision>;
  /** Answers an upgrade that is refused, and ends the connection. */
  refuseUpgrade(socket: Duplex, refusal: Refusal): void;
}

export function guard(options: GuardOptions): NodeGuard {
  const inner = createGuard(options);
  const source = atOnce(inner);
  const judgeRequest: NodeGuard['judge'] = (request, demand) =>
    judge(source, () => requestHeadOf(request, request.url ?? ''), demand);

  const listener = (
    answer: (request: IncomingMessage, response: ServerResponse, caller: Caller | null) => unknown,
    demand?: Demand,
  ) => {
    return (request: IncomingMessage, response: ServerResponse): unknown => {
      const settle = (decision: Decision): unknown => {
        if (!decision.ok) return refuse(response, decision);
        return answer(request, response, decision.caller);
      };
      const judged = judgeRequest(request, demand);
      return judged instanceof Promise ? judged.then(settle) : settle(judged);
    };
  };
  const { ready, close } = membersOf(source, () => null);
  return {
    protect: (handler, demand) =>
      listener((request, response, caller) => handler(Object.assign(request, { caller }), response), demand),
    require: (permission, handler, demand) =>
      listener(
        (request, response, caller) =>
          caller === null ? response.writeHead(204).end() : handler(Object.assign(request, { caller }), response),
        demandFor(permission, demand),
      ),
    judge: judgeRequest,
    refuseUpgrade,
    ready,
    close,
    guard: inner,
  };
}

function refuseUpgrade(socket: Duplex, refusal: Refusal): void {
  const body = JSON.stringify(refusal.body);
  const headers = { ...headersOf(refusal), 'Content-Length': `${Buffer.byteLength(body)}`, Connection: 'close' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end([`HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`, ...lines, '', body].join('\r\n'));
}
