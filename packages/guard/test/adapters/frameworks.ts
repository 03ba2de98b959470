/**
 * One small API on every framework, as people write it there, on a real port. Each answer says which handler was reached, so that
 * tests can compare what was served with what was requested.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ServerType, serve } from '@hono/node-server';
import express from 'express';
import fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import { guard as expressGuard } from '../../src/adapters/express.ts';
import { guard as fastifyGuard } from '../../src/adapters/fastify.ts';
import { guard as fetchGuard } from '../../src/adapters/fetch.ts';
import { guard as honoGuard } from '../../src/adapters/hono.ts';
import { guard as koaGuard } from '../../src/adapters/koa.ts';
import { guard as nodeGuard } from '../../src/adapters/node.ts';
import type { Caller, Guard, GuardOptions } from '../../src/index.ts';

export interface Api {
  readonly port: number;
  readonly guard: Guard;
  stop(): Promise<void>;
}

export type StartApi = (options: GuardOptions) => Promise<Api>;

/**
 * The handlers, by the path under which a router knows them, and the permission that a caller must have to reach them; null:
 * none.
 */
export const HANDLERS = {
  '/api/invoices': 'invoices.read',
  '/api/invoices/:id': 'invoices.read',
  '/api/docs/internal/:id': 'secrets.read',
  '/api/docs/:id': null,
  '/api/users/@me': 'profile.read',
  '/api/users/:id': 'users.read',
  '/api/status': null,
} as const;

export const RULES: NonNullable<GuardOptions['routes']> = [
  { pattern: '/api/status', public: true },
  { pattern: '/api/docs/internal/**', resource: 'secrets' },
  { pattern: '/api/docs/**', public: true },
  { pattern: '/api/users/@me', resource: 'profile' },
  // Where a framework runs both, both are called.
  { pattern: '/by-hand', resource: 'reports' },
];

/** Protected by hand. */
export const BY_HAND = { path: '/by-hand', permission: 'reports.read' } as const;

const PATHS = Object.keys(HANDLERS);

export const startNode: StartApi = async (options) => {
  const keyhouse = nodeGuard(options);
  const protectedApi = keyhouse.protect(async (request, response) => {
    const path = handlerOf(pathnameOf(request));
    const body = await readBody(request);
    response.writeHead(path === null ? 404 : 200).end(JSON.stringify({ served: path, caller: shown(request.caller), body }));
  });
  const byHand = keyhouse.require(BY_HAND.permission, (request, response) =>
    response.end(JSON.stringify({ served: BY_HAND.path, caller: shown(request.caller) })),
  );
  const server = createServer((request, response) =>
    pathnameOf(request) === BY_HAND.path ? byHand(request, response) : protectedApi(request, response),
  );
  return await listen(server, keyhouse);
};

export const startExpress: StartApi = (options) => expressApi(options, (app, keyhouse) => app.use(keyhouse).use(expressRoutes()));

/** The guard and the routes below `/api`, in separate routers, and one of them in an application within the application. */
export const startMountedExpress: StartApi = (options) =>
  expressApi(options, (app, keyhouse) => {
    const routes = express().use(expressRoutes('/api'));
    app.use('/api', keyhouse, routes);
  });

