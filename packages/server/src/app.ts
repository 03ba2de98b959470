/**
 * The HTTP side of Keyhouse: Fastify with our own door, refusals and body parsers, and the most used route in front of it. Core
 * is a parameter; nothing here knows the store.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { type AddressBlock, REVOCABLE_KINDS } from '@keyhouse/protocol';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Keyhouse, Log } from './core/keyhouse.ts';
import { Refusal } from './core/refusal.ts';
import type { Limiter } from './core/sign-ins/sign-in-limits.ts';
import { dropAbsent } from './http/absent-members.ts';
import { Authenticator } from './http/authenticate.ts';
import { boundsOf } from './http/body-bounds.ts';
import { peerFinder } from './http/client-address.ts';
import { createClientAuthentication } from './http/client-authentication.ts';
import { compileWhenUsed } from './http/compile-when-used.ts';
import type { Connections } from './http/connections.ts';
import { isForm } from './http/content-type.ts';
import { allowOrigins, answerPreflight } from './http/cors.ts';
import { serveLogo } from './http/dashboard/brand.ts';
import { createCookies } from './http/dashboard/cookies.ts';
import { guardPrivateApi } from './http/dashboard/door.ts';
import { serveApplicationLogos } from './http/dashboard/logo.ts';
import { serveProviderCallback } from './http/dashboard/provider-callback.ts';
import { dashboardRoutes } from './http/dashboard/routes/index.ts';
import { createServe } from './http/dashboard/serve.ts';
import { guardDoor } from './http/door.ts';
import { createErrorPage } from './http/error-page.ts';
import { type Answer, answerError, answerRefusal, INTERNAL, inOAuthWords } from './http/errors.ts';
import { createFailureLog } from './http/failure-log.ts';
import { FeedStreams } from './http/feed-streams.ts';
import { plainIntrospection } from './http/introspect-route.ts';
import { refuseLongQuery, sentencesOf } from './http/invalid.ts';
import { isWanted, readForm, readJson, readParameters } from './http/json-body.ts';
import type { FeedFigures, Metrics } from './http/metrics.ts';
import { createMint, MINT_PATHS, plainMint } from './http/mint-route.ts';
import { showRefusal } from './http/navigation.ts';
import { openApi } from './http/openapi.ts';
import { pages } from './http/pages.ts';
import { createPlainPosts, replayBodies } from './http/plain-post.ts';
import { createReadiness } from './http/readiness.ts';
import { requestIds } from './http/request-id.ts';
import { authorizeRoutes, FORM_PATH } from './http/routes/authorize.ts';
import { docsRoutes } from './http/routes/docs.ts';
import { feedRoutes } from './http/routes/feed.ts';
import { healthRoutes } from './http/routes/health.ts';
import { introspectionRoutes } from './http/routes/introspection.ts';
import { jwtsRoutes } from './http/routes/jwts.ts';
import { signInRoutes } from './http/routes/sign-in.ts';
import { tokenRoutes } from './http/routes/token.ts';
import { tokensRoutes } from './http/routes/tokens.ts';
import { usageRoutes } from './http/routes/usage.ts';
import { userInfoRoutes } from './http/routes/user-info.ts';
import { verifyRoutes } from './http/routes/verify.ts';
import { wellKnownRoutes } from './http/routes/well-known.ts';
import { rememberRoutes } from './http/routes-known.ts';
import { createGiveTokens, plainTokens } from './http/token-endpoint.ts';
import { answerUnhosted, answerUnreadable, isHosted } from './http/unreadable.ts';
import { isVerifyTarget } from './http/verify-question.ts';
import { answerVerify } from './http/verify-route.ts';

export interface AppOptions {
  readonly keyhouse: Keyhouse;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly connections: Connections;
  /** Counts unknown credentials by address; only of this server. */
  readonly unknownLimiter: Limiter;
  readonly url: string;
  readonly trustedProxies: readonly AddressBlock[];
  readonly corsOrigins: readonly string[];
  /** The dashboard's build; null if there is none. */
  readonly dashboardFolder: string | null;
}

const BODY_LIMIT = 1024 * 1024;
/** A client that takes longer for its headers and body than this is not one. */
const REQUEST_TIMEOUT_MS = 30_000;
/** The same for the headers alone. */
const HEADERS_TIMEOUT_MS = 10_000;
/** How often Node checks for slow clients; with its own 30 s they would get far more time than they may take. */
const SLOW_CLIENTS_EVERY_MS = 500;
/** Longer than proxies keep an idle connection (nginx: 60 s), so that we never close one in the middle of a request. */
const KEEP_ALIVE_MS = 72_000;

