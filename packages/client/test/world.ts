/**
 * The environment of the tests: a real Keyhouse server, a connection to it that can be cut, an application, a user who allows it,
 * and an API that asks the server who its caller is.
 */
import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newApplication, requestOf, type TestApplication, visit } from '../../server/test/applications.ts';
import { type Browser, registered } from '../../server/test/browser.ts';
import { newPerson } from '../../server/test/people.ts';
import { startTestServer, type TestServer } from '../../server/test/server.ts';
import { type Client, type ClientOptions, createClient, inMemory } from '../src/index.ts';

/** What happens to the requests on the connection. `lost`: the server receives and answers, but the answer does not arrive. */
export type Fault =
  | 'lost'
  | 'cut'
  | 'hang'
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string };

export interface Wire {
  readonly origin: string;
  /** Every request, such as `POST /auth/token`. */
  readonly asked: string[];
  count(line: string): number;
  /** What happens to the next requests for this path, one after the other. */
  fail(path: string, ...faults: readonly Fault[]): void;
  close(): Promise<void>;
}

export interface World {
  readonly server: TestServer;
  readonly wire: Wire;
  readonly issuer: string;
  readonly application: TestApplication;
  readonly person: { readonly browser: Browser; readonly email: string; readonly id: number };
  readonly api: Listener;
  client(options?: Partial<ClientOptions>): Client;
  /** Through `/auth` as the user, allowing what is asked; returns the address that the browser is sent back to. */
  goThrough(url: string): Promise<string>;
  /** Allows what a consent page asks; returns where it leads. */
  allow(consent: string): Promise<string>;
  signIn(client: Client): Promise<void>;
  stop(): Promise<void>;
}

export const CALLBACK = 'https://app.example.com/callback';

/** `apiCors`: the origin whose pages may call the API. */
export async function startWorld({
  redirectUris = [CALLBACK],
  apiCors = null,
}: {
  redirectUris?: string[];
  apiCors?: string | null;
} = {}): Promise<World> {
  let target = '';
  const wire = await openWire(
    () => target,
    () => server.now(),
  );
  const server = await startTestServer({ url: wire.origin });
  target = server.origin;
  const owner = await newPerson(server);
  const application = await newApplication(server, owner.accountId, { redirectUris });
  const person = await registered(server);
  const api = await listen(async (request, response) => {
    const cors = {
      ...{ 'access-control-allow-origin': apiCors ?? 'null', 'access-control-allow-headers': 'authorization' },
      'access-control-expose-headers': 'retry-after',
    };
    if (request.method === 'OPTIONS') return void response.writeHead(204, cors).end();
    const { authorization } = request.headers;
    const { status } = await fetch(`${server.origin}/verify/api/invoices`, {
      headers: authorization === undefined ? {} : { authorization },
    });
    response.writeHead(status, { ...cors, 'content-type': 'application/json' }).end(JSON.stringify({ status }));
  });
  const world: World = {
    ...{ server, wire, issuer: wire.origin, application, person, api },
    client: (options = {}) =>
      createClient({
        issuer: wire.origin,
        clientId: application.clientId,
        redirectUri: CALLBACK,
        permissions: ['invoices.read'],
        apiOrigins: [api.origin],
        storage: inMemory(),
        ...options,
      }),
    goThrough: async (url) => {
      const first = await visit(server, person.browser, url.slice(wire.origin.length));
      const { location = '' } = first.headers;
      return location.startsWith('/consent') ? await world.allow(location) : location;
    },
    allow: async (consent) => {
      const body = { request: requestOf(consent), decision: 'allow' };
      return (await person.browser.ask('/consent', { body })).json.location;
    },
    signIn: async (client) => {
      await client.handleRedirect(await world.goThrough(await client.signInUrl()));
    },
    stop: async () => {
      await server.stop();
      await wire.close();
      await api.close();
    },
  };
  return world;
}

export interface Listener {
  readonly origin: string;
  readonly asked: { readonly line: string; readonly headers: IncomingMessage['headers']; readonly body: string }[];
  close(): Promise<void>;
}

/** A small server on a free port. */
export async function listen(
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void | Promise<void>,
): Promise<Listener> {
  const asked: Listener['asked'] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    asked.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
    await answer(request, response, body);
  });
  return { origin: await originOf(server), asked, close: () => closeServer(server) };
}

/** `now`: the server's clock, which tests move; its answers carry its time. */
async function openWire(target: () => string, now: () => number): Promise<Wire> {
  const asked: string[] = [];
  const faults = new Map<string, Fault[]>();
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    asked.push(`${request.method} ${path}`);
    const fault = faults.get(path)?.shift();
    if (fault === 'hang') return;
    if (fault === 'cut') return void request.socket.destroy();
    if (typeof fault === 'object') return void response.writeHead(fault.status, fault.headers).end(fault.body);
    const onwards = httpRequest(
      `${target()}${request.url}`,
      { method: request.method, headers: request.headers, agent: false },
      (answer) => {
        if (fault === 'lost') return void answer.resume().on('end', () => request.socket.destroy());
        response.writeHead(answer.statusCode ?? 0, { ...answer.headers, date: new Date(now()).toUTCString() });
        answer.pipe(response);
      },
    );
    onwards.on('error', () => request.socket.destroy());
    request.pipe(onwards);
  });
  return {
    origin: await originOf(server),
    asked,
    count: (line) => asked.filter((each) => each === line).length,
    fail: (path, ...next) => void faults.set(path, [...next]),
    close: () => closeServer(server),
  };
}

async function originOf(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
