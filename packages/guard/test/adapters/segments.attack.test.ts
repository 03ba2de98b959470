/**
 * Text around placeholders, as real routers match it: a document, its handlers in Express, Fastify and Hono, and each path
 * changed in the ways that some router tolerates. For every handler that a router reaches, the guard and `/verify` must have
 * required the permission of that handler.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { deriveRoutes } from '@keyhouse/openapi';
import { compileRoute } from '@keyhouse/protocol';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { readQuestion } from '../../../server/src/http/verify-question.ts';
import { exchange, head } from '../../../server/test/raw.ts';
import { createReadQuestion } from '../../src/question.ts';

/** The path of the document, what it needs (null: nothing), and how each router writes it. */
const HANDLERS = [
  {
    path: '/badges/{name}.svg',
    needs: null,
    express: '/badges/:name.svg',
    fastify: '/badges/:name.svg',
    hono: '/badges/:name{[^/]+\\.svg}',
  },
  { path: '/badges/{id}', needs: 'badges.read', express: '/badges/:id', fastify: '/badges/:id', hono: '/badges/:id' },
  {
    path: '/v1/items:search',
    needs: null,
    express: '/v1/items\\:search',
    fastify: '/v1/items::search',
    hono: '/v1/:verb{items:search}',
  },
  { path: '/v1/{kind}', needs: 'kinds.read', express: '/v1/:kind', fastify: '/v1/:kind', hono: '/v1/:kind' },
  {
    path: '/v1/items/{id}:preview',
    needs: null,
    express: '/v1/items/:id\\:preview',
    fastify: '/v1/items/:id(^[^:]+)::preview',
    hono: '/v1/items/:id{[^/]+:preview}',
  },
  { path: '/v1/items/{id}', needs: 'items.read', express: '/v1/items/:id', fastify: '/v1/items/:id', hono: '/v1/items/:id' },
  {
    path: '/compare/{base}...{head}',
    needs: null,
    express: '/compare/:base...:head',
    fastify: '/compare/:base...:head',
    hono: '/compare/:range{[^/]+\\.\\.\\.[^/]+}',
  },
  { path: '/compare/{id}', needs: 'compare.read', express: '/compare/:id', fastify: '/compare/:id', hono: '/compare/:id' },
  { path: '/odd/x{id}', needs: null, express: '/odd/x:id', fastify: '/odd/x:id', hono: '/odd/:id{x[^/]+}' },
  { path: '/odd/{id}', needs: 'odd.read', express: '/odd/:id', fastify: '/odd/:id', hono: '/odd/:id' },
] as const;

const PATHS = [
  ...['/badges/7.svg', '/badges/7', '/badges/.svg', '/badges/7.8.svg', '/v1/items:search', '/v1/items', '/v1/items/7:preview'],
  ...[
    '/v1/items/7',
    '/v1/items/:preview',
    '/v1/items/7:8:preview',
    '/compare/a...b',
    '/compare/a....b',
    '/compare/...',
    '/compare/7',
  ],
  ...['/compare/a...', '/odd/x7', '/odd/x', '/odd/7', '/odd/xx'],
];
const TARGETS = [...new Set(PATHS.flatMap(bendings))];

const { routes: rules } = deriveRoutes({
  openapi: '3.1.0',
  paths: Object.fromEntries(
    HANDLERS.map(({ path, needs }) => [path, { get: needs === null ? { security: [] } : { 'x-permission': needs } }]),
  ),
});
const routes = rules.map((rule) => {
  const compiled = compileRoute(rule);
  if (!compiled.ok) throw new Error(compiled.reason);
  return compiled.route;
});
const patience = { whenStale: 'ask', staleAfterMs: 2000, whenAway: 'refuse' } as const;
const ofGuard = createReadQuestion({ routes, patienceOf: new Map(), patience });
const asGuard = (target: string, foldsCase: boolean) => {
  const { patience: _, ...question } = ofGuard(['GET'], target, foldsCase);
  return question;
};
const asGateway = (target: string) =>
  readQuestion('GET', '/verify', ['X-Forwarded-Method', 'GET', 'X-Forwarded-Uri', target], routes);

