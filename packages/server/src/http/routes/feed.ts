/**
 * `GET /auth/revocations`, the revocation feed: for those who verify offline, so that what ended early ends there too. One route
 * in two forms: JSON, asked again and again, and server-sent events, asked once.
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import {
  FEED_SIGNATURE_HEADER,
  type FeedPosition,
  parseCredential,
  parsePosition,
  permits,
  readAuthorization,
} from '@keyhouse/protocol';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Keyhouse } from '../../core/keyhouse.ts';
import { Refusal } from '../../core/refusal.ts';
import type { SignedMessage } from '../../core/revocations/feed.ts';
import { accepts } from '../accepts.ts';
import type { Authenticator } from '../authenticate.ts';
import { callerOf } from '../door.ts';
import type { FeedStreams } from '../feed-streams.ts';
import { refusals } from '../schemas.ts';

const PERMISSION = 'keyhouse.verify';
const EVENT_STREAM = 'text/event-stream';
/** A reader that takes a whole list more slowly than this between two packets is considered gone. */
const SEND_TIMEOUT_MS = 60_000;
/** A stream counts as one use when it is opened, and one an hour after that: its key is in use, and plots count requests. */
const BEATS_PER_USE = 3600;

const Revocation = Type.Object({
  kind: Type.String({
    description:
      '`jti`, `credential`, `user`, `account`, `session`, `application`, `suspended-account`, `suspended-application` or `signing-keys`.',
    examples: ['credential'],
  }),
  id: Type.String({ description: 'For `jti`, its first 20 characters. For `signing-keys`, empty.', examples: ['55'] }),
  before: Type.Union([Type.Integer(), Type.Null()], {
    description:
      'Milliseconds. Everything that was issued to it at or before this time is revoked. Null: nothing is revoked, but cached results about it must be dropped.',
  }),
  ends: Type.Union([Type.Integer(), Type.Null()], {
    description: 'Milliseconds. When everything that this revokes has expired anyway. Null: never.',
  }),
});
const Message = Type.Object(
  {
    epoch: Type.String({ description: 'Names the list of changes of this database. A restored backup gets another epoch.' }),
    after: Type.Integer({ description: 'The list begins after this position. 0 in a complete list.' }),
    position: Type.Integer({ description: 'The list ends at this position.' }),
    at: Type.Integer({ description: 'Milliseconds. The server knew all of this at this time.' }),
    whole: Type.Boolean({ description: 'True: the complete list, and not only what is new.' }),
    jtis: Type.Optional(
      Type.Array(
        Type.Object({
          ends: Type.Integer({ description: 'Seconds. The full hour by which they have expired.' }),
          ids: Type.String({ description: '20 characters each, without separators.' }),
        }),
        { description: 'Revoked JWTs. Only in a complete list.' },
      ),
    ),
    revocations: Type.Array(Revocation),
  },
  { description: 'What was revoked. Its signature is in `X-Keyhouse-Signature`, or in the second line of an event’s data.' },
);
const Query = Type.Object(
  {
    after: Type.Optional(
      Type.String({
        pattern: '^(0|[1-9][0-9]{0,15})$',
        description: 'The last known position. Without it, the answer is the complete list.',
      }),
    ),
    epoch: Type.Optional(Type.String({ pattern: '^[0-9a-f]{32}$', description: 'The epoch of `after`. Send both or neither.' })),
  },
  { additionalProperties: false },
);

interface Options {
  readonly keyhouse: Keyhouse;
  readonly authenticator: Authenticator;
  readonly streams: FeedStreams;
}