export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { keyhouse, log, metrics, connections, corsOrigins } = options;
  const nextRequestId = requestIds();
  const findPeer = peerFinder(options.trustedProxies, (proxy) =>
    log.warn(
      { proxy },
      'A trusted proxy sends an X-Forwarded-For that cannot be read. Its clients share their limits (docs/gateways.md).',
    ),
  );
  const authenticator = new Authenticator({
    verify: keyhouse.verify,
    refusals: keyhouse.audit.refusals,
    findPeer,
    clock: keyhouse.clock,
    unknownLimiter: options.unknownLimiter,
    count: metrics.countVerification,
    use: keyhouse.use.useJwt,
  });
  const { usePermission } = keyhouse.use;
  const streams = new FeedStreams(keyhouse.revocations.feed);
  connections.onClosing(() => streams.close());
  metrics.watchFeed(() => feedFigures(keyhouse, streams));
  const onFailure = createFailureLog(log);
  const verify = (request: IncomingMessage, response: ServerResponse): void =>
    answerVerify(
      { authenticator, routes: keyhouse.permissions.routes, usePermission, nextRequestId, onFailure },
      request,
      response,
    );
  const authenticateClient = createClientAuthentication({ ...keyhouse, authenticator, limiter: options.unknownLimiter });
  const giveTokens = createGiveTokens({ ...keyhouse, authenticator, authenticateClient, audience: options.url });
  const mint = createMint({ ...keyhouse, authenticator });
  const answerPlain = createPlainPosts({ authenticator, nextRequestId, onFailure, count: metrics.countRequest }, [
    plainIntrospection({
      authenticator,
      introspect: keyhouse.oauth.introspect,
      position: () => keyhouse.revocations.feed.position(),
    }),
    plainTokens(giveTokens),
    ...MINT_PATHS.map((path) => plainMint(path, { mint, authenticator })),
  ]);

  const showProblem = createErrorPage({ ...keyhouse, folder: options.dashboardFolder });
  const refuse = (request: FastifyRequest, reply: FastifyReply, answer: Answer): FastifyReply =>
    showRefusal(showProblem, request, reply, answer) ?? send(reply, answer);

  const app = Fastify({
    serverFactory: (handler) =>
      listener(connections, (request, response) => {
        if (!isHosted(request)) answerUnhosted(request, response, nextRequestId());
        else if (isVerifyTarget(request.url ?? '')) verify(request, response);
        else answerPlain(request, response, handler);
      }),
    logger: false,
    genReqId: nextRequestId,
    requestIdHeader: false,
    bodyLimit: BODY_LIMIT,
    schemaController: { compilersFactory: compileWhenUsed() },
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, allErrors: true } },
    clientErrorHandler: (error, socket) => answerUnreadable(error, socket, nextRequestId()),
    rewriteUrl: pathOf,
    frameworkErrors: (_error, request, reply) => {
      void refuse(request, reply, answerRefusal({ code: 'bad_request' }));
    },
  }).withTypeProvider<TypeBoxTypeProvider>();

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) =>
    isWanted(request, body) ? readJson(body, jsonFormOf(request)) : undefined,
  );
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      if (!isWanted(request, body)) return undefined;
      return request.routeOptions.config.body === 'form' ? readParameters(body) : readForm(body);
    },
  );
  // The door has refused other types where a body is expected; where none is, the content is not read.
  app.addContentTypeParser('*', (_request: unknown, payload: NodeJS.ReadableStream, done: (error: Error | null) => void) => {
    payload.resume();
    done(null);
  });

  const methodsOf = rememberRoutes(app);
  app.addHook('onRequest', async (request, reply) => void reply.header('X-Request-Id', request.id));
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    strictTransportSecurity: options.url.startsWith('https:') ? { maxAge: 63_072_000 } : false,
    crossOriginResourcePolicy: { policy: 'cross-origin' },
  });
  allowOrigins(app, corsOrigins);
  // Before anything of the request is judged or read: nothing here answers this address or method.
  app.addHook('onRequest', async (request, reply) => {
    if (!request.is404) return;
    const methods = methodsOf(request.url.split('?', 1)[0] ?? '');
    if (answerPreflight(request, reply, corsOrigins, methods)) return reply;
    return refuse(
      request,
      reply,
      answerRefusal(methods.length > 0 ? { code: 'method_not_allowed', allow: methods } : { code: 'not_found' }),
    );
  });
  replayBodies(app);
  await app.register(cookie);
  guardDoor(app, authenticator);
  const cookies = createCookies(options.url);
  guardPrivateApi(app, { keyhouse, authenticator, cookies, url: options.url });
  app.addHook('preValidation', async ({ query, routeOptions }) => {
    // Where the schema refuses nothing, core judges the parameters one by one.
    if (routeOptions.attachValidation !== true) refuseLongQuery(query);
  });
  app.addHook('preValidation', async ({ body, routeOptions: { schema } }) => {
    if (schema?.body) dropAbsent(body, schema.body);
  });
  app.addHook('onResponse', async (request, reply) =>
    metrics.countRequest(request.routeOptions.url ?? 'none', request.method, reply.statusCode),
  );

  app.setErrorHandler(async (error, request, reply) => {
    const answer = answerOf(error);
    if (answer === null || answer.status === 503) onFailure(error, request.id);
    return refuse(request, reply, request.routeOptions.config.isOAuth ? inOAuthWords(answer ?? INTERNAL) : (answer ?? INTERNAL));
  });

  await app.register(swagger, openApi(options.url));
  const ports = { keyhouse, authenticator, authenticateClient, giveTokens };
  await app.register(signInRoutes, ports);
  await app.register(tokensRoutes, ports);
  await app.register(jwtsRoutes, { mint });
  await app.register(tokenRoutes, ports);
  await app.register(userInfoRoutes, { keyhouse });
  await app.register(introspectionRoutes, ports);
  await app.register(feedRoutes, { ...ports, streams });
  await app.register(usageRoutes, ports);
  await app.register(verifyRoutes, { answer: verify });
  await app.register(wellKnownRoutes, { keyhouse });
  await app.register(healthRoutes, { findFailing: createReadiness(keyhouse, connections, onFailure) });
  await app.register(docsRoutes);
  serveLogo(app as unknown as FastifyInstance, { keyhouse });
  serveApplicationLogos(app as unknown as FastifyInstance, { keyhouse });
  serveProviderCallback(app as unknown as FastifyInstance, { keyhouse, authenticator, cookies, url: options.url });
  authorizeRoutes(app as unknown as FastifyInstance, { keyhouse, authenticator, cookies, showProblem });
  const { serve, unserved } = createServe(app);
  dashboardRoutes(serve, { keyhouse, authenticator, cookies, url: options.url });
  // A row of the table without a handler would be a page that gets a 404.
  if (unserved().length > 0) throw new Error(`No handler serves ${unserved().join(', ')}.`);
  await pages(app as unknown as FastifyInstance, {
    ...{ signIns: keyhouse.signIns, branding: keyhouse.branding },
    cookies,
    findPeer,
    ...{ showProblem, onFailure },
    url: options.url,
    folder: options.dashboardFolder,
  });
  return app as unknown as FastifyInstance;
}