/** The path of the handler that a router reaches, or null. */
type Reach = (target: string) => Promise<string | null>;

const reaching =
  (port: number): Reach =>
  async (target) => {
    const { answers } = await exchange(port, head(`GET ${target}`, 'Connection: close'));
    return answers[0]?.status === 200 ? answers[0].body : null;
  };

async function startExpress(): Promise<{ reach: Reach; stop: () => void }> {
  const app = express();
  // In the order of the document's routes: the most specific first.
  for (const { path, express: pattern } of HANDLERS) app.get(pattern, (_request, response) => void response.send(path));
  const server = createServer(app).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return { reach: reaching(port), stop: () => server.close() };
}

async function startFastify(settings: object): Promise<{ reach: Reach; stop: () => void }> {
  const app = fastify({ routerOptions: settings });
  for (const { path, fastify: pattern } of HANDLERS) app.get(pattern, async () => path);
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  return { reach: reaching(port), stop: () => void app.close() };
}

async function startHono(): Promise<{ reach: Reach; stop: () => void }> {
  const app = new Hono({ strict: false });
  for (const { path, hono: pattern } of HANDLERS) app.get(pattern, (context) => context.text(path));
  const { server, port } = await new Promise<{ server: Server; port: number }>((resolve) => {
    const started = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, (info) =>
      resolve({ server: started as Server, port: info.port }),
    );
  });
  return { reach: reaching(port), stop: () => server.close() };
}

describe.each([
  ['Hono', false, startHono],
  ['Express', true, startExpress],
  ['Fastify', false, () => startFastify({})],
  [
    'Fastify that folds case',
    true,
    () => startFastify({ caseSensitive: false, ignoreTrailingSlash: true, ignoreDuplicateSlashes: true }),
  ],
] as const)('%s', (_name, foldsCase, start) => {
  it('reaches no handler that was not asked for', async () => {
    const { reach, stop } = await start();
    const reached = new Set<string>();
    try {
      for (const target of TARGETS) {
        const path = await reach(target);
        if (path === null) continue;
        reached.add(path);
        const needs = HANDLERS.find((handler) => handler.path === path)?.needs ?? null;
        for (const question of [asGuard(target, foldsCase), asGateway(target)]) {
          if (question.kind === 'refused' || needs === null) continue;
          expect(question, `${target} reaches ${path}`).toMatchObject({ permissions: expect.arrayContaining([needs]) });
        }
      }
    } finally {
      stop();
    }
    expect([...reached].sort()).toEqual(HANDLERS.map(({ path }) => path).sort());
  });
});

it('the guard of a router that minds case asks for what /verify asks for', () => {
  for (const target of TARGETS) {
    // If a gateway is refused, the refusal also names the wrong header.
    expect(asGateway(target), target).toMatchObject(asGuard(target, false));
  }
});

/** Each way to write the path that some router accepts for another one. */
function bendings(path: string): readonly string[] {
  const everyCharacter = [...path].flatMap((character, index) => {
    const escaped = `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
    const put = (text: string): string => path.slice(0, index) + text + path.slice(index + 1);
    return [put(escaped), put(escaped.replace('%', '%25')), put(character.toUpperCase()), put(character + character), put('')];
  });
  const tails = [
    '/',
    '//',
    '?',
    '?x=.svg',
    '#.svg',
    ';x',
    '%3bx',
    '.',
    '%2e',
    '.svg',
    '%2esvg',
    ':preview',
    '%3apreview',
    '%00',
    '%20',
    '/.',
    '/..',
    '/../7',
  ];
  return [path, `/${path}`, path.toUpperCase(), ...tails.map((tail) => path + tail), ...everyCharacter];
}