/** What rewrites URLs comes before the guard. */
export const startRewritingExpress: StartApi = (options) =>
  expressApi(options, (app, keyhouse) => {
    app.use((request, _response, next) => {
      request.url = request.url.replace(/^\/(?:legacy|api)\//i, '/api/').replace('/billing', '/invoices');
      next();
    });
    app.use(keyhouse).use(expressRoutes());
  });

async function expressApi(
  options: GuardOptions,
  build: (app: express.Express, keyhouse: ReturnType<typeof expressGuard>) => void,
): Promise<Api> {
  const keyhouse = expressGuard(options);
  const app = express();
  app.get(BY_HAND.path, keyhouse.require(BY_HAND.permission), (request, response) => {
    response.json({ served: BY_HAND.path, caller: shown(request.caller) });
  });
  build(app, keyhouse);
  return await listen(createServer(app), keyhouse);
}

function expressRoutes(cut = ''): express.Router {
  const router = express.Router();
  for (const path of PATHS)
    router.all(path.slice(cut.length), express.json(), (request, response) => {
      response.json({ served: path, caller: shown(request.caller), body: request.body ?? null });
    });
  return router;
}

export const startFastify: StartApi = (options) => fastifyApi(options, {});

export const startLaxFastify: StartApi = (options) =>
  fastifyApi(options, {
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
    useSemicolonDelimiter: true,
  });

export const startRewritingFastify: StartApi = (options) =>
  fastifyApi(options, { rewriteUrl: ({ url = '' }) => url.replace(/^\/legacy\//, '/api/').replace('/billing', '/invoices') });

async function fastifyApi(options: GuardOptions, settings: FastifyServerOptions): Promise<Api> {
  const keyhouse = fastifyGuard(options);
  const app: FastifyInstance = fastify(settings);
  await app.register(keyhouse);
  // Half of them in a separate context.
  const add = (instance: FastifyInstance, path: string, cut = '') =>
    instance.all(path.slice(cut.length), async (request) => ({
      served: path,
      caller: shown(request.caller),
      body: request.body ?? null,
    }));
  for (const path of PATHS.slice(0, 3)) add(app, path);
  await app.register(
    async (instance) => {
      for (const path of PATHS.slice(3)) add(instance, path, '/api');
    },
    { prefix: '/api' },
  );
  app.get(BY_HAND.path, { onRequest: keyhouse.require(BY_HAND.permission) }, async (request) => ({
    served: BY_HAND.path,
    caller: shown(request.caller),
  }));
  await app.listen({ port: 0, host: '127.0.0.1' });
  return { port: (app.server.address() as AddressInfo).port, guard: keyhouse.guard, stop: () => app.close() };
}

export const startHono: StartApi = (options) => honoApi(options, new Hono());

/** Not strict, and its routes below a base path in an application within the application. */
export const startLaxHono: StartApi = (options) => honoApi(options, new Hono({ strict: false }), '/api');

async function honoApi(options: GuardOptions, app: Hono, base = ''): Promise<Api> {
  const keyhouse = honoGuard(options);
  app.get(BY_HAND.path, keyhouse.require(BY_HAND.permission), (c) =>
    c.json({ served: BY_HAND.path, caller: shown(c.get('caller')) }),
  );
  app.use(keyhouse);
  const routes = base === '' ? app : new Hono();
  for (const path of PATHS)
    routes.all(path.slice(base.length), async (c) =>
      c.json({ served: path, caller: shown(c.get('caller')), body: parse(await c.req.text()) }),
    );
  if (routes !== app) app.route(base, routes);
  return await serveFetch(app.fetch, keyhouse);
}

export const startFetch: StartApi = (options) => {
  const keyhouse = fetchGuard({ ...options, address: () => '127.0.0.1' });
  const protectedApi = keyhouse.protect(async (request, caller) => {
    const served = handlerOf(new URL(request.url).pathname);
    return Response.json(
      { served, caller: shown(caller), body: parse(await request.text()) },
      { status: served === null ? 404 : 200 },
    );
  });
  const byHand = keyhouse.require(BY_HAND.permission, (_request, caller) =>
    Response.json({ served: BY_HAND.path, caller: shown(caller) }),
  );
  const route = (request: Request): Promise<Response> =>
    new URL(request.url).pathname === BY_HAND.path ? byHand(request) : protectedApi(request);
  return serveFetch(route, keyhouse);
};

export const startKoa: StartApi = (options) => koaApi(options, (ctx) => ctx.path);

/** What koa-mount does: the prefix is cut off for the middleware after it. */
export const startMountedKoa: StartApi = (options) =>
  koaApi(
    options,
    (ctx) => `/api${ctx.path}`,
    async (ctx, next) => {
      if (!ctx.path.startsWith('/api/')) return;
      ctx.mountPath = '/api';
      ctx.path = ctx.path.slice('/api'.length);
      await next();
    },
  );

export const startRewritingKoa: StartApi = (options) =>
  koaApi(
    options,
    (ctx) => ctx.path,
    async (ctx, next) => {
      ctx.url = ctx.url.replace(/^\/legacy\//i, '/api/').replace('/billing', '/invoices');
      await next();
    },
  );

async function koaApi(options: GuardOptions, pathOf: (ctx: Koa.Context) => string, mount?: Koa.Middleware): Promise<Api> {
  const keyhouse = koaGuard(options);
  const app = new Koa();
  const byHand = keyhouse.require(BY_HAND.permission);
  app.use(async (ctx, next) => {
    if (ctx.path !== BY_HAND.path) return await next();
    await byHand(ctx, async () => {
      ctx.body = { served: BY_HAND.path, caller: shown(ctx.state.caller) };
    });
  });
  if (mount !== undefined) app.use(mount);
  app.use(keyhouse);
  app.use(async (ctx) => {
    const served = handlerOf(pathOf(ctx), 'i');
    if (served !== null) ctx.body = { served, caller: shown(ctx.state.caller), body: await readBody(ctx.req) };
  });
  return await listen(createServer(app.callback()), keyhouse);
}

/** The handler that matches the undecoded path, as the routers of Koa and most that people write do. */
function handlerOf(path: string, flags = ''): string | null {
  const found = PATHS.find((each) => new RegExp(`^${each.replace(/:[a-z]+/g, '[^/]+')}/?$`, flags).test(path));
  return found ?? null;
}

/** As a handler sees it. */
const shown = (caller: Caller | null) => caller && { ...caller, isFrozen: Object.isFrozen(caller) };

const pathnameOf = ({ url = '/' }: IncomingMessage): string => new URL(url, 'http://localhost').pathname;

async function readBody(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return parse(text);
}

const parse = (text: string): unknown => (text === '' ? null : JSON.parse(text));

interface Closes {
  readonly guard: Guard;
  close(): Promise<void>;
}

async function listen(server: Server, { guard, close }: Closes): Promise<Api> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, guard, stop: () => end(server, close) };
}

async function serveFetch(
  fetch: (request: Request, env: object) => Response | Promise<Response>,
  { guard, close }: Closes,
): Promise<Api> {
  return await new Promise((resolve) => {
    const server = serve({ fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
      resolve({ port, guard, stop: () => end(server, close) }),
    );
  });
}

async function end(server: ServerType, close: () => Promise<void>): Promise<void> {
  if ('closeAllConnections' in server) server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await close();
}

/** What a handler answers. */
export interface Served {
  readonly served: string | null;
  readonly caller: Caller | null;
  readonly body?: unknown;
}

export const FRAMEWORKS: Readonly<Record<string, StartApi>> = {
  'node:http': startNode,
  Express: startExpress,
  Fastify: startFastify,
  Hono: startHono,
  Koa: startKoa,
  Fetch: startFetch,
};

/** The same with settings that make routers more tolerant, and with middleware that people add. */
export const VARIANTS: Readonly<Record<string, StartApi>> = {
  'Express, mounted': startMountedExpress,
  'Express, rewriting': startRewritingExpress,
  'Fastify, lax': startLaxFastify,
  'Fastify, rewriting': startRewritingFastify,
  'Hono, lax': startLaxHono,
  'Koa, mounted': startMountedKoa,
  'Koa, rewriting': startRewritingKoa,
};
