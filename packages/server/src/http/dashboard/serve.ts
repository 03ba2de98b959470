/**
 * Registers the endpoints of the private API on the server, each from its row in `api/`: its checks, its validation, its answer.
 */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import type { By } from '../../core/audit/event.ts';
import type { Keyhouse } from '../../core/keyhouse.ts';
import { pause } from '../../core/lib/pause.ts';
import type { AccountWithRole } from '../../core/teams/member.ts';
import type { Authenticator } from '../authenticate.ts';
import type { Endpoint, Who } from './api/endpoint.ts';
import { type Api, api, type EndpointName } from './api/index.ts';
import type { Cookies } from './cookies.ts';
import type { SignedIn } from './door.ts';

export const PRIVATE_API = '/dashboard/api';

export interface DashboardPorts {
  readonly keyhouse: Keyhouse;
  readonly authenticator: Authenticator;
  readonly cookies: Cookies;
  /** The public origin. */
  readonly url: string;
}

type WhoOf<Name extends EndpointName> = (typeof api)[Name]['who'];

/** What a handler is given. Who asks has been decided before. */
export interface EndpointRequest<Name extends EndpointName> {
  readonly params: Api[Name]['params'];
  readonly query: Api[Name]['query'];
  readonly body: Api[Name]['body'];
  /** Null only where anyone may ask. */
  readonly signIn: WhoOf<Name> extends 'anyone' ? SignedIn | null : SignedIn;
  /** The account of the path, if the endpoint requires a role in it. */
  readonly account: WhoOf<Name> extends 'anyone' | 'signed-in' | 'administrator' ? null : AccountWithRole;
  readonly by: By;
  /**
   * For work in slices: lets others have their turn between two, and ends the work if the client has gone away, because nobody
   * waits for the rest.
   */
  readonly turn: () => Promise<void>;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

export type Serve = <Name extends EndpointName>(
  name: Name,
  handler: (asked: EndpointRequest<Name>) => Promise<AnswerOf<Name>> | AnswerOf<Name>,
) => void;

/** A file to save. Its pieces are sent as fast as the browser takes them. */
export interface FileAnswer {
  readonly name: string;
  readonly type: string;
  readonly pieces: AsyncIterable<string>;
}

/** No content is a 204. */
type Nothing = ReturnType<() => void>;
type AnswerOf<Name extends EndpointName> = (typeof api)[Name] extends { readonly file: true }
  ? FileAnswer
  : Api[Name]['answer'] extends undefined
    ? Nothing
    : Api[Name]['answer'];

/** `unserved` names the endpoints without a handler. */
export function createServe(app: FastifyInstance): { serve: Serve; unserved(): readonly string[] } {
  const left = new Set<string>(Object.keys(api));
  const serve: Serve = (name, handler) => {
    if (!left.delete(name)) throw new Error(`${name} is served twice.`);
    const endpoint: Endpoint & { who: Who } = api[name];
    const [method = '', path = ''] = name.split(' ');
    app.route({
      method: method as HTTPMethods,
      url: `${PRIVATE_API}${path}`,
      config: { endpoint, body: endpoint.body === undefined ? 'none' : 'json' },
      schema: {
        hide: true,
        ...(endpoint.body === undefined ? {} : { body: { ...endpoint.body, additionalProperties: false } }),
        ...(endpoint.query === undefined ? {} : { querystring: { ...endpoint.query, additionalProperties: false } }),
        ...(endpoint.answer === undefined || endpoint.file ? {} : { response: { 200: endpoint.answer } }),
      },
      handler: async (request, reply) => {
        const { dashboardCaller } = request;
        if (dashboardCaller === null) throw new Error('A request reached the private API without a check at its door.');
        const { params, query, body } = request;
        const asked = { ...dashboardCaller, params, query, body, turn: turnOf(request), request, reply };
        const answer = await orGone(Promise.resolve(handler(asked as unknown as EndpointRequest<typeof name>)));
        // There is nobody to answer, and nothing has failed.
        if (answer === GONE) return reply.hijack();
        reply.header('Cache-Control', 'no-store');
        if (endpoint.file) return sendFile(reply, answer as FileAnswer, dashboardCaller.recheck);
        return endpoint.answer === undefined ? reply.code(204).send() : answer;
      },
    });
  };
  return { serve, unserved: () => [...left] };
}

const GONE = Symbol('The client has gone away.');

class ClientGone extends Error {}

const turnOf = (request: FastifyRequest) => async (): Promise<void> => {
  await pause();
  if (request.raw.socket.destroyed) throw new ClientGone('The client has gone away.');
};

const orGone = <Value>(work: Promise<Value>): Promise<Value | typeof GONE> =>
  work.catch((error: unknown) => {
    if (error instanceof ClientGone) return GONE;
    throw error;
  });

/**
 * The first piece is read before the head is sent: an unreachable store is a 503, not an empty file. If it fails later the file
 * breaks off, and so it does when the right to it ends: a slow reader could download for hours.
 */
async function sendFile(
  reply: FastifyReply,
  { name, type, pieces }: FileAnswer,
  recheck: () => Promise<void>,
): Promise<FastifyReply> {
  const rest = pieces[Symbol.asyncIterator]();
  const first = await rest.next();
  async function* all(): AsyncGenerator<string> {
    for (let piece = first; !piece.done; piece = await rest.next()) {
      await recheck();
      yield piece.value;
    }
  }
  return reply
    .type(`${type}; charset=utf-8`)
    .header('Content-Disposition', `attachment; filename="${name}"`)
    .send(Readable.from(all(), { objectMode: false }));
}
