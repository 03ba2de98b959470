/**
 * An issuer that misbehaves: it is a proxy before a real Keyhouse, and spoils single answers for chosen victims. Each victim is a
 * separate guard before a separate API, on real sockets.
 */
import {
  type ClientRequest,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';
import { PATIENCE_MS } from '../../../../test/patience.ts';
import { startTestServer, type TestServer } from '../../../server/test/server.ts';
import { type NodeGuard, guard as protectNode } from '../../src/adapters/node.ts';
import type { GuardOptions } from '../../src/index.ts';
import { type Answered, ask } from '../adapters/world.ts';

/** `pass`: what Keyhouse itself would have answered. */
export type Spoil = (
  response: ServerResponse,
  pass: () => Promise<{ status: number; text: string }>,
  request: IncomingMessage,
) => void;

export interface Victim {
  readonly keyhouse: NodeGuard;
  readonly port: number;
  /** For another guard that gets the same answers. */
  readonly fetch: typeof fetch;
  /** All that it logged. */
  readonly said: string[];
  /** Paths that it asked the issuer for. */
  readonly asked: string[];
  spoil(path: string, how: Spoil): void;
  /** Answers are honest again; connections that are open are cut. */
  heal(): void;
  /** Closes the connections that are open. */
  cut(): void;
  ask(bearer: string, target?: string): Promise<Answered>;
  /** Fails if a line of its log contains a dozen characters of one of these. */
  keepsQuietAbout(credentials: readonly string[]): void;
  stop(): Promise<void>;
}

export interface Issuer {
  readonly url: string;
  readonly keyhouse: TestServer;
  /** The guards' own key. */
  readonly key: string;
  victim(options?: Partial<GuardOptions>, spoils?: Readonly<Record<string, Spoil>>): Promise<Victim>;
  stop(): Promise<void>;
}

export const JWKS = '/.well-known/jwks.json';
export const ONE = '/auth/introspect';
export const BATCH = '/auth/introspect/batch';
export const FEED = '/auth/revocations';

export async function startIssuer(): Promise<Issuer> {
  const victims = new Map<string, { spoils: Map<string, Spoil>; asked: string[]; open: Set<ServerResponse> }>();
  let keyhouse: TestServer | null = null;
  const server = createServer((request, response) => {
    const victim = victims.get(String(request.headers['x-victim']));
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    victim?.asked.push(path);
    victim?.open.add(response);
    response.on('close', () => victim?.open.delete(response));
    response.on('error', () => {});
    const chunks: Buffer[] = [];
    request.on('error', () => {});
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const on = (): ClientRequest => forward(keyhouse?.port ?? 0, request, Buffer.concat(chunks));
      const spoil = victim?.spoils.get(path);
      if (spoil === undefined) passThrough(on(), response);
      else spoil(response, () => answerOf(on()), request);
    });
  });
  const port = await listen(server);
  const url = `http://127.0.0.1:${port}`;
  keyhouse = await startTestServer({ url });
  const home = keyhouse;
  const { text: key } = await home.key(1, { permissions: ['keyhouse.verify'] });
  let count = 0;

  return {
    ...{ url, key, keyhouse: home },
    victim: async (options = {}, spoils = {}) => {
      const name = `${count++}`;
      const state = { spoils: new Map(Object.entries(spoils)), asked: [] as string[], open: new Set<ServerResponse>() };
      victims.set(name, state);
      const said: string[] = [];
      const named: typeof fetch = (input, init) =>
        fetch(input, { ...init, headers: { ...(init?.headers as Record<string, string>), 'x-victim': name } });
      const guard = protectNode({ issuer: url, key, fetch: named, log: (line) => void said.push(line), ...options });
      const api = createServer(guard.protect((request, response) => void response.end(`${request.caller?.kind}`)));
      const apiPort = await listen(api);
      const cut = (): void => {
        for (const response of state.open) response.destroy();
      };
      return {
        ...{ keyhouse: guard, port: apiPort, fetch: named, said, asked: state.asked, cut },
        spoil: (path, how) => void state.spoils.set(path, how),
        heal: () => {
          state.spoils.clear();
          cut();
        },
        ask: async (bearer, target = '/api/invoices') => {
          return await ask(apiPort, target, { bearer });
        },
        keepsQuietAbout: (credentials) => expectQuiet(said, [key, ...credentials]),
        stop: async () => {
          state.spoils.clear();
          cut();
          await guard.close();
          api.closeAllConnections();
          await new Promise((resolve) => api.close(resolve));
          victims.delete(name);
        },
      };
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await home.stop();
    },
  };
}

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));

function forward(port: number, { method, url, headers }: IncomingMessage, body: Buffer): ClientRequest {
  const request = httpRequest({ ...{ port, method, path: url, agent: false }, host: '127.0.0.1', headers });
  request.on('error', () => {});
  request.end(body);
  return request;
}

function passThrough(request: ClientRequest, response: ServerResponse): void {
  request.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    response.flushHeaders();
    answer.on('error', () => response.destroy());
    answer.pipe(response);
  });
  request.on('error', () => response.destroy());
  response.on('close', () => request.destroy());
}

function answerOf(request: ClientRequest): Promise<{ status: number; text: string }> {
  return new Promise((resolve) => {
    request.on('response', (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
  });
}

const PART = 12;

/**
 * Parts of the secrets as well as the whole: the first and the last characters give no access, but they do not belong in a log.
 */
function expectQuiet(lines: readonly string[], credentials: readonly string[]): void {
  const parts = new Set<string>();
  for (const text of credentials) {
    const secret = text.replace(/^(?:\d+\|)?kh_(?:live_|test_)?/, '');
    for (let start = 0; start + PART <= secret.length; start++) parts.add(secret.slice(start, start + PART));
  }
  for (const line of lines)
    for (let start = 0; start + PART <= line.length; start++)
      expect(parts.has(line.slice(start, start + PART)), `A credential is in the log: ${line}`).toBe(false);
}

/** What would have ended the process of an API. */
export function watchProcess(): readonly unknown[] {
  const faults: unknown[] = [];
  process.on('unhandledRejection', (error) => faults.push(error));
  process.on('uncaughtExceptionMonitor', (error) => faults.push(error));
  return faults;
}

export const json =
  (body: unknown, headers: Readonly<Record<string, string>> = {}): Spoil =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', ...headers });
    response.end(typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body));
  };

/** Keyhouse's own answer, with some members replaced. */
export const changed =
  (change: (answer: ReturnType<typeof JSON.parse>) => unknown): Spoil =>
  (response, pass, request) =>
    void pass().then(({ text }) => {
      json(change(JSON.parse(text)))(response, pass, request);
    });

const GROUP = 6;

/**
 * A few at a time. A guard waits three seconds for an answer, as it does in production: with dozens of them on one processor, the
 * test would measure the machine.
 */
export async function inGroups<Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void> {
  for (let start = 0; start < items.length; start += GROUP) await Promise.all(items.slice(start, start + GROUP).map(work));
}

/** Waits until it is so; also in tests that run concurrently, where `expect.poll` cannot tell which test it belongs to. */
export async function until<Value>(look: () => Value | Promise<Value>, isSo: (value: Value) => boolean): Promise<Value> {
  const since = performance.now();
  let last = await look();
  while (!isSo(last)) {
    if (performance.now() - since > PATIENCE_MS) throw new Error(`It did not come to that in time: ${JSON.stringify(last)}.`);
    await new Promise((resolve) => setTimeout(resolve, 25));
    last = await look();
  }
  return last;
}