const feedFigures = ({ revocations: { feed, follower } }: Keyhouse, { size, messages }: FeedStreams): FeedFigures => ({
  ...{ streams: size, messages, position: feed.position().position },
  revocations: Object.fromEntries(REVOCABLE_KINDS.map((kind) => [kind, follower.revocations.sizeOf(kind)])),
});

const jsonFormOf = ({ routeOptions: { schema, config } }: FastifyRequest) => ({
  bounds: boundsOf(config.isOAuth ? undefined : schema?.body),
  isOAuth: config.isOAuth === true,
});

/**
 * A form without a credential is an authorization request (RFC 6749 §3.1); anything else that is posted to `/auth` asks for a JWT
 * of a key.
 */
function pathOf(request: Pick<IncomingMessage, 'method' | 'url' | 'headers'>): string {
  const { method, url = '/', headers } = request;
  const isRequest = method === 'POST' && (url === '/auth' || url === '/api/auth') && isForm(headers['content-type']);
  return isRequest && headers.authorization === undefined ? FORM_PATH : url;
}

function listener(connections: Connections, handler: (request: IncomingMessage, response: ServerResponse) => void): Server {
  const server = createServer({
    requestTimeout: REQUEST_TIMEOUT_MS,
    headersTimeout: HEADERS_TIMEOUT_MS,
    connectionsCheckingInterval: SLOW_CLIENTS_EVERY_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requireHostHeader: false,
  });
  // Their size is bounded; above a count Node would drop headers silently, and a proxy adds its own at the end.
  server.maxHeadersCount = 0;
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    connections.mark(response);
    handler(request, response);
  };
  connections.watch(server);
  server.on('request', answer);
  // RFC 9110 §10.1.1: an expectation that we do not know may be ignored; Node's own 417 would carry no ID.
  server.on('checkExpectation', answer);
  return server;
}

/** What the routes and the framework throw; null for a mistake of our own. */
function answerOf(error: unknown): Answer | null {
  if (error instanceof Refusal) return answerRefusal(error.refused);
  if (!(error instanceof Error)) return null;
  if ('validation' in error && Array.isArray(error.validation))
    return answerRefusal({ code: 'invalid', errors: sentencesOf(error.validation) });
  const status = 'statusCode' in error ? error.statusCode : undefined;
  if (status === 413) return answerRefusal({ code: 'too_large' });
  if (status === 415) return answerRefusal({ code: 'unsupported_media_type' });
  if (typeof status === 'number' && status >= 400 && status < 500) return answerRefusal({ code: 'bad_request' });
  return answerError(error);
}

function send(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  return (
    reply
      .code(status)
      // Also here: what Fastify refuses by itself passes no hook.
      .headers({ 'X-Request-Id': reply.request.id, 'Cache-Control': 'no-store', ...headers })
      .type('application/json; charset=utf-8')
      .send(JSON.stringify(body))
  );
}