export const feedRoutes: FastifyPluginAsync<Options> = async (app, { keyhouse, authenticator, streams }) => {
  app.addHook('preClose', async () => streams.close());

  app.get<{ Querystring: Static<typeof Query> }>(
    '/auth/revocations',
    {
      config: { callers: ['key'], permission: PERMISSION },
      schema: {
        summary: 'What was revoked',
        description:
          'For services that verify JWTs offline or cache results. Needs a key of the operator account with `keyhouse.verify`. Without `after`, the answer is the complete list. With `after`, it is what was revoked since, at most 5,000 revocations. Ask again from `position` for the rest. With `Accept: text/event-stream` the connection stays open: each change is an event, and a heartbeat comes every second as long as the list is up to date. `Last-Event-ID` is supported there.',
        tags: ['Checking credentials'],
        querystring: Query,
        response: { 200: Message, ...refusals(400, 401, 403, 413, 422, 429) },
      },
    },
    async (request, reply) => {
      const isStream = accepts(request.headers.accept, EVENT_STREAM);
      const from = readPosition(request, isStream);
      keyhouse.use.usePermission(callerOf(request), PERMISSION);
      void reply.header('Cache-Control', 'no-store').header('Vary', 'Accept, Accept-Encoding');
      if (!isStream) return sendJson(request, reply, await keyhouse.revocations.feed.ask(from));
      refusePipelined(reply);
      streams.refuseWhenFull();
      const first = await keyhouse.revocations.feed.ask(from);
      streams.refuseWhenFull();
      return openStream(request, reply, first);
    },
  );

  function openStream(request: FastifyRequest, reply: FastifyReply, first: SignedMessage): FastifyReply {
    const { raw } = reply.hijack();
    // nginx would hold events back until its buffer is full.
    const headers = { ...reply.getHeaders(), 'Content-Type': EVENT_STREAM, 'X-Accel-Buffering': 'no' };
    raw.writeHead(200, headers as Record<string, string>);
    if (request.method === 'HEAD') raw.end();
    else streams.open(raw, first, stillHolds(request));
    return reply;
  }

  /**
   * Verifies again exactly the credential that opened the stream: revoked, narrowed, expired, from an address that was removed.
   */
  function stillHolds(request: FastifyRequest): () => boolean | Promise<boolean> {
    const authorization = readAuthorization(request.raw.rawHeaders);
    const presented = parseCredential(authorization.kind === 'bearer' ? authorization.credential : '');
    const from = { userAgent: null, address: null, ...authenticator.person(request.raw) };
    let beats = 0;
    return () => {
      beats += 1;
      const counted = beats % BEATS_PER_USE === 0;
      const verdict = keyhouse.verify(presented, from, { counted });
      const judge = (settled: Awaited<typeof verdict>): boolean => {
        const isHeld = settled.ok && permits(settled.caller.permissions, PERMISSION);
        if (isHeld && counted) keyhouse.use.usePermission(settled.caller, PERMISSION);
        return isHeld;
      };
      return verdict instanceof Promise ? verdict.then(judge) : judge(verdict);
    };
  }
};

/** A stream behind an answer that is still being sent on the same connection would reach nobody. */
function refusePipelined({ raw }: FastifyReply): void {
  if (raw.socket === null) throw new Refusal({ code: 'bad_request' });
}

/** In a stream the last received event has priority over the address, which a browser repeats unchanged. */
function readPosition(request: FastifyRequest<{ Querystring: Static<typeof Query> }>, isStream: boolean): FeedPosition | null {
  const { after, epoch } = request.query;
  const lastEvent = request.headers['last-event-id'];
  if (isStream && lastEvent !== undefined) {
    const position = parsePosition(String(lastEvent));
    if (position === null) throw new Refusal({ code: 'bad_request' });
    return position;
  }
  if (after === undefined && epoch === undefined) return null;
  const position = parsePosition(`${epoch}:${after}`);
  if (position === null) throw new Refusal({ code: 'invalid', errors: faultsOf(after, epoch) });
  return position;
}

const faultsOf = (after: string | undefined, epoch: string | undefined): Record<string, readonly string[]> => {
  if (epoch === undefined) return { epoch: ['The epoch field is required when after is sent.'] };
  if (after === undefined) return { after: ['The after field is required when epoch is sent.'] };
  return { after: ['The after field is too large.'] };
};

const compress = promisify(gzip);
/** Created once for all who ask for the same list. */
const compressed = new WeakMap<SignedMessage, Promise<Buffer>>();

/** A whole list is compressed for clients that accept it; at the fastest level, since random names hardly shrink any further. */
async function sendJson(request: FastifyRequest, reply: FastifyReply, message: SignedMessage): Promise<FastifyReply> {
  void reply.type('application/json; charset=utf-8').header(FEED_SIGNATURE_HEADER, message.signature);
  reply.raw.setTimeout(SEND_TIMEOUT_MS);
  if (!message.whole || !accepts(request.headers['accept-encoding'], 'gzip')) return reply.send(message.bytes);
  let bytes = compressed.get(message);
  if (bytes === undefined) {
    bytes = compress(message.bytes, { level: 1 });
    compressed.set(message, bytes);
  }
  return reply.header('Content-Encoding', 'gzip').send(await bytes);
}
