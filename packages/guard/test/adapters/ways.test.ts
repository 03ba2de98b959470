/**
 * What is specific to one framework or runtime: order, contexts, upgrades, what it reports of the connection; and what happens at
 * a fault of the guard itself.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { exchange, head } from '../../../server/test/raw.ts';
import { guard as expressGuard } from '../../src/adapters/express.ts';
import { guard as fastifyGuard } from '../../src/adapters/fastify.ts';
import { guard as fetchGuard } from '../../src/adapters/fetch.ts';
import { guard as honoGuard } from '../../src/adapters/hono.ts';
import { guard as koaGuard } from '../../src/adapters/koa.ts';
import { guard as nodeGuard } from '../../src/adapters/node.ts';
import { ask, startWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  return () => world.stop();
});

async function listening<Result>(server: Server, work: (port: number) => Promise<Result>): Promise<Result> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await work((server.address() as AddressInfo).port);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

describe('Fastify', () => {
  it('protects every route of the instance, whatever was registered first, and unknown paths', async () => {
    const keyhouse = fastifyGuard(world.options);
    const app = fastify();
    app.get('/before', async () => 'before');
    await app.register(async (instance) => instance.get('/earlier', async () => 'earlier'));
    app.register(keyhouse);
    app.register(async (instance) => instance.get('/within', async () => 'within'));
    app.get('/after', async () => 'after');
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    for (const path of ['/before', '/earlier', '/within', '/after', '/nowhere'])
      expect((await ask(port, path)).status, path).toBe(401);
    const bearer = await world.token();
    expect((await ask(port, '/within', { bearer })).text).toBe('within');
    expect((await ask(port, '/nowhere', { bearer })).status).toBe(404);
    await app.close();
  });

  it('refuses before it reads or parses a body', async () => {
    const keyhouse = fastifyGuard(world.options);
    const app = fastify();
    const parsed = vi.fn();
    app.addHook('preParsing', async () => parsed());
    await app.register(keyhouse);
    app.post('/api/invoices', async () => 'made');
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    expect((await ask(port, '/api/invoices', { body: { a: 1 } })).status).toBe(401);
    expect(parsed).not.toHaveBeenCalled();
    await app.close();
  });
});

describe('Express', () => {
  it('keeps the headers of CORS on a refusal, so that a page can read it', async () => {
    const keyhouse = expressGuard(world.options);
    const app = express();
    app.use((_request, response, next) => {
      response.setHeader('Access-Control-Allow-Origin', '*');
      next();
    });
    app.use(keyhouse);
    await listening(createServer(app), async (port) => {
      const { status, headers } = await ask(port, '/api/invoices');
      expect([status, headers['access-control-allow-origin']]).toEqual([401, '*']);
    });
    await keyhouse.close();
  });

  it('judges the method that an override mounted before it has made', async () => {
    const keyhouse = expressGuard(world.options);
    const app = express();
    app.use((request, _response, next) => {
      if (request.query._method === 'DELETE') request.method = 'DELETE';
      next();
    });
    app.use(keyhouse);
    app.delete('/api/invoices', (_request, response) => void response.end('deleted'));
    const { text: bearer } = await world.key(['invoices.read']);
    await listening(createServer(app), async (port) => {
      expect((await ask(port, '/api/invoices?_method=DELETE', { bearer })).status).toBe(403);
    });
    await keyhouse.close();
  });
});

describe('node:http', () => {
  it('judges upgrades, and answers those that it refuses', async () => {
    const keyhouse = nodeGuard(world.options);
    const server = createServer();
    server.on('upgrade', async (request, socket) => {
      const decision = await keyhouse.judge(request, { permission: 'events.read' });
      if (!decision.ok) return keyhouse.refuseUpgrade(socket, decision);
      socket.end(`HTTP/1.1 101 Switching Protocols\r\nX-Kind: ${decision.caller?.kind}\r\n\r\n`);
    });
    const { text } = await world.key(['events.read']);
    const { text: other } = await world.key(['invoices.read']);
    await listening(server, async (port) => {
      const upgrade = async (...headers: string[]) =>
        (await exchange(port, head('GET /events', 'Connection: Upgrade', 'Upgrade: websocket', ...headers))).answers[0];
      expect(await upgrade(`Authorization: Bearer ${text}`)).toMatchObject({ status: 101, headers: { 'x-kind': 'key' } });
      const refused = await upgrade(`Authorization: Bearer ${other}`);
      expect(refused).toMatchObject({ status: 403, body: '{"message":"This action is unauthorized."}' });
      expect(refused?.headers['x-request-id']).toBeTruthy();
      expect(await upgrade()).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
    });
    await keyhouse.close();
  });

  it('answers a preflight of a handler by hand without calling it', async () => {
    const keyhouse = nodeGuard(world.options);
    const handler = vi.fn((_request: IncomingMessage, response: ServerResponse) => response.end());
    await listening(createServer(keyhouse.require('reports.read', handler)), async (port) => {
      const headers = { origin: 'https://app.example.com', 'access-control-request-method': 'GET' };
      expect((await ask(port, '/x', { method: 'OPTIONS', headers })).status).toBe(204);
      expect(handler).not.toHaveBeenCalled();
    });
    await keyhouse.close();
  });
});

describe('Fetch handlers', () => {
  const knock = (url: string, bearer: string) => new Request(url, { headers: { authorization: `Bearer ${bearer}` } });

  it('wants HTTPS, unless it is this very machine or the operator knows better', async () => {
    const bearer = await world.token();
    const plain = fetchGuard(world.options);
    const handler = plain.protect(() => new Response('in'));
    const statusOf = async (url: string) => (await handler(knock(url, bearer))).status;
    for (const url of ['https://api.example.com/api/invoices', 'http://localhost:3000/api/invoices', 'http://[::1]/api/invoices'])
      expect(await statusOf(url), url).toBe(200);
    for (const host of ['api.example.com', 'localhost.example.com', '127.0.0.1.example.com', '1270.0.0.1.example'])
      expect(await statusOf(`http://${host}/api/invoices`), host).toBe(400);
    const told = fetchGuard({ ...world.options, isEncrypted: ({ headers }) => headers.get('x-forwarded-proto') === 'https' });
    const behind = knock('http://api.example.com/api/invoices', bearer);
    behind.headers.set('x-forwarded-proto', 'https');
    expect((await told.protect(() => new Response('in'))(behind)).status).toBe(200);
    await plain.close();
    await told.close();
  });

  it('learns the address from the runtime or from the operator, and never guesses', async () => {
    const { text: bearer } = await world.key(undefined, ['203.0.113.0/24']);
    const keyhouse = fetchGuard(world.options);
    const told = fetchGuard({ ...world.options, address: ({ headers }) => headers.get('cf-connecting-ip') });
    const url = 'https://api.example.com/api/invoices';
    const deno = { remoteAddr: { transport: 'tcp', hostname: '203.0.113.7', port: 1 } };
    const bun = { requestIP: () => ({ address: '203.0.113.7', family: 'IPv4', port: 1 }) };
    const handler = keyhouse.protect((_request, _caller, _connection: unknown) => new Response('in'));
    for (const connection of [deno, bun]) expect((await handler(knock(url, bearer), connection)).status).toBe(200);
    const elsewhere = { remoteAddr: { hostname: '198.51.100.7' } };
    for (const connection of [undefined, null, {}, elsewhere, { requestIP: () => null }])
      expect((await handler(knock(url, bearer), connection)).status).toBe(401);
    const worker = told.protect(() => new Response('in'));
    const asked = knock(url, bearer);
    expect((await worker(asked)).status).toBe(401);
    asked.headers.set('cf-connecting-ip', '203.0.113.7');
    expect((await worker(asked)).status).toBe(200);
    await keyhouse.close();
    await told.close();
  });

  it('hands on what the runtime gives beside the request', async () => {
    const keyhouse = fetchGuard(world.options);
    const bearer = await world.token();
    const GET = keyhouse.require('invoices.read', async (_request, caller, { params }: { params: Promise<{ id: string }> }) =>
      Response.json({ id: (await params).id, kind: caller.kind }),
    );
    const answered = await GET(knock('https://x.example/anything', bearer), { params: Promise.resolve({ id: '7' }) });
    expect(await answered.json()).toEqual({ id: '7', kind: 'token' });
    await keyhouse.close();
  });
});

describe('Hono', () => {
  it('runs without Node beneath it', async () => {
    const keyhouse = honoGuard(world.options);
    const app = new Hono().use(keyhouse).get('/api/invoices', (c) => c.text(c.get('caller')?.kind ?? ''));
    const headers = { authorization: `Bearer ${await world.token()}` };
    expect(await (await app.request('https://api.example.com/api/invoices', { headers })).text()).toBe('token');
    expect((await app.request('http://api.example.com/api/invoices', { headers })).status).toBe(400);
    expect((await app.request('https://api.example.com/api/invoices')).status).toBe(401);
    await keyhouse.close();
  });
});

describe('a guard that is set up badly', () => {
  const bad = { issuer: 'https://keys.example.com', key: 'none' };

  it('does not start where it lives for long', () => {
    for (const make of [expressGuard, fastifyGuard, honoGuard, koaGuard, nodeGuard])
      expect(() => make(bad)).toThrow('key: must be an API key of the operator account');
    const keyhouse = nodeGuard(world.options);
    expect(() => keyhouse.require('invoices.reed', () => {})).toThrow('needs a permission such as invoices.read');
    return keyhouse.close();
  });

  it('refuses everything where modules are loaded before there are settings', async () => {
    const complaints = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const handler = vi.fn(() => new Response('in'));
    const app = new Hono().use(honoGuard({ ...bad, feed: 'poll' })).get('/api/invoices', (c) => c.text('in'));
    const request = new Request('https://api.example.com/api/invoices');
    for (const answered of [await fetchGuard(bad).protect(handler)(request), await app.request(request)]) {
      expect([answered.status, await answered.json()]).toEqual([503, { message: 'The service is not available now.' }]);
    }
    await expect(fetchGuard(bad).ready()).rejects.toThrow('key: must be an API key');
    expect(handler).not.toHaveBeenCalled();
    expect(complaints).toHaveBeenCalledTimes(2);
    complaints.mockRestore();
  });
});

describe('a fault within the guard', () => {
  // The only place where a framework passes arbitrary values.
  const breakRequest = (request: IncomingMessage): void => {
    Object.defineProperty(request, 'rawHeaders', {
      get: () => {
        throw new Error('This request is broken.');
      },
    });
  };

  it.each(['node:http', 'Express', 'Fastify', 'Koa'])('is a 503 in %s, and the handler is not called', async (name) => {
    const complaints = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const handler = vi.fn();
    const { server, close } = await serverOf(name, handler);
    server.prependListener('request', breakRequest);
    const check = async (port: number): Promise<void> => {
      const { status, json, headers } = await ask(port, '/api/invoices', { bearer: await world.token() });
      expect([status, json, headers['retry-after']]).toEqual([503, { message: 'The service is not available now.' }, '2']);
      expect(headers['x-request-id']).toBeTruthy();
    };
    await (server.listening ? check((server.address() as AddressInfo).port) : listening(server, check));
    await close();
    expect(handler).not.toHaveBeenCalled();
    expect(complaints).toHaveBeenCalled();
    complaints.mockRestore();
  });

  async function serverOf(name: string, handler: () => void): Promise<{ server: Server; close: () => Promise<void> }> {
    if (name === 'Express') {
      const keyhouse = expressGuard(world.options);
      return { server: createServer(express().use(keyhouse).use(handler)), close: keyhouse.close };
    }
    if (name === 'Koa') {
      const keyhouse = koaGuard(world.options);
      return { server: createServer(new Koa().use(keyhouse).use(handler).callback()), close: keyhouse.close };
    }
    if (name === 'Fastify') {
      const app = fastify();
      await app.register(fastifyGuard(world.options));
      app.get('/api/invoices', async () => handler());
      await app.listen({ port: 0, host: '127.0.0.1' });
      return { server: app.server, close: () => app.close() };
    }
    const keyhouse = nodeGuard(world.options);
    return { server: createServer(keyhouse.protect(handler)), close: keyhouse.close };
  }
});
